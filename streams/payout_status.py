"""What became of the money of each right: decided, on its way, paid, rejected or returned, to the cent."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from services.contracts.benefits import (
    AllowanceGranted,
    AllowanceRefused,
    AllowanceWithheld,
    DecidedEvent,
    PaymentEvent,
    PaymentInstructed,
    PaymentPaid,
    PaymentRejected,
    PaymentReturned,
    RightEvent,
)
from services.contracts.envelope import Envelope, Event
from services.contracts.monthly_money import MonthlyRightGranted, MonthlyRightSetOff
from services.contracts.payouts import (
    AllowanceRevoked,
    PayAgainAllowed,
    PaymentRecallAnswered,
    PaymentRecallAsked,
    PaymentWithdrawn,
    PayoutAccountReplaced,
)
from services.contracts.topics import BENEFITS_EVENTS
from streams.view import Row, View

State = Literal["pending", "instructed", "paid", "returned", "rejected", "refused", "withheld", "withdrawn"]
STATES: tuple[State, ...] = get_args(State)
UNPAID = frozenset({"pending", "instructed", "rejected", "returned"})
"""States in which a client still waits for money that was decided."""


def is_open(payout: Row) -> bool:
    """Whether a client still waits for this money."""
    return payout["state"] in UNPAID and "set_off_against" not in payout


RIGHTS = "benefits/right/"
NO_MONEY = {f"{state}_cents": 0 for state in STATES}


def after(payout: Row, fact: RightEvent) -> dict[str, Any]:
    """A payout after its next fact: decided = pending + instructed + paid + returned + rejected + withdrawn, in cents."""
    told = _TOLD.get(type(fact))
    about = {
        "right_ref": fact.right_ref,
        "client": fact.client,
        "household_ref": fact.household_ref,
        "municipality": fact.municipality,
        "run_ref": fact.run_ref,
    }
    return {"attempt": 0, "decided_cents": 0, "state": "", **NO_MONEY, **payout, **about, **({} if told is None else told(fact))}


def _decided(fact: DecidedEvent) -> dict[str, Any]:
    return {
        "scheme": fact.scheme,
        "scheme_year": fact.scheme_year,
        "tranche": fact.tranche,
        "sequence": fact.sequence,
        "reasons": list(fact.reasons),
        "decided_on": fact.decided_on.isoformat(),
    }


def _granted(fact: AllowanceGranted) -> dict[str, Any]:
    promise = {"decided_cents": fact.amount_cents, "promised_on": fact.promised_on.isoformat()}
    return {**_decided(fact), **promise, **_stands("pending", fact)}


def _monthly(fact: MonthlyRightGranted) -> dict[str, Any]:
    """A right of the monthly benefit, whose tranche is the month of its year."""
    year, month = fact.month.split("-")
    return {
        "scheme": "monthly-benefit",
        "scheme_year": int(year),
        "tranche": int(month),
        "sequence": fact.sequence,
        "kind": fact.kind,
        "reasons": [],
        "decided_on": fact.decided_on.isoformat(),
        "decided_cents": fact.amount_cents,
        "promised_on": fact.promised_on.isoformat(),
        **_stands("pending", fact),
    }


def _refused(fact: AllowanceRefused) -> dict[str, Any]:
    return {**_decided(fact), **_stands("refused", fact)}


def _withheld(fact: AllowanceWithheld) -> dict[str, Any]:
    return {**_decided(fact), **_stands("withheld", fact)}


def _instructed(fact: PaymentInstructed) -> dict[str, Any]:
    return {"message_id": fact.message_id, "execution_on": fact.execution_on.isoformat(), **_attempt("instructed", fact)}


def _paid(fact: PaymentPaid) -> dict[str, Any]:
    return {"booked_on": fact.booked_on.isoformat(), **_attempt("paid", fact)}


def _rejected(fact: PaymentRejected) -> dict[str, Any]:
    return {"reason_code": fact.reason_code, **_attempt("rejected", fact)}


def _returned(fact: PaymentReturned) -> dict[str, Any]:
    return {"reason_code": fact.reason_code, "returned_on": fact.booked_on.isoformat(), **_attempt("returned", fact)}


def _payment_withdrawn(fact: PaymentWithdrawn) -> dict[str, Any]:
    return {"reason_code": fact.reason_code, **_attempt("pending", fact)}


def _revoked(fact: AllowanceRevoked) -> dict[str, Any]:
    return {"reason_code": fact.reason_code, **_stands("withdrawn", fact)}


def _set_off(fact: MonthlyRightSetOff) -> dict[str, Any]:
    """What came back of it met a claim: the money stands where it stood, and is paid to nobody any more."""
    return {"set_off_against": fact.claim_ref}


def _recalled(fact: PaymentRecallAsked) -> dict[str, Any]:
    return {"recall_reason_code": fact.reason_code}


def _recall_answered(fact: PaymentRecallAnswered) -> dict[str, Any]:
    return {"recall_answer": fact.outcome, "recall_answer_code": fact.reason_code}


def _allowed(fact: PayAgainAllowed) -> dict[str, Any]:
    return {"pay_again_ground": fact.ground}


def _replaced(fact: PayoutAccountReplaced) -> dict[str, Any]:
    return {"account_replaced_at_attempt": fact.attempt}


def _attempt(state: State, fact: PaymentEvent) -> dict[str, Any]:
    return {"attempt": fact.attempt, "end_to_end_id": fact.end_to_end_id, **_stands(state, fact)}


def _stands(state: State, fact: RightEvent) -> dict[str, Any]:
    """The whole amount stands in one state."""
    return {**NO_MONEY, "state": state, f"{state}_cents": fact.amount_cents}


_TOLD: Mapping[type[RightEvent], Callable[[Any], dict[str, Any]]] = {
    AllowanceGranted: _granted,
    MonthlyRightGranted: _monthly,
    AllowanceRefused: _refused,
    AllowanceWithheld: _withheld,
    PaymentInstructed: _instructed,
    PaymentPaid: _paid,
    PaymentRejected: _rejected,
    PaymentReturned: _returned,
    PaymentWithdrawn: _payment_withdrawn,
    PaymentRecallAsked: _recalled,
    PaymentRecallAnswered: _recall_answered,
    AllowanceRevoked: _revoked,
    MonthlyRightSetOff: _set_off,
    PayAgainAllowed: _allowed,
    PayoutAccountReplaced: _replaced,
}
"""By type, as `match` asks pydantic's classes one by one, which costs more than the fold; a test holds it complete."""


def is_of_right(event: Event) -> bool:
    """Whether the event is about the money of a right."""
    return type(event) in _TOLD


def _fold(row: Row | None, fact: Envelope[Event]) -> dict[str, Any]:
    event = fact.event
    return after(row or {}, event) if isinstance(event, RightEvent) else dict(row or {})


VIEW = View(
    name="payout-status",
    topics=(BENEFITS_EVENTS,),
    streams=(RIGHTS,),
    row_key=lambda stream, _key: stream.removeprefix(RIGHTS),
    fold=_fold,
)
"""One row per right, in the partition of its client."""
