"""The days on which banks settle euros, as dated data; a year that is not there is an error."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

TARGET = Path(__file__).with_name("bank_calendar.toml")
SATURDAY = 5


class YearMissing(Exception):
    """The calendar has no closing days of a year: add them to services/benefits/bank_calendar.toml."""

    def __init__(self, year: int) -> None:
        super().__init__(f"no bank calendar for {year}: add its closing days to services/benefits/bank_calendar.toml")
        self.year = year


@dataclass(frozen=True, slots=True)
class BankCalendar:
    """Closing days by year, besides Saturdays and Sundays."""

    closed: Mapping[int, frozenset[date]]

    def settles(self, day: date) -> bool:
        """Whether euros are settled on a day; raises `YearMissing`."""
        if day.year not in self.closed:
            raise YearMissing(day.year)
        return day.weekday() < SATURDAY and day not in self.closed[day.year]

    def at_latest(self, day: date) -> date:
        """The day itself if euros are settled on it, else the last such day before it; raises `YearMissing`."""
        while not self.settles(day):
            day -= timedelta(days=1)
        return day

    def before(self, day: date, settling_days: int = 1) -> date:
        """So many settling days before a day; raises `YearMissing`."""
        for _ in range(settling_days):
            day = self.at_latest(day - timedelta(days=1))
        return day


def installed(path: Path = TARGET) -> BankCalendar:
    """The calendar in a file."""
    content = tomllib.loads(path.read_text())
    return BankCalendar({year["year"]: frozenset(year["closed"]) for year in content["years"]})
