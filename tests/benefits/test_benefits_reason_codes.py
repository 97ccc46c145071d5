"""What is done for a reason of the bank: by the table, by a person where it is not there, and the most careful of several."""

import pytest

from services.benefits.paying_again import hindrance
from services.benefits.payment import PAYMENT
from services.benefits.reason_codes import handling, most_careful
from services.benefits.right import Granted
from services.contracts.payouts import PaymentWithdrawn
from tests.benefits.facts import granted, instructed, returned


def test_a_reason_that_the_table_does_not_hold_goes_to_a_person() -> None:
    assert handling("ZZ99") == ("manual", "not in the table")
    assert handling("AC04") == ("ask-account", "account closed")


@pytest.mark.parametrize(
    ("codes", "careful"),
    [(["AC04", "MD07"], "MD07"), (["AC04", "MD07", "DUPL"], "DUPL"), (["AC01", "ZZ99"], "ZZ99"), (["FOCR", "AM10"], "AM10"), ([], "")],
)
def test_of_several_reasons_the_one_that_calls_for_most_care_counts(codes: list[str], careful: str) -> None:
    assert most_careful(codes) == careful


def test_a_payment_that_was_withdrawn_says_nothing_of_why_the_one_before_it_failed() -> None:
    again = instructed(attempt=2)
    gone = PaymentWithdrawn(**again.model_dump(include=set(PaymentWithdrawn.model_fields)), reason_code="wrong-facts")
    state = PAYMENT.fold([granted(), instructed(), returned(reason="AC04"), again, gone])

    assert isinstance(state, Granted)
    assert hindrance(state, "print") == "other-account-needed"
    assert hindrance(state, "other-print") == ""
