"""Who looked at a client and why, read back from the processing log and the audit log beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from services.access.processing_log import AUDIT_FILE, PROCESSING_FILE


@dataclass(frozen=True, slots=True)
class Lookup:
    """One reading of a client: `activity` is its URI in the register, `at` RFC 3339 in UTC, `actor` who read."""

    at: str
    activity: str
    status: str
    actor: str


def lookups(folder: Path, subject: str) -> list[Lookup]:
    """Every reading of a subject in the logs of a folder, in order. Raises `OSError`, and `ValueError` for a line that is no JSON."""
    actors = {line["id"]: str(line["actor"]) for line in _lines(folder / AUDIT_FILE) if line.get("object") == subject}
    return [
        Lookup(line["start_time"], line["attributes"]["dpl.core.processing_activity_id"], line["status"], actors.get(line["id"], ""))
        for line in _lines(folder / PROCESSING_FILE)
        if line["attributes"]["dpl.core.data_subject_id"] == subject
    ]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Whole lines only: what a crash cut off never counted."""
    if path.exists():
        with path.open("rb") as file:
            yield from (orjson.loads(line) for line in file if line.endswith(b"\n"))
