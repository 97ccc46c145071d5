"""The other half of I12: who read which client is in the processing log line by line, and no line was taken out, changed or moved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson

from services.audit.broken_glass import Under
from services.audit.command_lines import POSITION
from services.audit.finding import Tally

PROCESSING: Final = "processing"
READERS: Final = "audit"
BEGIN: Final = "0" * 64
CODES: Final = {"ok": "STATUS_CODE_OK", "refused": "STATUS_CODE_UNSET", "failed": "STATUS_CODE_ERROR"}
Reader = tuple[str, str, str, str]
"""Actor, action, object and result of a line in the audit log."""


def retired(anchors: Path, process: str) -> bool:
    """Whether months of the processing log of a process were removed after their term."""
    return bool(_anchored(anchors / f"{process}.ndjson", Tally("I12", "")).get(PROCESSING, Anchored()).retired)


def readings(folder: Path, anchors: Path, tally: Tally) -> list[Under]:
    """Compare both logs of every process, and each with its anchors; those who read are written first, so their file is read last.

    Gives the readings that were made under a broken glass.
    """
    in_emergency: list[Under] = []
    for place in sorted(path for path in folder.glob("*") if path.is_dir()):
        anchored = _anchored(anchors / f"{place.name}.ndjson", tally)
        read = list(_readings(Chain(place, PROCESSING, anchored.get(PROCESSING, Anchored()), tally)))
        readers = _readers(Chain(place, READERS, anchored.get(READERS, Anchored()), tally))
        for number, id_, told, glass in read:
            tally.looked_at()
            if told is None:
                continue
            reader, name = readers.get(id_), f"reading {number} of {place.name}"
            tally.require(reader and reader[0], f"{name} has no reader in {READERS}.ndjson")
            tally.require(not reader or _same(reader, told), f"{name} is another one in {READERS}.ndjson")
            if glass is not None:
                opening, started_at = glass
                in_emergency.append(Under(name, reader[0] if reader else "", str(told[2]), opening, started_at))
    return in_emergency


def _same(reader: Reader, told: tuple[str, str, str | None]) -> bool:
    """Whether both say the same of a reading; one about nobody has no subject, and may have what was read."""
    activity, result, subject = told
    _, action, object_, outcome = reader
    return (action, outcome) == (activity, result) and subject in (None, object_)


@dataclass
class Anchored:
    """What was written down elsewhere of one log: digests by number, up to where lines were removed, and behind which they were lost."""

    digests: dict[int, str] = field(default_factory=dict)
    retired: dict[int, str] = field(default_factory=dict)


class Chain:
    """The lines of one log over its files, as far as they can be followed."""

    def __init__(self, folder: Path, name: str, anchored: Anchored, tally: Tally) -> None:
        self._folder, self._name, self._anchored, self._tally = folder, name, anchored, tally
        self._number, self._digest = 0, BEGIN

    def lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Number and content. A last line without its end is being written; a line that is not the next one ends the reading."""
        for path in (*sorted(self._folder.glob(f"{self._name}-*.ndjson")), self._folder / f"{self._name}.ndjson"):
            whole, _, _ = (path.read_bytes() if path.exists() else b"").rpartition(b"\n")
            for text in whole.splitlines():
                line = self._next(path, text)
                if line is None:
                    return
                yield self._number, line
        self._require_all()

    def _next(self, path: Path, text: bytes) -> dict[str, Any] | None:
        where, number = f"{path.parent.name}/{path.name}", self._number + 1
        try:
            line: dict[str, Any] = orjson.loads(text)
            told, previous = int(line["number"]), str(line["previous"])
        except (ValueError, KeyError, TypeError):
            self._tally.fault(f"line {number} of {where} cannot be read")
            return None
        if self._number == 0 and told - 1 in self._anchored.retired:
            self._number, self._digest, number = told - 1, self._anchored.retired[told - 1], told
        if told != number:
            self._tally.fault(f"line {number} of {where} says that it is line {told}: one was taken out, put in or moved")
            return None
        self._tally.require(previous == self._digest, f"line {number - 1} of {where} is not the one that line {number} followed on")
        self._number, self._digest = number, sha256(text).hexdigest()
        anchor = self._anchored.digests.pop(number, self._digest)
        self._tally.require(anchor == self._digest, f"line {number} of {where} is not the one that was written down when it was the last")
        return line

    def _require_all(self) -> None:
        """What was the last line once is there for ever."""
        behind = [number for number in self._anchored.digests if number > self._number]
        if behind:
            last = f"it ends at line {self._number}, and line {max(behind)} was written down"
            self._tally.fault(f"lines of {self._folder.name}/{self._name}.ndjson were taken out at the end: {last}")


def _readings(chain: Chain) -> Iterator[tuple[int, str, tuple[str, str, str | None] | None, tuple[int, datetime] | None]]:
    """Number, id, and activity, result and subject, which the audit log must say too (of a command the event log says them).

    Then the opening, if any, and when the reading began.
    """
    results = {code: result for result, code in CODES.items()}
    for number, line in chain.lines():
        attributes: Mapping[str, Any] = line["attributes"]
        subject = attributes.get("dpl.core.data_subject_id")
        if POSITION in attributes:
            yield number, line["span_id"], None, None
            continue
        told = attributes["dpl.core.processing_activity_id"], results.get(line["status_code"], ""), subject
        opening = attributes.get("dpl.backbone.break_glass")
        glass = None if opening is None else (int(opening), datetime.fromisoformat(line["start_time"]))
        yield number, line["span_id"], told, glass


def _readers(chain: Chain) -> dict[str, Reader]:
    return {line["id"]: (line["actor"], line["action"], line["object"], line["result"]) for _, line in chain.lines()}


def _anchored(path: Path, tally: Tally) -> dict[str, Anchored]:
    """By log. Lines lost with a disk are named when a restore is written down, and count as such from then on."""
    found: dict[str, Anchored] = {}
    whole, _, _ = (path.read_bytes() if path.exists() else b"").rpartition(b"\n")
    for number, text in enumerate(whole.splitlines(), 1):
        try:
            line = orjson.loads(text)
            of, at = found.setdefault(line["log"], Anchored()), int(line["number"])
        except (ValueError, KeyError, TypeError):
            tally.fault(f"line {number} of anchors/{path.name} cannot be read")
            continue
        if line.get("retired"):
            of.retired[at] = line["digest"]
            of.digests = {number: digest for number, digest in of.digests.items() if number > at}
        elif line.get("lost"):
            of.digests = {number: digest for number, digest in of.digests.items() if number <= at}
        elif at:
            of.digests[at] = line["digest"]
    return found
