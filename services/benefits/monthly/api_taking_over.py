"""Route by which a region brings along what its system before this one paid of running benefits."""

from typing import Annotated

from fastapi import FastAPI, Request, Response
from pydantic import Field

from services.access.caller import Caller, allow
from services.benefits.bodies import MOST_CENTS, HouseholdRef, Municipality, PersonRef
from services.benefits.monthly.bodies import MonthName
from services.benefits.monthly.commands import BenefitCommand, TakeOverBenefit, Whose
from services.benefits.monthly.desk import MonthlyDesk
from services.benefits.monthly.one_benefit import Dossiers
from services.benefits.office import OFFICERS, Officer
from services.benefits.residents import require, require_in
from services.eventlog.handle import Work
from services.web.body import Line
from services.web.bulk import bulk
from services.web.commands import body_hash, origin


class TakenOverLine(Line):
    """One client's benefit: paid up to and including month `upto`, with so much holiday allowance reserved and not paid, in cents."""

    client: PersonRef
    household_ref: HouseholdRef
    municipality: Municipality
    upto: MonthName
    reserve_cents: Annotated[int, Field(ge=0, le=MOST_CENTS)]


def add_taking_over(app: FastAPI, desk: MonthlyDesk) -> None:
    """Opening balances of the monthly benefit."""

    @app.post("/v1/benefits-taken-over/_bulk")
    async def take_over(caller: Officer, request: Request) -> Response:
        """Records up to which month the system before this one paid each client, from NDJSON, answered line by line."""

        def work_of(line: TakenOverLine, _number: int) -> Work[BenefitCommand, Dossiers]:
            return _taking_over(desk, caller, line)

        return await bulk(request, desk.log, TakenOverLine, work_of)


def _taking_over(desk: MonthlyDesk, caller: Caller, line: TakenOverLine) -> Work[BenefitCommand, Dossiers]:
    allow(caller, OFFICERS, line.municipality)
    require(caller, desk.residents.lived_in(line.client), line.municipality)
    require_in(desk.residents.lived_together(line.household_ref, line.municipality), line.client)
    whose = Whose(line.client, line.household_ref, line.municipality)
    command = TakeOverBenefit(whose, line.upto, line.reserve_cents, line.id, caller.actor)
    return desk.work(command, origin(caller, f"benefits-taken-over/_bulk:{line.id}", desk.now), body_hash(line), {})
