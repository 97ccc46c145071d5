"""Age bands: what the rules need to know of a birth date, on a day and from the day it changes."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from services.contracts.intake import AgeBand, HouseholdFacts


class PensionAge(NamedTuple):
    """The pension age that holds for who reaches it before `before`."""

    before: date
    years: int
    months: int
    source: str


PENSION_AGES = (
    PensionAge(date(2022, 1, 1), 66, 4, "AOW art. 7a: 2019 to 2021"),
    PensionAge(date(2023, 1, 1), 66, 7, "AOW art. 7a: 2022"),
    PensionAge(date(2024, 1, 1), 66, 10, "AOW art. 7a: 2023"),
    PensionAge(date(2028, 1, 1), 67, 0, "AOW art. 7a: 2024 to 2027"),
    PensionAge(date.max, 67, 3, "AOW art. 7a and its yearly announcement: from 2028"),
)
"""State pension age [AOW-leeftijd]. Who reached it before May 2019 may show as having reached it up to four months later."""

_FROM_YEARS: tuple[tuple[int, AgeBand], ...] = ((18, "18-20"), (21, "21-26"), (27, "27-pension"))


class Crossing(NamedTuple):
    """A person comes into a band on a day."""

    on: date
    person_ref: str
    band: AgeBand


@lru_cache(maxsize=1_024)
def crossings(birth_date: date) -> tuple[tuple[date, AgeBand], ...]:
    """The days in a life on which a band begins, in order; the first band begins at birth."""
    adult = tuple((_later(birth_date, years, 0), band) for years, band in _FROM_YEARS)
    return ((birth_date, "0-17"), *adult, (_pension_date(birth_date), "pension"))


def band_on(birth_date: date, on: date) -> AgeBand:
    """The band on a day; a day before birth counts as the youngest."""
    band: AgeBand = "0-17"
    for begins, begun in crossings(birth_date):
        if begins <= on:
            band = begun
    return band


def crossed(born: Mapping[str, date], after: date, until: date) -> list[Crossing]:
    """Who comes into which band after one day and up to another, in order of day and reference."""
    lives = ((person_ref, crossings(birth_date)[1:]) for person_ref, birth_date in born.items())
    return sorted(Crossing(on, person_ref, band) for person_ref, life in lives for on, band in life if after < on <= until)


def next_crossing(born: Mapping[str, date], after: date) -> date | None:
    """The first day after a day on which one of these persons comes into another band, if there is one."""
    lives = (crossings(birth_date)[1:] for birth_date in born.values())
    return min((on for life in lives for on, _band in life if on > after), default=None)


def aged(facts: HouseholdFacts, born: Mapping[str, date], on: date) -> HouseholdFacts:
    """The household with everyone in the band of a day; who has no birth date here (erased) stays as they were."""
    members = tuple(
        member.model_copy(update={"age_band": band_on(born[member.person_ref], on)}) if member.person_ref in born else member
        for member in facts.members
    )
    return facts.model_copy(update={"members": members})


def _pension_date(birth_date: date) -> date:
    reached = ((_later(birth_date, age.years, age.months), age.before) for age in PENSION_AGES)
    return next(on for on, before in reached if on < before)


def _later(birth_date: date, years: int, months: int) -> date:
    """A day of the month that does not exist is the first of the next: who was born on 29 February ages on 1 March."""
    year, month = divmod(birth_date.year * 12 + birth_date.month - 1 + years * 12 + months, 12)
    try:
        return date(year, month + 1, birth_date.day)
    except ValueError:
        return date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
