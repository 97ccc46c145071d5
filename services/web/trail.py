"""The trail of who was refused, what operators did and who had a client erased: an audit line before the answer leaves the house."""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.access.caller import Caller
from services.access.processing_lines import Act, Processing, act_of
from services.access.processing_log import ProcessingLog, ProcessingLogUnavailable
from services.web.callers import CALLER
from services.web.frame import TRACE
from services.web.rights import READINGS, right_of

WRITE_SECONDS = 10.0
UNAUTHENTICATED, FORBIDDEN, CONFLICT, SUCCESS = 401, 403, 409, range(200, 300)
REFUSE = "urn:backbone:processing-activity:refuse-command"
NOBODY, OBJECT, RECORDED = "-", "audited_object", "audited_act"
REFERENCE = re.compile(r"(?![0-9]+$)[A-Za-z0-9._-]{1,80}")
"""What is written of what stood in an address: no bare number, which could be a BSN."""

STRANGERS_A_MINUTE = 60

logger = logging.getLogger(__name__)


class Strangers:
    """Counts refusals of people whom nobody knows: who floods the gate must not fill the disk with lines."""

    def __init__(self, most: int = STRANGERS_A_MINUTE) -> None:
        self._most, self._minute, self._written, self._left_out = most, "", 0, 0

    def result(self, at: datetime) -> str | None:
        """What is written of one more, with how many were left out before it; None where it is left out itself."""
        minute = at.strftime("%Y%m%d%H%M")
        if minute != self._minute:
            self._minute, self._written = minute, 0
        if self._written >= self._most:
            self._left_out += 1
            return None
        self._written += 1
        left_out, self._left_out = self._left_out, 0
        return f"unauthenticated, as were {left_out} before it" if left_out else "unauthenticated"


class Trail:
    """Around an app, outside of everything else. Without room for the line a refusal stays a refusal, and the process log says so."""

    def __init__(self, app: ASGIApp, log: ProcessingLog, now: Callable[[], datetime]) -> None:
        self._app, self._log, self._now, self._strangers = app, log, now, Strangers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""

        async def watching(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._note(scope, message["status"])
            await send(message)

        await self._app(scope, receive, watching if scope["type"] == "http" else send)

    async def _note(self, scope: Scope, status: int) -> None:
        if status == CONFLICT and (subject := _subject(scope)) is not None:
            await self._refused(scope, subject)
        act = self._act(scope, status)
        if act is not None:
            await self._written(self._log.audit(act), act)

    async def _refused(self, scope: Scope, subject: str) -> None:
        """A command that came to nothing: no fact tells that somebody's data were looked at for it."""
        at, client = self._now(), scope.get("client")
        looked = Processing(REFUSE, subject, scope["state"][TRACE], at, at, "refused", origin=client[0] if client else "")
        actor = scope["state"][CALLER].actor
        await self._written(self._log.record(looked, actor), act_of(looked, actor))

    async def _written(self, future: "Future[str]", act: Act) -> None:
        try:
            await asyncio.wait_for(asyncio.wrap_future(future), WRITE_SECONDS)
        except (ProcessingLogUnavailable, TimeoutError) as wrong:
            logger.warning("%s by %s is not in the audit log: %s", act.result, act.actor, type(wrong).__name__)

    def _act(self, scope: Scope, status: int) -> Act | None:
        at, result = self._now(), _result(scope, status)
        if status == UNAUTHENTICATED:
            result = self._strangers.result(at)
        if result is None:
            return None
        caller, client = scope["state"].get(CALLER), scope.get("client")
        actor = caller.actor if isinstance(caller, Caller) else NOBODY
        return Act(actor, _action(scope), _object(scope), result, at, scope["state"][TRACE], client[0] if client else "")


def done_to(request: Request, what: str) -> None:
    """What an operator acts on, where the address does not say it."""
    setattr(request.state, OBJECT, what)


def on_record(request: Request) -> None:
    """What is done here stands in the audit log whatever comes of it: of a refusal the event log tells nothing."""
    setattr(request.state, RECORDED, True)


def keep_trail(app: FastAPI, log: ProcessingLog, now: Callable[[], datetime]) -> None:
    """Let an app write its trail into this log; `now` gives the time in UTC."""
    app.add_middleware(Trail, log=log, now=now)


def _result(scope: Scope, status: int) -> str | None:
    """What there is to write: refusals, and what operators did, which no event log tells of."""
    if status == FORBIDDEN:
        return "forbidden"
    route = scope.get("route")
    operating = isinstance(route, APIRoute) and scope["method"] not in READINGS and right_of(route).scope == "none"
    if status == UNAUTHENTICATED or not (operating or scope["state"].get(RECORDED)):
        return None
    if status == CONFLICT:
        return "refused"
    return "ok" if status in SUCCESS else f"answered {status}"


def _action(scope: Scope) -> str:
    """The route as it was declared; an address as it was sent is never written."""
    path = getattr(scope.get("route"), "path", None)
    return "enter" if path is None else f"{scope['method']} {path}"


def _subject(scope: Scope) -> str | None:
    """Whom a command is about, where its address says so."""
    told: Mapping[str, str] = scope.get("path_params", {})
    return None if scope["method"] in READINGS else told.get("client") or told.get("household_ref")


def _object(scope: Scope) -> str:
    told = str(scope["state"].get(OBJECT, "")).split() or [str(value) for value in scope.get("path_params", {}).values()]
    return " ".join(word if REFERENCE.fullmatch(word) else "(no reference)" for word in told)
