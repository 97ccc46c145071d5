"""Routes about households: registered, changed, one by one or by the file, and counted."""

import asyncio

from fastapi import FastAPI, Request, Response

from services.eventlog.handle import Work
from services.intake import changes
from services.intake.bodies import HouseholdBody, IncomeBody, MoveBody, SplitBody
from services.intake.count import HouseholdCount
from services.intake.household import State
from services.intake.household_commands import Command
from services.intake.lines import ChangeLine, HouseholdLine
from services.intake.office import Counter, HouseholdRef, Office, Worker
from services.intake.registration import Registration
from services.web.bulk import bulk
from services.web.commands import IdempotencyKey, IfVersion, respond


def add_registrations(app: FastAPI, office: Office) -> None:
    """How households become known."""

    @app.post("/v1/households", status_code=201)
    async def register_household(caller: Worker, key: IdempotencyKey, body: HouseholdBody) -> Response:
        """Registers a household; refused where a member is known already."""
        return await respond(office.log, Registration(office.desk, office.asked(caller, key, body), body).work())

    @app.post("/v1/households/_bulk")
    async def register_households(caller: Worker, request: Request) -> Response:
        """Registers households from NDJSON, answered line by line."""

        def work_of(line: HouseholdLine, _number: int) -> Work[Command, State]:
            return Registration(office.desk, office.asked(caller, f"households/_bulk:{line.id}", line), line).work()

        return await bulk(request, office.log, HouseholdLine, work_of)


def add_changes(app: FastAPI, office: Office) -> None:
    """How households change."""

    @app.post("/v1/households/{household_ref}/moves", status_code=201)
    async def move_household(
        caller: Worker, household_ref: HouseholdRef, key: IdempotencyKey, body: MoveBody, if_version: IfVersion = None
    ) -> Response:
        """Moves a whole household."""
        asked = office.asked(caller, key, body, if_version)
        return await respond(office.log, changes.move(office.desk, asked, household_ref, body))

    @app.post("/v1/households/{household_ref}/splits", status_code=201)
    async def split_household(
        caller: Worker, household_ref: HouseholdRef, key: IdempotencyKey, body: SplitBody, if_version: IfVersion = None
    ) -> Response:
        """Gives members who leave a household of their own."""
        asked = office.asked(caller, key, body, if_version)
        return await respond(office.log, changes.split(office.desk, asked, household_ref, body))

    @app.post("/v1/households/{household_ref}/incomes", status_code=201)
    async def report_income(
        caller: Worker, household_ref: HouseholdRef, key: IdempotencyKey, body: IncomeBody, if_version: IfVersion = None
    ) -> Response:
        """Records another income or benefit."""
        asked = office.asked(caller, key, body, if_version)
        return await respond(office.log, changes.income(office.desk, asked, household_ref, body))

    @app.post("/v1/changes/_bulk")
    async def change_households(caller: Worker, request: Request) -> Response:
        """Moves and splits from NDJSON, by BSN, answered line by line."""

        def work_of(line: ChangeLine, _number: int) -> Work[Command, State]:
            return changes.change(office.desk, office.asked(caller, f"changes/_bulk:{line.id}", line), line)

        return await bulk(request, office.log, ChangeLine, work_of)


def add_count(app: FastAPI, count: HouseholdCount) -> None:
    """How many there are."""

    @app.get("/v1/households/_count")
    async def count_households(caller: Counter) -> dict[str, object]:
        """Households of the caller's municipalities after the fact at `position`."""
        position, households = await asyncio.to_thread(count.now)
        mine = {code: number for code, number in sorted(households.items()) if code in caller.municipalities}
        return {"position": position, "households": sum(mine.values()), "per_municipality": mine}
