"""Money moves on days on which banks settle euros; a year of which these are not known stops whoever asks."""

from datetime import date

import pytest

from services.benefits import bank_calendar
from services.benefits.bank_calendar import YearMissing

CALENDAR = bank_calendar.installed()


@pytest.mark.parametrize(
    ("day", "settling_days", "found"),
    [
        (date(2024, 4, 2), 1, date(2024, 3, 28)),
        (date(2024, 4, 2), 2, date(2024, 3, 27)),
        (date(2024, 4, 1), 0, date(2024, 4, 1)),
        (date(2024, 12, 27), 1, date(2024, 12, 24)),
        (date(2024, 6, 12), 3, date(2024, 6, 7)),
    ],
)
def test_so_many_settling_days_before_a_day_pass_over_weekends_and_closing_days(day: date, settling_days: int, found: date) -> None:
    assert CALENDAR.before(day, settling_days) == found


def test_without_a_number_it_is_the_settling_day_before() -> None:
    assert CALENDAR.before(date(2024, 6, 10)) == date(2024, 6, 7)


def test_a_year_that_is_not_there_is_named_with_the_file_to_add_it_to() -> None:
    with pytest.raises(YearMissing) as missing:
        CALENDAR.settles(date(2099, 1, 5))

    assert missing.value.year == 2099
    assert str(missing.value) == "no bank calendar for 2099: add its closing days to services/benefits/bank_calendar.toml"
