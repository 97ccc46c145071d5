"""A file of commands, one JSON object a line, answered line by line; the same file again changes nothing."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

import orjson
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from services.access.caller import Forbidden
from services.eventlog.handle import Work, handle
from services.eventlog.log import Answer, Conflict, EventLog, LogUnavailable, OtherBody
from services.metrics import COMMANDS
from services.web.body import Key, Line
from services.web.commands import ANSWER_SECONDS
from services.web.lines import LINE_BYTES, LineReader, NumberedLine
from services.web.problem import Problem, errors_of
from services.web.spool import Spool

LINES_A_PORTION = 500
PORTIONS_IN_FLIGHT = 2
NDJSON = "application/x-ndjson"

logger = logging.getLogger(__name__)

L = TypeVar("L", bound=Line)
WorkOf = Callable[[L, int], Work[Any, Any]]
Told = dict[str, object]


class _Named(BaseModel):
    """What a wrong line can still be recognised by."""

    id: Key


class _Asked(NamedTuple):
    """A line under way: its answer at once, or the future of the log."""

    number: int
    id: str | None
    answer: "Told | Future[Answer]"


class BulkResponse(StreamingResponse):
    """Streams answers while the request is still read; Starlette's own would take pieces of the request for itself."""

    def __init__(self, answers: AsyncGenerator[bytes, None]) -> None:
        super().__init__(answers, media_type=NDJSON)
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - `receive` is the reader's alone
        """See `Response`."""
        try:
            await self.stream_response(send)
        finally:
            await self._answers.aclose()


async def bulk(request: Request, log: EventLog, model: type[L], work_of: "WorkOf[L]") -> StreamingResponse:
    """NDJSON in, NDJSON out: `{"line", "id", "outcome", "reason", "detail", "errors", "refs", "version", "position"}` per line.

    Outcomes: `accepted`, `unchanged`, `refused`, `invalid`; and `unavailable` or `failed`, after which the line must be sent
    again. `work_of` makes the command of a line and its number; its command id comes from the line's own `id`, so a
    file may be sent again from its start, also after a connection that broke. No value of a line is repeated but its id.
    """
    return BulkResponse(_answers(request, log, model, work_of))


async def _answers(request: Request, log: EventLog, model: type[L], work_of: "WorkOf[L]") -> AsyncGenerator[bytes, None]:
    spool = Spool()
    carried = asyncio.create_task(_carry_out(request.stream(), log, model, work_of, spool))
    try:
        async for piece in spool.pieces():
            yield piece
        await carried
    finally:
        carried.cancel()
        spool.close()


async def _carry_out(pieces: AsyncIterator[bytes], log: EventLog, model: type[L], work_of: "WorkOf[L]", spool: Spool) -> None:
    """Reads no faster than the log writes: at most `PORTIONS_IN_FLIGHT` portions wait for it."""
    waiting: deque[list[_Asked]] = deque()
    try:
        with suppress(ClientDisconnect):
            async for portion in _portions(pieces):
                waiting.append(await _asked(portion, log, model, work_of))
                if len(waiting) == PORTIONS_IN_FLIGHT:
                    spool.add(await _settled(waiting.popleft(), log.service))
        for asked in waiting:
            spool.add(await _settled(asked, log.service))
    finally:
        spool.end()


async def _asked(portion: Sequence[NumberedLine], log: EventLog, model: type[L], work_of: "WorkOf[L]") -> list[_Asked]:
    asked = []
    for line in portion:
        asked.append(_ask(line, log, model, work_of))
        if not isinstance(asked[-1].answer, Future):
            await asyncio.sleep(0)  # finding everything that is wrong with a line may take 0.1 s; others have their turn
    return asked


async def _portions(pieces: AsyncIterator[bytes]) -> AsyncIterator[Sequence[NumberedLine]]:
    reader, lines = LineReader(), list[NumberedLine]()
    async for piece in pieces:
        lines += reader.feed(piece)
        while len(lines) >= LINES_A_PORTION:
            yield lines[:LINES_A_PORTION]
            del lines[:LINES_A_PORTION]
    lines += reader.end()
    if lines:
        yield lines


def _ask(line: NumberedLine, log: EventLog, model: type[L], work_of: "WorkOf[L]") -> _Asked:
    if line.text is None:
        return _Asked(line.number, None, _invalid([{"field": "body", "message": f"longer than {LINE_BYTES} bytes"}]))
    try:
        read = model.model_validate_json(line.text)
    except ValidationError as wrong:
        return _Asked(line.number, _name(line.text), _invalid(errors_of(wrong)))
    try:
        return _Asked(line.number, read.id, handle(log, work_of(read, line.number)))
    except Exception as wrong:  # noqa: BLE001 - what a line brings about stays with that line
        return _Asked(line.number, read.id, _mishap(wrong))


def _name(text: bytes) -> str | None:
    try:
        return _Named.model_validate_json(text).id
    except ValidationError:
        return None


async def _settled(portion: Sequence[_Asked], service: str) -> bytes:
    """The answers as NDJSON, once all are durable. The log works in order, so its last answer is waited for first."""
    futures = [asked.answer for asked in portion if isinstance(asked.answer, Future)]
    await _wait(futures[-1:])
    await _wait([future for future in futures if not future.done()])
    told = [{"line": asked.number, "id": asked.id, **_told(asked.answer)} for asked in portion]
    for outcome, count in Counter(str(answer["outcome"]) for answer in told).items():
        COMMANDS.labels(service, outcome).inc(count)
    return b"".join(orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE) for answer in told)


async def _wait(futures: "Sequence[Future[Answer]]") -> None:
    """Until all have ended, at most `ANSWER_SECONDS`; what they ended with is looked at later."""
    if futures:
        done, _ = await asyncio.wait([asyncio.wrap_future(future) for future in futures], timeout=ANSWER_SECONDS)
        for ended in done:
            _ = ended.cancelled() or ended.exception()  # looked at, or asyncio would log it with its content


def _told(answer: "Told | Future[Answer]") -> Told:
    if not isinstance(answer, Future):
        return answer
    if not answer.done():
        answer.cancel()
        return {"outcome": "unavailable", "reason": "no-answer-in-time"}
    wrong = answer.exception()
    return _mishap(wrong) if wrong is not None else _recorded(answer.result())


def _recorded(answer: Answer) -> Told:
    told: Told = {"outcome": answer.outcome, "version": answer.version, "position": answer.position}
    optional = (("reason", answer.reason), ("detail", answer.detail), ("refs", dict(answer.refs)))
    return told | {name: value for name, value in optional if value}


def _invalid(errors: list[dict[str, str]]) -> Told:
    return {"outcome": "invalid", "reason": "invalid-input", "errors": errors}


def _mishap(wrong: BaseException) -> Told:
    match wrong:
        case LogUnavailable():
            return {"outcome": "unavailable", "reason": "log-unavailable"}
        case Conflict():
            return {"outcome": "refused", "reason": "conflict"}
        case OtherBody():
            return {"outcome": "refused", "reason": "other-body"}
        case Forbidden():
            return {"outcome": "refused", "reason": "forbidden"}
        case Problem():
            outcome = "unavailable" if wrong.status == HTTPStatus.SERVICE_UNAVAILABLE else "refused"
            return {"outcome": outcome, "reason": wrong.title, "detail": wrong.detail}
        case _:
            logger.error("a line of a bulk file failed: %s", type(wrong).__name__)
            return {"outcome": "failed", "reason": "internal-error"}
