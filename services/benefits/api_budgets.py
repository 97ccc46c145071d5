"""Routes of budgets: who answers for a municipality's money sets what runs may take of it in a year, and sees what is left."""

import asyncio
from typing import Annotated, Any

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse

from services.access.caller import Caller, Role, allow
from services.benefits.bodies import BudgetBody, Municipality, SchemeYear
from services.benefits.municipal_budget import MUNICIPAL_BUDGET, SetBudget
from services.benefits.office import Office, OwnViewer
from services.contracts.intake import Scheme
from services.eventlog.handle import Work
from services.web.callers import requires
from services.web.commands import IdempotencyKey, body_hash, origin, respond

BUDGET_HOLDERS: tuple[Role, ...] = ("manager",)
BudgetHolder = Annotated[Caller, requires(*BUDGET_HOLDERS)]
AboutYear = Annotated[SchemeYear, Path()]
AboutMunicipality = Annotated[Municipality, Path()]


def add_budgets(app: FastAPI, office: Office) -> None:
    """A budget is set anew as often as the municipality decides so; the last signature under a run takes the run's part of it."""

    @app.post("/v1/schemes/{scheme}/years/{scheme_year}/budgets/{municipality}", status_code=201)
    async def set_budget(
        caller: BudgetHolder, scheme: Scheme, scheme_year: AboutYear, municipality: AboutMunicipality, key: IdempotencyKey, body: BudgetBody
    ) -> JSONResponse:
        """Sets what a municipality set aside in all. Whoever sets it makes no room for what they sign themselves."""
        allow(caller, BUDGET_HOLDERS, municipality)
        command = SetBudget(scheme, scheme_year, municipality, body.amount_cents, body.decision_ref, caller.actor)
        asked = origin(caller, key, office.now)
        work = Work(decider=MUNICIPAL_BUDGET, command=lambda _tx: command, origin=asked, body_hash=body_hash(body))
        return await respond(office.log, work)

    @app.get("/v1/schemes/{scheme}/years/{scheme_year}/budgets")
    async def show_budgets(caller: OwnViewer, scheme: Scheme, scheme_year: AboutYear) -> dict[str, Any]:
        """Per municipality of the caller what was set aside (null: no limit), what runs took of it and what is left, in euro cents."""
        codes = sorted(caller.municipalities)
        rows = await asyncio.to_thread(lambda: [_shown(office, scheme, scheme_year, code) for code in codes])
        return {"scheme": scheme, "scheme_year": scheme_year, "municipalities": rows}


def _shown(office: Office, scheme: Scheme, scheme_year: int, code: str) -> dict[str, Any]:
    budget = office.budget(scheme, scheme_year, code)
    limit_cents = budget.limit_cents(office.budget_by_rules(scheme, scheme_year, code))
    return {
        "municipality": code,
        "budget_cents": limit_cents,
        "taken_cents": budget.taken_cents,
        "left_cents": office.left_of_budget(scheme, scheme_year, code),
        "runs": {run_ref: cents for run_ref, cents in sorted(budget.reserved.items()) if cents},
        "set": [each.model_dump(include={"amount_cents", "decision_ref", "decided_by"}) for each in budget.amounts],
    }
