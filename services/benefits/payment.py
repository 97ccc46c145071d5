"""The payments of one right: one attempt at a time, each with the answer that the bank gave to it."""

from dataclasses import dataclass
from datetime import date
from typing import Any, assert_never, cast

from services.benefits.paying_again import grounds, hindrance
from services.benefits.references import end_to_end_id, right_stream
from services.benefits.right import Attempt, Granted, Right, RightFact, Undecided, evolve
from services.contracts.benefits import (
    PaymentEvent,
    PaymentInstructed,
    PaymentPaid,
    PaymentRejected,
    PaymentReturned,
    RightEvent,
)
from services.contracts.envelope import Event
from services.contracts.payouts import Ground, PayAgainAllowed, PaymentRecallAnswered, PayoutAccountReplaced, RecallOutcome
from services.eventlog.decider import Decider, Refused, refusal


@dataclass(frozen=True, slots=True)
class InstructPayment:
    """Put attempt `attempt` (from 1) of a right into a payment file.

    `account` is reference and fingerprint of the account that approvers saw for it, where that is not the decision's own;
    `hindered` is why it is not due any more since they saw it.
    """

    right_ref: str
    attempt: int
    message_id: str
    execution_on: date
    account: tuple[str, str] | None = None
    hindered: str = ""


@dataclass(frozen=True, slots=True)
class AllowPayAgain:
    """A person found out about attempt `attempt`, which failed, that its right may be paid again."""

    right_ref: str
    attempt: int
    ground: Ground
    allowed_by: str


@dataclass(frozen=True, slots=True)
class BookPayment:
    """The bank booked exactly this payment."""

    right_ref: str
    attempt: int
    amount_cents: int
    booked_on: date
    document_ref: str


@dataclass(frozen=True, slots=True)
class BookInBatch:
    """The bank booked the batch that holds this payment as one total; what it answered before stays as it was."""

    right_ref: str
    attempt: int
    booked_on: date
    document_ref: str


@dataclass(frozen=True, slots=True)
class RejectPayment:
    """The bank refused this payment; `amount_cents` where it repeats the amount."""

    right_ref: str
    attempt: int
    amount_cents: int | None
    reason_code: str
    document_ref: str


@dataclass(frozen=True, slots=True)
class RejectInBatch:
    """The bank refused the whole batch or file that holds this payment; what it answered before stays as it was."""

    right_ref: str
    attempt: int
    reason_code: str
    document_ref: str


@dataclass(frozen=True, slots=True)
class ReturnPayment:
    """The money of this payment came back, wholly."""

    right_ref: str
    attempt: int
    amount_cents: int
    reason_code: str
    booked_on: date
    document_ref: str


@dataclass(frozen=True, slots=True)
class AnswerRecall:
    """The bank says what becomes of the recall of this payment; `amount_cents` where it repeats the amount."""

    right_ref: str
    attempt: int
    amount_cents: int | None
    outcome: RecallOutcome
    reason_code: str
    document_ref: str


Settling = BookPayment | BookInBatch | RejectPayment | RejectInBatch | ReturnPayment
BankCommand = Settling | AnswerRecall
PaymentCommand = InstructPayment | AllowPayAgain | BankCommand


def _decide(state: Right, command: PaymentCommand) -> list[Event] | Refused:
    match command:
        case InstructPayment():
            return _instruct(state, command)
        case AllowPayAgain():
            return _allow(state, command)
        case BookPayment() | BookInBatch() | RejectPayment() | RejectInBatch() | ReturnPayment():
            return _answer(state, command)
        case AnswerRecall():
            return _recall_answered(state, command)
        case _:
            assert_never(command)


def _instruct(state: Right, command: InstructPayment) -> list[Event] | Refused:
    if not isinstance(state, Granted):
        return Refused("not-granted")
    if command.attempt <= len(state.attempts):
        known = state.attempts[command.attempt - 1].payment
        return [] if known.message_id == command.message_id else Refused("already-instructed")
    if command.attempt > len(state.attempts) + 1:
        return Refused("attempt-out-of-order")
    if state.attempts and not state.attempts[-1].failed:
        return Refused("already-paid" if state.attempts[-1].outcome == "paid" else "outcome-unknown")
    account = command.account or state.account
    hindered = command.hindered or hindrance(state, account[1])
    if hindered:
        return Refused(hindered)
    replaced = [] if account == state.account else [_replaced(state, command, account)]
    return [*replaced, _instructed(state, command, account)]


def _allow(state: Right, command: AllowPayAgain) -> list[Event] | Refused:
    if not isinstance(state, Granted) or command.attempt != len(state.attempts):
        return Refused("unknown-payment", "only the last payment of a right is looked into")
    attempt = state.attempts[-1]
    if not attempt.failed or state.set_off is not None:
        return Refused("not-failed" if state.set_off is None else "set-off")
    if command.ground not in grounds(attempt.reason_code):
        return Refused("other-ground-needed", f"{attempt.reason_code} asks for {' or '.join(grounds(attempt.reason_code)) or 'an account'}")
    if attempt.allowed is not None and attempt.allowed.ground == command.ground:
        return []
    about = {name: getattr(state.grant, name) for name in RightEvent.model_fields}
    return [PayAgainAllowed(**about, attempt=command.attempt, ground=command.ground, allowed_by=command.allowed_by)]


def _replaced(state: Granted, command: InstructPayment, account: tuple[str, str]) -> PayoutAccountReplaced:
    return PayoutAccountReplaced(
        **{name: getattr(state.grant, name) for name in RightEvent.model_fields},
        attempt=command.attempt,
        account_ref=account[0],
        account_fingerprint=account[1],
    )


def _instructed(state: Granted, command: InstructPayment, account: tuple[str, str]) -> PaymentInstructed:
    return PaymentInstructed(
        right_ref=command.right_ref,
        client=state.grant.client,
        household_ref=state.grant.household_ref,
        municipality=state.grant.municipality,
        run_ref=state.grant.run_ref,
        amount_cents=state.grant.amount_cents,
        attempt=command.attempt,
        end_to_end_id=end_to_end_id(command.right_ref, command.attempt),
        message_id=command.message_id,
        account_ref=account[0],
        account_fingerprint=account[1],
        execution_on=command.execution_on,
    )


def _answer(state: Right, command: Settling) -> list[Event] | Refused:
    if not isinstance(state, Granted) or command.attempt > len(state.attempts):
        return Refused("unknown-payment")
    attempt = state.attempts[command.attempt - 1]
    match command:
        case BookInBatch():
            return [_paid(attempt, command)] if attempt.outcome == "sent" else []
        case RejectInBatch():
            return [_rejected(attempt, command)] if attempt.outcome == "sent" else []
        case BookPayment():
            return _settle(attempt, command, _paid(attempt, command))
        case RejectPayment():
            return _settle(attempt, command, _rejected(attempt, command))
        case ReturnPayment():
            return _settle(attempt, command, _returned(attempt, command))
        case _:
            assert_never(command)


def _settle(attempt: Attempt, command: BookPayment | RejectPayment | ReturnPayment, fact: PaymentEvent) -> list[Event] | Refused:
    # A return may come in a message before the one that books the payment; a rejected payment was never booked.
    open_for = ("sent", "paid") if isinstance(command, ReturnPayment) else ("sent",)
    if attempt.outcome not in open_for:
        return Refused("already-settled")
    if command.amount_cents not in (None, attempt.payment.amount_cents):
        return Refused("amount-differs")
    return [fact]


def _paid(attempt: Attempt, command: BookPayment | BookInBatch) -> PaymentPaid:
    return PaymentPaid(**_of(attempt), booked_on=command.booked_on, document_ref=command.document_ref)


def _rejected(attempt: Attempt, command: RejectPayment | RejectInBatch) -> PaymentRejected:
    return PaymentRejected(**_of(attempt), reason_code=command.reason_code, document_ref=command.document_ref)


def _returned(attempt: Attempt, command: ReturnPayment) -> PaymentReturned:
    return PaymentReturned(
        **_of(attempt),
        reason_code=command.reason_code,
        booked_on=command.booked_on,
        document_ref=command.document_ref,
    )


def _recall_answered(state: Right, command: AnswerRecall) -> list[Event] | Refused:
    """Still looked for may become either; what was accepted or refused stays so, and another word of the bank is for a person."""
    if not isinstance(state, Granted) or command.attempt > len(state.attempts):
        return Refused("unknown-payment")
    attempt = state.attempts[command.attempt - 1]
    before = attempt.recall_answer
    if before is not None and before.outcome == command.outcome:
        return []
    refused = refusal(
        (attempt.recalled is None, Refused("not-recalled")),
        (before is not None and before.outcome != "pending", Refused("recall-answered-already")),
        (command.amount_cents not in (None, attempt.payment.amount_cents), Refused("amount-differs")),
    )
    return [_answered_so(attempt, command)] if refused is None else refused


def _answered_so(attempt: Attempt, command: AnswerRecall) -> PaymentRecallAnswered:
    return PaymentRecallAnswered(
        **_of(attempt), outcome=command.outcome, reason_code=command.reason_code, document_ref=command.document_ref
    )


def _of(attempt: Attempt) -> dict[str, Any]:
    return {name: getattr(attempt.payment, name) for name in PaymentEvent.model_fields}


PAYMENT: Decider[PaymentCommand, Right] = Decider(
    initial=Undecided(),
    reads=lambda command: (right_stream(command.right_ref),),
    decide=_decide,
    evolve=lambda state, event: evolve(state, cast("RightFact", event)),
)
