"""Holiday allowance: paid once a year or at the end, creditors within what is free and in their order, and nothing on a cent too much."""

from dataclasses import replace
from datetime import date

import pytest

from services.benefits.monthly.ask import Plan
from services.benefits.monthly.balances import decided_months, reserve_cents
from services.benefits.monthly.grounds import facts_hash
from services.benefits.monthly.recovery import OpenRecovery
from services.contracts.monthly_money import HolidayAllowanceDecided
from tests.benefits.monthly.a_month import Months, ask, paid
from tests.benefits.monthly.people import ALKMAAR, CLIENT, attach, change, charge, circumstances, earns, end
from tests.benefits.monthly.test_monthly_entitlement import claim, running

JAN, FEB, MAR, APR, MAY, JUN = (date(2024, month, 1) for month in range(1, 7))
RESERVED_CENTS = 6_419
"""5 % of 1,283.83 a month (domain.md 3.5)."""


def holiday(due: Plan) -> HolidayAllowanceDecided:
    (fact,) = (each for each in due.money if isinstance(each, HolidayAllowanceDecided))
    return fact


def up_to_may(months: Months) -> list[tuple[str, int, str]]:
    """What the run of May makes of the reserve of five months: kind, cents, whose."""
    for month in (JAN, FEB, MAR, APR):
        months.decide(ask(month))
    fact = holiday(months.decide(ask(MAY)))
    assert sum(part.cents for part in fact.parts) == fact.cents
    return [(part.kind, part.cents, part.payee) for part in fact.parts]


@pytest.mark.parametrize(
    ("owed", "attached", "parts"),
    [
        (0, (), [("client", 32_095, "")]),
        (10_000, (), [("recovery", 10_000, ""), ("client", 22_095, "")]),
        (0, (10_000,), [("attachment", 10_000, "at-1"), ("client", 22_095, "")]),
        (0, (10_000, 10_000), [("attachment", 10_000, "at-1"), ("attachment", 10_000, "at-2"), ("client", 12_095, "")]),
        (10_000, (10_000, 50_000), [("recovery", 10_000, ""), ("attachment", 10_000, "at-1"), ("attachment", 12_095, "at-2")]),
        (32_094, (10_000,), [("recovery", 32_094, ""), ("attachment", 1, "at-1")]),
        (32_095, (10_000,), [("recovery", 32_095, "")]),
    ],
)
def test_creditors_share_in_the_reserve_claims_first_then_each_bailiff_up_to_what_is_free(
    owed: int, attached: tuple[int, ...], parts: list[tuple[str, int, str]]
) -> None:
    months = running()
    months.has(*([claim(owed)] if owed else []))
    months.has(*(attach(cents=cents, name=f"at-{n}", ref=f"attachment-{n}") for n, cents in enumerate(attached, 1)))

    assert up_to_may(months) == parts


def test_a_bailiff_gets_from_the_reserve_what_the_months_left_of_the_attachment() -> None:
    """January has the allowance paid along, and 5 % of it goes to the bailiff; from February it is reserved."""
    months = running(holiday="monthly").has(attach(cents=20_000), change(circumstances(), FEB))

    assert up_to_may(months) == [("attachment", 20_000 - RESERVED_CENTS, "at-bailiff"), ("client", 4 * RESERVED_CENTS - 13_581, "")]


def test_an_attachment_that_begins_after_the_month_takes_nothing_of_its_reserve() -> None:
    assert up_to_may(running().has(attach(on=JUN, cents=10_000))) == [("client", 5 * RESERVED_CENTS, "")]


def test_a_fine_for_a_repeated_breach_takes_of_the_reserve_what_is_free_behind_other_claims() -> None:
    fine = OpenRecovery("cl-0", CLIENT, ALKMAAR, "fine", 50_000, APR, "s-1", "dec-2", repeated=True)
    months = running().has(fine, claim(1_000))
    for month in (JAN, FEB, MAR, APR):
        months.decide(ask(month))

    assert [offset.claim_ref for offset in months.plan(ask(MAY)).offsets][-2:] == ["cl-1", "cl-0"]


def test_a_month_in_which_it_was_paid_pays_it_no_second_time_whatever_is_reserved_since() -> None:
    months = running().has(earns("2024-01", 50_000))
    up_to_may(months)
    months.has(earns("2024-01", 0, "form-2"))

    again = months.decide(ask(MAY, run_ref="run-again"))
    assert [kind for _, kind, _ in paid(again)] == ["back-payment"]
    assert reserve_cents(months.client().own) == 2_500


def test_after_the_end_each_rest_is_paid_under_a_number_of_its_own_and_rests_on_its_months() -> None:
    months = running().has(earns("2024-01", 50_000))
    months.decide(ask(JAN))
    months.has(end(FEB))
    first = holiday(months.decide(ask(JAN, run_ref="run-1")))
    second = holiday(months.has(earns("2024-01", 0, "form-2")).decide(ask(JAN, run_ref="run-2")))
    told = {name: each.facts_hash for name, each in decided_months(months.client().own).items()}

    assert [(each.sequence, each.cents, each.rests_on) for each in (first, second)] == [
        (1, 3_919, ("month/2024-01/1",)),
        (2, 2_500, ("month/2024-01/2",)),
    ]
    assert second.facts_hash == facts_hash(told)
    assert set(told) == {"2024-01"}


def test_it_is_paid_to_the_last_cent() -> None:
    """Income that leaves 20 cents of the benefit leaves one cent of holiday allowance."""
    months = running().has(earns("2024-01", 128_363))
    months.decide(ask(JAN))

    assert paid(months.has(end(FEB)).decide(ask(JAN, run_ref="run-end"))) == [("2024-01", "holiday-allowance", 1)]


@pytest.mark.parametrize(("gone", "kinds"), [(date(2024, 2, 1), ["month", "holiday-allowance"]), (date(2024, 2, 2), ["month"])])
def test_it_is_paid_with_the_last_month_of_a_benefit_and_not_before(gone: date, kinds: list[str]) -> None:
    assert [kind for _, kind, _ in paid(running().has(end(gone)).plan(ask(JAN)))] == kinds


def test_rent_that_a_month_does_not_cover_does_not_keep_it_back() -> None:
    months = running().has(charge(on=MAY, cents=150_000))

    assert ("client", 5 * RESERVED_CENTS, "") in up_to_may(months)


def test_once_nothing_waits_any_more_it_is_paid_in_the_same_month() -> None:
    months = running().has(change(circumstances(income_expected=True), APR), change(circumstances(), MAY, "no-income"))
    first = months.decide(ask(MAY))
    second = months.has(earns("2024-04", 0)).decide(ask(MAY, run_ref="run-again"))

    assert first.reasons == ("2024-04:income-form-missing", "2024-05:holiday-allowance-waits")
    assert paid(second) == [("2024-04", "back-payment", 121_964), ("2024-05", "holiday-allowance", 5 * RESERVED_CENTS)]


def test_a_month_that_waits_keeps_it_back() -> None:
    months = running()
    for month in (JAN, FEB, MAR, APR):
        months.decide(ask(month))
    due = months.has(change(circumstances(income_expected=True), MAY)).plan(replace(ask(MAY), run_ref="run-may"))

    assert due.reasons == ("2024-05:income-form-missing", "2024-05:holiday-allowance-waits")
