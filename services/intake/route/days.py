"""Days counted in calendar months, the last day of a short month for one that it lacks (as addMonths of ClickHouse does)."""

from calendar import monthrange
from datetime import date

MONTHS = 12


def months_after(day: date, months: int) -> date:
    """The same day so many months later."""
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier."""
    return months_after(day, -months)


def first_of_month(day: date) -> date:
    """The first day of the month of a day."""
    return day.replace(day=1)
