"""Where one right stands: undecided, refused, withheld, or granted with its attempts to pay."""

from dataclasses import dataclass, replace
from typing import Literal, assert_never

from services.contracts.benefits import (
    AllowanceGranted,
    AllowanceRefused,
    AllowanceWithheld,
    PaymentInstructed,
    PaymentPaid,
    PaymentRejected,
    PaymentReturned,
)

RightFact = AllowanceGranted | AllowanceRefused | AllowanceWithheld | PaymentInstructed | PaymentPaid | PaymentRejected | PaymentReturned
Outcome = Literal["sent", "paid", "rejected", "returned"]


@dataclass(frozen=True, slots=True)
class Undecided:
    """Nothing was decided under this name."""


@dataclass(frozen=True, slots=True)
class NotGranted:
    """Refused, or withheld at release."""

    run_ref: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One payment; `sent` is sent with the outcome unknown."""

    payment: PaymentInstructed
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Granted:
    """Granted, with every attempt to pay it, the first first; at most the last one is open or paid."""

    grant: AllowanceGranted
    attempts: tuple[Attempt, ...] = ()

    @property
    def run_ref(self) -> str:
        """The run that granted it."""
        return self.grant.run_ref


Right = Undecided | NotGranted | Granted


def evolve(state: Right, fact: RightFact) -> Right:
    """The right after one more fact; raises `AssertionError` for a history that no decider can have written."""
    match fact:
        case AllowanceGranted():
            return Granted(fact)
        case AllowanceRefused() | AllowanceWithheld():
            return NotGranted(fact.run_ref)
        case PaymentInstructed():
            granted = _granted(state)
            return replace(granted, attempts=(*granted.attempts, Attempt(fact, "sent")))
        case PaymentPaid():
            return _moved(state, fact.attempt, "paid")
        case PaymentRejected():
            return _moved(state, fact.attempt, "rejected")
        case PaymentReturned():
            return _moved(state, fact.attempt, "returned")
        case _:
            assert_never(fact)


def _granted(state: Right) -> Granted:
    assert isinstance(state, Granted), "a payment of a right that was not granted"
    return state


def _moved(state: Right, attempt: int, outcome: Outcome) -> Granted:
    granted = _granted(state)
    at = attempt - 1
    moved = replace(granted.attempts[at], outcome=outcome)
    return replace(granted, attempts=(*granted.attempts[:at], moved, *granted.attempts[attempt:]))
