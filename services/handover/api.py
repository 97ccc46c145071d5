"""Handover over HTTP: teams, who joins and leaves them, and who holds a client."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import FastAPI, Path, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from services.access.caller import Caller, Role, allow
from services.access.gate import Gate
from services.access.processing_log import ProcessingLog
from services.contracts.intake import Municipality
from services.eventlog.log import EventLog
from services.handover.commands import AssignContactPerson, FormTeam, JoinStaff, LeaveStaff
from services.handover.domain import HANDOVER
from services.handover.state import Baton, Handover, baton_stream, team_stream
from services.handover.work import assigning, forming, joining, leaving
from services.web.app import new_app
from services.web.body import Body
from services.web.callers import requires
from services.web.commands import IdempotencyKey, IfVersion, body_hash, origin, respond
from services.web.problem import Problem
from services.web.reads import Reads

DESCRIPTION = "Teams and their staff, and who holds the baton and is the contact person of each client."
READ_BATON = "urn:backbone:processing-activity:read-baton"
DIRECTORS: tuple[Role, ...] = ("coordinator", "manager")
READERS: tuple[Role, ...] = ("caseworker", "coordinator", "manager", "auditor")

StaffRef = Annotated[str, Field(pattern=r"^s-[a-z0-9-]{1,62}$")]
Reason = Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,39}$")]
TeamRef = Annotated[str, Path(pattern=r"^team-[a-z0-9-]{1,59}$")]
Client = Annotated[str, Path(pattern=r"^p-[a-z0-9-]{1,62}$")]
Director = Annotated[Caller, requires(*DIRECTORS)]
Reader = Annotated[Caller, requires(*READERS)]


class TeamBody(Body):
    """A team to be formed."""

    municipality: Municipality
    organisation: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    on: date


class StaffBody(Body):
    """Who joins or leaves, and when; not in the future."""

    staff_ref: StaffRef
    on: date


class ContactPersonBody(Body):
    """Who becomes the contact person, from when, and the code of the reason."""

    contact_person: StaffRef
    on: date
    reason: Reason


@dataclass(frozen=True, slots=True)
class _Api:
    """The routes; each checks the municipality of what it touches."""

    log: EventLog
    reads: Reads
    now: Callable[[], datetime]
    new_ref: Callable[[str], str]

    async def form_team(self, body: TeamBody, key: IdempotencyKey, caller: Director) -> JSONResponse:
        """Form a team for a municipality."""
        allow(caller, DIRECTORS, body.municipality)
        command = FormTeam(self.new_ref("team-"), body.municipality, body.organisation, body.on)
        return await respond(self.log, forming(command, origin(caller, key, self.now), body_hash(body)))

    async def join(self, ref: TeamRef, body: StaffBody, key: IdempotencyKey, caller: Director) -> JSONResponse:
        """Let a staff member join; the first takes the clients who waited."""
        municipality = self._municipality(ref, caller)
        came = origin(caller, key, self.now)
        command = JoinStaff(ref, body.staff_ref, body.on, came.at.date())
        return await respond(self.log, joining(command, municipality, came, body_hash(body)))

    async def leave(self, ref: TeamRef, body: StaffBody, key: IdempotencyKey, caller: Director, expected: IfVersion = None) -> JSONResponse:
        """Let a staff member go; their clients get another contact person in the same transaction."""
        self._municipality(ref, caller)
        came = origin(caller, key, self.now)
        command = LeaveStaff(ref, body.staff_ref, body.on, came.at.date())
        return await respond(self.log, leaving(command, came, body_hash(body), expected))

    async def assign(
        self, client: Client, body: ContactPersonBody, key: IdempotencyKey, caller: Director, expected: IfVersion = None
    ) -> JSONResponse:
        """Give a client another contact person of the holding team."""
        baton, _ = self._baton(client)
        allow(caller, DIRECTORS, baton.municipality)
        came = origin(caller, key, self.now)
        command = AssignContactPerson(client, baton.team_ref, body.contact_person, body.on, came.at.date(), body.reason)
        return await respond(self.log, assigning(command, came, body_hash(body), expected))

    async def baton(self, client: Client, request: Request, caller: Reader) -> JSONResponse:
        """Who holds a client, and who is the contact person."""
        async with self.reads.of(request, caller, READ_BATON, client):
            baton, version = self._baton(client)
            allow(caller, READERS, baton.municipality)
            return JSONResponse(_view(client, baton, version))

    def _municipality(self, team_ref: str, caller: Caller) -> str:
        team = self._state(team_stream(team_ref))[0].team
        if team is None:
            raise Problem(404, "not found", "this team was never formed")
        allow(caller, DIRECTORS, team.municipality)
        return team.municipality

    def _baton(self, client: str) -> tuple[Baton, int]:
        state, version = self._state(baton_stream(client))
        baton = state.batons().get(client)
        if baton is None:
            raise Problem(404, "not found", "nobody holds this client")
        return baton, version

    def _state(self, stream: str) -> tuple[Handover, int]:
        told = self.log.read(stream)
        return HANDOVER.fold(envelope.event for envelope in told), len(told)


def _view(client: str, baton: Baton, version: int) -> dict[str, object]:
    return {
        "client": client,
        "municipality": baton.municipality,
        "organisation": baton.organisation,
        "team_ref": baton.team_ref,
        "contact_person": baton.contact_person,
        "since": baton.on.isoformat(),
        "stream": baton_stream(client),
        "version": version,
    }


def make_app(
    log: EventLog,
    gate: Gate,
    processing_log: ProcessingLog,
    body_limit_bytes: int,
    now: Callable[[], datetime],
    new_ref: Callable[[str], str],
) -> FastAPI:
    """The app of handover; `new_ref` makes a random reference that begins with what it is given, such as `team-`."""
    app = new_app("handover", DESCRIPTION, gate, body_limit_bytes)
    api = _Api(log, Reads(processing_log, now), now, new_ref)
    app.post("/v1/teams", status_code=201)(api.form_team)
    app.post("/v1/teams/{ref}/staff", status_code=201)(api.join)
    app.post("/v1/teams/{ref}/leavers", status_code=201)(api.leave)
    app.post("/v1/clients/{client}/contact-persons", status_code=201)(api.assign)
    app.get("/v1/clients/{client}/baton")(api.baton)
    return app
