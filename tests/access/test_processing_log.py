import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.access.processing_lines import Act, Processing, Status
from services.access.processing_log import ProcessingLog, ProcessingLogUnavailable

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
    assert (line["status_code"], line["start_time"]) == ("STATUS_CODE_OK", "2024-02-15T09:00:00.000Z")
    assert "s-0042" not in (tmp_path / "processing.ndjson").read_text()


def test_the_reader_stands_in_the_audit_log_under_the_same_id(log: ProcessingLog, tmp_path: Path) -> None:
    id_ = log.record(reading(), "s-0042").result(5)
    (audited,) = lines(tmp_path, "audit")
    assert audited["id"] == id_ == lines(tmp_path)[0]["span_id"]
    assert (audited["actor"], audited["object"], audited["result"]) == ("s-0042", "p-1", "ok")


STANDARD = {"trace_id", "span_id", "status_code", "name", "start_time", "end_time", "attributes", "resource"}


def test_a_line_has_every_field_of_the_standard_and_none_of_its_own_but_the_chain(log: ProcessingLog, tmp_path: Path) -> None:
    """Logboek Dataverwerkingen, component Logboek, interface: compulsory fields, sizes and types."""
    log.record(reading(), "s-0042").result(5)
    (line,) = lines(tmp_path)
    assert set(line) == STANDARD | {"number", "previous"}
    assert [len(bytes.fromhex(line[name])) for name in ("trace_id", "span_id")] == [16, 8]
    assert set(line["attributes"]) == {"dpl.core." + name for name in ("processing_activity_id", "data_subject_id", "data_subject_id_type")}


def test_who_called_is_a_foreign_operation_and_a_part_names_the_whole(log: ProcessingLog, tmp_path: Path) -> None:
    log.record(replace(reading(), called_by="b" * 16, parent="a" * 16), "s-0042").result(5)
    (line,) = lines(tmp_path)
    assert (line["foreign_operation"]["span_id"], line["foreign_operation"]["trace_id"]) == ("b" * 16, line["trace_id"])
    assert line["parent_span_id"] == "a" * 16


@pytest.mark.parametrize(("status", "code"), [("ok", "OK"), ("refused", "UNSET"), ("failed", "ERROR")])
def test_what_a_caller_may_not_have_is_no_error_of_ours(log: ProcessingLog, tmp_path: Path, status: Status, code: str) -> None:
    log.record(replace(reading(), status=status), "s-1").result(5)
    assert lines(tmp_path)[0]["status_code"] == f"STATUS_CODE_{code}"
    assert lines(tmp_path, "audit")[0]["result"] == status


def test_an_act_stands_in_the_audit_log_alone(log: ProcessingLog, tmp_path: Path) -> None:
    log.audit(Act("s-op", "POST /v1/quarantine/_discard", "p-1", "ok", AT, "0" * 32, "127.0.0.1")).result(5)
    (line,) = lines(tmp_path, "audit")
    assert (line["actor"], line["object"], line["result"], line["origin"]) == ("s-op", "p-1", "ok", "127.0.0.1")
    assert lines(tmp_path) == []


def test_of_many_readings_all_are_written_or_none(log: ProcessingLog, tmp_path: Path) -> None:
    log.record_all([reading(f"p-{number}") for number in range(2_000)], "s-1").result(20)
    with pytest.raises(ProcessingLogUnavailable):
        log.record_all([reading("p-a"), reading("p-\udcff")], "s-1").result(5)
    assert len(lines(tmp_path)) == 2_000


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
    assert sorted(ids) == sorted(line["span_id"] for line in lines(tmp_path))
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
