"""Two years of months through the real log, for households of every kind, against the published norms alone."""

from datetime import date

import pytest

from services.benefits.monthly.balances import reserve_cents
from services.benefits.monthly.periods import months
from services.contracts.circumstances import Circumstances
from tests.benefits.monthly.a_month import Months, ask
from tests.benefits.monthly.people import PARTNER, apply, circumstances, end, grant

FIRST, LAST = date(2024, 1, 1), date(2025, 12, 1)
COUPLE = ("27-pension", "27-pension")

# The norm of each half year with holiday allowance, from January 2024 (domain.md 3.5; cost sharers by the formula).
KINDS: list[tuple[Circumstances, tuple[int, int, int, int]]] = [
    (circumstances(), (128_383, 130_845, 134_545, 136_906)),
    (circumstances(household_type="single-parent"), (128_383, 130_845, 134_545, 136_906)),
    (circumstances(age_bands=("18-20",)), (31_694, 32_303, 33_217, 33_798)),
    (circumstances(age_bands=("pension",)), (142_576, 145_685, 150_107, 153_021)),
    (circumstances(household_type="couple", age_bands=COUPLE, partner=PARTNER), (183_404, 186_921, 192_207, 195_580)),
    (circumstances(cost_sharers=1), (91_702, 93_461, 96_104, 97_790)),
    (circumstances(cost_sharers=2), (79_475, 80_999, 83_290, 84_751)),
]


def now_and_later(norm: int) -> tuple[int, int]:
    """What of a norm is paid each month, and what is reserved, in whole cents."""
    now = (norm * 95 + 50) // 100
    return now, norm - now


@pytest.mark.parametrize(("who", "norms"), KINDS)
def test_in_two_years_everybody_gets_every_norm_and_holiday_allowance_each_may(who: Circumstances, norms: tuple[int, ...]) -> None:
    year = Months().has(apply(), grant(who)).told_of("grant")
    for month in months(FIRST, LAST):
        year.decide(ask(month))
    paid = {(right.month, right.kind): right.amount_cents for right in year.rights()}
    expected = [now_and_later(norms[2 * (month.year - 2024) + (month.month > 6)]) for month in months(FIRST, LAST)]
    reserves = [later for _, later in expected]

    assert [paid[f"{month:%Y-%m}", "month"] for month in months(FIRST, LAST)] == [now for now, _ in expected]
    assert paid["2024-05", "holiday-allowance"] == sum(reserves[:5])
    assert paid["2025-05", "holiday-allowance"] == sum(reserves[5:17])
    assert len(paid) == 24 + 2
    assert reserve_cents(year.client().own) == sum(reserves[17:])


def test_whoever_leaves_gets_the_rest_of_the_reserve_and_then_nothing() -> None:
    year = Months().has(apply(), grant()).told_of("grant")
    for month in months(FIRST, date(2024, 8, 1)):
        year.decide(ask(month))
    year.has(end(date(2024, 10, 1)))
    for month in months(date(2024, 9, 1), LAST):
        year.decide(ask(month))

    last = {right.kind: right.amount_cents for right in year.rights() if right.month == "2024-09"}
    assert last == {"month": 124_303, "holiday-allowance": 6_419 + 3 * 6_542}
    assert year.plan(ask(LAST, run_ref="run-after")).reasons == ("no-right",)
