"""Whether everybody gets the month on the promised day: what is late, what will be late, and the step that it waits for."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from services.benefits.bank_calendar import BankCalendar
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.rules import StepName

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


def standing(promise: Promise, today: date, norms: Norms, calendar: BankCalendar) -> Standing:
    """Where a promise stands today. It will be late from the day on which its step should have been done.

    Raises `RuleMissing` for a step without a term, and `YearMissing`.
    """
    if promise.paid_on is not None:
        return "on-time" if promise.paid_on <= promise.promised_on else "late"
    if today > promise.promised_on:
        return "late"
    last_day = calendar.before(promise.promised_on, norms.settling_days_before(promise.step, promise.promised_on))
    return "will-be-late" if today > last_day else "on-its-way"


def per_municipality(promises: Iterable[Promise], today: date, norms: Norms, calendar: BankCalendar) -> list[dict[str, Any]]:
    """Promises by municipality and standing, the share that is on time of what is decided by now, and which steps the rest waits for.

    `on_time_percent` is None while nothing was paid or late.
    """
    counts: dict[str, Counter[Standing]] = defaultdict(Counter)
    steps: dict[str, Counter[str]] = defaultdict(Counter)
    for promise in promises:
        held = standing(promise, today, norms, calendar)
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
