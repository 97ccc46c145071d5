"""Months as days and as names: a month is known by its first day here, and as `2024-03` to others."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

MONTHS_KNOWN = 1_200
"""A run asks for the same few of each client again and again."""


@lru_cache(MONTHS_KNOWN)
def named(month: date) -> str:
    """Such as `2024-03`."""
    return f"{month:%Y-%m}"


@lru_cache(MONTHS_KNOWN)
def month_of(name: str) -> date:
    """The first day of a month by its name; raises `ValueError`."""
    return date.fromisoformat(f"{name}-01")


def first_day(day: date) -> date:
    """The first day of the month of a day."""
    return day.replace(day=1)


def days_in(month: date) -> int:
    """How many days the month has that begins on `month`."""
    return monthrange(month.year, month.month)[1]


def last_day(month: date) -> date:
    """The last day of the month that begins on `month`."""
    return month.replace(day=days_in(month))


@lru_cache(MONTHS_KNOWN)
def next_month(month: date) -> date:
    """The first day of the month after that of a day."""
    return last_day(first_day(month)) + timedelta(days=1)


def months(first: date, last: date) -> Iterator[date]:
    """The first day of each month from that of one day up to and including that of another."""
    month = first_day(first)
    while month <= last:
        yield month
        month = next_month(month)
