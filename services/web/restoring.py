"""While a restored service is not right yet it answers readings and refuses commands, and two persons may end that."""

import asyncio
from collections.abc import Collection
from typing import Annotated, Any, Protocol

from fastapi import FastAPI, Request
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from services.access.caller import Caller
from services.contracts.restored import Lifting
from services.eventlog.log import LogUnavailable
from services.web.body import Body
from services.web.callers import requires
from services.web.frame import TRACE
from services.web.problem import RETRY_SECONDS, Problem, unavailable
from services.web.rights import READINGS
from services.web.trail import done_to

SEARCH = "/_search"
STATE, LIFTS = "/v1/restoration", "/v1/restoration/lifts"

Looker = Annotated[Caller, requires("operator", "auditor", "payments-officer", "payments-approver", scope="none")]
Lifter = Annotated[Caller, requires("operator", "payments-approver", scope="none")]


class Restoring(Protocol):
    """What the routes need of a restoration."""

    @property
    def blocked(self) -> bool:
        """Whether commands must stay out."""

    def trouble(self) -> str | None:
        """Why."""

    def told(self) -> dict[str, Any]:
        """Where it stands."""

    def override(self, actor: str, lifting: Lifting) -> bool:
        """Ask to let commands in; true once they are. Raises `ValueError` while facts are read back."""


class LiftBody(Body):
    """Why commands may come in though not everything matches."""

    reason: Lifting


class CommandsKeptOut:
    """503 `restoring` for every command but those in `allowed`, before a byte of its body is read."""

    def __init__(self, app: ASGIApp, restoring: Restoring, allowed: Collection[str]) -> None:
        self._app, self._restoring, self._allowed = app, restoring, frozenset({LIFTS, *allowed})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the class."""
        if self._restoring.blocked and self._is_command(scope):
            detail = await asyncio.to_thread(self._restoring.trouble) or "restored from a backup"
            problem = Problem(503, "restoring", f"{detail}; nothing was recorded", {"Retry-After": RETRY_SECONDS})
            await problem.response(scope["state"][TRACE])(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_command(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope["method"] in READINGS:
            return False
        return scope["path"] not in self._allowed and not scope["path"].endswith(SEARCH)


def keep_out(app: FastAPI, restoring: Restoring, allowed: Collection[str] = ()) -> None:
    """Adds the refusal behind the entrance, and the routes by which operators follow and end it."""
    app.user_middleware.append(Middleware(CommandsKeptOut, restoring=restoring, allowed=allowed))

    @app.get(STATE)
    async def show_restoration(_caller: Looker) -> dict[str, Any]:
        """How far the service is on its way back, what does not match, and what people must bring again."""
        return await asyncio.to_thread(restoring.told)

    @app.post(LIFTS)
    async def lift(caller: Lifter, request: Request, body: LiftBody) -> dict[str, Any]:
        """Lets commands in though not everything matches; the second person who asks for the same reason does it."""
        done_to(request, body.reason)
        if body.reason == "matched":
            raise Problem(409, "not-yours-to-say", "that everything matches, the service finds by itself")
        return await asyncio.to_thread(_lifted, restoring, caller.actor, body.reason)


def _lifted(restoring: Restoring, actor: str, reason: Lifting) -> dict[str, Any]:
    try:
        in_use = restoring.override(actor, reason)
    except ValueError:
        raise Problem(409, "reading-back", "facts are still read back; nobody can let commands in before that") from None
    except (LogUnavailable, TimeoutError):
        raise unavailable("the word could not be recorded; give it again") from None
    return {"in_use": in_use, "next": "" if in_use else "another person must ask for the same reason"}
