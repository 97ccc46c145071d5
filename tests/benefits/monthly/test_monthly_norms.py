from collections.abc import Callable
from datetime import date
from hashlib import sha256

import pytest
from pydantic import ValidationError

from services.benefits.monthly.dated import RuleMissing
from services.benefits.monthly.norms import POLICIES, installed, parse
from services.benefits.monthly.rules import Category, StepName

NORMS = installed()
TEXTS = [path.read_bytes() for path in sorted(POLICIES.glob("*.toml"))]
JAN_24, JUL_24, JAN_25, JUL_25 = date(2024, 1, 1), date(2024, 7, 1), date(2025, 1, 1), date(2025, 7, 1)

# domain.md 3.5, with holiday allowance.
PUBLISHED: dict[Category, tuple[int | None, ...]] = {
    "single": (128_383, 130_845, 134_545, 136_906),
    "couple": (183_404, 186_921, 192_207, 195_580),
    "single-pension-age": (142_576, 145_685, 150_107, 153_021),
    "couple-pension-age": (193_398, 197_664, 205_348, 209_498),
    "single-18-20": (31_694, 32_303, 33_217, 33_798),
    "couple-18-20": (63_388, 64_606, 66_434, None),
    "couple-18-20-with-children": (100_069, 101_990, 104_875, None),
    "couple-one-18-20": (123_396, 125_764, 129_321, None),
    "couple-one-18-20-with-children": (160_077, 163_148, 167_762, None),
    "institution-single": (40_651, 41_431, None, 43_349),
    "institution-couple": (63_231, 64_445, None, 67_429),
}
ROWS = [
    (category, day, cents)
    for category, amounts in PUBLISHED.items()
    for day, cents in zip((JAN_24, JUL_24, JAN_25, JUL_25), amounts, strict=True)
]


@pytest.mark.parametrize(("category", "day", "cents"), [row for row in ROWS if row[2] is not None])
def test_a_norm_is_as_published(category: Category, day: date, cents: int) -> None:
    assert NORMS.norm_cents(category, day) == cents


@pytest.mark.parametrize(("category", "day", "_cents"), [row for row in ROWS if row[2] is None])
def test_a_norm_that_was_not_found_is_an_error_and_no_guess(category: Category, day: date, _cents: None) -> None:
    with pytest.raises(RuleMissing, match=f"norm {category}"):
        NORMS.norm_cents(category, day)


@pytest.mark.parametrize(("day", "cents"), [(date(2024, 6, 30), 128_383), (date(2024, 12, 31), 130_845)])
def test_a_norm_holds_up_to_and_including_its_last_day(day: date, cents: int) -> None:
    assert NORMS.norm_cents("single", day) == cents


@pytest.mark.parametrize("day", [date(2023, 12, 31), date(2026, 1, 1)])
def test_a_day_outside_the_years_is_an_error_and_no_guess(day: date) -> None:
    with pytest.raises(RuleMissing, match="norm single"):
        NORMS.norm_cents("single", day)


@pytest.mark.parametrize(
    ("with_holiday", "without_holiday"),
    [
        (128_383, 121_964),
        (183_404, 174_234),
        (142_576, 135_447),
        (31_694, 30_109),
        (136_906, 130_061),
        (195_580, 185_801),
        (153_021, 145_370),
        (209_498, 199_023),
        (33_798, 32_108),
        (43_349, 41_182),
        (67_429, 64_058),
    ],
)
def test_without_holiday_allowance_it_is_95_percent_half_up(with_holiday: int, without_holiday: int) -> None:
    assert NORMS.without_holiday(with_holiday, JAN_24) == without_holiday


@pytest.mark.parametrize(
    ("day", "published"),
    [
        (JAN_24, (91_702, 79_475, 73_362, 69_694, 67_248)),
        (JUL_24, (93_461, 80_999, 74_768, 71_030, 68_538)),
    ],
)
def test_cost_sharers_have_the_published_amounts_by_the_formula(day: date, published: tuple[int, ...]) -> None:
    assert tuple(NORMS.cost_sharing_cents("couple", counting, day) for counting in range(2, 7)) == published


@pytest.mark.parametrize(
    ("kind", "day", "most"),
    [
        ("first-months", JAN_24, 26_400),
        ("first-months", JUL_24, 26_900),
        ("single-parent", JAN_24, 16_473),
        ("single-parent", JUL_24, 16_779),
        ("medically-limited", JUL_24, 17_018),
    ],
)
def test_earnings_are_exempt_up_to_the_published_amount(kind: str, day: date, most: int) -> None:
    assert NORMS.exemption(kind, day).most_cents_per_month == most  # type: ignore[arg-type]  # a literal


def test_an_exemption_without_a_published_amount_is_an_error() -> None:
    with pytest.raises(RuleMissing, match="medically-limited"):
        NORMS.exemption("medically-limited", JAN_24)


def test_every_row_says_where_it_comes_from_and_doubtful_ones_that_they_are_assumed() -> None:
    pensioners = next(row for row in NORMS.norms if (row.category, row.begins) == ("couple-pension-age", JAN_24))

    assert all(row.source for row in NORMS.norms)
    assert pensioners.assumed
    assert "1,932.32" in pensioners.source


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        (b"with_holiday_cents = 128383", b"with_holiday_cents = 1283.83"),
        (b"with_holiday_cents = 128383", b"with_holiday_cents = 128393"),
        (b"ends = 2024-06-30", b"ends = 2024-07-01"),
        (b"ends = 2024-06-30", b"ends = 2023-06-30"),
        (b'percent = "12.5"', b"percent = 12.5"),
        (b'percent = "12.5"', b'percent = "125"'),
        (b'source = "velsen.nl, norms of 1 July 2024"', b'source = ""'),
    ],
)
def test_norms_with_a_slip_of_the_pen_are_not_read(said: bytes, instead: bytes) -> None:
    assert said in TEXTS[0]
    with pytest.raises(ValidationError):
        parse([TEXTS[0].replace(said, instead, 1), *TEXTS[1:]])


def test_a_percentage_that_is_no_text_is_refused_with_the_reason() -> None:
    with pytest.raises(ValidationError, match=r"Value error, a percentage is text, so that it is read as an exact fraction \["):
        parse([TEXTS[0].replace(b'percent = "12.5"', b"percent = 12.5", 1), *TEXTS[1:]])


def test_any_change_to_the_rules_changes_their_version() -> None:
    other = parse([*TEXTS[:-1], TEXTS[-1].replace(b"day = 28", b"day = 27")])

    assert other.rule_version != NORMS.rule_version


@pytest.mark.parametrize(
    ("total_cents", "signatures"), [(0, 1), (1_000_000_000, 1), (1_000_000_001, 2), (1_500_000_000, 2), (1_500_000_001, 2), (10**12, 2)]
)
def test_a_run_needs_signatures_by_its_total_and_above_the_last_row_what_that_says(total_cents: int, signatures: int) -> None:
    assert NORMS.signatures_for(total_cents).signatures == signatures


def test_months_are_guarded_by_these_rules_and_the_allowance_is_not() -> None:
    assert (NORMS.guards("monthly-benefit", 2024), NORMS.guards("energy-allowance", 2023)) == (True, False)


def test_a_decision_names_the_exact_text_of_the_rules() -> None:
    digest = sha256(b"\0".join(TEXTS)).hexdigest()

    assert parse(TEXTS).digest == digest
    assert NORMS.rule_version == f"monthly-benefit/{NORMS.version}+{digest[:8]}"
    assert NORMS.version_for("GM0361") == f"monthly-benefit/GM0361/{NORMS.version}+{digest[:8]}"


@pytest.mark.parametrize(("step", "days"), [("preparation", 5), ("approval", 3), ("release", 2), ("hand-over", 1), ("bank", 0)])
def test_a_step_must_be_done_so_many_settling_days_before_the_promise(step: StepName, days: int) -> None:
    assert NORMS.settling_days_before(step, JAN_24) == days
    with pytest.raises(RuleMissing, match=f"step {step}"):
        NORMS.settling_days_before(step, date(2026, 1, 1))


def test_rules_that_are_noted_are_noted_by_the_copy_alone() -> None:
    copy = NORMS.noting()
    copy.norm_cents("single", JAN_24)

    assert (copy.noted, NORMS.noted, NORMS.noting().noted) == (("norm single/2024-01-01",), (), ())


def test_above_the_last_of_three_rows_the_last_row_holds() -> None:
    row = NORMS.signatures[0]
    three = tuple(row.model_copy(update={"upto_cents": cents, "signatures": number}) for number, cents in enumerate((10, 20, 30), 1))

    assert [NORMS.model_copy(update={"signatures": three}).signatures_for(cents).signatures for cents in (10, 11, 30, 31)] == [1, 2, 3, 3]


RULES: list[tuple[Callable[[date], object], str]] = [
    (NORMS.payment_day, "PaymentDay"),
    (NORMS.unprotected_months, "Fines"),
    (NORMS.advance, "Advances"),
    (NORMS.holiday_month, "Holiday"),
    (NORMS.protected_percent, "Protected"),
    (NORMS.four_weekly_method, "FourWeeklyWages"),
    (NORMS.ceiling, "Ceiling"),
    (NORMS.closing_time, "Closing"),
    (lambda day: NORMS.weeks("objection", day), "term objection"),
    (lambda day: NORMS.asset_limit("single", day), "assets single"),
]


@pytest.mark.parametrize(("rule", "what"), RULES)
def test_a_rule_that_is_missing_on_a_day_is_named(rule: Callable[[date], object], what: str) -> None:
    assert rule(JAN_24) is not None
    with pytest.raises(RuleMissing) as missing:
        rule(date(2031, 1, 1))

    assert (missing.value.what, missing.value.day) == (what, date(2031, 1, 1))
