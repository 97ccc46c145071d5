"""Take back what did not leave yet: a payment from its file, and with it the grant, its ledger and its claims; or ask the bank."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never, cast

from services.benefits.decision import Books, evolve
from services.benefits.ledger import LedgerFact, claim_stream, ledger_stream
from services.benefits.references import right_stream, run_of
from services.benefits.right import Attempt, Granted, NotGranted, RightFact, Undecided
from services.contracts.benefits import PaymentEvent, RightEvent
from services.contracts.envelope import Event
from services.contracts.intake import Scheme
from services.contracts.payouts import (
    AllowanceRevoked,
    ClaimReleased,
    LedgerReleased,
    PaymentRecallAsked,
    PaymentWithdrawn,
    RecallReason,
)
from services.eventlog.decider import Decider, Refused


@dataclass(frozen=True, slots=True)
class RevokeAllowance:
    """Take back a grant of this run and its payment; `adults` may have claimed through it."""

    right_ref: str
    household_ref: str
    scheme: Scheme
    scheme_year: int
    run_ref: str
    adults: tuple[str, ...]
    reason_code: str


@dataclass(frozen=True, slots=True)
class WithdrawPayment:
    """Take attempt `attempt` of a right out of its file; the right stands and is to be paid again."""

    right_ref: str
    attempt: int
    reason_code: str


@dataclass(frozen=True, slots=True)
class AskRecall:
    """Ask the bank for the money of attempt `attempt`."""

    right_ref: str
    attempt: int
    reason_code: RecallReason
    asked_by: str


WithdrawalCommand = RevokeAllowance | WithdrawPayment | AskRecall


def _decide(state: Books, command: WithdrawalCommand) -> Sequence[Event] | Refused:
    match command:
        case RevokeAllowance():
            return _revoke(state, command)
        case WithdrawPayment():
            return _withdraw(state, command)
        case AskRecall():
            return _recall(state, command)
        case _:
            assert_never(command)


def _revoke(state: Books, command: RevokeAllowance) -> list[Event] | Refused:
    match state.right:
        case Undecided():
            return Refused("undecided")
        case NotGranted():
            return []
        case Granted(grant, attempts):
            if grant.run_ref != command.run_ref:
                return Refused("decided-in-other-run")
            if any(attempt.answers or run_of(attempt.payment.message_id) != command.run_ref for attempt in attempts):
                return Refused("bank-answered", "the bank answered a payment of it, or another run made one: a file did leave")
            withdrawn = [_withdrawn(attempts[-1], command.reason_code)] if attempts and attempts[-1].outcome == "sent" else []
            revoked = AllowanceRevoked(**_said(grant, RightEvent), reason_code=command.reason_code)
            return [*withdrawn, revoked, *_released(state, command, grant.amount_cents)]
        case _:
            assert_never(state.right)


def _released(state: Books, command: RevokeAllowance, amount_cents: int) -> list[Event]:
    """The amount, and the claims once nothing is left of what the household was granted."""
    assert isinstance(state.right, Granted)
    about = {"household_ref": command.household_ref, "municipality": state.right.grant.municipality, "scheme": command.scheme}
    said: dict[str, Any] = {**about, "scheme_year": command.scheme_year, "right_ref": command.right_ref}
    released = LedgerReleased(**said, amount_cents=amount_cents, run_ref=command.run_ref)
    left = state.ledger.taken_cents - amount_cents
    mine = [person for person in command.adults if state.ledger.claims.get(person) == command.household_ref]
    return [released, *(ClaimReleased(**said, person_ref=person) for person in mine if left == 0)]


def _withdraw(state: Books, command: WithdrawPayment) -> list[Event] | Refused:
    attempt = _attempt(state, command.attempt)
    if attempt is None:
        return Refused("unknown-payment")
    if attempt.outcome == "withdrawn":
        return []
    return [_withdrawn(attempt, command.reason_code)] if attempt.outcome == "sent" else Refused("bank-answered")


def _recall(state: Books, command: AskRecall) -> list[Event] | Refused:
    attempt = _attempt(state, command.attempt)
    if attempt is None:
        return Refused("unknown-payment")
    if attempt.failed:
        return Refused("money-is-back")
    refused = attempt.recall_answer is not None and attempt.recall_answer.outcome == "rejected"
    if attempt.recalled is not None and not refused:
        return [] if attempt.recalled.reason_code == command.reason_code else Refused("recalled-already")
    return [PaymentRecallAsked(**_said(attempt.payment, PaymentEvent), reason_code=command.reason_code, asked_by=command.asked_by)]


def _attempt(state: Books, number: int) -> Attempt | None:
    attempts = state.right.attempts if isinstance(state.right, Granted) else ()
    return attempts[number - 1] if number <= len(attempts) else None


def _withdrawn(attempt: Attempt, reason_code: str) -> PaymentWithdrawn:
    return PaymentWithdrawn(**_said(attempt.payment, PaymentEvent), reason_code=reason_code)


def _said(event: Event, as_: type[Event]) -> dict[str, Any]:
    return {name: getattr(event, name) for name in as_.model_fields}


def _reads(command: WithdrawalCommand) -> tuple[str, ...]:
    right = right_stream(command.right_ref)
    if not isinstance(command, RevokeAllowance):
        return (right,)
    claims = (claim_stream(command.scheme_year, person) for person in command.adults)
    return (right, ledger_stream(command.scheme_year, command.household_ref), *claims)


WITHDRAWAL: Decider[WithdrawalCommand, Books] = Decider(
    initial=Books(),
    reads=_reads,
    decide=_decide,
    evolve=lambda state, event: evolve(state, cast("RightFact | LedgerFact", event)),
)
