"""What people were promised, in groups that stand alike: what is late, what will be, by which step, and how long there still is."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import inf
from typing import Literal

from services.benefits.bank_calendar import YearMissing
from services.benefits.monthly.dated import RuleMissing
from services.benefits.monthly.punctuality import DUTCH_TIME, Timetable
from services.benefits.monthly.rules import StepName

Step = StepName | Literal["held", "another-run"]
"""Steps of a run; `held` is who it left out for a visible reason, `another-run` who came, or was held at its release, after it."""
State = Literal["due", "exception", "ready", "instructed", "paid", "paid-late", "late"]
STATES: dict[Step, State] = {
    "preparation": "due",
    "another-run": "due",
    "held": "exception",
    "pay-again": "exception",
    "sample": "ready",
    "approval": "ready",
    "release": "ready",
    "payment-file": "ready",
    "hand-over": "instructed",
    "bank": "instructed",
}
LOOK_DAYS = 31
"""Promises that were kept, and those still to be prepared, are told so many days after and before their day."""


@dataclass(frozen=True, slots=True)
class Group:
    """So many promised payments of a scheme and municipality that wait for the same step, or were paid (`bank-booked`)."""

    scheme: str
    municipality: str
    promised_on: date
    step: Step
    count: int
    is_paid_late: bool = False


Where = tuple[str, str]
"""Scheme and municipality."""


@dataclass(slots=True)
class Told:
    """Figures by scheme and municipality: promises by state; foreseen late, late and seconds left by the step that they wait for."""

    states: Counter[tuple[Where, State]] = field(default_factory=Counter)
    foreseen: Counter[tuple[Where, Step]] = field(default_factory=Counter)
    late: Counter[tuple[Where, Step]] = field(default_factory=Counter)
    seconds: defaultdict[tuple[Where, Step], float] = field(default_factory=lambda: defaultdict(lambda: inf))
    rules_missing: bool = False

    def on_time(self, where: Where) -> float | None:
        """The share on time of what is over; None where nothing is."""
        late = self.states[where, "late"] + self.states[where, "paid-late"]
        over = self.states[where, "paid"] + late
        return self.states[where, "paid"] / over if over else None


def tell(groups: Iterable[Group], now: datetime, timetable: Timetable) -> Told:
    """The figures of these groups at a moment. A step without a term has until the end of the promised day, and says so."""
    told, today = Told(), now.astimezone(DUTCH_TIME).date()
    for group in groups:
        where = (group.scheme, group.municipality)
        if group.step == "bank-booked":
            if abs(group.promised_on - today) <= timedelta(days=LOOK_DAYS):
                told.states[where, "paid-late" if group.is_paid_late else "paid"] += group.count
        elif today > group.promised_on:
            told.states[where, "late"] += group.count
            told.late[where, group.step] += group.count
        else:
            told.states[where, STATES[group.step]] += group.count
            _foresee(told, group, now, timetable)
    return told


def _foresee(told: Told, group: Group, now: datetime, timetable: Timetable) -> None:
    at = ((group.scheme, group.municipality), group.step)
    try:
        last = timetable.last_moment(_term(group.step), group.promised_on)
    except (RuleMissing, YearMissing):
        told.rules_missing = True
        last = datetime.combine(group.promised_on + timedelta(days=1), datetime.min.time(), DUTCH_TIME)
    told.seconds[at] = min(told.seconds[at], (last - now).total_seconds())
    if now > last:
        told.foreseen[at] += group.count


def _term(step: Step) -> StepName:
    """The step of a run whose term holds: whoever is in no run must be worked out like everybody."""
    match step:
        case "held" | "another-run":
            return "preparation"
        case _:
            return step
