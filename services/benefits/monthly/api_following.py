"""What follows on decisions over HTTP: income of a month, letters, objections, reopening, and recovery claims."""

import asyncio
from typing import Annotated

from fastapi import FastAPI, Path, Response

from services.access.caller import Caller, allow
from services.benefits.monthly.api import WORKERS, Client, Worker, known, weeks
from services.benefits.monthly.bodies import (
    IncomeBody,
    NotificationBody,
    ObjectionBody,
    OutcomeBody,
    RecoveryBody,
    ReductionBody,
    ReopeningBody,
    RepaymentBody,
    SetOffBody,
    WriteOffBody,
)
from services.benefits.monthly.came_back import came_back
from services.benefits.monthly.claim_book import claims
from services.benefits.monthly.commands import (
    DecideObjection,
    LodgeObjection,
    NotifyDecision,
    ReopenDecision,
    ReportIncome,
    Whose,
)
from services.benefits.monthly.correction import corrections
from services.benefits.monthly.desk import MonthlyDesk, Words, decision_ref
from services.benefits.monthly.grounds import DECISION
from services.benefits.monthly.legal import notification
from services.benefits.monthly.recovery import (
    RECOVERY,
    Claim,
    OpenRecovery,
    Recovery,
    RecoveryCommand,
    Reduce,
    Repay,
    WriteOff,
    claim_name,
    is_claim,
    recovery_stream,
)
from services.benefits.monthly.setting_off import SETTING_OFF, SetOff
from services.contracts.circumstances import IncomeLine
from services.contracts.monthly_money import RecoveryOpened
from services.eventlog.decider import Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Origin, Transaction
from services.vault.erasure import barred
from services.web.commands import IdempotencyKey, body_hash, origin, respond
from services.web.problem import Problem

ClaimRef = Annotated[str, Path(pattern=r"^cl-[0-9a-f]{16}$")]


def add_following(app: FastAPI, desk: MonthlyDesk) -> None:
    """Income and letters of a client, and what follows on them."""

    @app.post("/v1/benefits/{client}/incomes", status_code=201)
    async def report_income(caller: Worker, client: Client, key: IdempotencyKey, body: IncomeBody) -> Response:
        """Takes in the income of a month; the last report counts, also where the month was decided."""
        lines = tuple(IncomeLine(**line.model_dump()) for line in body.lines)
        command = ReportIncome(known(desk, caller, client, body.municipality), body.month, lines, desk.today, body.source_ref)
        return await respond(desk.log, desk.work(command, origin(caller, key, desk.now), body_hash(body), {}))

    @app.post("/v1/benefits/{client}/notifications", status_code=201)
    async def notify(caller: Worker, client: Client, key: IdempotencyKey, body: NotificationBody) -> Response:
        """Makes the letter of a decision or a claim, keeps its text in the vault, and lets the term of objection begin."""
        whose, ref = _about(desk, caller, client, body.decision_ref), desk.new_ref("t-")
        term = weeks(desk, "objection", body.notified_on)
        await asyncio.to_thread(_require_owed, desk, body.decision_ref)
        command = NotifyDecision(whose, body.decision_ref, ref, body.notified_on, term)
        letter = _letter(desk, command)
        return await respond(desk.log, desk.work(command, origin(caller, key, desk.now), body_hash(body), {ref: {"text": letter}}))

    add_objections(app, desk)
    add_recoveries(app, desk)


def add_objections(app: FastAPI, desk: MonthlyDesk) -> None:
    """Objections, their outcome, and decisions that are opened again."""

    @app.post("/v1/benefits/{client}/objections", status_code=201)
    async def lodge(caller: Worker, client: Client, key: IdempotencyKey, body: ObjectionBody) -> Response:
        """Takes in an objection to a decision or a claim."""
        whose, ref = _about(desk, caller, client, body.decision_ref), desk.new_ref("t-") if body.grounds else None
        term = weeks(desk, "objection", body.lodged_on)
        command = LodgeObjection(whose, body.objection_ref, body.decision_ref, body.lodged_on, term, ref)
        words: Words = {ref: {"text": body.grounds}} if ref else {}
        said = body_hash(body, desk.fingerprints.secret)
        return await respond(desk.log, desk.work(command, origin(caller, key, desk.now), said, words))

    @app.post("/v1/benefits/{client}/objection-decisions", status_code=201)
    async def decide_objection(caller: Worker, client: Client, key: IdempotencyKey, body: OutcomeBody) -> Response:
        """Decides an objection, by another person than decided before; upheld, the decision is open again."""
        whose = _about(desk, caller, client, body.objection_ref)
        lodged = desk.dossier(client, whose.municipality).objections
        about = next((each.decision_ref for each in lodged if each.objection_ref == body.objection_ref), "")
        command = DecideObjection(whose, about, body.objection_ref, body.outcome, desk.today, caller.actor)
        return await respond(desk.log, desk.work(command, origin(caller, key, desk.now), body_hash(body), {}))

    @app.post("/v1/benefits/{client}/reopenings", status_code=201)
    async def reopen(caller: Worker, client: Client, key: IdempotencyKey, body: ReopeningBody) -> Response:
        """Opens a decision again, after a ruling or new facts, also years later."""
        whose = _about(desk, caller, client, body.decision_ref)
        command = ReopenDecision(whose, body.decision_ref, body.ground, body.source, desk.today, caller.actor)
        return await respond(desk.log, desk.work(command, origin(caller, key, desk.now), body_hash(body), {}))


def _about(desk: MonthlyDesk, caller: Caller, client: str, ref: str) -> Whose:
    """Whose benefit a decision, claim or objection is about: that in the municipality which it is of; see `known`."""
    claim = claim_of(desk, ref) if is_claim(ref) else None
    of = claim.municipality if claim is not None and claim.client == client else desk.place_of(client, ref)
    return known(desk, caller, client, of)


def _require_owed(desk: MonthlyDesk, ref: str) -> None:
    """Nobody is written that they must pay back what never reached them; raises `Problem` 409. A letter that left stays as it was."""
    claim = _claim(desk, ref) if is_claim(ref) else None
    if claim is None or notification(desk.dossier(claim.opened.client, claim.opened.municipality), ref) is not None:
        return
    if rights := came_back(desk.log, desk.payments, claim):
        raise Problem(409, "payment-came-back", f"set off first what came back of it: {', '.join(rights)}")
    if claim.met_cents == claim.opened.amount_cents:
        raise Problem(409, "nothing-to-claim", "what came back met this claim whole")


def _claim(desk: MonthlyDesk, ref: str) -> Claim | None:
    claim = RECOVERY.fold(e.event for e in desk.log.read(recovery_stream(ref)))
    return claim if isinstance(claim, Claim) else None


def _letter(desk: MonthlyDesk, command: NotifyDecision) -> str:
    """The text of the letter; empty where the decision is not known, which the command refuses."""
    claim = _claim(desk, command.decision_ref) if is_claim(command.decision_ref) else None
    if claim is not None:
        asked = claim.opened.model_copy(update={"amount_cents": claim.opened.amount_cents - claim.met_cents})
        return desk.letters.claim_text(asked, command.objection_until)
    decision = desk.dossier(command.whose.client, command.whose.municipality).decision(command.decision_ref)
    return "" if decision is None else desk.letters.text(decision, command.objection_until)


def add_recoveries(app: FastAPI, desk: MonthlyDesk) -> None:
    """Claims on clients, and what comes off them; what is taken from the benefit is the month's work."""

    @app.post("/v1/recoveries", status_code=201)
    async def open_recovery(caller: Worker, key: IdempotencyKey, body: RecoveryBody) -> Response:
        """Claims something back, or a fine."""
        whose, ref = _about(desk, caller, body.client, body.decision_ref), claim_name(caller.actor, key)
        await asyncio.to_thread(_require_no_run_claims_it, desk, whose, body)
        about = (body.client, whose.municipality, body.ground, body.amount_cents)
        command = OpenRecovery(ref, *about, desk.today, caller.actor, body.decision_ref, body.repeated)
        return await respond(desk.log, _work(desk, command, origin(caller, key, desk.now), body_hash(body)))

    @app.post("/v1/recoveries/{claim_ref}/repayments", status_code=201)
    async def repay(caller: Worker, claim_ref: ClaimRef, key: IdempotencyKey, body: RepaymentBody) -> Response:
        """Notes what a client paid back."""
        allow(caller, WORKERS, _municipality(desk, claim_ref))
        command = Repay(claim_ref, body.amount_cents, body.received_on, body.source_ref)
        return await respond(desk.log, _work(desk, command, origin(caller, key, desk.now), body_hash(body)))

    @app.post("/v1/recoveries/{claim_ref}/write-offs", status_code=201)
    async def write_off(caller: Worker, claim_ref: ClaimRef, key: IdempotencyKey, body: WriteOffBody) -> Response:
        """Lets go of a part of a claim."""
        allow(caller, WORKERS, _municipality(desk, claim_ref))
        ref = desk.new_ref("t-") if body.motive else None
        named = decision_ref(caller.actor, key)
        command = WriteOff(claim_ref, body.amount_cents, body.reason_code, desk.today, caller.actor, named, ref)
        words: Words = {ref: {"text": body.motive}} if ref else {}
        said = body_hash(body, desk.fingerprints.secret)
        return await respond(desk.log, _work(desk, command, origin(caller, key, desk.now), said, words))

    _add_set_offs(app, desk)
    _add_reductions(app, desk)


def _add_set_offs(app: FastAPI, desk: MonthlyDesk) -> None:
    @app.post("/v1/recoveries/{claim_ref}/set-offs", status_code=201)
    async def set_off(caller: Worker, claim_ref: ClaimRef, key: IdempotencyKey, body: SetOffBody) -> Response:
        """Meets a claim from what came back of its month; that is paid to nobody any more, and what is left of it in the next run."""
        allow(caller, WORKERS, _municipality(desk, claim_ref))
        command = SetOff(claim_ref, body.right_ref, desk.today, caller.actor)
        asked, said = origin(caller, key, desk.now), body_hash(body)
        refs = {"claim_ref": claim_ref, "right_ref": body.right_ref}
        return await respond(desk.log, Work(SETTING_OFF, lambda _tx: command, asked, said, refs=lambda _recorded: refs))


def _add_reductions(app: FastAPI, desk: MonthlyDesk) -> None:
    @app.post("/v1/recoveries/{claim_ref}/reductions", status_code=201)
    async def reduce(caller: Worker, claim_ref: ClaimRef, key: IdempotencyKey, body: ReductionBody) -> Response:
        """Claims less, or nothing, once the claim was opened again; what came in above that is paid back in the next run of a month."""
        allow(caller, WORKERS, _municipality(desk, claim_ref))
        because = await asyncio.to_thread(_opened_again, desk, claim_ref)
        ref = desk.new_ref("t-") if body.motive else None
        named = decision_ref(caller.actor, key)
        command = Reduce(claim_ref, body.to_cents, because, body.reason_code, desk.today, caller.actor, named, ref)
        words: Words = {ref: {"text": body.motive}} if ref else {}
        said = body_hash(body, desk.fingerprints.secret)
        return await respond(desk.log, _work(desk, command, origin(caller, key, desk.now), said, words))


def _opened_again(desk: MonthlyDesk, claim_ref: str) -> str:
    """The objection or ruling by which a claim was last opened again; empty where it was not."""
    claim = claim_of(desk, claim_ref)
    reopened = () if claim is None else desk.dossier(claim.client, claim.municipality).reopened
    return next((each.source for each in reversed(reopened) if each.decision_ref == claim_ref), "")


def _require_no_run_claims_it(desk: MonthlyDesk, whose: Whose, body: RecoveryBody) -> None:
    """What a decision lowered of paid months is the run's to claim, to the cent; raises `Problem` 409 rather than claim it twice."""
    if body.ground == "fine":
        return
    name = DECISION + body.decision_ref
    drafted = any(name in each.because for each in corrections(desk.norms, desk.dossier(whose.client, whose.municipality)))
    claimed = any(name in month.because for each in claims(desk.log).get(body.client, ()) for month in each.opened.months)
    if drafted or claimed:
        raise Problem(409, "claimed-by-the-run", "the months that this decision lowered are claimed by the run of the month")


def _municipality(desk: MonthlyDesk, claim_ref: str) -> str:
    """Whose claim it is; raises `Problem` 404."""
    opened = claim_of(desk, claim_ref)
    if opened is None:
        raise Problem(404, "unknown-claim", "no such recovery claim is known here")
    return opened.municipality


def claim_of(desk: MonthlyDesk, claim_ref: str) -> RecoveryOpened | None:
    """The claim as it was opened."""
    claim = _claim(desk, claim_ref)
    return None if claim is None else claim.opened


def _work(
    desk: MonthlyDesk, command: RecoveryCommand, asked: Origin, said: bytes, words: Words | None = None
) -> Work[RecoveryCommand, Recovery]:
    def seal(tx: Transaction, recorded: Recorded) -> None:
        for ref, value in (words or {}).items():
            desk.vault.seal(tx, ref, str(recorded[0].client), recorded[0].event_id, value)

    def unless_barred(tx: Transaction) -> RecoveryCommand | Refused:
        return (barred(tx, command.client) if isinstance(command, OpenRecovery) else None) or command

    return Work(RECOVERY, unless_barred, asked, said, beside=seal, refs=lambda _recorded: {"claim_ref": command.claim_ref})
