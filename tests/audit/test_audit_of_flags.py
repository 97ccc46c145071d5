"""I9: the integral flag that a view shows is the one that intake decided."""

from typing import Any

import pytest

from services.audit.fact import Content, Fact
from services.audit.flags import Flags
from services.contracts.envelope import Event
from streams import contact_view
from streams.view import Row, folded
from tests.contracts.route_examples import ROUTE_EXAMPLES
from tests.streams.history import envelopes

BY_NAME: dict[str, Event] = {event.TYPE.split(".")[3]: event for event in ROUTE_EXAMPLES}
CLIENT = "p-00000000000000b1"
COURSES = [
    (),
    ("proposed",),
    ("proposed", "review-due"),
    ("proposed", "confirmed"),
    ("proposed", "confirmed", "review-due", "reviewed"),
    ("proposed", "removed"),
    ("proposed", "confirmed", "review-due", "expired"),
    ("proposed", "removed", "proposed"),
]


def facts_of(course: tuple[str, ...]) -> list[Event]:
    return [BY_NAME["route-signal-recorded"], *(BY_NAME[f"integral-flag-{name}"] for name in course)]


def shown(course: tuple[str, ...]) -> dict[str, Any] | None:
    row: Row | None = None
    for fact in envelopes([("intake", fact) for fact in facts_of(course)]):
        row = folded(contact_view.VIEW, row, fact)
    assert row is not None
    flag: dict[str, Any] | None = contact_view.shown(row)["flag"]
    return flag


def audited(course: tuple[str, ...]) -> Flags:
    flags = Flags()
    fact: Any = Fact
    for event in facts_of(course):
        handler = flags.handlers.get(f"intake.{event.TYPE.split('.')[3]}")
        content: Content = event.model_dump(mode="json")
        if handler is not None:
            handler(fact, content)
    return flags


@pytest.mark.parametrize("course", COURSES, ids="-".join)
def test_a_flag_that_is_shown_as_it_was_decided_is_no_fault(course: tuple[str, ...]) -> None:
    assert audited(course).is_shown(CLIENT, shown(course))


@pytest.mark.parametrize("course", COURSES[1:], ids="-".join)
def test_a_flag_that_is_shown_otherwise_is_seen(course: tuple[str, ...]) -> None:
    flag = shown(course)
    assert flag is not None
    changes: tuple[dict[str, Any], ...] = ({"state": "gone"}, {"rules": []}, {"review_due": None})
    others = [None, *({**flag, **change} for change in changes)]

    assert not any(audited(course).is_shown(CLIENT, other) for other in others)


def test_a_flag_of_nobody_is_seen() -> None:
    assert not audited(()).is_shown(CLIENT, shown(("proposed",)))
