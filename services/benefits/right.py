"""Where one right stands: undecided, refused, withheld, or granted with its attempts to pay."""

from dataclasses import dataclass, replace
from typing import Any, Literal, assert_never

from services.contracts.benefits import (
    AllowanceGranted,
    AllowanceRefused,
    AllowanceWithheld,
    PaymentInstructed,
    PaymentPaid,
    PaymentRejected,
    PaymentReturned,
)
from services.contracts.monthly_money import MonthlyRightGranted, MonthlyRightSetOff
from services.contracts.payouts import (
    AllowanceRevoked,
    PayAgainAllowed,
    PaymentRecallAnswered,
    PaymentRecallAsked,
    PaymentWithdrawn,
    PayoutAccountReplaced,
)

BankFact = PaymentInstructed | PaymentPaid | PaymentRejected | PaymentReturned | PaymentWithdrawn
PaymentFact = BankFact | PaymentRecallAsked | PaymentRecallAnswered | PayAgainAllowed | PayoutAccountReplaced | MonthlyRightSetOff
Grant = AllowanceGranted | MonthlyRightGranted
RightFact = Grant | AllowanceRefused | AllowanceWithheld | AllowanceRevoked | PaymentFact
BankAnswer = PaymentPaid | PaymentRejected | PaymentReturned
Outcome = Literal["sent", "paid", "rejected", "returned", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Undecided:
    """Nothing was decided under this name."""


@dataclass(frozen=True, slots=True)
class NotGranted:
    """Refused, withheld at release, or granted and revoked before it was paid."""

    run_ref: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One payment; `sent` is sent with the outcome unknown.

    `allowed` says that a person lets it be made again, `recalled` that the bank was asked for the money,
    `recall_answer` what it said to that.
    """

    payment: PaymentInstructed
    outcome: Outcome
    reason_code: str = ""
    allowed: PayAgainAllowed | None = None
    recalled: PaymentRecallAsked | None = None
    recall_answer: PaymentRecallAnswered | None = None
    answers: tuple[BankAnswer, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the money is back with us, wholly."""
        return self.outcome in ("rejected", "returned", "withdrawn")


@dataclass(frozen=True, slots=True)
class Granted:
    """Granted, with every attempt to pay it, the first first; at most the last one is open or paid.

    `set_off` says that it is paid to nobody any more.
    """

    grant: Grant
    attempts: tuple[Attempt, ...] = ()
    replaced: PayoutAccountReplaced | None = None
    set_off: MonthlyRightSetOff | None = None

    @property
    def run_ref(self) -> str:
        """The run that granted it."""
        return self.grant.run_ref

    @property
    def account(self) -> tuple[str, str]:
        """Reference and fingerprint of the account that the right is paid on."""
        bound = self.replaced or self.grant
        return bound.account_ref, bound.account_fingerprint


Right = Undecided | NotGranted | Granted


def evolve(state: Right, fact: RightFact) -> Right:
    """The right after one more fact; raises `AssertionError` for a history that no decider can have written."""
    match fact:
        case AllowanceGranted() | MonthlyRightGranted():
            return Granted(fact)
        case AllowanceRefused() | AllowanceWithheld() | AllowanceRevoked():
            return NotGranted(fact.run_ref)
        case _:
            return _paying(_granted(state), fact)


def _paying(state: Granted, fact: PaymentFact) -> Granted:
    match fact:
        case PayAgainAllowed():
            return _moved(state, fact.attempt, allowed=fact)
        case PayoutAccountReplaced():
            return replace(state, replaced=fact)
        case MonthlyRightSetOff():
            return replace(state, set_off=fact)
        case PaymentRecallAsked():
            return _moved(state, fact.attempt, recalled=fact, recall_answer=None)
        case PaymentRecallAnswered():
            return _moved(state, fact.attempt, recall_answer=fact)
        case _:
            return _paid(state, fact)


def _paid(state: Granted, fact: BankFact) -> Granted:
    match fact:
        case PaymentInstructed():
            return replace(state, attempts=(*state.attempts, Attempt(fact, "sent")))
        case PaymentPaid() | PaymentRejected() | PaymentReturned():
            return _answered(state, fact)
        case PaymentWithdrawn():
            return _moved(state, fact.attempt, outcome="withdrawn", reason_code=fact.reason_code)
        case _:
            assert_never(fact)


def _answered(state: Granted, fact: BankAnswer) -> Granted:
    answers = (*state.attempts[fact.attempt - 1].answers, fact)
    match fact:
        case PaymentPaid():
            return _moved(state, fact.attempt, outcome="paid", answers=answers)
        case PaymentRejected():
            return _moved(state, fact.attempt, outcome="rejected", reason_code=fact.reason_code, answers=answers)
        case PaymentReturned():
            return _moved(state, fact.attempt, outcome="returned", reason_code=fact.reason_code, answers=answers)
        case _:
            assert_never(fact)


def _granted(state: Right) -> Granted:
    assert isinstance(state, Granted), "a payment of a right that was not granted"
    return state


def _moved(state: Granted, attempt: int, **what: Any) -> Granted:  # noqa: ANN401 - fields of an attempt
    at = attempt - 1
    moved = replace(state.attempts[at], **what)
    return replace(state, attempts=(*state.attempts[:at], moved, *state.attempts[attempt:]))
