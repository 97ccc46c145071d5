"""A measure lowers no month on a day that its letter did not leave before; nothing of it is lost when it leaves later."""

from datetime import date

import pytest

from services.benefits.monthly.client_book import ClientBook, carried_on
from services.benefits.monthly.correction import corrections
from services.benefits.monthly.made_known import in_effect
from services.benefits.monthly.preparing import dues
from services.contracts.monthly_money import MonthDecided
from tests.benefits.monthly.a_month import NORMS, Months, ask
from tests.benefits.monthly.people import CLIENT, apply, change, circumstances, grant, measure

JAN, FEB, MAR, APR = (date(2024, month, 1) for month in (1, 2, 3, 4))
WHOLE, LESS = 128_383, 89_868
"""What a month comes to, and with a measure of 30 % of it."""


def measured(percent: int = 30, months: int = 1) -> Months:
    """January was paid; a measure on February was decided."""
    benefit = Months(sends_letters=False).has(apply(), grant()).told_of("grant")
    benefit.decide(ask(JAN))
    return benefit.has(measure(FEB, percent, months))


def decided(months: Months, month: date) -> list[tuple[str, int]]:
    return [(fact.month, fact.amounts.total_cents) for fact in months.decide(ask(month)).money if isinstance(fact, MonthDecided)]


@pytest.mark.parametrize(("left", "cents"), [(date(2024, 2, 27), LESS), (date(2024, 2, 28), WHOLE), (None, WHOLE)])
def test_a_measure_lowers_the_month_if_its_letter_left_on_a_day_before_payment(left: date | None, cents: int) -> None:
    months = measured()
    if left is not None:
        months.sends_letter("dec-measure", left)

    assert decided(months, FEB) == [("2024-02", cents)]


def test_the_line_of_a_month_that_was_decided_without_the_measure_says_so() -> None:
    months = measured(months=2)

    assert months.plan(ask(FEB)).reasons == ("2024-02:measure-not-notified:dec-measure",)
    months.decide(ask(FEB))
    months.sends_letter("dec-measure", date(2024, 3, 1))
    assert months.plan(ask(MAR)).reasons == ()


def test_a_measure_on_later_months_is_not_spoken_of_before_these_are_decided() -> None:
    months = Months(sends_letters=False).has(apply(), grant()).told_of("grant").has(measure(MAR))

    assert months.plan(ask(JAN)).reasons == ()
    assert months.plan(ask(JAN)).money


def test_a_letter_that_leaves_later_has_the_month_decided_again_and_the_difference_claimed() -> None:
    months = measured()
    months.decide(ask(FEB))
    before = list(corrections(NORMS, months.client().own))
    months.sends_letter("dec-measure", date(2024, 3, 4))
    (draft,) = corrections(NORMS, months.client().own)
    due = months.decide(ask(MAR))

    assert before == []
    assert (draft.month, draft.cents, draft.because) == ("2024-02", LESS - WHOLE, ("decision/dec-measure",))
    assert [(claim.ground, claim.amount_cents) for claim in due.opened] == [("paid-too-much", -(LESS - WHOLE) - 1_926)]


def test_a_month_that_was_carried_forward_is_read_again_once_the_letter_leaves() -> None:
    months, book = measured(), None
    months.decide(ask(FEB))
    book = ClientBook(months.log)
    ((page, _),) = dues(ask(MAR), book)
    book.keep(carried_on(ask(MAR), page))
    ((short, _),) = ((each, due) for each, due in dues(ask(MAR), book))
    months.sends_letter("dec-measure", date(2024, 3, 4))
    ((read, _),) = dues(ask(MAR), book)

    assert "2024-02" in short.client.own.carried.months
    assert (read.client.client, read.client.own.carried.months) == (CLIENT, frozenset())


def test_other_decisions_hold_from_their_day_whether_or_not_their_letter_left() -> None:
    months = Months(sends_letters=False).has(apply(), grant()).told_of("grant").has(change(circumstances(cost_sharers=1), FEB))
    own = months.client().own

    assert in_effect(own, JAN) is own
    assert decided(months, FEB)[-1][1] < WHOLE
