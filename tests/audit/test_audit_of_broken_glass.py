"""I12 in an emergency: readings under openings that ran, of whoever broke the glass, judged by another; each with a planted fault."""

from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.access.processing_lines import Processing
from services.access.processing_log import ProcessingLog
from services.contracts import break_glass
from services.contracts.envelope import Event
from tests.audit.world import AT, GM, ONE, World

STREAM = f"handover/break-glass/{ONE.client}"
ABOUT: dict[str, Any] = {"client": ONE.client, "municipality": GM, "opening": 1}
OPENED_AT = AT + timedelta(hours=2)
HOUR = timedelta(hours=1)


def opened(number: int = 1, lasts: timedelta = HOUR) -> Event:
    return break_glass.BreakGlassOpened(
        **{**ABOUT, "opening": number},
        reason="danger-to-life",
        legal_basis="avg-9-2-c",
        opens_special=True,
        opened_by="s-9",
        works_for=("GM0373",),
        opened_at=OPENED_AT,
        expires_at=OPENED_AT + lasts,
        review_due_at=OPENED_AT + timedelta(days=2),
        rule_version="1",
        text_ref="t-9",
    )


def withdrawn() -> Event:
    return break_glass.BreakGlassWithdrawn(**ABOUT, withdrawn_by="s-9")


def expired() -> Event:
    return break_glass.BreakGlassExpired(**ABOUT)


def reviewed(by: str = "s-boss") -> Event:
    return break_glass.BreakGlassReviewed(**ABOUT, verdict="justified", reason="life-saved", reviewed_by=by)


def overdue() -> Event:
    return break_glass.BreakGlassReviewOverdue(**ABOUT, review_due_at=OPENED_AT + timedelta(days=2))


def happens(world: World, event: Event, at: datetime = OPENED_AT) -> None:
    world.record("handover", event, after=at - world._clock)


def reads(world: World, at: datetime, *, by: str = "s-9", client: str = ONE.client, opening: int = 1) -> None:
    with closing(ProcessingLog(world.sources.data / "processing" / "views")) as log:
        log.record(Processing("urn:read", client, "0" * 32, at, at, "ok", break_glass=opening), by).result(5)


def found(world: World) -> str:
    return world.verdict()["I12"].detail


def test_a_reading_within_the_hour_of_ones_own_opening_is_no_fault(recorded: World) -> None:
    happens(recorded, opened())
    for minutes in (0, 59):
        reads(recorded, OPENED_AT + timedelta(minutes=minutes))
    happens(recorded, expired(), OPENED_AT + HOUR)
    happens(recorded, overdue(), OPENED_AT + 50 * HOUR)
    happens(recorded, reviewed(), OPENED_AT + 51 * HOUR)
    assert "opening" not in found(recorded)


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        ({"at": OPENED_AT + HOUR}, "which did not run at that moment"),
        ({"at": OPENED_AT - timedelta(minutes=1)}, "which did not run at that moment"),
        ({"at": OPENED_AT, "by": "s-8"}, "which is of somebody else"),
        ({"at": OPENED_AT, "opening": 2}, "which never was"),
        ({"at": OPENED_AT, "client": "p-other"}, "which never was"),
    ],
)
def test_a_reading_that_no_opening_lets_in_is_found(recorded: World, reading: dict[str, Any], told: str) -> None:
    happens(recorded, opened())
    reads(recorded, **reading)
    who, number = reading.get("client", ONE.client), reading.get("opening", 1)
    assert f"reading 1 of views was made under opening {number} of {who}, {told}" in found(recorded)


@pytest.mark.parametrize(("seconds", "holds"), [(59, True), (61, False)])
def test_a_reading_after_a_withdrawal_is_found_once_everybody_was_told(recorded: World, seconds: int, *, holds: bool) -> None:
    happens(recorded, opened())
    happens(recorded, withdrawn(), OPENED_AT + timedelta(minutes=5))
    reads(recorded, OPENED_AT + timedelta(minutes=5, seconds=seconds))
    assert ("which did not run at that moment" not in found(recorded)) is holds


@pytest.mark.parametrize(
    ("course", "told"),
    [
        ([withdrawn()], f"{STREAM}@1 is about an opening that never was"),
        ([opened(2)], f"{STREAM}@1 is opening 2, after 0"),
        ([opened(lasts=9 * HOUR)], f"{STREAM}@1 lets in for 540 minutes"),
        ([opened(), expired()], f"{STREAM}@2 lets an opening expire that was over, or had not run out"),
        ([opened(), withdrawn(), withdrawn()], f"{STREAM}@3 withdraws an opening that was over"),
        ([opened(), reviewed()], f"{STREAM}@2 judges an opening that runs, or a second time"),
        ([opened(), withdrawn(), reviewed("s-9")], f"{STREAM}@3 is judged by whoever broke the glass"),
        ([opened(), withdrawn(), reviewed(), overdue()], f"{STREAM}@4 says that nobody judged an opening that was judged"),
    ],
)
def test_a_course_of_an_opening_that_cannot_be_is_found(recorded: World, course: list[Event], told: str) -> None:
    for number, event in enumerate(course):
        happens(recorded, event, OPENED_AT + timedelta(minutes=number))
    assert told in found(recorded)
