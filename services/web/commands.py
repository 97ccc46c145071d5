"""A command over HTTP: its key, what it came with, and the durable answer."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from time import perf_counter
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from services.access.caller import Caller
from services.eventlog.handle import Work, handle
from services.eventlog.log import Answer, Conflict, EventLog, LogUnavailable, Origin, OtherBody
from services.metrics import COMMAND_SECONDS, COMMANDS
from services.web.body import Key
from services.web.problem import Problem, unavailable

ANSWER_SECONDS = 30.0
CREATED, DONE = 201, 200


async def _key(
    request: Request,
    keys: Annotated[list[Key], Field(min_length=1, max_length=1), Header(alias="Idempotency-Key")],
) -> str:
    return f"{request.url.path.removeprefix('/v1/')}:{keys[0]}"


IdempotencyKey = Annotated[str, Depends(_key)]
"""The command id: the header `Idempotency-Key`, exactly one, within the path that it was sent to."""

IfVersion = Annotated[int | None, Header(alias="If-Version", ge=0)]
"""The version at which the caller saw the stream, where it cares."""


def body_hash(body: BaseModel | bytes, key: bytes = b"") -> bytes:
    """By which a repeat is told from another command under the same id.

    Give `key` where the body holds personal data: the plain hash of a BSN is found by trying them all.
    """
    content = body if isinstance(body, bytes) else body.model_dump_json(exclude_unset=True).encode()
    return hmac.digest(key, content, hashlib.sha256)


def origin(caller: Caller, key: str, now: Callable[[], datetime]) -> Origin:
    """Where a command comes from: this caller, under this command id, recorded now."""
    return Origin(caller.actor, key, now(), key)


async def answered(log: EventLog, work: Work[Any, Any]) -> Answer:
    """The durable answer, refusals too; raises `Problem` 409 for a stale version or a reused key, 503 where the log cannot write."""
    started = perf_counter()
    try:
        answer = await ended(handle(log, work))
    except Conflict as stale:
        COMMANDS.labels(log.service, "conflict").inc()
        raise Problem(409, "conflict", f"version {stale.actual} is there, not {stale.expected}: read again") from None
    except OtherBody:
        COMMANDS.labels(log.service, "other-body").inc()
        raise Problem(409, "other-body", "this Idempotency-Key was used for another command") from None
    except LogUnavailable:
        COMMANDS.labels(log.service, "unavailable").inc()
        raise unavailable("nothing was recorded; send the command again with the same Idempotency-Key") from None
    COMMANDS.labels(log.service, answer.outcome).inc()
    COMMAND_SECONDS.labels(log.service).observe(perf_counter() - started)
    return answer


async def ended(future: "Future[Answer]") -> Answer:
    """The result of a future of the log within `ANSWER_SECONDS`, else `Problem` 503: it may still be recorded.

    `asyncio.wrap_future` under `asyncio.timeout` would do the same; together they cost as much as writing the command.
    """
    loop = asyncio.get_running_loop()
    waiting: asyncio.Future[None] = loop.create_future()
    future.add_done_callback(lambda _: None if loop.is_closed() else loop.call_soon_threadsafe(_wake, waiting))
    limit = loop.call_later(ANSWER_SECONDS, _wake, waiting)
    try:
        await waiting
    finally:
        limit.cancel()
        future.cancel()
    if future.cancelled() or not future.done():
        raise unavailable("no answer in time; send the command again with the same Idempotency-Key")
    return future.result()


def _wake(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)


async def respond(log: EventLog, work: Work[Any, Any]) -> JSONResponse:
    """201 for what was recorded now, 200 for what already was; raises `Problem` 409 with the reason where it was refused."""
    answer = await answered(log, work)
    if answer.outcome == "refused":
        raise Problem(409, answer.reason, answer.detail)
    return JSONResponse(body_of(answer), CREATED if answer.outcome == "accepted" else DONE)


def body_of(answer: Answer) -> dict[str, object]:
    """What a caller is told of an answer."""
    return {
        "outcome": answer.outcome,
        "stream": answer.stream,
        "version": answer.version,
        "position": answer.position,
        "refs": dict(answer.refs),
    }
