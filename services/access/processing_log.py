"""The processing log: one line for each time a client was read, and beside it, linked by an id, who did so.

After the standard Logboek Dataverwerkingen: no sampling, every write acknowledged, the reader only in the audit log.
"""

import fcntl
import os
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Literal

import orjson

LINES_A_SYNC = 512
CLOSE_SECONDS = 30.0
TAIL_BYTES = 1_048_576
"""More than one portion of lines, which is the most that a crash can cut off."""
PROCESSING_FILE = "processing.ndjson"
AUDIT_FILE = "audit.ndjson"

Status = Literal["ok", "refused", "failed"]
Job = tuple["Processing", str, "Future[str]"]
"""A reading, who read, and who waits for the line."""


class ProcessingLogUnavailable(Exception):
    """The line could not be written; what was read must not be answered."""


@dataclass(frozen=True, slots=True)
class Processing:
    """One read of one client.

    `activity` is its URI in the register of processing activities, `subject` a client reference, `trace_id` 32
    hexadecimal characters; times in UTC.
    """

    activity: str
    subject: str
    trace_id: str
    started_at: datetime
    ended_at: datetime
    status: Status


class ProcessingLog:
    """Two append-only files (mode 0600) in `folder`, owned by one process at a time.

    Lines are numbered without a gap, also over restarts, with sorted keys, so that a hash chain can be laid over them.
    One thread writes; lines that wait together share one fsync, and a future ends only after it. A line that a crash
    cut off was never acknowledged and is taken away at the next start.
    """

    def __init__(self, folder: Path, new_id: Callable[[], str] = lambda: token_hex(16)) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._new_id = folder, new_id
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._closed = False
        self._processing, self._audit = _Lines(folder / PROCESSING_FILE), _Lines(folder / AUDIT_FILE)
        self._writer = threading.Thread(target=self._write, name="processing-log", daemon=True)
        self._writer.start()

    def record(self, processing: Processing, actor: str) -> "Future[str]":
        """Write a read of a client, and who read; the future gives the id of both lines, or `ProcessingLogUnavailable`."""
        future: Future[str] = Future()
        with self._guard:
            if self._closed:
                future.set_exception(ProcessingLogUnavailable("the processing log is closed"))
            else:
                self._jobs.put((processing, actor, future))
        return future

    def _write(self) -> None:
        while (first := self._jobs.get()) is not None:
            self._write_together(self._waiting(first))

    def _waiting(self, first: Job) -> list[Job]:
        jobs = [first]
        while len(jobs) < LINES_A_SYNC:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            jobs.append(job)
        return jobs

    def _write_together(self, jobs: Sequence[Job]) -> None:
        ids = [self._new_id() for _ in jobs]
        try:
            self._audit.append([_audit_line(read, actor, id_) for (read, actor, _), id_ in zip(jobs, ids, strict=True)])
            self._processing.append([_processing_line(read, id_) for (read, _, _), id_ in zip(jobs, ids, strict=True)])
        except (OSError, TypeError) as wrong:
            for _, _, future in jobs:
                _end(future, ProcessingLogUnavailable(type(wrong).__name__))
            return
        for (_, _, future), id_ in zip(jobs, ids, strict=True):
            _end(future, id_)

    def close(self) -> None:
        """Write what waits and release the files; a second time does nothing."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._writer.join(CLOSE_SECONDS)
        self._processing.close()
        self._audit.close()


class _Lines:
    """A file of numbered JSON lines that only grows; what is after the last newline never counted."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            os.close(self._descriptor)
            raise ProcessingLogUnavailable(f"another process writes {path.name}") from taken
        size = os.fstat(self._descriptor).st_size
        tail = os.pread(self._descriptor, TAIL_BYTES, max(0, size - TAIL_BYTES))
        whole = tail.rfind(b"\n") + 1
        last = tail[:whole].rstrip(b"\n").rpartition(b"\n")[2]
        self._number = int(orjson.loads(last)["number"]) if last else 0
        self._size = size - len(tail) + whole
        os.ftruncate(self._descriptor, self._size)

    def append(self, lines: Sequence[Mapping[str, object]]) -> None:
        """All of these lines on disk, or none of them and an `OSError`."""
        if not lines:
            return
        numbered = enumerate(lines, self._number + 1)
        text = b"".join(orjson.dumps({"number": n, **line}, option=orjson.OPT_SORT_KEYS) + b"\n" for n, line in numbered)
        try:
            self._write(text)
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(text)
        self._number += len(lines)

    def _write(self, text: bytes) -> None:
        written = 0
        while written < len(text):
            written += os.pwrite(self._descriptor, text[written:], self._size + written)
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Give the file up, and with it its lock."""
        os.close(self._descriptor)


def _audit_line(read: Processing, actor: str, id_: str) -> dict[str, object]:
    return {
        "id": id_,
        "actor": actor,
        "action": read.activity,
        "object": read.subject,
        "result": read.status,
        "at": _utc(read.ended_at),
    }


def _processing_line(read: Processing, id_: str) -> dict[str, object]:
    return {
        "id": id_,
        "trace_id": read.trace_id,
        "status": read.status,
        "start_time": _utc(read.started_at),
        "end_time": _utc(read.ended_at),
        "attributes": {
            "dpl.core.processing_activity_id": read.activity,
            "dpl.core.data_subject_id": read.subject,
            "dpl.core.data_subject_id_type": "client-reference",
        },
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _end(future: "Future[str]", result: str | ProcessingLogUnavailable) -> None:
    """End a future whose reader may have gone; the line is written all the same."""
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(result, str):
        future.set_result(result)
    else:
        future.set_exception(result)
