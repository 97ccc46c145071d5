"""A right keeps each of its payments with what the bank answered to exactly that one."""

from typing import Any

import pytest

from services.benefits.payment import PAYMENT
from services.benefits.right import Attempt, Granted
from services.contracts.envelope import Event
from services.contracts.payouts import PaymentWithdrawn
from tests.benefits.facts import RUN, granted, instructed, paid, rejected, returned

WITHDRAWN = PaymentWithdrawn(
    **{name: value for name, value in dict(instructed()).items() if name in PaymentWithdrawn.model_fields}, reason_code="wrong-facts"
)


def attempts(*facts: Event) -> tuple[Attempt, ...]:
    right: Any = PAYMENT.fold([granted(), *facts])
    assert isinstance(right, Granted)
    return right.attempts


def test_every_answer_of_the_bank_is_kept_with_its_payment() -> None:
    told = attempts(instructed(), paid(), returned(), instructed(2), rejected(2, "AC04"))

    assert told == (
        Attempt(instructed(), "returned", "AC04", answers=(paid(), returned())),
        Attempt(instructed(2), "rejected", "AC04", answers=(rejected(2, "AC04"),)),
    )


def test_a_return_that_comes_late_is_of_its_own_payment() -> None:
    told = attempts(instructed(), rejected(), instructed(2), paid(2), returned(2))

    assert [each.answers for each in told] == [(rejected(),), (paid(2), returned(2))]


def test_a_payment_that_was_withdrawn_says_why_and_was_answered_by_nobody() -> None:
    assert attempts(instructed(), WITHDRAWN) == (Attempt(instructed(), "withdrawn", "wrong-facts"),)
    assert WITHDRAWN.run_ref == RUN


def test_a_history_that_no_decider_wrote_is_told_as_such() -> None:
    with pytest.raises(AssertionError, match=r"^a payment of a right that was not granted"):
        PAYMENT.fold([instructed()])
