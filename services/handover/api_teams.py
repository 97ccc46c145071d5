"""Teams over HTTP: formed, described and read; who joins, leaves, is away, stands in; and whole caseloads that go to others."""

from datetime import date
from typing import Annotated

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse
from pydantic import Field

from services.access.caller import allow
from services.contracts.handover import CaseloadReassignmentCompleted
from services.contracts.intake import Municipality
from services.contracts.teams import Domain
from services.handover.caseloads import ordering, under_way
from services.handover.commands import DescribeTeam, FormTeam, JoinStaff, LeaveStaff, NameStandIn, OrderReassignment, ReturnStaff
from services.handover.due_times import local_day
from services.handover.office import DIRECTORS, READERS, Director, Office, Reader, Reason, StaffRef, TeamRef
from services.handover.reassigning import reassignment_stream
from services.handover.team import Team
from services.handover.work import forming, joining, leaving, staffing
from services.web.body import Body
from services.web.commands import IdempotencyKey, IfVersion, respond
from services.web.problem import Problem

REASONS_AT_MOST = 5_000

ClientRef = Annotated[str, Field(pattern=r"^p-[a-z0-9-]{1,62}$")]
ReassignmentRef = Annotated[str, Path(pattern=r"^ra-[a-z0-9-]{1,62}$")]


class TeamBody(Body):
    """A team to be formed."""

    municipality: Municipality
    organisation: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    on: date


class DescriptionBody(Body):
    """What a team is called and how it is reached: of the team as a whole, never of a person, as it is published."""

    domain: Domain
    name: Annotated[str, Field(pattern=r"^[\w .&/()-]{2,80}$")]
    telephone: Annotated[str, Field(pattern=r"^\+?[0-9 -]{3,20}$")]
    email: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}@[A-Za-z0-9.-]{3,100}$")]


class StaffBody(Body):
    """Who joins, leaves or returns, and when; not in the future."""

    staff_ref: StaffRef
    on: date


class StandInBody(Body):
    """Who is away on which days, and who stands in; no last day until they return, nobody named: whoever is there."""

    staff_ref: StaffRef
    stand_in: StaffRef | None = None
    from_on: date
    until_on: date | None = None


class ReassignmentBody(Body):
    """Whose caseload goes to whom and why, with the reason of each client for whom it is another; nobody named: whoever is there."""

    from_staff: StaffRef
    to_staff: Annotated[tuple[StaffRef, ...], Field(max_length=100)] = ()
    reason: Reason
    reasons: dict[ClientRef, Reason] = Field(default_factory=dict, max_length=REASONS_AT_MOST)


def add_teams(app: FastAPI, office: Office) -> None:
    """The routes of teams."""
    _add_forming(app, office)
    _add_staff(app, office)
    _add_absence(app, office)
    _add_reassignments(app, office)


def _add_forming(app: FastAPI, office: Office) -> None:
    @app.post("/v1/teams", status_code=201)
    async def form_team(body: TeamBody, key: IdempotencyKey, caller: Director) -> JSONResponse:
        """Form a team for a municipality."""
        allow(caller, DIRECTORS, body.municipality)
        command = FormTeam(office.new_ref("team-"), body.municipality, body.organisation, body.on)
        return await respond(office.log, forming(command, office.asked(caller, key, body)))

    @app.post("/v1/teams/{ref}/descriptions", status_code=201)
    async def describe(ref: TeamRef, body: DescriptionBody, key: IdempotencyKey, caller: Director) -> JSONResponse:
        """Say under which law a team works and how it is reached."""
        office.team(ref, caller, DIRECTORS)
        command = DescribeTeam(ref, body.domain, body.name, body.telephone, body.email)
        return await respond(office.log, staffing(command, office.asked(caller, key, body)))

    @app.get("/v1/teams/{ref}")
    async def read_team(ref: TeamRef, caller: Reader) -> JSONResponse:
        """The directory of a team: who works there, who is away and who stands in."""
        team, version = office.team(ref, caller, READERS)
        return JSONResponse({"team_ref": ref, "version": version, **_directory(team)})


def _directory(team: Team) -> dict[str, object]:
    told = team.described
    return {
        "municipality": team.municipality,
        "organisation": team.organisation,
        "domain": team.domain,
        "name": None if told is None else told.name,
        "telephone": None if told is None else told.telephone,
        "email": None if told is None else told.email,
        "staff": sorted(team.active),
        "away": [
            {
                "staff_ref": absence.staff_ref,
                "stand_in": absence.stand_in,
                "from_on": absence.from_on.isoformat(),
                "until_on": None if absence.until_on is None else absence.until_on.isoformat(),
            }
            for absence in team.absences
        ],
    }


def _add_staff(app: FastAPI, office: Office) -> None:
    @app.post("/v1/teams/{ref}/staff", status_code=201)
    async def join(ref: TeamRef, body: StaffBody, key: IdempotencyKey, caller: Director) -> JSONResponse:
        """Let a staff member join; the first takes the clients who waited."""
        team, _ = office.team(ref, caller, DIRECTORS)
        asked = office.asked(caller, key, body)
        command = JoinStaff(ref, body.staff_ref, body.on, local_day(asked.origin.at))
        return await respond(office.log, joining(command, team.municipality, asked))

    @app.post("/v1/teams/{ref}/leavers", status_code=201)
    async def leave(ref: TeamRef, body: StaffBody, key: IdempotencyKey, caller: Director, expected: IfVersion = None) -> JSONResponse:
        """Let a staff member go; their clients get another contact person in the same transaction."""
        office.team(ref, caller, DIRECTORS)
        asked = office.asked(caller, key, body, expected)
        return await respond(office.log, leaving(LeaveStaff(ref, body.staff_ref, body.on, local_day(asked.origin.at)), asked))


def _add_absence(app: FastAPI, office: Office) -> None:
    @app.post("/v1/teams/{ref}/stand-ins", status_code=201)
    async def stand_in(ref: TeamRef, body: StandInBody, key: IdempotencyKey, caller: Director, expected: IfVersion = None) -> JSONResponse:
        """Let somebody answer for a colleague who is away; why they are away is not asked."""
        office.team(ref, caller, DIRECTORS)
        asked = office.asked(caller, key, body, expected)
        command = NameStandIn(ref, body.staff_ref, body.stand_in, body.from_on, body.until_on, local_day(asked.origin.at))
        return await respond(office.log, staffing(command, asked))

    @app.post("/v1/teams/{ref}/returns", status_code=201)
    async def come_back(ref: TeamRef, body: StaffBody, key: IdempotencyKey, caller: Director, expected: IfVersion = None) -> JSONResponse:
        """A staff member is back."""
        office.team(ref, caller, DIRECTORS)
        asked = office.asked(caller, key, body, expected)
        return await respond(office.log, staffing(ReturnStaff(ref, body.staff_ref, body.on, local_day(asked.origin.at)), asked))


def _add_reassignments(app: FastAPI, office: Office) -> None:
    @app.post("/v1/teams/{ref}/reassignments", status_code=201)
    async def reassign(ref: TeamRef, body: ReassignmentBody, key: IdempotencyKey, caller: Director) -> JSONResponse:
        """Give every client of a staff member to others; a large caseload goes on by itself, also after a stop."""
        office.team(ref, caller, DIRECTORS)
        asked = office.asked(caller, key, body)
        command = OrderReassignment(
            reassignment_ref=office.new_ref("ra-"),
            team_ref=ref,
            from_staff=body.from_staff,
            to_staff=body.to_staff,
            reason=body.reason,
            ordered_by=caller.actor,
            today=local_day(asked.origin.at),
            reasons=body.reasons,
        )
        return await respond(office.log, ordering(command, asked))

    @app.get("/v1/teams/{ref}/reassignments/{reassignment}")
    async def read_reassignment(ref: TeamRef, reassignment: ReassignmentRef, caller: Reader) -> JSONResponse:
        """How far a reassignment is."""
        office.team(ref, caller, READERS)
        told = [envelope.event for envelope in office.log.read(reassignment_stream(reassignment))]
        if not told or getattr(told[0], "team_ref", None) != ref:
            raise Problem(404, "not found", "this team has no such reassignment")
        row, last = under_way(office.log, reassignment), told[-1]
        moved = last.clients if isinstance(last, CaseloadReassignmentCompleted) else (row or {}).get("moved", 0)
        return JSONResponse({"reassignment_ref": reassignment, "moved": moved, "completed": row is None})
