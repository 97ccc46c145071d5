"""Whether everybody gets the month on the promised day: what is late, what will be late, and the step that it waits for."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal
from zoneinfo import ZoneInfo

from services.benefits.bank_calendar import BankCalendar
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.rules import StepName

DUTCH_TIME = ZoneInfo("Europe/Amsterdam")
Standing = Literal["on-time", "late", "will-be-late", "on-its-way"]


@dataclass(frozen=True, slots=True)
class Promise:
    """What somebody was promised: `step` is what it waits for, `reason` why; `paid_on` once the bank booked it."""

    client: str
    municipality: str
    promised_on: date
    step: StepName
    reason: str = ""
    paid_on: date | None = None


@dataclass(frozen=True, slots=True)
class Timetable:
    """By when each step must be done."""

    norms: Norms
    calendar: BankCalendar

    def last_moment(self, step: StepName, promised_on: date) -> datetime:
        """The moment until which a step keeps the promise: closing time of its last day, and the end of the promised day itself.

        Raises `RuleMissing` for a step without a term, and `YearMissing`.
        """
        days = self.norms.settling_days_before(step, promised_on)
        day = self.calendar.before(promised_on, days)
        return datetime.combine(day, self.norms.closing_time(day) if days else time.max, DUTCH_TIME)


def standing(promise: Promise, now: datetime, timetable: Timetable) -> Standing:
    """Where a promise stands now. It will be late from the moment at which its step should have been done.

    Raises `RuleMissing` for a step without a term, and `YearMissing`.
    """
    if promise.paid_on is not None:
        return "on-time" if promise.paid_on <= promise.promised_on else "late"
    if now.astimezone(DUTCH_TIME).date() > promise.promised_on:
        return "late"
    return "will-be-late" if now > timetable.last_moment(promise.step, promise.promised_on) else "on-its-way"


def per_municipality(promises: Iterable[Promise], now: datetime, timetable: Timetable) -> list[dict[str, Any]]:
    """Promises by municipality and standing, the share that is on time of what is decided by now, and which steps the rest waits for.

    `on_time_percent` is None while nothing was paid or late.
    """
    counts: dict[str, Counter[Standing]] = defaultdict(Counter)
    steps: dict[str, Counter[str]] = defaultdict(Counter)
    for promise in promises:
        held = standing(promise, now, timetable)
        counts[promise.municipality][held] += 1
        if promise.paid_on is None:
            steps[promise.municipality][promise.reason or promise.step] += 1
    return [_row(code, counts[code], steps[code]) for code in sorted(counts)]


def _row(code: str, counts: Counter[Standing], steps: Counter[str]) -> dict[str, Any]:
    over = counts["on-time"] + counts["late"]
    return {
        "municipality": code,
        "promised": sum(counts.values()),
        "on_time": counts["on-time"],
        "late": counts["late"],
        "will_be_late": counts["will-be-late"],
        "on_its_way": counts["on-its-way"],
        "on_time_percent": round(100 * counts["on-time"] / over, 1) if over else None,
        "waits_for": dict(sorted(steps.items())),
    }
