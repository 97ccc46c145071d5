"""What operations see of budgets: set aside and taken, per scheme, municipality and year."""

from services.benefits.payout_figures import payout_figures
from services.metrics import PAYOUT_BUDGET
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR
from tests.benefits.test_benefits_budgets_http import a_month, sets, signs


def figures(house: House) -> dict[tuple[str, ...], float]:
    """By scheme, municipality, year and state, as a fresh process tells them."""
    PAYOUT_BUDGET.clear()
    payout_figures(house.region.office).take()
    (family,) = PAYOUT_BUDGET.collect()
    return {tuple(sample.labels.values()): sample.value for sample in family.samples}


def test_what_a_month_took_of_a_budget_is_told(house: House) -> None:
    run, cents = a_month(house)
    sets(house, cents * 2)
    signs(house, run)

    about = ("monthly-benefit", ALKMAAR, "2024")
    assert figures(house) == {(*about, "taken"): cents, (*about, "set"): cents * 2}


def test_of_a_budget_that_nobody_set_only_what_was_taken_is_told(house: House) -> None:
    run, cents = a_month(house)
    signs(house, run)

    assert figures(house) == {("monthly-benefit", ALKMAAR, "2024", "taken"): cents}


def test_a_later_amount_takes_the_place_of_an_earlier_one(house: House) -> None:
    following = payout_figures(house.region.office)
    sets(house, 100)
    following.take()
    sets(house, 200, "raad-2")
    following.take()
    (family,) = PAYOUT_BUDGET.collect()

    assert [sample.value for sample in family.samples if sample.labels["state"] == "set"] == [200]


def test_years_long_past_are_not_told(house: House) -> None:
    sets(house, 100, where="/v1/schemes/monthly-benefit/years/2022/budgets")

    assert figures(house) == {}
