"""A command whose line is not there, or twice, and a line of no command, are found and named."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from services.access.clerk import Clerk
from services.access.processing_log import ProcessingLog
from services.audit.command_lines import differing, judge, lines_of
from services.audit.log_file import LogFile
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.handover import ContactPersonAssigned
from services.contracts.restored import HandoverLogRestored
from services.eventlog.log import Origin
from services.eventlog.sqlite import SqliteLog
from tests.audit.test_audit_of_readings import Told
from tests.contracts.examples import EXAMPLES

AT = datetime(2024, 2, 15, 9, tzinfo=UTC)
ASSIGNED: dict[str, Any] = {"municipality": "GM0361", "team_ref": "team-1", "contact_person": "s-1", "on": date(2024, 2, 15)}
MISSING = "the command at position {} of handover has no line in its processing log"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Three commands about clients with their lines."""
    with closing(SqliteLog("handover", tmp_path / "log.sqlite", published())) as log:
        for client in ("p-1", "p-2", "p-3"):
            record(log, ContactPersonAssigned(client=client, reason="caseload", **ASSIGNED))
        with closing(ProcessingLog(tmp_path / "lines")) as lines:
            Clerk(log, lines).round()
    return tmp_path


def record(log: SqliteLog, event: Event) -> None:
    log.submit(lambda tx: tx.append([event], Origin("s-1", f"c-{log.head()}", AT, "c"), {})).result(5)


def change(folder: Path, *wanted: int) -> None:
    """Leave these lines only, in this order."""
    path = folder / "lines" / "processing.ndjson"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[number - 1] for number in wanted))


def found(folder: Path, head: int = 3, *, retired: bool = False) -> list[str]:
    log, told = LogFile("handover", folder / "log.sqlite"), Told()
    lines = lines_of(folder / "lines", head, retired=retired)
    judge(log, lines, differing(log, head, lines), told)
    return told.all


def test_every_command_has_its_line(written: Path) -> None:
    assert (found(written), found(written, head=2)) == ([], [])


def test_a_command_without_a_line_is_named(written: Path) -> None:
    change(written, 1, 3)
    assert found(written) == [MISSING.format(2)]


def test_without_any_line_every_command_is_counted(written: Path) -> None:
    change(written)
    assert found(written) == [MISSING.format(position) for position in (1, 2, 3)]


def test_a_line_that_stands_there_twice_is_named(written: Path) -> None:
    change(written, 1, 2, 3, 2)
    assert found(written) == ["the command at position 2 of handover has two lines in its processing log"]


def test_commands_of_months_that_were_removed_after_their_term_need_no_line(written: Path) -> None:
    change(written, 2, 3)
    assert (found(written), found(written, retired=True)) == ([MISSING.format(1)], [])


@pytest.mark.parametrize(("part", "other"), [(b"p-2", b"p-9"), (b"record-contact-person-assigned", b"record-baton-opened")])
def test_a_line_about_another_or_of_another_kind_is_none_of_the_command(written: Path, part: bytes, other: bytes) -> None:
    path = written / "lines" / "processing.ndjson"
    first, second, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second.replace(part, other) + third)
    assert found(written) == [MISSING.format(2), "1 lines of commands of handover tell of no command in its log"]


def test_lines_of_facts_that_were_lost_before_a_restore_are_right(written: Path) -> None:
    restored = next(event for event in EXAMPLES if isinstance(event, HandoverLogRestored))
    (written / "log.sqlite").rename(written / "old.sqlite")
    with closing(SqliteLog("handover", written / "log.sqlite", published())) as log:
        record(log, restored)
    assert found(written, head=3) == []


SERVICE = """
import sys, threading
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from services.access.clerk import Clerk
from services.access.processing_log import ProcessingLog
from services.contracts.codec import published
from services.contracts.handover import ContactPersonAssigned
from services.eventlog.log import Origin
from services.eventlog.sqlite import SqliteLog
folder, at = Path(sys.argv[1]), datetime(2024, 2, 15, tzinfo=UTC)
log = SqliteLog("handover", folder / "log.sqlite", published())
threading.Thread(target=Clerk(log, ProcessingLog(folder / "lines")).run, args=(threading.Event(),), daemon=True).start()
def assigned(number):
    told = {"municipality": "GM0361", "team_ref": "team-1", "contact_person": "s-1"}
    return ContactPersonAssigned(client=f"p-{number}", on=at.date(), reason="caseload", **told)
for number in count(log.head()):
    several = [assigned(number + each) for each in range(1 + number % 3)]
    log.submit(lambda tx: tx.append(several, Origin("s-1", f"c-{number}", at, "c"), {})).result(5)
    print(number, flush=True)
"""


def test_after_each_kill_9_every_command_has_its_line_once(tmp_path: Path) -> None:
    for commands in (40, 3, 160):
        with subprocess.Popen([sys.executable, "-c", SERVICE, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            for _ in range(commands):
                process.stdout.readline()
            os.kill(process.pid, signal.SIGKILL)
            process.stdout.read()
    with closing(SqliteLog("handover", tmp_path / "log.sqlite", published())) as log, closing(ProcessingLog(tmp_path / "lines")) as lines:
        clerk = Clerk(log, lines)
        clerk.resume()
        while clerk.round():
            pass
        head = log.head()
    assert (head > 200, found(tmp_path, head)) == (True, [])
