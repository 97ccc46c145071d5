"""Who looked at a client and why, read back from the processing log and the audit log beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.access.chain import lines_of
from services.access.processing_lines import POSITION
from services.access.processing_log import AUDIT, PROCESSING


@dataclass(frozen=True, slots=True)
class Lookup:
    """One reading of a client: `activity` is its URI in the register, `at` RFC 3339 in UTC, `actor` who read.

    `break_glass` is the opening under which they did, where they had no right of their own.
    """

    at: str
    activity: str
    status: str
    actor: str
    break_glass: int | None = None


def lookups(folder: Path, subject: str) -> list[Lookup]:
    """Every reading of a subject in the logs of a folder, in order; commands are told by their facts.

    Raises `OSError`, and `ValueError` for a line that is no JSON.
    """
    who = {line["id"]: line for line in lines_of(folder, AUDIT, subject) if line.get("object") == subject}
    read = [line for line in lines_of(folder, PROCESSING, subject) if _is_reading_of(line["attributes"], subject)]
    return [_lookup(line, who.get(line["span_id"], {})) for line in read]


def _is_reading_of(attributes: Mapping[str, Any], subject: str) -> bool:
    return attributes.get("dpl.core.data_subject_id") == subject and POSITION not in attributes


def _lookup(line: Mapping[str, Any], audited: Mapping[str, Any]) -> Lookup:
    told = line["attributes"]
    who, result = str(audited.get("actor", "")), str(audited.get("result", ""))
    return Lookup(line["start_time"], told["dpl.core.processing_activity_id"], result, who, told.get("dpl.backbone.break_glass"))
