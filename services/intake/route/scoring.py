"""How well flags foretold what happened: needs in so many domains of life that come together within so many months."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from services.intake.route.days import first_of_month, months_after
from services.intake.route.histories import FlagHistory, History, Need
from services.intake.route.rules import Outcome, RouteRules


class Accumulation(NamedTuple):
    """The day on which needs in enough domains were open at once, while the day before they were not."""

    on: date
    municipality: str


class Judged(NamedTuple):
    """A flag: what it foretold came (`is_hit`), was there already, did not come in time (`is_false_alarm`), or may still come."""

    flag: FlagHistory
    is_hit: bool
    was_there: bool
    is_false_alarm: bool


class Score(NamedTuple):
    """Flags by the month of their proposal and misses by the month in which needs came together unforeseen.

    `already` are hits whose needs had come together on the day of the flag; `undecided` may still become a hit. `confirmed_hits`
    and `removed_hits` say how often people were right to confirm, and wrong to remove.
    """

    flagged: int = 0
    hits: int = 0
    already: int = 0
    false_alarms: int = 0
    undecided: int = 0
    misses: int = 0
    confirmed: int = 0
    confirmed_hits: int = 0
    removed: int = 0
    removed_hits: int = 0

    def plus(self, other: "Score") -> "Score":
        """Both together."""
        return Score(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


Place = tuple[str, date]
"""Municipality and first day of the month."""


def scores(histories: Iterable[History], rules: RouteRules, as_of: date) -> dict[Place, Score]:
    """The score of each municipality and month, as known on a day."""
    found: defaultdict[Place, Score] = defaultdict(Score)
    for told in histories:
        for place, score in _of_client(told, rules, as_of):
            found[place] = found[place].plus(score)
    return dict(found)


def _of_client(told: History, rules: RouteRules, as_of: date) -> Iterator[tuple[Place, Score]]:
    for flag in told.flags:
        if (outcome := rules.outcome(flag.on)) is not None:
            yield (flag.municipality, first_of_month(flag.on)), _counted(judged(flag, told.needs, outcome, as_of))
    for day in _days(told.needs):
        if (outcome := rules.outcome(day)) is not None:
            found = _accumulated(told.needs, outcome.domains, day)
            if found is not None and not any(_foretold(flag, day, outcome) for flag in told.flags):
                yield (found.municipality, first_of_month(day)), Score(misses=1)


def judged(flag: FlagHistory, needs: Sequence[Need], outcome: Outcome, as_of: date) -> Judged:
    """What became of what a flag foretold, as known on a day."""
    until = months_after(flag.on, outcome.within_months)
    was_there = len(_domains(needs, flag.on)) >= outcome.domains
    later = (day for day in _days(needs) if flag.on < day <= until)
    is_hit = was_there or any(_accumulated(needs, outcome.domains, day) is not None for day in later)
    return Judged(flag, is_hit, was_there, not is_hit and until < as_of)


def _counted(one: Judged) -> Score:
    confirmed, removed = one.flag.is_confirmed, one.flag.is_removed
    return Score(
        flagged=1,
        hits=one.is_hit,
        already=one.was_there,
        false_alarms=one.is_false_alarm,
        undecided=not one.is_hit and not one.is_false_alarm,
        confirmed=confirmed,
        confirmed_hits=confirmed and one.is_hit,
        removed=removed,
        removed_hits=removed and one.is_hit,
    )


def _foretold(flag: FlagHistory, day: date, outcome: Outcome) -> bool:
    """Whether a flag had been proposed so shortly before a day, or stood on it."""
    if flag.on > day:
        return False
    return day <= months_after(flag.on, outcome.within_months) or flag.ended_on is None or day < flag.ended_on


def _accumulated(needs: Sequence[Need], domains: int, day: date) -> Accumulation | None:
    """Whether enough domains came together on this very day; the last need told of it says where."""
    if len(_domains(needs, day)) < domains or len(_domains(needs, day - timedelta(days=1))) >= domains:
        return None
    return Accumulation(day, [need for need in needs if need.signal.since == day][-1].municipality)


def _domains(needs: Iterable[Need], day: date) -> set[str]:
    return {need.signal.counted_as for need in needs if need.signal.stands(day)}


def _days(needs: Iterable[Need]) -> list[date]:
    return sorted({need.signal.since for need in needs})
