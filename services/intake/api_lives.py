"""Routes about lives: births, deaths, moves into another household, and a household on any day."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from pydantic import AwareDatetime

from services.access.caller import allow
from services.contracts.envelope import Envelope, Event
from services.intake import life_changes
from services.intake.bodies import BirthBody, DeathBody, JoiningBody
from services.intake.desk import local_day
from services.intake.household import stream_of
from services.intake.office import WORKERS, ClientRef, HouseholdRef, Office, Worker
from services.intake.on_a_day import Moment, fact_on, home_on, members_of, shown
from services.intake.same_person import same_as, shown_to
from services.web.commands import IdempotencyKey, IfVersion, respond
from services.web.problem import Problem
from services.web.reads import Reads

READ_HOUSEHOLD = "urn:backbone:processing-activity:read-household"

On = Annotated[date | None, Query(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
KnownAt = Annotated[AwareDatetime | None, Query(alias="knownAt")]


def add_lives(app: FastAPI, office: Office, reads: Reads) -> None:
    """What happens in a household, and what was true of it."""
    _add_changes(app, office)
    _add_reading(app, office, reads)


def _add_changes(app: FastAPI, office: Office) -> None:
    @app.post("/v1/households/{household_ref}/births", status_code=201)
    async def record_birth(
        caller: Worker, household_ref: HouseholdRef, key: IdempotencyKey, body: BirthBody, if_version: IfVersion = None
    ) -> Response:
        """Records a child; refused where somebody with its number is known."""
        asked = office.asked(caller, key, body, if_version)
        return await respond(office.log, life_changes.birth(office.desk, asked, household_ref, body))

    @app.post("/v1/households/{household_ref}/deaths", status_code=201)
    async def record_death(
        caller: Worker, household_ref: HouseholdRef, key: IdempotencyKey, body: DeathBody, if_version: IfVersion = None
    ) -> Response:
        """Records that a member died."""
        asked = office.asked(caller, key, body, if_version)
        return await respond(office.log, life_changes.death(office.desk, asked, household_ref, body))

    @app.post("/v1/households/{household_ref}/joinings", status_code=201)
    async def join_household(
        caller: Worker, household_ref: HouseholdRef, key: IdempotencyKey, body: JoiningBody, if_version: IfVersion = None
    ) -> Response:
        """Lets members live in another household; where all go, the two are one."""
        asked = office.asked(caller, key, body, if_version)
        return await respond(office.log, life_changes.joining(office.desk, asked, household_ref, body))


def _add_reading(app: FastAPI, office: Office, reads: Reads) -> None:
    def moment(on: date | None, known_at: datetime | None) -> Moment:
        return Moment(on or local_day(office.now()), known_at or office.now())

    async def told(request: Request, caller: Worker, fact: Envelope[Event] | None) -> dict[str, Any]:
        if fact is None:
            raise Problem(404, "unknown-household", "no household is known of that day, as it was known then")
        async with reads.of_each(request, caller, READ_HOUSEHOLD, members_of(fact)):
            allow(caller, WORKERS, fact.municipality)
            return shown(fact)

    @app.get("/v1/households/{household_ref}")
    async def read_household(
        caller: Worker, request: Request, household_ref: HouseholdRef, on: On = None, known_at: KnownAt = None
    ) -> dict[str, Any]:
        """Tells a household as it was on a day, by what was known at a moment; today and now without them."""
        fact = fact_on(office.log.read(stream_of(household_ref)), moment(on, known_at))
        return await told(request, caller, fact)

    @app.get("/v1/clients/{client}/household")
    async def read_home(caller: Worker, request: Request, client: ClientRef, on: On = None, known_at: KnownAt = None) -> dict[str, Any]:
        """Tells the household in which a client lived on a day, and under which other references the same person is registered."""
        home = await told(request, caller, home_on(office.log, client, moment(on, known_at)))
        return {**home, "same_person": shown_to(caller.municipalities, same_as(office.log, client))}
