"""The hash of what a month or a repayment rests on stays the same for ever, and what creditors may have of a reserve is exact."""

from dataclasses import replace
from datetime import date

from services.benefits.monthly.recovery import OpenRecovery, Reduce
from services.contracts.monthly_money import MonthDecided, RefundDecided
from tests.benefits.monthly.a_month import NORMS, Months, ask
from tests.benefits.monthly.people import ALKMAAR, CLIENT, earns, measure
from tests.benefits.monthly.test_monthly_entitlement import running
from tests.benefits.monthly.test_monthly_fines import fine, ordinance

JAN, FEB, MAR = (date(2024, month, 1) for month in (1, 2, 3))


PLAIN_MONTH = "f793bea170b5afe2a7d1b09427f72f4c34902336fc02b44f715df6fbd6cb6b06"  # pragma: allowlist secret - a hash of facts
CHANGED_MONTH = "823a106eabb2f8724c0a885cf3ccc727e708531e9267b7908a2c9818223d598e"  # pragma: allowlist secret - a hash of facts
FIRST_REPAYMENT = "8197e353ab54b2c508dfd01f81e52b7587b9e43d469cf7e678de4757afbbd440"  # pragma: allowlist secret - a hash of facts

SAME_TEXT = NORMS.model_copy(update={"version": "1", "digest": "0" * 64})
"""Rules that are named as if their text never changed."""


def month_of(months: Months) -> MonthDecided:
    (fact,) = months.plan(replace(ask(JAN), norms=SAME_TEXT)).money
    assert isinstance(fact, MonthDecided)
    return fact


def test_what_a_month_rests_on_has_the_same_hash_as_when_it_was_first_decided() -> None:
    plain, changed = running(), running().has(earns("2024-01", 20_000), measure(JAN))

    assert month_of(plain).facts_hash == PLAIN_MONTH
    assert month_of(changed).facts_hash == CHANGED_MONTH


def test_of_a_reserve_creditors_may_have_nothing_where_they_had_more_than_is_free() -> None:
    months = running().has(fine(500_000, repeated=True))
    (fact,) = months.plan(replace(ask(JAN), norms=ordinance(3))).money

    assert isinstance(fact, MonthDecided)
    assert fact.seizable_cents == 0
    assert month_of(running()).seizable_cents == 6_419
    assert month_of(running(holiday="monthly")).seizable_cents == 0


def withdrawn(*refs: str) -> Months:
    """Claims of which January took something, and that were withdrawn since."""
    months = running(holiday="monthly")
    months.has(*(OpenRecovery(ref, CLIENT, ALKMAAR, "fine", 2_000, JAN, "s-1", "dec-1") for ref in refs))
    months.decide(ask(JAN))
    return months.has(*(Reduce(ref, 0, "ob-1", "objection-upheld", FEB, "s-2", f"dec-{ref}") for ref in refs))


def refunds(months: Months, month: date) -> list[RefundDecided]:
    return [fact for fact in months.decide(ask(month)).money if isinstance(fact, RefundDecided)]


def test_each_repayment_of_a_month_has_a_number_and_rests_on_its_claim() -> None:
    first, second = refunds(withdrawn("cl-1", "cl-2"), FEB)

    assert [(each.sequence, each.cents, each.rests_on) for each in (first, second)] == [
        (1, 2_000, ("claim/cl-1",)),
        (2, 2_000, ("claim/cl-2",)),
    ]
    assert first.facts_hash == FIRST_REPAYMENT


def test_a_later_run_of_the_month_goes_on_counting_and_another_month_begins_anew() -> None:
    months = withdrawn("cl-1", "cl-2")
    refunds(months, FEB)
    months.has(OpenRecovery("cl-3", CLIENT, ALKMAAR, "fine", 2_000, JAN, "s-1", "dec-1"))
    months.decide(ask(MAR))
    months.has(Reduce("cl-3", 0, "ob-1", "objection-upheld", MAR, "s-2", "dec-cl-3"))
    again = months.decide(ask(FEB, run_ref="run-2024-02-again"))
    april = months.decide(ask(date(2024, 4, 1)))

    assert [fact.sequence for fact in again.money if isinstance(fact, RefundDecided)] == [3]
    assert [fact for fact in april.money if isinstance(fact, RefundDecided)] == []
