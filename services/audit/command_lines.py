"""The last part of I12: each command that dealt with somebody's data, as the log has it, has one line about them in the processing log."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson

from services.audit.finding import Tally
from services.audit.log_file import LogFile

POSITION: Final = "dpl.backbone.position"
SUBJECT: Final = "dpl.core.data_subject_id"
ACTIVITY: Final = "dpl.core.processing_activity_id"
NAMED: Final = 3


@dataclass
class Lines:
    """A number for each line of a command, those that came twice, and the position of the first where earlier months were removed."""

    keys: set[int] = field(default_factory=set)
    twice: list[int] = field(default_factory=list)
    from_position: int = 1


def lines_of(folder: Path, head: int, *, retired: bool) -> Lines:
    """The lines of one service up to a position of its log; what cannot be read is named by `readings`."""
    found = Lines(from_position=head + 1 if retired else 1)
    for attributes, span in _commands(folder):
        position = int(attributes[POSITION])
        found.from_position = min(found.from_position, position)
        if position <= head:
            key = _key(position, span, str(attributes.get(SUBJECT)), str(attributes[ACTIVITY]))
            if key in found.keys:
                found.twice.append(position)
            found.keys.add(key)
    return found


def _commands(folder: Path) -> Iterator[tuple[dict[str, Any], str]]:
    marker = POSITION.encode()
    for path in (*sorted(folder.glob("processing-*.ndjson")), folder / "processing.ndjson"):
        if not path.exists():
            continue
        with path.open("rb") as file:
            for text in file:
                if marker in text and text.endswith(b"\n"):
                    line = orjson.loads(text)
                    yield line["attributes"], str(line["span_id"])


@dataclass
class Difference:
    """Positions of facts with which a command began to deal with somebody and that have no line, and how many lines tell of no fact."""

    missing: list[int]
    strange: int


def differing(log: LogFile, head: int, lines: Lines) -> Difference:
    """Compare with the log. Raises `Unreachable`."""
    missing, met = list[int](), 0
    for position, key in _expected(log, head):
        if key in lines.keys:
            met += 1
        elif position >= lines.from_position:
            missing.append(position)
    return Difference(missing, len(lines.keys) - met)


def judge(log: LogFile, lines: Lines, difference: Difference, tally: Tally) -> None:
    """Name what differs. Lines of facts that were lost before a restore tell of no fact, and are right."""
    tally.looked_at(len(lines.keys))
    for position in difference.missing[:NAMED]:
        tally.fault(f"the command at position {position} of {log.service} has no line in its processing log")
    if len(difference.missing) > NAMED:
        tally.fault(f"{len(difference.missing)} commands of {log.service} have no line in its processing log")
    for position in lines.twice[:NAMED]:
        tally.fault(f"the command at position {position} of {log.service} has two lines in its processing log")
    if difference.strange and not log.was_restored():
        tally.fault(f"{difference.strange} lines of commands of {log.service} tell of no command in its log")


def _expected(log: LogFile, head: int) -> Iterator[tuple[int, int]]:
    """Position and number of each line that must be there: at the first fact of a command about somebody."""
    command: tuple[str, str] | None = None
    told = set[str]()
    for position, event_id, type_, key, client, actor, command_id in log.processed(head):
        if (actor, command_id) != command:
            command, told = (actor, command_id), set()
        subject = client or (key if key.startswith("h-") else None)
        if subject is not None and subject not in told:
            told.add(subject)
            span = sha256(event_id.encode()).hexdigest()[:16]
            yield position, _key(position, span, subject, f"urn:backbone:processing-activity:record-{type_.split('.')[3]}")


def _key(position: int, span: str, subject: str, activity: str) -> int:
    return hash((position, span, subject, activity))
