"""A dry run of other rules: whom they would have flagged on the facts that there are, and how that compares with the rules of today."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal, NamedTuple

from services.contracts.route import RouteSignalRecorded
from services.intake.desk import local_day
from services.intake.route.course import Course, evolve
from services.intake.route.histories import FlagHistory, Recorded, history
from services.intake.route.rules import RouteRules, RuleMissing
from services.intake.route.scoring import Score, scores
from services.intake.route.weighing import weigh

Change = Literal["newly-flagged", "no-longer-flagged", "unchanged"]


class Tried(NamedTuple):
    """A client whom one of the two would have flagged."""

    client: str
    municipality: str
    change: Change


class Compared(NamedTuple):
    """What the rules of today and the others come to in a municipality."""

    municipality: str
    today: Score
    trial: Score


class Trial(NamedTuple):
    """Clients by reference, and the scores per municipality."""

    clients: tuple[Tried, ...]
    municipalities: tuple[Compared, ...]


def first_flagged(rules: RouteRules, facts: Iterable[Recorded]) -> FlagHistory | None:
    """The first day on which these rules would have proposed a flag, each fact known from its recording on; it ends with that day."""
    course = Course()
    for fact in facts:
        course = evolve(course, fact.event)
        if isinstance(fact.event, RouteSignalRecorded):
            on = local_day(fact.recorded_at)
            if _reaches(rules, course, on):
                return FlagHistory(on, fact.event.municipality, ended_on=on)
    return None


def _reaches(rules: RouteRules, course: Course, on: date) -> bool:
    try:
        return weigh(rules, course.signals(), on).reaches
    except RuleMissing:
        return False


def trial(clients: Sequence[Sequence[Recorded]], now: RouteRules, other: RouteRules, as_of: date) -> Trial:
    """Both sets of rules on the facts of each client. Nothing is written, and nobody's answer to a flag counts."""
    tried: list[Tried] = []
    found: tuple[defaultdict[str, Score], ...] = (defaultdict(Score), defaultdict(Score))
    for facts in clients:
        told = history(facts)
        flags = [first_flagged(rules, facts) for rules in (now, other)]
        for totals, flag in zip(found, flags, strict=True):
            one = told._replace(flags=() if flag is None else (flag,))
            for (municipality, _), score in scores([one], now, as_of).items():
                totals[municipality] = totals[municipality].plus(score)
        if any(flags):
            tried.append(Tried(told.client, told.municipality, _change(*flags)))
    places = sorted({place for totals in found for place in totals})
    return Trial(tuple(tried), tuple(Compared(place, found[0][place], found[1][place]) for place in places))


def _change(today: FlagHistory | None, other: FlagHistory | None) -> Change:
    if today is None:
        return "newly-flagged"
    return "no-longer-flagged" if other is None else "unchanged"
