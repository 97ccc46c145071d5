import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.access.processing_log import Processing, ProcessingLog, ProcessingLogUnavailable

AT = datetime(2024, 2, 15, 9, tzinfo=UTC)
ACTIVITY = "urn:backbone:processing-activity:read-baton"


def reading(client: str = "p-1") -> Processing:
    return Processing(ACTIVITY, client, "0" * 31 + "1", AT, AT, "ok")


def lines(folder: Path, name: str = "processing") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.ndjson").read_text().splitlines()]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ProcessingLog]:
    opened = ProcessingLog(tmp_path)
    yield opened
    opened.close()


def test_a_reading_is_a_line_without_the_reader(log: ProcessingLog, tmp_path: Path) -> None:
    log.record(reading(), "s-0042").result(5)
    (line,) = lines(tmp_path)
    assert line["attributes"]["dpl.core.data_subject_id"] == "p-1"
    assert line["attributes"]["dpl.core.processing_activity_id"] == ACTIVITY
    assert (line["status"], line["start_time"]) == ("ok", "2024-02-15T09:00:00.000000Z")
    assert "s-0042" not in (tmp_path / "processing.ndjson").read_text()


def test_the_reader_stands_in_the_audit_log_under_the_same_id(log: ProcessingLog, tmp_path: Path) -> None:
    id_ = log.record(reading(), "s-0042").result(5)
    (audited,) = lines(tmp_path, "audit")
    assert audited["id"] == id_ == lines(tmp_path)[0]["id"]
    assert (audited["actor"], audited["object"], audited["result"]) == ("s-0042", "p-1", "ok")


def test_lines_are_numbered_over_restarts(tmp_path: Path) -> None:
    for _ in range(3):
        log = ProcessingLog(tmp_path)
        for _ in range(4):
            log.record(reading(), "s-1")
        log.close()
    assert [line["number"] for line in lines(tmp_path)] == list(range(1, 13))
    assert [line["number"] for line in lines(tmp_path, "audit")] == list(range(1, 13))


def test_a_long_log_goes_on_at_its_end(tmp_path: Path) -> None:
    log = ProcessingLog(tmp_path)
    written = [log.record(reading(f"p-{number}"), "s-1") for number in range(6_000)]
    written[-1].result(20)
    log.close()
    assert (tmp_path / "processing.ndjson").stat().st_size > 1_048_576
    again = ProcessingLog(tmp_path)
    again.record(reading("p-last"), "s-1").result(5)
    again.close()
    assert [line["number"] for line in lines(tmp_path)] == list(range(1, 6_002))


def test_a_line_that_cannot_be_written_stops_no_other(log: ProcessingLog, tmp_path: Path) -> None:
    with pytest.raises(ProcessingLogUnavailable):
        log.record(reading("p-\udcff"), "s-1").result(5)
    log.record(reading("p-2"), "s-1").result(5)
    assert [line["number"] for line in lines(tmp_path)] == [1]


def test_many_threads_lose_no_line(log: ProcessingLog, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        ids = [f.result(10) for f in list(threads.map(lambda n: log.record(reading(f"p-{n}"), "s-1"), range(400)))]
    assert sorted(ids) == sorted(line["id"] for line in lines(tmp_path))
    assert [line["number"] for line in lines(tmp_path)] == list(range(1, 401))


def test_a_line_that_a_crash_cut_off_is_taken_away(tmp_path: Path) -> None:
    log = ProcessingLog(tmp_path)
    log.record(reading(), "s-1").result(5)
    log.close()
    with (tmp_path / "processing.ndjson").open("a") as file:
        file.write('{"number": 2, "id": "' + "cut" * 500)
    again = ProcessingLog(tmp_path)
    again.record(reading("p-2"), "s-1").result(5)
    again.close()
    assert [(line["number"], line["attributes"]["dpl.core.data_subject_id"]) for line in lines(tmp_path)] == [(1, "p-1"), (2, "p-2")]


def test_the_files_are_for_their_owner_only(log: ProcessingLog, tmp_path: Path) -> None:
    log.record(reading(), "s-1").result(5)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_two_processes_do_not_write_one_log(log: ProcessingLog, tmp_path: Path) -> None:
    log.record(reading(), "s-1").result(5)
    with pytest.raises(ProcessingLogUnavailable, match=r"another process writes processing\.ndjson"):
        ProcessingLog(tmp_path)


def test_a_closed_log_takes_nothing(tmp_path: Path) -> None:
    log = ProcessingLog(tmp_path)
    log.close()
    with pytest.raises(ProcessingLogUnavailable):
        log.record(reading(), "s-1").result(5)


def full_after(bytes_: int) -> Callable[[int, bytes, int], int]:
    """A disk with room for so many bytes, which writes what still fits."""
    left, real = bytes_, os.pwrite

    def pwrite(descriptor: int, text: bytes, at: int) -> int:
        nonlocal left
        if left <= 0:
            raise OSError(28, "No space left on device")
        written = real(descriptor, text[:left], at)
        left -= written
        return written

    return pwrite


@pytest.mark.parametrize("room", [0, 1, 100, 1_000, 1_400, 2_500])
def test_a_full_disk_leaves_no_half_line(log: ProcessingLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    log.record(reading(), "s-1").result(5)
    monkeypatch.setattr(os, "pwrite", full_after(room))
    with pytest.raises(ProcessingLogUnavailable):
        log.record(reading("p-" + "2" * 1_000), "s-1").result(5)
    monkeypatch.undo()
    log.record(reading("p-3"), "s-1").result(5)
    assert [line["number"] for line in lines(tmp_path)] == [1, 2]
    assert [line["number"] for line in lines(tmp_path, "audit")] == list(range(1, len(lines(tmp_path, "audit")) + 1))


def test_a_reader_who_has_gone_is_recorded_all_the_same(log: ProcessingLog, tmp_path: Path) -> None:
    for number in range(50):
        log.record(reading(f"p-{number}"), "s-1").cancel()
    log.record(reading("p-last"), "s-1").result(5)
    assert len(lines(tmp_path)) == 51
