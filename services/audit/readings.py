"""The other half of I12: who read which client is in the processing log line by line, and no line was taken out or changed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from services.audit.finding import Tally

PROCESSING: Final = "processing.ndjson"
READERS: Final = "audit.ndjson"
SAME: Final = (("status", "result"), ("dpl.core.processing_activity_id", "action"), ("dpl.core.data_subject_id", "object"))
"""What both files say of a reading, under each file's own name for it."""


def readings(folder: Path, tally: Tally) -> None:
    """Compare both files of every service; those who read are written first, so their file is read last."""
    for place in sorted(path for path in folder.glob("*") if path.is_dir()):
        readings_of = {line["id"]: line for line in _lines(place / PROCESSING, tally)}
        readers = {line["id"]: line for line in _lines(place / READERS, tally)}
        for id_, reading in readings_of.items():
            tally.looked_at()
            reader, name = readers.get(id_), f"reading {reading['number']} of {place.name}"
            tally.require(reader and reader.get("actor"), f"{name} has no reader in {READERS}")
            told = {**reading, **reading["attributes"]}
            tally.require(not reader or all(told[mine] == reader[other] for mine, other in SAME), f"{name} is another one in {READERS}")


def _lines(path: Path, tally: Tally) -> Iterator[dict[str, Any]]:
    """Whole lines, which must count from 1; a last one without its end is being written."""
    whole, _, _ = (path.read_bytes() if path.exists() else b"").rpartition(b"\n")
    for number, text in enumerate(whole.splitlines(), 1):
        try:
            line = orjson.loads(text)
            counted = line["number"] == number
        except (ValueError, KeyError, TypeError):
            tally.fault(f"line {number} of {path.parent.name}/{path.name} cannot be read")
            return
        if not counted:
            tally.fault(
                f"line {number} of {path.parent.name}/{path.name} says that it is line {line['number']}: one was taken out or put in"
            )
            return
        yield line
