"""Age bands change on birthdays and on the day that the state pension begins."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.intake import AgeBand
from services.intake.bands import band_on, crossed, crossings, next_crossing

births = st.dates(date(1920, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize(
    ("birth_date", "on", "band"),
    [
        (date(2006, 2, 16), date(2024, 2, 15), "0-17"),
        (date(2006, 2, 15), date(2024, 2, 15), "18-20"),
        (date(2003, 2, 15), date(2024, 2, 14), "18-20"),
        (date(2003, 2, 15), date(2024, 2, 15), "21-26"),
        (date(1997, 2, 16), date(2024, 2, 15), "21-26"),
        (date(1997, 2, 15), date(2024, 2, 15), "27-pension"),
        (date(1957, 2, 15), date(2024, 2, 15), "pension"),
    ],
)
def test_a_band_begins_on_the_birthday(birth_date: date, on: date, band: AgeBand) -> None:
    assert band_on(birth_date, on) == band


@pytest.mark.parametrize(
    ("birth_date", "pension_from"),
    [
        (date(1956, 5, 31), date(2022, 12, 31)),  # 66 years and 7 months, the last of 2022
        (date(1956, 6, 1), date(2023, 4, 1)),  # 66 years and 10 months, the first of 2023
        (date(1957, 2, 28), date(2023, 12, 28)),  # 66 years and 10 months, the last of 2023
        (date(1957, 3, 1), date(2024, 3, 1)),  # 67 years, the first of 2024
        (date(1960, 12, 31), date(2027, 12, 31)),  # 67 years, the last of 2027
        (date(1961, 1, 1), date(2028, 4, 1)),  # 67 years and 3 months, the first of 2028
    ],
)
def test_the_pension_begins_at_the_age_of_its_year(birth_date: date, pension_from: date) -> None:
    assert band_on(birth_date, pension_from - timedelta(days=1)) == "27-pension"
    assert band_on(birth_date, pension_from) == "pension"


def test_who_was_born_on_29_february_comes_of_age_on_1_march() -> None:
    assert band_on(date(2004, 2, 29), date(2022, 2, 28)) == "0-17"
    assert band_on(date(2004, 2, 29), date(2022, 3, 1)) == "18-20"


def test_the_next_crossing_of_a_household_is_the_first_of_its_members() -> None:
    born = {"p-1": date(2006, 5, 1), "p-2": date(2003, 4, 30), "p-3": date(1930, 1, 1)}

    assert next_crossing(born, date(2024, 2, 15)) == date(2024, 4, 30)


def test_a_household_of_pensioners_has_no_next_crossing() -> None:
    assert next_crossing({"p-1": date(1930, 1, 1)}, date(2024, 2, 15)) is None


@given(births)
def test_five_bands_follow_each_other_in_every_life(birth_date: date) -> None:
    life = crossings(birth_date)

    assert [band for _, band in life] == ["0-17", "18-20", "21-26", "27-pension", "pension"]
    assert sorted(on for on, _ in life) == [on for on, _ in life]


@given(st.dictionaries(st.sampled_from(["p-1", "p-2"]), births), st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.integers(0, 9_000))
def test_going_from_crossing_to_crossing_misses_none(born: dict[str, date], after: date, days: int) -> None:
    until, walked, at = after + timedelta(days=days), list[date](), after

    while (following := next_crossing(born, at)) is not None and following <= until:
        walked.append(at := following)

    assert walked == sorted({crossing.on for crossing in crossed(born, after, until)})
