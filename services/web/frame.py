"""What surrounds every request: who comes in, how much may come in, and that no answer leaves without its headers."""

import asyncio
import logging
import re
import traceback
from secrets import token_hex

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.access.caller import Unauthenticated
from services.access.gate import Gate
from services.metrics import HTTP_REQUESTS
from services.web.callers import CALLER
from services.web.problem import Problem, unavailable
from services.web.rights import BULK, OPEN_PATHS

API_VERSION = "1.0.0"
OPENAPI = "/v1/openapi.json"
TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}")
LENGTH = re.compile(r"[0-9]{1,18}")
TRACE, PARENT = "trace_id", "parent_span_id"
SERVER_ERROR = 500
SECURITY_HEADERS = {
    "API-Version": API_VERSION,
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

logger = logging.getLogger(__name__)


def unauthenticated(reason: str) -> Problem:
    """401, or 503 where nobody can be recognised because the issuer's keys cannot be read."""
    if reason == "keys-unavailable":
        return unavailable("no token can be checked now; try again later")
    challenge = "Bearer" if reason == "no-token" else 'Bearer error="invalid_token"'
    return Problem(401, "unauthenticated", "a valid bearer token is needed", {"WWW-Authenticate": challenge})


class Frame:
    """Puts the headers on every answer, counts it by route, and turns an unexpected exception into 500 without its content."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace_id, span_id = _trace(Headers(scope=scope).get("traceparent"))
        scope.setdefault("state", {}).update({TRACE: trace_id, PARENT: span_id})
        answered = _Answered(scope, send)
        try:
            await self._app(scope, receive, answered)
        except Exception as wrong:  # noqa: BLE001 - the last net; what escapes it would be logged with its content
            _log(wrong, trace_id)
            if answered.status == 0:
                problem = Problem(SERVER_ERROR, "internal error", "something went wrong here; operations can find it by the instance")
                await problem.response(trace_id)(scope, receive, answered)
        finally:
            HTTP_REQUESTS.labels(self._service, _template(scope), str(answered.status)).inc()


class _Answered:
    """Sends on, with the headers, and remembers the status; 0 until the answer began."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send, self.status = scope, send, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers.update(SECURITY_HEADERS)
            if self._scope["path"] == OPENAPI:
                headers["Access-Control-Allow-Origin"] = "*"
        await self._send(message)


class Entrance:
    """Lets nobody in without a valid token, before a byte of the body is read; health and the API's description are open."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS:
            try:
                await self._enter(scope)
            except Unauthenticated as wrong:
                logger.info("refused at the gate: %s", wrong.reason)
                await unauthenticated(wrong.reason).response(scope["state"][TRACE])(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _enter(self, scope: Scope) -> None:
        tokens = Headers(scope=scope).getlist("authorization")
        if len(tokens) > 1:
            raise Unauthenticated("malformed")
        token = tokens[0] if tokens else None
        caller = self._gate.remembered(token) or await asyncio.to_thread(self._gate.caller, token)
        scope["state"][CALLER] = caller


class BodyLimit:
    """Counts what comes in, also where no length is announced; 413 over the limit. Bulk files have no limit but their lines."""

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app, self._limit = app, limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if scope["type"] != "http" or scope["path"].endswith(BULK):
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not LENGTH.fullmatch(announced) or int(announced) > self._limit:
            await self._too_large().response(scope["state"][TRACE])(scope, receive, send)
            return
        await self._app(scope, self._counting(receive), send)

    def _counting(self, receive: Receive) -> Receive:
        counted = 0

        async def counting() -> Message:
            nonlocal counted
            message = await receive()
            counted += len(message.get("body", b""))
            if counted > self._limit:
                raise self._too_large()
            return message

        return counting

    def _too_large(self) -> Problem:
        return Problem(413, "body too large", f"at most {self._limit} bytes", {"Connection": "close"})


def _trace(traceparent: str | None) -> tuple[str, str | None]:
    """The trace and span of the caller (W3C traceparent), or a new trace: 32 and 16 hexadecimal characters."""
    found = TRACEPARENT.fullmatch(traceparent or "")
    return (found[1], found[2]) if found else (token_hex(16), None)


def _template(scope: Scope) -> str:
    """The route as it was declared; a path as it was sent never becomes a label."""
    return getattr(scope.get("route"), "path", None) or (scope["path"] if scope["path"] in OPEN_PATHS else "unmatched")


def _log(wrong: Exception, trace_id: str) -> None:
    """Where it happened, not what it said: a message may hold what was sent."""
    where = "".join(traceback.format_tb(wrong.__traceback__))
    logger.error("unexpected %s, trace %s\n%s", type(wrong).__name__, trace_id, where)
