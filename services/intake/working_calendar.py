"""On which day a term of law ends: the general terms act [Algemene termijnenwet] with its holidays, as dated data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

GENERAL_TERMS_ACT = Path(__file__).parent / "policies" / "general-terms-act.toml"
SATURDAY = 5
ONE_DAY = timedelta(days=1)


class YearMissing(Exception):
    """The calendar has no holidays of a year; nothing may be counted without them."""

    def __init__(self, year: int) -> None:
        super().__init__(f"no holidays of {year}: add them to services/intake/policies/general-terms-act.toml")
        self.year = year


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Holidays by year, with the days that a decree made equal to one."""

    holidays: Mapping[int, frozenset[date]]

    def is_working(self, day: date) -> bool:
        """Whether a day is no Saturday, Sunday or holiday; raises `YearMissing`."""
        if day.year not in self.holidays:
            raise YearMissing(day.year)
        return day.weekday() < SATURDAY and day not in self.holidays[day.year]

    def due(self, day: date) -> date:
        """The day itself, or the next working day (art. 1(1)); raises `YearMissing`.

        Terms of law here are of at least three working days and at most twelve weeks, so art. 2 and 4 change nothing.
        """
        while not self.is_working(day):
            day += ONE_DAY
        return day

    def after(self, day: date, working_days: int) -> date:
        """So many working days after a day; raises `YearMissing`."""
        for _ in range(working_days):
            day = self.due(day + ONE_DAY)
        return day


def installed(path: Path = GENERAL_TERMS_ACT) -> WorkingCalendar:
    """The calendar in a file."""
    years = tomllib.loads(path.read_text())["years"]
    return WorkingCalendar({year["year"]: frozenset((*year["holidays"], *year["equated"])) for year in years})
