"""Each line names the hash of the line before it, over months, crashes and restarts; where the logs stood is written down elsewhere."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from services.access.anchors import Anchors
from services.access.chain import BEGIN, Chain, files_of, lines_of

JANUARY, FEBRUARY = "2024-01-31T23:59:59.000Z", "2024-02-01T00:00:00.000Z"


def line(at: str = JANUARY, **other: object) -> dict[str, object]:
    return {"at": at, **other}


def opened(folder: Path) -> Chain:
    return Chain(folder, "audit", "at")


def follows(folder: Path) -> list[int]:
    """The numbers of all lines, each of which must follow on the one before it."""
    digest, numbers = BEGIN, list[int]()
    for path in files_of(folder, "audit"):
        for text in path.read_bytes().splitlines():
            told = json.loads(text)
            assert told["previous"] == digest
            digest, numbers = sha256(text).hexdigest(), [*numbers, told["number"]]
    return numbers


def test_lines_follow_on_each_other_over_restarts(tmp_path: Path) -> None:
    for _ in range(3):
        chain = opened(tmp_path)
        chain.append([line(), line()])
        chain.close()
    assert follows(tmp_path) == [1, 2, 3, 4, 5, 6]


def test_a_month_is_closed_and_the_chain_goes_on(tmp_path: Path) -> None:
    chain = opened(tmp_path)
    chain.append([line(JANUARY), line(JANUARY)])
    chain.append([line(FEBRUARY)])
    chain.append([line(JANUARY, why="a clock that was set back")])
    chain.close()
    assert [path.name for path in files_of(tmp_path, "audit")] == ["audit-2024-01.ndjson", "audit.ndjson"]
    assert follows(tmp_path) == [1, 2, 3, 4]
    assert [told["number"] for told in lines_of(tmp_path, "audit")] == [1, 2, 3, 4]


@pytest.mark.parametrize("months", [(1, 3, 1, 3, 1, 4), (3, 1, 2, 3, 4), (1, 2, 1, 2, 3, 1, 4), (2, 1, 1, 3, 2, 4)])
def test_a_clock_that_goes_back_and_forth_over_restarts_overwrites_no_month(tmp_path: Path, months: tuple[int, ...]) -> None:
    for month in months:
        chain = opened(tmp_path)
        chain.append([line(f"2024-{month:02d}-05T00:00:00.000Z")])
        chain.append([line(f"2024-{month:02d}-06T00:00:00.000Z")])
        chain.close()
    assert follows(tmp_path) == list(range(1, 2 * len(months) + 1))


def test_a_crash_between_two_months_breaks_nothing(tmp_path: Path) -> None:
    chain = opened(tmp_path)
    chain.append([line(JANUARY)])
    chain.close()
    (tmp_path / "audit.ndjson").rename(tmp_path / "audit-2024-01.ndjson")
    chain = opened(tmp_path)
    chain.append([line(FEBRUARY)])
    chain.close()
    assert follows(tmp_path) == [1, 2]


def test_who_rotates_keeps_others_out(tmp_path: Path) -> None:
    chain = opened(tmp_path)
    chain.append([line(JANUARY)])
    chain.append([line(FEBRUARY)])
    with pytest.raises(Exception, match="another process writes"):
        opened(tmp_path)
    chain.close()


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from services.access.processing_log import Processing, ProcessingLog
at = datetime(2024, 2, 15, tzinfo=UTC)
log = ProcessingLog(Path(sys.argv[1]))
while True:
    waiting = [log.record(Processing("urn:x", f"p-{n}", "0" * 32, at, at, "ok"), "s-1") for n in range(20)]
    print(" ".join(future.result(5) for future in waiting), flush=True)
"""


def test_what_was_acknowledged_is_there_after_kill_9(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            acknowledged += [id_ for _ in range(25) for id_ in process.stdout.readline().split()]
            os.kill(process.pid, signal.SIGKILL)
            process.stdout.read()
    opened(tmp_path).close()
    assert follows(tmp_path)
    assert set(acknowledged) <= {told["span_id"] for told in lines_of(tmp_path, "processing")}
    assert set(acknowledged) <= {told["id"] for told in lines_of(tmp_path, "audit")}


def anchored(path: Path) -> list[dict[str, Any]]:
    return [json.loads(text) for text in path.read_text().splitlines()]


def test_heads_are_written_down_once(tmp_path: Path) -> None:
    chain, anchors = opened(tmp_path), Anchors(tmp_path / "anchors" / "intake.ndjson", lambda: datetime(2024, 2, 15, tzinfo=UTC))
    anchors.tell([chain])
    chain.append([line(), line()])
    anchors.tell([chain])
    anchors.tell([chain])
    told = anchored(tmp_path / "anchors" / "intake.ndjson")
    assert told == [{"at": "2024-02-15T00:00:00Z", "log": "audit", "number": 2, "digest": chain.head.digest}]
    chain.close()


def test_a_place_that_cannot_be_written_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    chain = opened(tmp_path)
    chain.append([line()])
    Anchors(tmp_path / "file" / "intake.ndjson").tell([chain])
    chain.close()
    assert "cannot be written down" in caplog.text


def test_months_that_outlived_their_term_are_removed_after_their_last_line_was_written_down(tmp_path: Path) -> None:
    chain, anchors = opened(tmp_path), Anchors(tmp_path / "anchors" / "intake.ndjson")
    for month in ("2018-12", "2019-01", "2019-02", "2024-02"):
        chain.append([line(f"{month}-01T00:00:00.000Z")])
    anchors.retire([chain])
    chain.close()
    assert [path.name for path in files_of(tmp_path, "audit")] == ["audit-2019-02.ndjson", "audit.ndjson"]
    assert [(told["number"], told["retired"]) for told in anchored(tmp_path / "anchors" / "intake.ndjson")] == [(1, True), (2, True)]
