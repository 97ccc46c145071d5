"""Routes that move a run: prepared, approved, released, handed over, closed or aborted."""

import asyncio
from dataclasses import replace
from hashlib import sha256
from typing import Annotated

from fastapi import FastAPI, Request, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from services.access.caller import Caller
from services.benefits.bodies import AbortionBody, ApprovalBody, ReleaseBody, RunBody, VerdictBody
from services.benefits.budget import BUDGETED, RunWithBudgets, WithBudgets
from services.benefits.office import APPROVERS, JUDGES, OFFICERS, XML, Approver, Judge, Office, Officer, OwnOfficer, paid_shares
from services.benefits.payments import cents_by_standing
from services.benefits.preparation import rules_of
from services.benefits.request import PROBLEMS, RunRequest, Stuck, ordering
from services.benefits.run import RUN
from services.benefits.run_commands import (
    AbortRun,
    ApproveRun,
    CancelRun,
    CloseRun,
    HandOverFile,
    JudgeRow,
    OrderRelease,
    RunCommand,
)
from services.benefits.run_state import Cancelled, Cancelling, Closed, Released, Run
from services.eventlog.handle import Work
from services.eventlog.log import Origin, Transaction
from services.eventlog.reactor import held
from services.web.commands import IdempotencyKey, answered, body_hash, body_of, origin, respond
from services.web.problem import Problem, unavailable
from services.web.reads import Reads

RunRef = Annotated[str, InPath(pattern=r"^run-[0-9a-f]{16}$")]
MessageId = Annotated[str, InPath(pattern=r"^run-[0-9a-f]{16}-[0-9]{3,}$")]
HAND_OVER = "urn:backbone:processing-activity:hand-over-payment-file"
ACCEPTED = 202


def add_orders(app: FastAPI, office: Office, reads: Reads) -> None:
    """The life of a run, in order: ordered, judged, signed, released, ended."""
    _add_preparation(app, office)
    _add_consent(app, office)
    _add_release(app, office)
    add_ends(app, office, reads)
    add_withdrawals(app, office)


def _add_preparation(app: FastAPI, office: Office) -> None:
    @app.post("/v1/runs", status_code=ACCEPTED)
    async def prepare_run(caller: OwnOfficer, key: IdempotencyKey, body: RunBody) -> Response:
        """Orders the preparation of a run for the caller's municipalities; it goes on in the background."""
        request = _request(office, caller, body)
        answer = await answered(office.log, ordering(request, origin(caller, key, office.now), body_hash(body)))
        office.jobs.wake()
        return JSONResponse({"run_ref": answer.stream.rpartition("/")[2], "stream": answer.stream}, ACCEPTED)


def _add_consent(app: FastAPI, office: Office) -> None:
    @app.post("/v1/runs/{run_ref}/approvals", status_code=201)
    async def approve_run(caller: Approver, run_ref: RunRef, key: IdempotencyKey, body: ApprovalBody) -> Response:
        """Signs what a person other than the preparer saw: content, number of grants and total. A large total takes several.

        The last signature takes the run's part of the budgets of its municipalities.
        """
        request = office.asked_for(run_ref, caller, APPROVERS)
        bounds = office.bounds_of(request)
        needed = bounds.guards.signatures_for(body.total_cents).signatures
        command = ApproveRun(run_ref, body.manifest_hash, body.granted, body.total_cents, caller.actor, bounds.ceiling_cents, needed)
        shares = await asyncio.to_thread(office.shares, request)
        return await respond(office.log, _budgeted(office, caller, key, body, office.with_budgets(command, shares)))

    @app.post("/v1/runs/{run_ref}/verdicts", status_code=201)
    async def judge_row(caller: Judge, run_ref: RunRef, key: IdempotencyKey, body: VerdictBody) -> Response:
        """Says of a drawn row, by the right that it decides, whether it is right; one wrong row stops the run."""
        office.asked_for(run_ref, caller, JUDGES)
        command = JudgeRow(run_ref, body.right_ref, body.verdict, caller.actor)
        return await respond(office.log, _work(office, caller, key, body, command))


def _add_release(app: FastAPI, office: Office) -> None:
    @app.post("/v1/runs/{run_ref}/releases", status_code=ACCEPTED)
    async def release_run(caller: Officer, run_ref: RunRef, key: IdempotencyKey, body: ReleaseBody) -> Response:
        """Orders the release; decisions and payment files follow in the background. Tries a stuck release again."""
        bounds = office.bounds_of(office.asked_for(run_ref, caller, OFFICERS))
        command = OrderRelease(run_ref, caller.actor, body.execution_on, office.now().date(), bounds.pay_until)
        answer = await answered(office.log, _trying_again(command, origin(caller, key, office.now), body_hash(body)))
        if answer.outcome == "refused":
            raise Problem(409, answer.reason, answer.detail)
        office.jobs.wake()
        return JSONResponse(body_of(answer), ACCEPTED)


def add_ends(app: FastAPI, office: Office, reads: Reads) -> None:
    """How a run leaves the house, and how it ends."""

    @app.post("/v1/runs/{run_ref}/files/{message_id}/handovers", response_class=Response, responses={200: {"content": XML}})
    async def hand_over_file(caller: Officer, request: Request, run_ref: RunRef, message_id: MessageId, key: IdempotencyKey) -> Response:
        """Hands a payment file over, once; a second time takes another person. The answer is the file.

        503 until Kafka has the fact as well: a file never leaves that the log, restored after a disaster, would hand over again.
        """
        office.asked_for(run_ref, caller, OFFICERS)
        async with reads.of_each(request, caller, HAND_OVER, what=message_id) as reading:
            content = await asyncio.to_thread(_file, office, run_ref, message_id)
            reading.about(each.client for each in await asyncio.to_thread(office.payments.of_batch, message_id))
            command = HandOverFile(run_ref, message_id, caller.actor)
            answer = await answered(office.log, _work(office, caller, key, b"", command))
            if answer.outcome == "refused":
                raise Problem(409, answer.reason, answer.detail)
            if not await asyncio.to_thread(office.copied, answer.position):
                raise unavailable("the hand-over is recorded and Kafka does not have it yet; ask again with the same Idempotency-Key")
        return Response(content, media_type="application/xml")

    @app.post("/v1/runs/{run_ref}/closings", status_code=201)
    async def close_run(caller: Officer, run_ref: RunRef, key: IdempotencyKey) -> Response:
        """Closes a run that adds up: granted = paid + returned + rejected, in cents."""
        office.asked_for(run_ref, caller, OFFICERS)
        statement = await asyncio.to_thread(office.payments.statement, run_ref)
        cents = cents_by_standing(statement)
        command = CloseRun(run_ref, cents["paid"], cents["returned"], cents["rejected"], caller.actor)
        shares = await asyncio.to_thread(office.nothing_paid, run_ref) | paid_shares(statement)
        return await respond(office.log, _budgeted(office, caller, key, b"", office.with_budgets(command, shares)))


def add_withdrawals(app: FastAPI, office: Office) -> None:
    """How a run is taken back, before or after its release."""

    @app.post("/v1/runs/{run_ref}/abortions", status_code=201)
    async def abort_run(caller: Officer, run_ref: RunRef, key: IdempotencyKey, body: AbortionBody) -> Response:
        """Ends a run before its release, also one whose preparation waits for somebody."""
        office.asked_for(run_ref, caller, OFFICERS)
        shares = await asyncio.to_thread(office.nothing_paid, run_ref)
        command = AbortRun(run_ref, body.reason_code, caller.actor)
        work = _budgeted(office, caller, key, body, office.with_budgets(command, shares))
        return await respond(office.log, replace(work, beside=lambda tx, _recorded: tx.drop(PROBLEMS, run_ref)))

    @app.post("/v1/runs/{run_ref}/cancellations", status_code=ACCEPTED)
    async def cancel_run(caller: Officer, run_ref: RunRef, key: IdempotencyKey, body: AbortionBody) -> Response:
        """Takes a released run back before a file of it leaves: its payments are withdrawn, and what it granted is revoked."""
        office.asked_for(run_ref, caller, OFFICERS)
        command = CancelRun(run_ref, body.reason_code, caller.actor)
        answer = await answered(office.log, _trying_again(command, origin(caller, key, office.now), body_hash(body)))
        if answer.outcome == "refused":
            raise Problem(409, answer.reason, answer.detail)
        office.jobs.wake()
        return JSONResponse(body_of(answer), ACCEPTED)


def _work(office: Office, caller: Caller, key: str, body: BaseModel | bytes, command: RunCommand) -> Work[RunCommand, Run]:
    asked = origin(caller, key, office.now)
    return Work(decider=RUN, command=lambda _tx: command, origin=asked, body_hash=body_hash(body))


def _budgeted(office: Office, caller: Caller, key: str, body: BaseModel | bytes, command: WithBudgets) -> Work[WithBudgets, RunWithBudgets]:
    asked = origin(caller, key, office.now)
    return Work(decider=BUDGETED, command=lambda _tx: command, origin=asked, body_hash=body_hash(body))


def _trying_again(command: OrderRelease | CancelRun, asked: Origin, said: bytes) -> Work[RunCommand, Run]:
    """The order, which also has work that was stuck tried again."""

    def order(tx: Transaction) -> RunCommand:
        tx.drop(PROBLEMS, command.run_ref)
        return command

    return Work(decider=RUN, command=order, origin=asked, body_hash=said)


def _request(office: Office, caller: Caller, body: RunBody) -> RunRequest:
    """What is asked for, with what refuses it at once."""
    request = RunRequest(
        run_ref="",
        scheme=body.scheme,
        scheme_year=body.scheme_year,
        tranche=body.tranche,
        decided_on=body.decided_on,
        promised_on=body.promised_on,
        intake_position=body.intake_position,
        municipalities=tuple(sorted(caller.municipalities)),
        prepared_by=caller.actor,
        kind="dry-run" if body.dry_run else "decide",
    )
    try:
        rules_of(office.rules, request)
    except Stuck as stuck:
        raise Problem(409, stuck.reason) from None
    if held(office.log):
        raise Problem(409, "intake-records-held", "facts of intake are in quarantine; a run would rest on half a history")
    return request


def _file(office: Office, run_ref: str, message_id: str) -> bytes:
    """The bytes of a file, if they are still those that were written and may leave; raises `Problem` 404, 409 and 503."""
    state = office.run(run_ref)
    if isinstance(state, Cancelling | Cancelled):
        raise Problem(409, "cancelled", "this run was cancelled; its files stay here")
    run = state.run if isinstance(state, Closed) else state
    file = run.file(message_id) if isinstance(run, Released) else None
    if file is None or not isinstance(run, Released):
        raise Problem(404, "unknown-file", "this run has no such payment file")
    try:
        content = office.bank.place(message_id).read_bytes()
    except OSError:
        raise unavailable("the payment file cannot be read now") from None
    if sha256(content).hexdigest() != file.sha256:
        raise Problem(409, "file-differs", "the payment file was changed after it was written and is not handed over")
    if not run.takers(message_id) and any(each.standing != "sent" for each in office.payments.of_batch(message_id)):
        raise Problem(409, "answered-by-the-bank", "the bank has this file, though no hand-over is recorded; it must not get it again")
    return content
