"""Looks rows up for the read API, waits for a version that a caller knows of, and notes who read whom."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request

from services.access.caller import Caller, Forbidden
from services.access.processing_lines import Status
from services.access.processing_log import ProcessingLog
from services.web.emergencies import admit
from services.web.problem import Problem, unavailable
from services.web.reads import processing, written
from streams import allowance_run, contact_view, payout_status, team_directory
from streams.app import Views
from streams.cluster import partition_of
from streams.keeper import Keeper
from streams.view import Row

WAIT_SECONDS = 5.0
DUTCH_TIME = ZoneInfo("Europe/Amsterdam")
"""Who is away follows the local day."""

ACTIVITY = "urn:backbone:processing-activity:view-client"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A version of a stream that the answer must contain, where the caller asks for one."""

    stream: str | None
    version: int | None


@dataclass(frozen=True, slots=True)
class Processed:
    """A reading of a client that began: `activity` is its URI in the register of processing activities."""

    activity: str
    client: str
    request: Request
    started: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the views of this worker; `now` is the clock by which facts are recorded, in UTC."""

    views: Views
    log: ProcessingLog
    now: Callable[[], datetime]

    def today(self) -> date:
        """The local day."""
        return self.now().astimezone(DUTCH_TIME).date()

    def client(self, client: str) -> Row | None:
        """The contact view of a client."""
        return self._row(contact_view.VIEW.name, client, client)

    def answering(self, row: Row) -> dict[str, Any]:
        """Who answers for a client today and how the team is reached: the contact person, or who stands in for them."""
        contact = row.get("contact")
        team = None if contact is None else self._row(team_directory.VIEW.name, contact["team_ref"], contact["team_ref"])
        if contact is None or team is None:
            return {"team": None, "stand_in": None}
        stand_in = team_directory.stand_in(team, contact["contact_person"], self.today())
        return {"team": team_directory.reach(team), "stand_in": stand_in}

    def payouts(self, group: str, ref: str) -> list[Row]:
        """The payouts of a `client` or `household_ref`, in order of right."""
        rights = self.views.totals.rights(group, ref)
        found = [self._row(payout_status.VIEW.name, right, client) for right, client in rights]
        return [row for row in found if row is not None]

    def run(self, run_ref: str) -> Row | None:
        """A run, with what became of its payouts so far."""
        row = self._row(allowance_run.VIEW.name, run_ref, run_ref)
        return None if row is None else {**row, "payouts": self.views.totals.of("run_ref", run_ref)}

    def held(self, view: str, key: str) -> bool:
        """Whether later facts of a client or run are held, so that the answer is not complete."""
        return key in self.keeper(view).held

    def keeper(self, view: str) -> Keeper:
        """The keeper of a view; raises `Problem` 404 or 503."""
        if view not in self.views.keepers:
            raise Problem(404, "not found", "no such view")
        if not self.views.readable:
            raise unavailable("the views are being recovered")
        return self.views.keepers[view]

    async def when_there(self, view: str, wanted: Wanted, look: Callable[[], list[Row]]) -> list[Row]:
        """The rows, once the wanted version is among them; raises `Problem` 503 after 5 seconds, 400 for half a question."""
        if (wanted.stream is None) != (wanted.version is None):
            raise Problem(400, "invalid input", "stream and atLeastVersion come together")
        keeper, until = self.keeper(view), time.monotonic() + WAIT_SECONDS
        while True:
            news = asyncio.ensure_future(keeper.news())
            rows = look()
            if wanted.stream is None or any(row["slots"].get(wanted.stream, 0) >= (wanted.version or 0) for row in rows):
                news.cancel()
                return rows
            done, _ = await asyncio.wait({news}, timeout=max(0.0, until - time.monotonic()))
            if not done:
                news.cancel()
                raise unavailable("the view does not contain that version yet; it waits, or its record is in quarantine")

    async def noted(self, caller: Caller, read: Processed, municipality: str | None) -> None:
        """A line in the processing log before anything is answered; raises `Forbidden` for whom neither right nor opening lets in."""
        status: Status = "ok"
        try:
            admit(read.request, caller, caller.roles, municipality)
        except Forbidden:
            status = "refused"
            raise
        finally:
            what = processing(read.request, read.activity, (read.started, self.now()), status)
            await written(self.log, [replace(what, subject=read.client)], caller.actor)

    def _row(self, view: str, key: str, of: str) -> Row | None:
        row = self.keeper(view).row(partition_of(of), key)
        return row if row is not None and len(row) > len(("slots", "seen")) else None


def without_bookkeeping(row: Row) -> dict[str, Any]:
    """The row without what only the fold needs."""
    return {name: value for name, value in row.items() if name != "seen"}
