"""Who read which client: a line that was changed, taken out, moved or made anew is found and named."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import orjson
import pytest

from services.access.anchors import Anchors
from services.access.processing_lines import Processing
from services.access.processing_log import ProcessingLog
from services.audit.finding import Tally
from services.audit.readings import readings

AT, CLIENT = datetime(2024, 2, 15, 8, 30, tzinfo=UTC), "p-0000000000000001"
LATER = AT + timedelta(days=31)
CHANGES = "one was taken out, put in or moved"


class Told(Tally):
    """Remembers every fault."""

    def __init__(self) -> None:
        super().__init__("I12", "")
        self.all: list[str] = []

    def fault(self, sentence: str) -> None:
        self.all.append(sentence)


def found(data: Path) -> list[str]:
    told = Told()
    readings(data / "processing", data / "anchors", told)
    return told.all


def written(data: Path, processing: str = "", audit: str = "") -> None:
    """Four readings of one client, as a service writes them over two months, with a line of either log otherwise."""
    ids = iter([f"id-{number}" for number in range(1, 5)])
    anchors = Anchors(data / "anchors" / "intake.ndjson")
    with closing(ProcessingLog(data / "processing" / "intake", ids.__next__, anchors)) as log:
        for at in (AT, AT, LATER, LATER):
            log.record(Processing("urn:read", CLIENT, "0" * 32, at, at, "ok"), "s-1").result(5)
    for name, change in (("processing", processing), ("audit", audit)):
        _change(data / "processing" / "intake", name, change)


def _change(folder: Path, name: str, change: str) -> None:
    closed, still_open = folder / f"{name}-2024-02.ndjson", folder / f"{name}.ndjson"
    match change.split(" -> "):
        case ["first gone"]:
            closed.write_bytes(b"".join(closed.read_bytes().splitlines(keepends=True)[1:]))
        case ["last gone"]:
            still_open.write_bytes(b"".join(still_open.read_bytes().splitlines(keepends=True)[:-1]))
        case ["moved"]:
            still_open.write_bytes(b"".join(reversed(still_open.read_bytes().splitlines(keepends=True))))
        case ["a month gone"]:
            closed.unlink()
        case ["all anew"]:
            still_open.write_bytes(_chained(closed.read_bytes().splitlines()[-1], still_open.read_bytes().replace(b"s-1", b"s-2")))
        case ["torn"]:
            still_open.write_bytes(still_open.read_bytes() + b'{"number": 5, "id')
        case [""]:
            pass
        case _:
            old, _, new = change.partition(" -> ")
            closed.write_text(closed.read_text().replace(old, new))


def _chained(before: bytes, lines: bytes) -> bytes:
    """Lines written again by somebody who knows how the chain is made."""
    digest, written = sha256(before).hexdigest(), b""
    for line in lines.splitlines():
        text = orjson.dumps({**orjson.loads(line), "previous": digest}, option=orjson.OPT_SORT_KEYS)
        digest, written = sha256(text).hexdigest(), written + text + b"\n"
    return written


@pytest.mark.parametrize("change", ["", "torn"])
def test_readings_whose_lines_are_whole_are_no_fault(tmp_path: Path, change: str) -> None:
    written(tmp_path, processing=change, audit=change)
    assert found(tmp_path) == []


OTHER_CLIENT = f"{CLIENT} -> p-other"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"processing": "first gone"},
            "line 1 of intake/processing-2024-02.ndjson says that it is line 2: " + CHANGES,
        ),
        ({"audit": "first gone"}, "line 1 of intake/audit-2024-02.ndjson says that it is line 2: " + CHANGES),
        ({"audit": "moved"}, "line 3 of intake/audit.ndjson says that it is line 4: one was taken out, put in or moved"),
        ({"audit": "a month gone"}, "line 1 of intake/audit.ndjson says that it is line 3: one was taken out, put in or moved"),
        ({"audit": OTHER_CLIENT}, "line 2 of intake/audit.ndjson is not the one that line 3 followed on"),
        ({"audit": OTHER_CLIENT}, "line 1 of intake/audit-2024-02.ndjson is not the one that line 2 followed on"),
        ({"processing": "id-1 -> id-9"}, "line 1 of intake/processing-2024-02.ndjson is not the one that line 2 followed on"),
        ({"audit": "last gone"}, "lines of intake/audit.ndjson were taken out at the end: it ends at line 3, and line 4 was written down"),
        ({"audit": "all anew"}, "line 4 of intake/audit.ndjson is not the one that was written down when it was the last"),
        ({"audit": '"s-1" -> ""'}, "reading 2 of intake has no reader in audit.ndjson"),
        ({"audit": "id-2 -> id-3"}, "reading 2 of intake has no reader in audit.ndjson"),
        ({"audit": OTHER_CLIENT}, "reading 2 of intake is another one in audit.ndjson"),
        ({"processing": "CODE_OK -> CODE_UNSET"}, "reading 2 of intake is another one in audit.ndjson"),
        ({"processing": '"number" -> "nr"'}, "line 1 of intake/processing-2024-02.ndjson cannot be read"),
    ],
)
def test_a_reading_that_was_taken_out_or_changed_is_seen(tmp_path: Path, changed: dict[str, str], told: str) -> None:
    written(tmp_path, **changed)
    assert told in found(tmp_path)


def test_lines_that_were_lost_with_a_disk_are_no_fault_once_a_restore_wrote_it_down(tmp_path: Path) -> None:
    written(tmp_path, audit="last gone", processing="last gone")
    data = tmp_path
    with closing(ProcessingLog(data / "processing" / "intake", anchors=Anchors(data / "anchors" / "intake.ndjson"))) as log:
        log.came_back()
    assert found(tmp_path) == []
