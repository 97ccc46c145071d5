"""What is due on the last day that counts, and not a day or a cent beyond it."""

from dataclasses import replace
from datetime import date

import pytest

from services.benefits.monthly.commands import ApplyForBenefit
from services.benefits.monthly.grounds import facts_hash
from services.benefits.monthly.periods import months as months_of
from services.contracts.circumstances import Circumstances
from services.contracts.monthly_money import AdvanceDecided
from tests.benefits.monthly.a_month import NORMS, Months, ask, paid
from tests.benefits.monthly.people import (
    ALONE,
    apply,
    circumstances,
    earns,
    end,
    grant,
    notify,
    stop_advances,
    suspend,
    whose,
)
from tests.benefits.monthly.test_monthly_entitlement import running
from tests.benefits.monthly.test_monthly_settled import lived, other_rules

JAN, FEB, JUL = date(2024, 1, 1), date(2024, 2, 1), date(2024, 7, 1)
IN_HAND, WHOLE, ADVANCE = 121_964, 128_383, 115_545
"""Somebody alone in 2024 (domain.md 3.5): in hand, with holiday allowance, and 90 % of that rounded up."""


def test_months_are_whole_ones_from_that_of_a_day_up_to_that_of_another() -> None:
    assert list(months_of(date(2023, 12, 31), FEB)) == [date(2023, 12, 1), JAN, FEB]
    assert list(months_of(FEB, date(2024, 1, 31))) == []


@pytest.mark.parametrize(("most_cents", "reasons"), [(IN_HAND, ()), (IN_HAND - 1, ("above-payment-ceiling",))])
def test_a_right_may_be_the_ceiling_itself_and_no_cent_more(most_cents: int, reasons: tuple[str, ...]) -> None:
    ceilings = tuple(row.model_copy(update={"right_cents": most_cents}) for row in NORMS.ceilings)
    due = running().plan(replace(ask(JAN), norms=NORMS.model_copy(update={"ceilings": ceilings})))

    assert (due.reasons, due.amount_cents) == (reasons, 0 if reasons else IN_HAND)


@pytest.mark.parametrize(("most_cents", "reasons"), [(2 * IN_HAND, ()), (2 * IN_HAND - 1, ("above-household-ceiling",))])
def test_what_a_client_gets_at_once_may_be_the_ceiling_itself_and_no_cent_more(most_cents: int, reasons: tuple[str, ...]) -> None:
    ceilings = tuple(row.model_copy(update={"household_cents": most_cents}) for row in NORMS.ceilings)
    due = running().plan(replace(ask(FEB), norms=NORMS.model_copy(update={"ceilings": ceilings})))

    assert (due.reasons, due.amount_cents) == (reasons, 0 if reasons else 2 * IN_HAND)


def test_a_right_of_one_day_in_a_month_is_paid() -> None:
    """One of the 29 days of February 2024: 1,283.83 / 29 is 44.27, of which 95 % is 42.06."""
    assert paid(running().has(end(date(2024, 2, 2))).decide(ask(FEB)))[:2] == [
        ("2024-01", "back-payment", IN_HAND),
        ("2024-02", "month", 4_206),
    ]


@pytest.mark.parametrize(("day", "reasons"), [(date(2024, 1, 31), ("2024-01:suspended",)), (FEB, ())])
def test_a_suspension_from_the_last_day_of_a_month_keeps_that_month(day: date, reasons: tuple[str, ...]) -> None:
    assert running().has(suspend(day)).plan(ask(JAN)).reasons == reasons


@pytest.mark.parametrize(("decided", "reason"), [(29, "suspended"), (30, "suspension-to-be-decided")])
def test_up_to_its_last_day_a_suspension_may_be_cured(decided: int, reason: str) -> None:
    """Four weeks from 1 January end on the 29th."""
    due = running().has(suspend(JAN)).plan(replace(ask(JAN), decided_on=date(2024, 1, decided)))

    assert due.reasons == (f"2024-01:{reason}",)


@pytest.mark.parametrize(("told", "reasons"), [(27, ()), (28, ("2024-01:decision-not-notified",))])
def test_a_letter_leaves_before_the_day_of_payment(told: int, reasons: tuple[str, ...]) -> None:
    assert Months().has(apply(), grant(), notify(on=date(2024, 1, told))).plan(ask(JAN)).reasons == reasons


def test_a_settled_month_that_other_rules_cannot_work_out_is_told() -> None:
    """The rules of another text have no norm for the first half of the year."""
    later = tuple(row for row in NORMS.norms if row.begins >= JUL)
    rules = other_rules(WHOLE).model_copy(update={"norms": later})

    assert lived().plan(replace(ask(JUL), norms=rules)).reasons == tuple(f"2024-0{n}:rule-missing:norm-single" for n in range(1, 7))


def applied(on: date, declared: Circumstances = ALONE) -> Months:
    return Months().has(ApplyForBenefit(whose(), declared, on, on, 8))


def advance(months: Months, run_ref: str = "run-1") -> AdvanceDecided:
    (fact,) = (each for each in months.decide(ask(JAN, run_ref=run_ref)).money if isinstance(each, AdvanceDecided))
    return fact


@pytest.mark.parametrize(("day", "due"), [(6, [("2024-01", "advance", ADVANCE)]), (7, [])])
def test_an_advance_that_falls_due_before_the_next_run_is_paid_now(day: int, due: list[tuple[str, str, int]]) -> None:
    """Four weeks from 6 January are 3 February, a day before the run a week after 28 January."""
    plan = applied(date(2024, 1, day)).plan(ask(JAN))

    assert (paid(plan), plan.reasons) == (due, () if due else ("advance-not-yet",))


def test_an_advance_counts_no_income_that_is_only_expected_and_all_that_was_told() -> None:
    expecting = applied(JAN, circumstances(income_expected=True))

    assert expecting.plan(ask(JAN)) == applied(JAN).plan(ask(JAN))
    assert paid(expecting.plan(ask(JAN))) == [("2024-01", "advance", ADVANCE)]
    assert paid(expecting.has(earns("2024-01", 28_383)).plan(ask(JAN))) == [("2024-01", "advance", 90_000)]


@pytest.mark.parametrize(
    ("declared", "earned", "reason"),
    [
        (ALONE, 128_383, "advance-nothing-due"),
        (circumstances(age_bands=("27-pension",) * 2), 0, "advance-not-worked-out"),
    ],
)
def test_no_advance_is_paid_on_nothing_or_on_what_cannot_be_worked_out(declared: Circumstances, earned: int, reason: str) -> None:
    due = applied(JAN, declared).has(earns("2024-01", earned)).plan(ask(JAN))

    assert (due.money, due.reasons) == ((), (reason,))


def test_each_advance_of_a_month_has_a_number_and_rests_on_what_was_declared_and_received() -> None:
    months = applied(date(2023, 12, 1))
    first, second = (advance(months.has(*told), run) for told, run in (((), "run-1"), ((earns("2024-01", 28_383),), "run-2")))
    rests_on = {"application/2023-12-01", "rule/Advances/2024-01-01", "rule/norm single/2024-01-01"}
    rested = {"declared": ALONE.model_dump(), "rules": NORMS.rule_version}

    assert [(each.month, each.sequence, each.cents) for each in (first, second)] == [("2024-01", 1, ADVANCE), ("2024-01", 2, 90_000)]
    assert rests_on <= set(first.rests_on) == set(second.rests_on)
    assert first.facts_hash == facts_hash({**rested, "received": 0})
    assert second.facts_hash == facts_hash({**rested, "received": 28_383})


def test_an_advance_of_another_month_does_not_count_in_the_number() -> None:
    months = applied(JAN)
    advance(months)
    (fact,) = months.decide(ask(FEB)).money

    assert (fact.month, fact.sequence) == ("2024-02", 1)


def test_advances_may_be_stopped_on_the_day_of_the_application() -> None:
    stopped = stop_advances()
    same_day = replace(stopped, terms=replace(stopped.terms, decided_on=JAN))

    assert applied(JAN).has(same_day).plan(ask(JAN)).reasons == ("advance-stopped:data-missing",)


def test_who_applies_again_on_the_day_of_an_end_gets_advances_whatever_stopped_those_of_before() -> None:
    months = Months().has(apply())
    advance(months)
    months.has(stop_advances(), grant()).told_of("grant").decide(ask(JAN, run_ref="run-2"))
    months.has(end(FEB), ApplyForBenefit(whose(), ALONE, FEB, FEB, 8))

    assert ("2024-02", "advance", ADVANCE) in paid(months.plan(ask(FEB)))


def test_who_is_due_nothing_needs_no_ceiling() -> None:
    norms = NORMS.model_copy(update={"ceilings": ()})

    assert Months().has(apply(), grant(on=FEB)).plan(replace(ask(JAN), norms=norms)).reasons == ("no-right",)
