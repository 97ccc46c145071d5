"""The office behind intake's routes: its log, its desk, and who may do what there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Path, Request
from pydantic import BaseModel

from services.access.break_glass import open_to
from services.access.caller import Caller, Role, allow
from services.eventlog.log import EventLog
from services.intake.desk import Asked, Desk
from services.intake.openings import openings_of
from services.intake.route.rules import RouteRules
from services.intake.term_rules import TermRules
from services.web.callers import requires
from services.web.commands import body_hash, origin
from services.web.emergencies import admit, consider

WORKERS: tuple[Role, ...] = ("caseworker", "coordinator")
FINDERS: tuple[Role, ...] = (*WORKERS, "payments-officer")
COUNTERS: tuple[Role, ...] = (*FINDERS, "payments-approver", "manager", "operator", "auditor")

Worker = Annotated[Caller, requires(*WORKERS)]
ClientReader = Annotated[Caller, requires(*WORKERS, glass=True)]
Finder = Annotated[Caller, requires(*FINDERS)]
Lister = Annotated[Caller, requires(*WORKERS, scope="own")]
Counter = Annotated[Caller, requires(*COUNTERS, scope="own")]
HouseholdRef = Annotated[str, Path(pattern=r"^h-[0-9a-f]{16}$")]
ClientRef = Annotated[str, Path(pattern=r"^p-[0-9a-f]{16}$")]


@dataclass(frozen=True, slots=True)
class Office:
    """What the routes share; `now` gives the time in UTC, `route` are the rules of the integral route."""

    log: EventLog
    desk: Desk
    now: Callable[[], datetime]
    rules: TermRules
    route: RouteRules

    def let_in(self, request: Request, caller: Caller, client: str, municipality: str) -> None:
        """To a reading of one client: who works for their municipality, or was let in to them in an emergency. Raises `Forbidden`."""
        consider(request, open_to(openings_of(self.log, client), caller, self.now()))
        admit(request, caller, WORKERS, municipality)

    def asked(self, caller: Caller, command_id: str, body: BaseModel, expected: int | None = None) -> Asked:
        """A command of this caller, which may touch the caller's municipalities only.

        The body hash is keyed, as the body may hold a BSN (domain.md 6).
        """
        return Asked(
            origin(caller, command_id, self.now),
            body_hash(body, self.desk.hashes.bsn.secret),
            lambda municipality: allow(caller, WORKERS, municipality),
            expected,
        )
