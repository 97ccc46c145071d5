"""Every command that dealt with somebody's data has its line in the processing log, written behind the event log.

The event log is its memory: a command is durable with its facts, and the line of a fact that has none yet is written at the next round.
"""

import logging
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from mmap import ACCESS_READ, mmap
from pathlib import Path
from threading import Event as Stop
from typing import Final

import orjson

from services.access.chain import files_of
from services.access.processing_lines import POSITION, Act, Processing
from services.access.processing_log import PROCESSING, ProcessingLog, ProcessingLogUnavailable
from services.contracts.codec import Record
from services.eventlog.log import EventLog

ACTIVITY: Final = "urn:backbone:processing-activity:record-{}"
ENDS_OF_ERASURE: Final = {"client-erased": "erased", "erasure-called-off": "called off"}
FACTS_A_ROUND: Final = 500
IDLE_SECONDS, WRITE_SECONDS = 0.2, 30.0

logger = logging.getLogger(__name__)


class Clerk:
    """Writes one line for each command and data subject, at the first fact about the subject; some hundreds share an fsync.

    No command waits for it. A crash before the lines are on disk leaves them to the next start, which goes on behind the last line
    that tells of a fact of this log; after it, they are found there and not written again.
    """

    def __init__(self, log: EventLog, lines: ProcessingLog) -> None:
        self._log, self._lines = log, lines
        self.position = 0
        self._command: tuple[str, str] | None = None
        self._told: set[str] = set()

    def waiting(self) -> int:
        """How many facts were not looked at yet."""
        return self._log.head() - self.position

    def run(self, stop: Stop) -> None:
        """Rounds until `stop`, and a last one for what was recorded before it."""
        self.resume()
        while not stop.is_set():
            if self._tried() < FACTS_A_ROUND:
                stop.wait(IDLE_SECONDS)
        self._tried()

    def resume(self) -> None:
        """Go on behind the last line whose fact is in this log: after a restore, lines may tell of facts that were lost."""
        for position, span in _newest_first(self._lines.folder):
            found = self._log.after(position - 1, 1)
            if found and found[0].position == position and span_of(found[0]) == span:
                self.position = position
                self._recall()
                return

    def round(self) -> int:
        """Look at the next facts; how many. Raises `ProcessingLogUnavailable` or `TimeoutError`, and then looks at them again."""
        records, before = self._log.after(self.position, FACTS_A_ROUND), (self._command, set(self._told))
        try:
            lines = [line for record in records for line in self._line(record)]
            if lines:
                self._lines.record_commands(lines, [act for record in records for act in _acts(record)]).result(WRITE_SECONDS)
        except (ProcessingLogUnavailable, TimeoutError):
            self._command, self._told = before
            raise
        self.position = records[-1].position if records else self.position
        return len(records)

    def _tried(self) -> int:
        try:
            return self.round()
        except (ProcessingLogUnavailable, TimeoutError) as wrong:
            logger.warning("lines of commands wait: %s", type(wrong).__name__)
            return 0

    def _line(self, record: Record) -> Iterator[Processing]:
        subject, command = subject_of(record), (record.actor, record.command_id)
        if command != self._command:
            self._command, self._told = command, set()
        if subject is None or subject in self._told:
            return
        self._told.add(subject)
        at, fact = datetime.fromisoformat(record.recorded_at), record.type.split(".")[3]
        yield Processing(ACTIVITY.format(fact), subject, _trace(record), at, at, "ok", span_id=span_of(record), position=record.position)

    def _recall(self) -> None:
        """Of whom the command at the last line told already."""
        for behind in range(self.position - 1, -1, -1):
            record = self._log.after(behind, 1)[0]
            self._command = self._command or (record.actor, record.command_id)
            if (record.actor, record.command_id) != self._command:
                return
            self._told.update(filter(None, [subject_of(record)]))


def _acts(record: Record) -> Iterator[Act]:
    """What became of an erasure, as the reactor of a service or the clock ended it: whoever asked has a line from the door."""
    result = ENDS_OF_ERASURE.get(record.type.split(".")[3])
    if result is not None and record.client is not None:
        at = datetime.fromisoformat(record.recorded_at)
        yield Act(record.actor, "erase-client", record.client, result, at, _trace(record), "")


def _trace(record: Record) -> str:
    return sha256(record.correlation_id.encode()).hexdigest()[:32]


def subject_of(record: Record) -> str | None:
    """Whom a fact is about: a client, or all who live in a household."""
    return record.client or (record.key if record.key.startswith("h-") else None)


def span_of(record: Record) -> str:
    """The id of the line that begins with this fact; with the event log it leads to who gave the command."""
    return sha256(record.event_id.encode()).hexdigest()[:16]


def _newest_first(folder: Path) -> Iterator[tuple[int, str]]:
    """Position and id of the lines of commands, the last one first."""
    marker = b'"%s":' % POSITION.encode()
    for path in reversed(files_of(folder, PROCESSING)):
        if not path.stat().st_size:
            continue
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as text:
            end = len(text)
            while (found := text.rfind(marker, 0, end)) >= 0:
                end = text.rfind(b"\n", 0, found) + 1
                line = orjson.loads(text[end : text.find(b"\n", found)])
                yield int(line["attributes"][POSITION]), str(line["span_id"])
