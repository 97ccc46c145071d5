"""Routes about needs: seen, given goals, worked on, ended."""

from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response

from services.access.special import OF_NEED
from services.intake import need_work
from services.intake.desk import Absent, household_of
from services.intake.household import Unknown, household, stream_of
from services.intake.need_bodies import GoalBody, GoalEndBody, NeedBody, NeedClosingBody, WorkBody
from services.intake.office import ClientReader, ClientRef, Office, Worker
from services.intake.route.from_needs import weighed
from services.web.commands import IdempotencyKey, IfVersion, respond
from services.web.purposes import StatedPurpose, left_closed
from services.web.reads import Reads

READ_NEEDS = "urn:backbone:processing-activity:read-needs"
NeedPath = Annotated[str, Path(pattern=r"^n-[0-9a-f]{16}$")]
GoalPath = Annotated[str, Path(pattern=r"^g-[0-9a-f]{16}$")]


def add_needs(app: FastAPI, office: Office, reads: Reads) -> None:
    """What happens to needs, and what they are."""
    _add_needs(app, office, reads)
    _add_goals(app, office)


def _add_needs(app: FastAPI, office: Office, reads: Reads) -> None:
    @app.post("/v1/clients/{client}/needs", status_code=201)
    async def identify_need(
        caller: Worker, client: ClientRef, key: IdempotencyKey, body: NeedBody, if_version: IfVersion = None
    ) -> Response:
        """Records a need; one that is open already is not recorded again."""
        asked = office.asked(caller, key, body, if_version)
        return await respond(office.log, weighed(office.route, asked, need_work.need(office.desk, asked, client, body)))

    @app.post("/v1/clients/{client}/needs/{need}/closings", status_code=201)
    async def close_need(caller: Worker, client: ClientRef, need: NeedPath, key: IdempotencyKey, body: NeedClosingBody) -> Response:
        """Closes a need whose goals have ended."""
        asked = office.asked(caller, key, body)
        return await respond(office.log, weighed(office.route, asked, need_work.closing(office.desk, asked, (client, need), body)))

    @app.get("/v1/clients/{client}/needs")
    async def read_needs(caller: ClientReader, request: Request, client: ClientRef, purpose: StatedPurpose = None) -> dict[str, Any]:
        """Every need of a client with its goals and who works on them; care and youth are left out unless a purpose opens them."""
        async with reads.of(request, caller, READ_NEEDS, client):
            home = household_of(office.log, client)
            state = Unknown() if home is None else household.fold(told.event for told in office.log.read(stream_of(home)))
            if isinstance(state, Unknown):
                raise Absent("client")
            office.let_in(request, caller, client, state.facts.municipality)
            needs = need_work.needs_of(office.log, office.desk, client)
            left_out = left_closed(request, caller, purpose, (OF_NEED.get(need["domain"], "") for need in needs), office.now().date())
            shown = [need for need in needs if OF_NEED.get(need["domain"]) not in left_out]
            return {"client": client, "needs": shown, "left_out": sorted(left_out)}


def _add_goals(app: FastAPI, office: Office) -> None:
    @app.post("/v1/clients/{client}/needs/{need}/goals", status_code=201)
    async def set_goal(caller: Worker, client: ClientRef, need: NeedPath, key: IdempotencyKey, body: GoalBody) -> Response:
        """Sets a goal; one that is open already is not set again."""
        return await respond(office.log, need_work.goal(office.desk, office.asked(caller, key, body), (client, need), body))

    @app.post("/v1/clients/{client}/needs/{need}/goals/{goal}/work", status_code=201)
    async def start_work(
        caller: Worker, client: ClientRef, need: NeedPath, goal: GoalPath, key: IdempotencyKey, body: WorkBody
    ) -> Response:
        """Records that a team works on a goal."""
        return await respond(office.log, need_work.start(office.desk, office.asked(caller, key, body), (client, need, goal), body))

    @app.post("/v1/clients/{client}/needs/{need}/goals/{goal}/ends", status_code=201)
    async def end_goal(
        caller: Worker, client: ClientRef, need: NeedPath, goal: GoalPath, key: IdempotencyKey, body: GoalEndBody
    ) -> Response:
        """Records that a goal was reached or dropped."""
        return await respond(office.log, need_work.end(office.desk, office.asked(caller, key, body), (client, need, goal), body))
