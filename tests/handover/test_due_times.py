"""Due times count working days as terms of law do: without holidays, and without days that a decree made equal to one."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.handover.due_times import moments
from services.handover.rules import installed
from services.intake import working_calendar

RULES = installed()
CALL_BACK = RULES.term("call-back", date(2024, 1, 1))


@pytest.mark.parametrize(
    ("asked_at", "due_at"),
    [
        (datetime(2024, 5, 8, 8, tzinfo=UTC), datetime(2024, 5, 14, 8, tzinfo=UTC)),  # Ascension Day, the Friday after it by decree
        (datetime(2024, 12, 24, 9, tzinfo=UTC), datetime(2024, 12, 31, 9, tzinfo=UTC)),  # 27 December by decree
        (datetime(2025, 12, 31, 9, tzinfo=UTC), datetime(2026, 1, 6, 9, tzinfo=UTC)),  # 2 January by decree
        (datetime(2028, 4, 26, 8, tzinfo=UTC), datetime(2028, 5, 2, 8, tzinfo=UTC)),  # the Friday after the King's birthday
        (datetime(2024, 5, 10, 8, tzinfo=UTC), datetime(2024, 5, 14, 22, tzinfo=UTC)),  # asked on such a day: from the next working one
    ],
)
def test_a_day_made_equal_to_a_holiday_is_not_counted(asked_at: datetime, due_at: datetime) -> None:
    assert CALL_BACK is not None
    assert moments(RULES, CALL_BACK, asked_at).due_at == due_at


def test_handover_and_intake_are_off_on_the_same_days() -> None:
    calendar = working_calendar.installed()
    days = [date(2023, 1, 1) + timedelta(days=number) for number in range(6 * 365 + 2)]
    weekdays = [day for day in days if day.weekday() < working_calendar.SATURDAY]
    assert [day for day in weekdays if RULES.is_holiday(day) == calendar.is_working(day)] == []
