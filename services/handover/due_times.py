"""When an answer is near, due and over: working days counted on the Dutch calendar, moments in UTC."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.handover.rules import HandoverRules, Term

DUTCH_TIME = ZoneInfo("Europe/Amsterdam")
SATURDAY = 5


class Moments(NamedTuple):
    """Near, due and over, in UTC."""

    near_at: datetime
    due_at: datetime
    fall_back_at: datetime


def local_day(moment: datetime) -> date:
    """The day in the Netherlands at a moment."""
    return moment.astimezone(DUTCH_TIME).date()


def moments(rules: HandoverRules, term: Term, asked_at: datetime) -> Moments:
    """The moments of what is asked at a moment, at the same time of day.

    What is asked on a day off counts from the start of the next working day.
    """
    due = _later(rules, asked_at, term.answer_working_days)
    over = _later(rules, due, term.fall_back_working_days)
    return Moments(max(asked_at, due - timedelta(hours=term.near_hours_before)), due, over)


def _later(rules: HandoverRules, moment: datetime, working_days: int) -> datetime:
    local = moment.astimezone(DUTCH_TIME)
    day, at = local.date(), local.time()
    if not _is_working_day(rules, day):
        at = time(0, 0)
        day = _next(rules, day)
    for _ in range(working_days):
        day = _next(rules, day)
    return datetime.combine(day, at, DUTCH_TIME).astimezone(moment.tzinfo)


def _next(rules: HandoverRules, day: date) -> date:
    day += timedelta(days=1)
    while not _is_working_day(rules, day):
        day += timedelta(days=1)
    return day


def _is_working_day(rules: HandoverRules, day: date) -> bool:
    return day.weekday() < SATURDAY and not rules.is_holiday(day)
