"""A log whose disk is full takes nothing, says so, loses nothing, and goes on when there is room again."""

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from services.contracts.codec import published
from services.contracts.handover import BatonOpened
from services.eventlog.decider import Decider
from services.eventlog.handle import Work, handle
from services.eventlog.log import Answer, LogUnavailable, Origin
from services.eventlog.sqlite import SqliteLog

MOST = 3_000


class SmallDisk(SqliteLog):
    """SQLite itself says that the disk is full once the file has this many pages."""

    pages = 60

    def _connect(self) -> sqlite3.Connection:
        connection = super()._connect()
        connection.execute(f"PRAGMA max_page_count={self.pages}")
        return connection


def opened(client: str) -> BatonOpened:
    return BatonOpened(client=client, municipality="GM0361", organisation="r", team_ref="t", contact_person="s", on=date(2026, 1, 1))


OPEN = Decider[str, int](
    initial=0,
    reads=lambda client: (f"handover/baton/{client}",),
    decide=lambda version, client: [] if version else [opened(client)],
    evolve=lambda version, _: version + 1,
)


def send(log: SqliteLog, number: int) -> Answer:
    origin = Origin("s", f"c-{number}", datetime(2026, 1, 1, tzinfo=UTC), "x")
    return handle(log, Work(OPEN, lambda _: f"p-{number}", origin, b"")).result(10)


def fill(log: SqliteLog) -> int:
    for number in range(MOST):
        try:
            send(log, number)
        except LogUnavailable:
            return number
    raise AssertionError("the disk was never full")


def test_a_full_disk_refuses_and_keeps_exactly_what_was_answered(tmp_path: Path) -> None:
    log = SmallDisk("handover", tmp_path / "log.sqlite", published())

    answered = fill(log)

    with pytest.raises(LogUnavailable, match="send the command again later"):
        send(log, answered)
    assert [r.position for r in log.after(0, MOST)] == list(range(1, answered + 1))
    log.close()


def test_with_room_again_the_refused_command_is_taken_and_the_old_ones_are_answered_as_before(tmp_path: Path) -> None:
    log = SmallDisk("handover", tmp_path / "log.sqlite", published())
    answered = fill(log)
    log.close()

    roomy = SqliteLog("handover", tmp_path / "log.sqlite", published())

    assert send(roomy, answered).position == answered + 1
    assert send(roomy, 0).position == 1
    roomy.close()
