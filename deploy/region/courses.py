"""What a year brings people on a benefit: how often, what it rests on, and in which order a small region takes it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Course(StrEnum):
    """What is remarkable about somebody's year; the values are what people read."""

    SETTLED = "nothing remarkable"
    WAGES = "wages each month"
    CHANGED_BACK = "lower, two months back: a claim, offset monthly"
    GRANTED_LATE = "advances while undecided, then granted"
    SUSPENDED_CURED = "suspended, cured in time"
    ACCOUNT_CLOSED = "account closed"
    OBJECTION = "objection upheld"
    WITHDRAWN = "withdrawn from an earlier day, with a claim"
    ENDED = "ended"
    RENT = "rent paid out of the benefit"
    ATTACHED = "attachment of a creditor"
    MISTAKEN = "wrong data of a supplier, corrected by a run"
    INCOME_LATE = "form of one month too late"
    ACCOUNT_INCORRECT = "account does not exist"
    MEASURE = "measure"
    BLOCKED = "blocked for a month"
    MOVED = "moved to another municipality"
    REFUSED = "advance, then refused"
    FOUR_WEEKLY = "wages per four weeks"
    SUSPENDED_GONE = "suspended, not cured: withdrawn"
    CHANGED = "household changed"
    NO_ACCOUNT = "no account at first"
    UNNOTIFIED = "letter forgotten at first"
    DECEASED = "account holder deceased"
    EXEMPT = "wages partly exempt"

    @property
    def is_new(self) -> bool:
        """Whether it begins with an application during the year."""
        return self in NEW


NEW = frozenset({
    Course.GRANTED_LATE, Course.REFUSED, Course.UNNOTIFIED, Course.NO_ACCOUNT, Course.ACCOUNT_CLOSED, Course.ACCOUNT_INCORRECT,
    Course.DECEASED,
})  # fmt: skip

_FORM: Mapping[str, Any] = {"income_expected": True}
_ALONE: Mapping[str, Any] = {"cost_sharers": 0}
_ALONG: Mapping[str, Any] = {"holiday": "monthly"}
"""Who gets holiday allowance along each month leaves creditors 5 % each month; who has it reserved, once a year (domain.md 3.4)."""

COURSES: Mapping[Course, tuple[int, Mapping[str, Any]]] = {
    Course.SETTLED: (640, {}),
    Course.WAGES: (65, _FORM),
    Course.CHANGED_BACK: (15, {**_ALONE, **_ALONG}),
    Course.GRANTED_LATE: (12, {}),
    Course.SUSPENDED_CURED: (20, {}),
    Course.ACCOUNT_CLOSED: (8, {}),
    Course.OBJECTION: (10, _ALONE),
    Course.WITHDRAWN: (12, {}),
    Course.ENDED: (55, {}),
    Course.RENT: (40, _ALONE),
    Course.ATTACHED: (20, _ALONG),
    Course.MISTAKEN: (6, _ALONE),
    Course.INCOME_LATE: (15, _FORM),
    Course.ACCOUNT_INCORRECT: (6, {}),
    Course.MEASURE: (12, {}),
    Course.BLOCKED: (6, {}),
    Course.MOVED: (8, {}),
    Course.REFUSED: (8, {}),
    Course.FOUR_WEEKLY: (15, _FORM),
    Course.SUSPENDED_GONE: (8, {}),
    Course.CHANGED: (20, _ALONE),
    Course.NO_ACCOUNT: (4, {}),
    Course.UNNOTIFIED: (4, {}),
    Course.DECEASED: (4, {}),
    Course.EXEMPT: (3, {**_FORM, "exemption": "first-months"}),
}
"""How often of about a thousand, and the circumstances that belong to it; assumed, so that a year shows each."""
