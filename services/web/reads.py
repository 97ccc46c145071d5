"""Reading a client leaves a line in the processing log before the answer leaves the house."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request

from services.access.caller import Caller, Forbidden
from services.access.lookups import Lookup, lookups
from services.access.processing_log import Processing, ProcessingLog, ProcessingLogUnavailable, Status
from services.web.frame import TRACE
from services.web.problem import unavailable

WRITE_SECONDS = 10.0


class Reads:
    """The processing log as routes use it."""

    def __init__(self, log: ProcessingLog, now: Callable[[], datetime]) -> None:
        self._log, self._now = log, now

    @asynccontextmanager
    async def of(self, request: Request, caller: Caller, activity: str, client: str) -> AsyncIterator[None]:
        """Around the reading of one client; ends when the line is durable, and with `Problem` 503 where it cannot be written.

        `activity` is the URI in the register of processing activities. A refused or failed read has its line too.
        """
        started_at = self._now()
        status: Status = "failed"
        try:
            yield
            status = "ok"
        except (Forbidden, HTTPException):
            status = "refused"
            raise
        finally:
            trace_id = getattr(request.state, TRACE)
            await self._record(Processing(activity, client, trace_id, started_at, self._now(), status), caller.actor)

    @asynccontextmanager
    async def of_each(self, request: Request, caller: Caller, activity: str, clients: Iterable[str]) -> AsyncIterator[None]:
        """Around a list of clients: each of them has a line in the processing log before the list is answered."""
        async with AsyncExitStack() as lines:
            for client in sorted(set(clients)):
                await lines.enter_async_context(self.of(request, caller, activity, client))
            yield

    def of_client(self, client: str) -> list[Lookup]:
        """Who read a client here, when and why."""
        return lookups(self._log.folder, client)

    async def _record(self, processing: Processing, actor: str) -> None:
        try:
            await asyncio.wait_for(asyncio.wrap_future(self._log.record(processing, actor)), WRITE_SECONDS)
        except (ProcessingLogUnavailable, TimeoutError):
            raise unavailable("the reading cannot be recorded, so it is not answered; try again later") from None
