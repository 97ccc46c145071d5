"""The days on which banks settle euros: Monday to Friday, without the closing days of the Eurosystem (T2)."""

from datetime import date, timedelta

FIXED = frozenset({(1, 1), (5, 1), (12, 25), (12, 26)})


def easter(year: int) -> date:
    """Easter Sunday, after the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, chapter 8)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


def is_working(day: date) -> bool:
    """Whether euros are settled on a day."""
    sunday = easter(day.year)
    closed = (sunday - timedelta(days=2), sunday + timedelta(days=1))
    return day.weekday() < 5 and (day.month, day.day) not in FIXED and day not in closed  # noqa: PLR2004 - Saturday


def before(day: date) -> date:
    """The last working day before a day."""
    day -= timedelta(days=1)
    while not is_working(day):
        day -= timedelta(days=1)
    return day
