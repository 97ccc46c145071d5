"""Routes for what did not go well: pay again what failed, decide again what was wrong, and what people found out first."""

import asyncio
from typing import Annotated

from fastapi import FastAPI, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from services.access.caller import Caller, allow
from services.benefits.api_run import ACCEPTED, RunRef
from services.benefits.bodies import CorrectionBody, FindingBody, PayAgainBody, RecallBody
from services.benefits.office import APPROVERS, OFFICERS, Approver, Office, Officer
from services.benefits.payment import PAYMENT, AllowPayAgain
from services.benefits.payments import Position
from services.benefits.preparing_again import FAILED
from services.benefits.request import RunRequest, Unless, ordering
from services.benefits.run_state import Cancelled, Closed, Released
from services.benefits.withdrawal import WITHDRAWAL, AskRecall
from services.eventlog.decider import Refused
from services.eventlog.handle import Work
from services.web.commands import IdempotencyKey, answered, body_hash, origin, respond
from services.web.problem import Problem

RightRef = Annotated[str, InPath(pattern=r"^r[0-9a-f]{26}$")]


def add_again(app: FastAPI, office: Office) -> None:
    """Runs that follow on a run, and what must be known of a payment first."""
    _add_runs(app, office)
    _add_of_a_payment(app, office)


def _add_runs(app: FastAPI, office: Office) -> None:
    @app.post("/v1/runs/{run_ref}/pay-agains", status_code=ACCEPTED)
    async def pay_again(caller: Officer, run_ref: RunRef, key: IdempotencyKey, body: PayAgainBody) -> Response:
        """Orders a run of the next attempt of what a run decided or paid and the bank refused or sent back."""
        before = office.asked_for(run_ref, caller, OFFICERS)
        _must_be_released(office, run_ref)
        dates = {"decided_on": body.decided_on, "promised_on": body.promised_on, "prepared_by": caller.actor}
        request = before.model_copy(update={**dates, "kind": "pay-again", "corrects": run_ref, "only_households": ()})
        return await _ordered(office, caller, key, body, (request, lambda: _nothing_failed(office, run_ref)))

    @app.post("/v1/runs/{run_ref}/corrections", status_code=ACCEPTED)
    async def correct_run(caller: Officer, run_ref: RunRef, key: IdempotencyKey, body: CorrectionBody) -> Response:
        """Orders a run that decides again about households of a run, on what is known by now; it is linked to that run."""
        before = office.asked_for(run_ref, caller, OFFICERS)
        _must_be_released(office, run_ref)
        said = {name: getattr(body, name) for name in ("decided_on", "promised_on", "intake_position")}
        about = {"kind": "correction", "corrects": run_ref, "only_households": tuple(sorted(set(body.households)))}
        request = before.model_copy(update={**said, **about, "prepared_by": caller.actor})
        return await _ordered(office, caller, key, body, (request, lambda: None))


def _add_of_a_payment(app: FastAPI, office: Office) -> None:
    @app.post("/v1/runs/{run_ref}/exceptions/{right_ref}/findings", status_code=201)
    async def record_finding(caller: Approver, run_ref: RunRef, right_ref: RightRef, key: IdempotencyKey, body: FindingBody) -> Response:
        """Records what was found out about a payment that failed; without it, its right is not paid again."""
        office.asked_for(run_ref, caller, APPROVERS)
        position = await asyncio.to_thread(_position, office, run_ref, right_ref)
        allow(caller, APPROVERS, position.municipality)
        command = AllowPayAgain(right_ref, body.attempt, body.ground, caller.actor)
        work = Work(decider=PAYMENT, command=lambda _tx: command, origin=origin(caller, key, office.now), body_hash=body_hash(body))
        return await respond(office.log, work)

    @app.post("/v1/runs/{run_ref}/exceptions/{right_ref}/recalls", status_code=201)
    async def ask_recall(caller: Officer, run_ref: RunRef, right_ref: RightRef, key: IdempotencyKey, body: RecallBody) -> Response:
        """Records that the bank was asked for the money of a payment; it stays open or paid until the bank answers."""
        office.asked_for(run_ref, caller, OFFICERS)
        position = await asyncio.to_thread(_position, office, run_ref, right_ref)
        allow(caller, OFFICERS, position.municipality)
        command = AskRecall(right_ref, body.attempt, body.reason_code, caller.actor)
        asked = origin(caller, key, office.now)
        return await respond(office.log, Work(WITHDRAWAL, lambda _tx: command, asked, body_hash(body)))


def _must_be_released(office: Office, run_ref: str) -> None:
    if not isinstance(office.run(run_ref), Released | Closed | Cancelled):
        raise Problem(409, "not-released", "only what was released can be paid again or corrected")


def _nothing_failed(office: Office, run_ref: str) -> Refused | None:
    """What comes back later can be paid again then; an order for nothing would wait for somebody for ever."""
    failed = any(each.standing in FAILED for each in office.payments.of_run(run_ref))
    return None if failed else Refused("nothing-failed", "no payment of this run was rejected, returned or withdrawn")


async def _ordered(office: Office, caller: Caller, key: str, body: BaseModel, asked: tuple[RunRequest, Unless]) -> Response:
    request, unless = asked
    answer = await answered(office.log, ordering(request, origin(caller, key, office.now), body_hash(body), unless))
    if answer.outcome == "refused":
        raise Problem(409, answer.reason, answer.detail)
    office.jobs.wake()
    return JSONResponse({"run_ref": answer.stream.rpartition("/")[2], "stream": answer.stream}, ACCEPTED)


def _position(office: Office, run_ref: str, right_ref: str) -> Position:
    found = next((each for each in office.payments.of_run(run_ref) if each.right_ref == right_ref), None)
    if found is None:
        raise Problem(404, "unknown-right", "this run decided or paid no such right")
    return found
