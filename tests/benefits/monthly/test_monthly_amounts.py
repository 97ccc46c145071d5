from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.benefits.monthly.calculation import NOTHING, Amounts, NotWorkedOut, Stretch, amounts
from services.benefits.monthly.dated import RuleMissing
from services.benefits.monthly.distribution import Demands, Wanted, distribute, seizable_cents
from services.benefits.monthly.income import working_days
from services.benefits.monthly.norms import POLICIES, Norms, installed, parse
from services.benefits.monthly.periods import days_in
from services.contracts.circumstances import Circumstances, IncomeLine

NORMS = installed()
JAN, JUL = date(2024, 1, 1), date(2024, 7, 1)


def single(**said: Any) -> Circumstances:  # noqa: ANN401 - any field
    return Circumstances(**{"household_type": "single", "age_bands": ("27-pension",), **said})


def couple(**said: Any) -> Circumstances:  # noqa: ANN401 - any field
    return Circumstances(**{"household_type": "couple", "age_bands": ("27-pension", "27-pension"), **said})


def wages(cents: int, period: str = "month") -> IncomeLine:
    return IncomeLine(kind="wages", period=period, net_cents=cents)  # type: ignore[arg-type]  # a literal


def whole(circumstances: Circumstances, *lines: IncomeLine, month: date = JAN, measure: int = 0, norms: Norms = NORMS) -> Amounts:
    return amounts(norms, month, [Stretch(circumstances, days_in(month))], lines, measure)


@pytest.mark.parametrize(
    ("circumstances", "with_holiday", "now"),
    [
        (single(), 128_383, 121_964),
        (couple(), 183_404, 174_234),
        (single(age_bands=("pension",)), 142_576, 135_447),
        (single(age_bands=("18-20",)), 31_694, 30_109),
        (single(cost_sharers=1), 91_702, 87_117),
        (couple(cost_sharers=1), 2 * 79_475, 151_003),
        (single(age_bands=("18-20",), cost_sharers=3), 31_694, 30_109),
        (couple(age_bands=("18-20", "21-26")), 123_396, 117_226),
    ],
)
def test_a_whole_month_without_income(circumstances: Circumstances, with_holiday: int, now: int) -> None:
    month = whole(circumstances)

    assert (month.total_cents, month.due_cents, month.reserved_cents) == (with_holiday, now, with_holiday - now)


def test_in_an_institution_the_health_supplement_comes_on_top_and_nothing_is_reserved_of_it() -> None:
    month = whole(single(living="institution"))

    assert (month.total_cents, month.reserved_cents) == (40_651 + 4_200, 40_651 - 38_618)


def test_a_couple_in_an_institution_has_a_norm_and_a_supplement_of_its_own() -> None:
    assert whole(couple(living="institution")).total_cents == 63_231 + 9_500


def test_pensioners_who_share_a_dwelling_have_their_share_of_the_norm_of_pensioners() -> None:
    """((40 % + 3 x 30 %) / 3) x 1,933.98 for each of two (domain.md 3.5)."""
    assert whole(couple(age_bands=("pension", "pension"), cost_sharers=1)).total_cents == 2 * 83_806


def test_a_norm_changes_on_the_first_of_july() -> None:
    assert [whole(single(), month=month).total_cents for month in (date(2024, 6, 1), JUL)] == [128_383, 130_845]


def test_part_of_a_month_counts_by_its_days() -> None:
    month = amounts(NORMS, JAN, [Stretch(single(), 17)], (), 0)

    assert month.norm_cents == 70_404  # 1,283.83 x 17 / 31 = 704.0358


def test_circumstances_that_change_within_a_month_count_by_their_days() -> None:
    month = amounts(NORMS, JAN, [Stretch(single(), 10), Stretch(couple(), 21)], (), 0)

    assert month.norm_cents == 165_655  # 1,283.83 x 10 / 31 + 1,834.04 x 21 / 31 = 1,656.5529


def test_without_a_right_in_the_month_it_gives_nothing() -> None:
    assert amounts(NORMS, JAN, [], None, 0) == NOTHING


def test_income_is_taken_off_and_holiday_allowance_is_5_percent_of_the_rest() -> None:
    month = whole(single(), wages(53_000))

    assert (month.total_cents, month.due_cents, month.reserved_cents) == (75_383, 71_614, 3_769)


@pytest.mark.parametrize(
    ("exemption", "month", "earned", "exempt"),
    [
        ("first-months", JAN, 53_000, 13_250),
        ("first-months", JAN, 105_600, 26_400),
        ("first-months", JAN, 110_000, 26_400),
        ("first-months", JUL, 110_000, 26_900),
        ("single-parent", JAN, 100_001, 12_500),
        ("single-parent", JAN, 200_000, 16_473),
        ("medically-limited", JUL, 100_000, 15_000),
        ("medically-limited", JUL, 120_000, 17_018),
        (None, JAN, 53_000, 0),
    ],
)
def test_a_share_of_earnings_is_exempt(exemption: str | None, month: date, earned: int, exempt: int) -> None:
    assert whole(single(exemption=exemption), wages(earned), month=month).exempt_cents == exempt


def test_a_pension_knows_no_earnings_exemption() -> None:
    pension = IncomeLine(kind="pension", period="month", net_cents=53_000)

    assert whole(single(exemption="first-months"), pension).exempt_cents == 0


def test_two_four_weekly_slips_in_a_month_both_count() -> None:
    assert whole(single(), wages(40_000, "four-weeks"), wages(40_000, "four-weeks")).received_cents == 80_000


def test_by_working_days_a_four_weekly_slip_counts_for_a_twentieth_each() -> None:
    texts = [path.read_bytes().replace(b'"slips-received"', b'"working-days"') for path in sorted(POLICIES.glob("*.toml"))]

    assert [working_days(month) for month in (JAN, date(2023, 2, 1), date(2024, 2, 1))] == [23, 20, 21]
    assert whole(single(), wages(40_000), norms=parse(texts)).received_cents == 40_000
    assert whole(single(), wages(40_000, "four-weeks"), norms=parse(texts)).received_cents == 46_000


def test_more_income_than_the_norm_leaves_nothing_and_no_debt() -> None:
    assert whole(single(), wages(200_000)).total_cents == 0


@pytest.mark.parametrize(("percent", "left"), [(30, 89_868), (100, 0)])
def test_a_measure_takes_percent_of_the_norm(percent: int, left: int) -> None:
    assert whole(single(), measure=percent).total_cents == left


def test_a_measure_takes_no_more_than_there_is() -> None:
    assert whole(single(), wages(100_000), measure=50).total_cents == 0


def test_without_the_report_of_expected_income_a_month_is_not_worked_out() -> None:
    with pytest.raises(NotWorkedOut, match="income-form-missing"):
        amounts(NORMS, JAN, [Stretch(single(income_expected=True), 31)], None, 0)


def test_a_household_that_contradicts_itself_is_not_worked_out() -> None:
    with pytest.raises(NotWorkedOut, match="household-contradictory"):
        whole(single(age_bands=("27-pension", "27-pension")))
    with pytest.raises(NotWorkedOut, match="household-contradictory"):
        whole(couple(age_bands=("27-pension", "0-17")))


def test_a_period_without_rules_is_not_worked_out() -> None:
    with pytest.raises(RuleMissing):
        whole(single(), month=date(2026, 1, 1))


def test_five_percent_to_creditors_beside_a_reserve_of_five_percent_is_not_left_to_happen() -> None:
    """Rb. Noord-Holland, openkamer.org 2023Z06794: 90 % in hand is less than the 95 % that is protected."""
    month = whole(single())

    parts = distribute(NORMS, JAN, month, Demands(claims=[Wanted("c-1", 50_000)], attachments=[Wanted("b-1", 50_000)]))

    assert (parts.claims, parts.attachments, parts.client_cents) == ((), (), 121_964)


def test_with_holiday_allowance_paid_monthly_creditors_get_the_five_percent() -> None:
    month = whole(single(holiday="monthly"))

    parts = distribute(NORMS, JAN, month, Demands(claims=[Wanted("c-1", 5_000)], attachments=[Wanted("b-1", 50_000)]))

    assert (parts.claims, parts.attachments) == ((Wanted("c-1", 5_000),), (Wanted("b-1", 1_419),))
    assert parts.client_cents == 121_964


def test_an_advance_is_settled_without_regard_to_the_protected_part() -> None:
    parts = distribute(NORMS, JAN, whole(single()), Demands(advances_cents=115_545))

    assert (parts.advances_cents, parts.client_cents) == (115_545, 121_964 - 115_545)


def test_a_fixed_charge_for_which_too_little_is_left_is_not_paid_in_part() -> None:
    parts = distribute(
        NORMS, JAN, whole(single()), Demands(charges=[Wanted("rent", 70_000), Wanted("energy", 60_000), Wanted("care", 15_000)])
    )

    assert (parts.charges, parts.uncovered) == ((Wanted("rent", 70_000), Wanted("care", 15_000)), ("energy",))


@pytest.mark.parametrize(("holiday", "seizable"), [("monthly", 6_419), ("reserved", 1_500)])
def test_other_income_is_in_hand_too_and_creditors_get_what_it_leaves_unprotected(holiday: str, seizable: int) -> None:
    """Norm 1,283.83, wages 300: 95 % of it is 1,219.64; what is in hand is all of it, or all but the reserve of 49.19."""
    month = whole(single(holiday=holiday), wages(30_000))

    assert seizable_cents(NORMS, JAN, month) == seizable


def test_a_charge_may_take_everything_and_a_creditor_a_single_cent() -> None:
    month = whole(single(holiday="monthly"))
    parts = distribute(NORMS, JAN, month, Demands(claims=[Wanted("c-1", 6_418), Wanted("c-2", 2)], charges=[Wanted("rent", 121_964)]))

    assert (parts.claims, parts.charges, parts.client_cents) == ((Wanted("c-1", 6_418), Wanted("c-2", 1)), (Wanted("rent", 121_964),), 0)


CENTS = st.integers(0, 300_000)
PEOPLE = st.builds(
    Circumstances,
    household_type=st.just("single"),
    age_bands=st.sampled_from([("18-20",), ("21-26",), ("27-pension",), ("pension",)]),
    living=st.sampled_from(["independent", "institution"]),
    cost_sharers=st.integers(0, 5),
    exemption=st.sampled_from([None, "first-months", "single-parent"]),
    holiday=st.sampled_from(["reserved", "monthly"]),
)
WANTED = st.lists(st.builds(Wanted, ref=st.uuids().map(str), cents=CENTS), max_size=3)
DEMANDS = st.builds(Demands, advances_cents=CENTS, claims=WANTED, attachments=WANTED, charges=WANTED)
INCOME = st.lists(st.builds(wages, CENTS), max_size=2)


@given(who=PEOPLE, days=st.integers(0, 29), lines=INCOME, measure=st.integers(0, 100), demands=DEMANDS)
@settings(deadline=None)
def test_whatever_is_asked_every_cent_has_one_part_and_what_is_protected_is_left(
    who: Circumstances, days: int, lines: list[IncomeLine], measure: int, demands: Demands
) -> None:
    month = amounts(NORMS, date(2024, 2, 1), [Stretch(who, days)], lines, measure)
    parts = distribute(NORMS, date(2024, 2, 1), month, demands)
    to_creditors = sum(each.cents for each in (*parts.claims, *parts.attachments))
    every = [month.reserved_cents, parts.advances_cents, parts.client_cents, month.total_cents, to_creditors]

    assert parts.sum_cents == month.total_cents
    assert min(every) >= 0
    in_hand = month.due_cents - to_creditors + month.received_cents
    assert to_creditors == 0 or in_hand * 100 >= 95 * month.income_cents
    assert to_creditors <= seizable_cents(NORMS, date(2024, 2, 1), month)


def test_a_fine_takes_what_an_advance_leaves_and_creditors_what_the_fine_leaves() -> None:
    """The benefit with its holiday allowance: 1,283.83; a creditor may have five percent of it, and never more than is left."""
    month = whole(single(holiday="monthly"))
    claim, fine = [Wanted("c-1", 50_000)], [Wanted("f-1", 200_000)]

    everything = distribute(NORMS, JAN, month, Demands(advances_cents=100_000, unprotected=fine, claims=claim))
    nearly = distribute(NORMS, JAN, month, Demands(unprotected=[Wanted("f-1", 125_000)], claims=claim))

    assert (everything.sum_cents, everything.client_cents, _cents(everything.claims)) == (128_383, 0, [28_383])
    assert (nearly.sum_cents, nearly.client_cents, _cents(nearly.claims)) == (128_383, 0, [125_000, 3_383])


def _cents(wanted: Sequence[Wanted]) -> list[int]:
    return [each.cents for each in wanted]
