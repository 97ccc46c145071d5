"""What is remembered of streams is never older than the log, and has a limit."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.teams import StaffJoined, TeamFormed
from services.eventlog.identity import event_ids
from services.eventlog.log import LogUnavailable, Origin, Transaction
from services.eventlog.recent import RecentStreams, Tail
from services.eventlog.sqlite import SqliteLog

DAY = date(2026, 1, 1)
FORMED = TeamFormed(team_ref="team-1", municipality="GM0361", organisation="region", on=DAY)
STREAM = FORMED.home().stream


def joined(staff: str) -> StaffJoined:
    return StaffJoined(team_ref="team-1", municipality="GM0361", staff_ref=staff, on=DAY)


def appended(log: SqliteLog, *events: Event) -> None:
    origin = Origin("s-1", "c", datetime(2026, 1, 1, tzinfo=UTC), "x")
    log.submit(lambda tx: tx.append(events, origin, {})).result(5)


def read_within(log: SqliteLog) -> Any:  # noqa: ANN401 - events
    return log.submit(lambda tx: list(tx.read(STREAM))).result(5)


@pytest.fixture
def log(tmp_path: Path) -> Any:  # noqa: ANN401 - a fixture that closes
    opened = SqliteLog("handover", tmp_path / "log.sqlite", published())
    yield opened
    opened.close()


def test_a_stream_is_read_as_the_log_has_it_after_every_write(log: SqliteLog) -> None:
    appended(log, FORMED)
    appended(log, joined("s-1"))

    assert read_within(log) == [FORMED, joined("s-1")]


def test_the_end_of_a_stream_is_read_and_then_what_was_before_it(log: SqliteLog, tmp_path: Path) -> None:
    appended(log, FORMED, joined("s-1"), joined("s-2"))
    fresh = SqliteLog("handover", tmp_path / "log.sqlite", published())

    end = fresh.submit(lambda tx: tx.read(STREAM, 2)).result(5)
    appended(fresh, joined("s-3"))
    longer, whole = (fresh.submit(lambda tx, after=after: tx.read(STREAM, after)).result(5) for after in (1, 0))  # type: ignore[misc]  # bound
    fresh.close()

    assert [*end] == [joined("s-2")]
    assert [*longer] == [joined("s-1"), joined("s-2"), joined("s-3")]
    assert [*whole] == [FORMED, *longer]


def test_what_another_writer_recorded_is_seen(log: SqliteLog, tmp_path: Path) -> None:
    appended(log, FORMED)
    other = SqliteLog("handover", tmp_path / "log.sqlite", published())
    appended(other, joined("s-1"))
    other.close()

    assert read_within(log) == [FORMED, joined("s-1")]


def test_work_that_fails_leaves_nothing_behind_in_memory(log: SqliteLog) -> None:
    appended(log, FORMED)

    def failing(tx: Transaction) -> None:
        tx.append([joined("s-1")], Origin("s-1", "d", datetime(2026, 1, 1, tzinfo=UTC), "x"), {})
        raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="mind"):
        log.submit(failing).result(5)

    assert read_within(log) == [FORMED]


def test_a_commit_that_fails_leaves_nothing_behind_in_memory(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    appended(log, FORMED)
    drawn = event_ids()()
    monkeypatch.setattr(log, "_new_id", lambda: drawn)
    with pytest.raises(LogUnavailable):
        appended(log, joined("s-1"), joined("s-2"))
    monkeypatch.undo()

    assert read_within(log) == [FORMED]


def test_the_longest_unused_streams_leave_first() -> None:
    recent = RecentStreams(most_events=3)
    for name in ("a", "b", "c"):
        recent.put(name, Tail(0, [FORMED]))
    assert recent.get("a") is not None
    recent.put("d", Tail(0, [FORMED]))

    recent.committed(head=4, appended=0)

    assert [name for name in "abcd" if recent.get(name) is not None] == ["a", "c", "d"]


def test_ids_are_distinct_uuids_that_begin_with_their_moment() -> None:
    next_id = event_ids()

    ids = [UUID(next_id()) for _ in range(1_000)]

    assert len(set(ids)) == 1_000
    assert {number.version for number in ids} == {7}
    assert abs((ids[0].int >> 80) / 1_000 - datetime.now(UTC).timestamp()) < 60
