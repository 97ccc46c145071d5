"""Reading a client leaves a line in the processing log before the answer leaves the house."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from secrets import token_hex

from starlette.exceptions import HTTPException
from starlette.requests import Request

from services.access.break_glass import PURPOSE as EMERGENCY
from services.access.caller import Caller, Forbidden
from services.access.lookups import Lookup, lookups
from services.access.processing_lines import Processing, Status
from services.access.processing_log import ProcessingLog, ProcessingLogUnavailable
from services.web.emergencies import used
from services.web.frame import PARENT, TRACE
from services.web.problem import unavailable
from services.web.purposes import PURPOSE

WRITE_SECONDS = 10.0


@dataclass
class Reading:
    """What is being read; whom it turns out to be about is added while it goes on."""

    clients: set[str]
    what: str

    def about(self, clients: Iterable[str]) -> None:
        """These are read as well."""
        self.clients.update(clients)

    def lines(self, whole: Processing) -> list[Processing]:
        """The whole of it without a subject, and each client as a part of that."""
        whole = replace(whole, span_id=token_hex(8), what=self.what)
        part = replace(whole, parent=whole.span_id, span_id=None, what="")
        return [whole, *(replace(part, subject=client) for client in sorted(self.clients))]


class Reads:
    """The processing log as routes use it."""

    def __init__(self, log: ProcessingLog, now: Callable[[], datetime]) -> None:
        self._log, self._now = log, now

    @asynccontextmanager
    async def of(self, request: Request, caller: Caller, activity: str, client: str | None) -> AsyncIterator[None]:
        """Around the reading of one client, or a search that finds none; ends when the line is durable, with `Problem` 503 where it cannot.

        `activity` is the URI in the register of processing activities. A refused or failed read has its line too.
        """
        async with self._around(request, caller, activity, lambda whole: [replace(whole, subject=client)]):
            yield

    @asynccontextmanager
    async def of_each(
        self, request: Request, caller: Caller, activity: str, clients: Iterable[str] = (), what: str = ""
    ) -> AsyncIterator[Reading]:
        """Around a reading of many: the whole of it (`what`, such as a run) has a line, and each client one that is a part of it."""
        reading = Reading(set(clients), what)
        async with self._around(request, caller, activity, reading.lines):
            yield reading

    def of_client(self, client: str) -> list[Lookup]:
        """Who read a client here, when and why."""
        return lookups(self._log.folder, client)

    @asynccontextmanager
    async def _around(
        self, request: Request, caller: Caller, activity: str, lines: Callable[[Processing], Sequence[Processing]]
    ) -> AsyncIterator[None]:
        started_at = self._now()
        status: Status = "failed"
        try:
            yield
            status = "ok"
        except (Forbidden, HTTPException):
            status = "refused"
            raise
        finally:
            whole = processing(request, activity, (started_at, self._now()), status)
            await written(self._log, lines(whole), caller.actor)


def processing(request: Request, activity: str, during: tuple[datetime, datetime], status: Status) -> Processing:
    """A processing about nobody yet, with the trace of its request and the address that it came from."""
    started_at, ended_at = during
    origin = request.client.host if request.client else ""
    purpose, legal_basis = getattr(request.state, PURPOSE, (None, None))
    done = Processing(activity, None, getattr(request.state, TRACE), started_at, ended_at, status, origin=origin)
    done = replace(done, called_by=getattr(request.state, PARENT, None), purpose=purpose, legal_basis=legal_basis)
    glass = used(request)
    if glass is None:
        return done
    return replace(done, purpose=purpose or EMERGENCY, legal_basis=legal_basis or glass.legal_basis, break_glass=glass.number)


async def written(log: ProcessingLog, processings: Sequence[Processing], actor: str) -> None:
    """Returns when the lines are durable; raises `Problem` 503 where they cannot be."""
    try:
        await asyncio.wait_for(asyncio.wrap_future(log.record_all(processings, actor)), WRITE_SECONDS)
    except (ProcessingLogUnavailable, TimeoutError):
        raise unavailable("the reading cannot be recorded, so it is not answered; try again later") from None
