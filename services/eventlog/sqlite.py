"""A log in one SQLite file: one writer thread commits many commands together, readers never wait for it."""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson

from services.contracts.codec import Codec, Record, rfc3339
from services.contracts.envelope import Envelope, Event
from services.eventlog.identity import event_ids
from services.eventlog.log import Due, LogUnavailable
from services.eventlog.recent import RecentStreams
from services.eventlog.sqlite_schema import PRAGMAS, SCHEMA, SCRUB, SELECT_EVENT, SELECT_FACTS, SELECT_HEADS, SELECT_HISTORIES
from services.eventlog.sqlite_transaction import SqliteTransaction

T = TypeVar("T")
Job = tuple[Callable[[SqliteTransaction], Any], "Future[Any]"]

COMMANDS_A_COMMIT = 512
GATHER_SECONDS = 0.003
ENOUGH = 64
STATEMENTS = 64
LAST_CHARACTER = "\U0010ffff"
CLOSE_SECONDS = 30.0

logger = logging.getLogger(__name__)


class SqliteLog:
    """A log that survives the process. Opened by one process at a time for writing; reads work from any thread."""

    def __init__(self, service: str, path: Path, codec: Codec, new_id: Callable[[], str] | None = None) -> None:
        self.service = service
        self._path, self._codec, self._new_id = path, codec, new_id or event_ids()
        self._recent = RecentStreams()
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._closed = False
        self._readers = threading.local()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._connect() as connection:
            connection.executescript(SCHEMA)
        connection.close()
        self._unscrubbed = False
        self._writer = threading.Thread(target=self._write, name=f"log-{service}", daemon=True)
        self._writer.start()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS)
        for pragma in PRAGMAS:
            connection.execute(pragma)
        return connection

    def submit(self, work: Callable[[SqliteTransaction], T]) -> "Future[T]":
        """See `EventLog`."""
        future: Future[T] = Future()
        if self._closed:
            future.set_exception(LogUnavailable(f"the log of {self.service} is closed"))
        else:
            self._jobs.put((work, future))
        return future

    def _write(self) -> None:
        connection, together = self._connect(), 0
        while (job := self._jobs.get()) is not None:
            self._gather(together)
            batch = self._batch(job)
            together = len(batch)
            self._commit_together(connection, batch)
        connection.close()

    def _gather(self, together: int) -> None:
        """Where commands come side by side, let a few more come: each commit costs as much as many commands."""
        if together > 1 and self._jobs.qsize() < ENOUGH:
            time.sleep(GATHER_SECONDS)

    def _batch(self, first: Job) -> list[Job]:
        """Jobs whose caller has not gone; from here on a caller that goes changes nothing."""
        return [job for job in self._queued(first) if job[1].set_running_or_notify_cancel()]

    def _queued(self, first: Job) -> list[Job]:
        jobs = [first]
        while len(jobs) < COMMANDS_A_COMMIT:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            jobs.append(job)
        return jobs

    def _commit_together(self, connection: sqlite3.Connection, jobs: list[Job]) -> None:
        """A crash before COMMIT leaves nothing of the batch; after it, all of it, answered or not."""
        ended: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            tx = SqliteTransaction(self.service, connection, self._codec, self._new_id, self._recent)
            tx.look_up(_commands(jobs))
            ended.extend((future, *tx.run(work)) for work, future in jobs)
            tx.flush()
            connection.execute("COMMIT")
            tx.committed()
            self._scrub(connection, asked=tx.scrubs)
        except sqlite3.Error as wrong:
            self._nothing_written(connection, jobs, wrong)
            return
        for future, result, error in ended:
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

    def _scrub(self, connection: sqlite3.Connection, *, asked: bool) -> None:
        """Empty the write-ahead log, which still has what `secure_delete` overwrote in the file.

        Who reads an older state meanwhile is waited for, `busy_timeout` at most; then the next commit tries again.
        """
        if asked or self._unscrubbed:
            self._unscrubbed = bool(connection.execute(SCRUB).fetchone()[0])

    def _nothing_written(self, connection: sqlite3.Connection, jobs: list[Job], wrong: sqlite3.Error) -> None:
        self._recent.forget()
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        logger.error("log of %s cannot write: %s", self.service, wrong.sqlite_errorname if hasattr(wrong, "sqlite_errorname") else "error")
        for _, future in jobs:
            future.set_exception(LogUnavailable(f"the log of {self.service} cannot write now, send the command again later"))

    def _reader(self) -> sqlite3.Connection:
        connection = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._readers.connection = self._connect()
            connection.execute("PRAGMA query_only=ON")
        return cast("sqlite3.Connection", connection)

    def _records(self, where: str, *values: object) -> Iterator[Record]:
        for row in self._reader().execute(SELECT_EVENT + where, values):
            yield Record._make(row)

    def read(self, stream: str) -> list[Envelope[Event]]:
        """See `EventLog`."""
        return [self._codec.from_record(self.service, r) for r in self._records("WHERE stream = ? ORDER BY version", stream)]

    def records_of(self, stream: str) -> list[Record]:
        """The facts of a stream as they lie in the log."""
        return list(self._records("WHERE stream = ? ORDER BY version", stream))

    def scan(self, prefix: str) -> Iterator[Envelope[Event]]:
        """See `EventLog`."""
        where = "WHERE stream >= ? AND stream < ? ORDER BY stream, version"
        for record in self._records(where, prefix, prefix + LAST_CHARACTER):
            yield self._codec.from_record(self.service, record)

    def histories(self, prefix: str) -> Iterator[tuple[str, list[Event]]]:
        """See `EventLog`."""
        rows = self._reader().execute(SELECT_HISTORIES, (prefix, prefix + LAST_CHARACTER))
        for stream, facts in groupby(rows, key=itemgetter(0)):
            yield stream, [self._codec.event(type_, data) for _, type_, data in facts]

    def heads(self, prefix: str) -> list[tuple[str, int]]:
        """See `EventLog`."""
        return self._reader().execute(SELECT_HEADS, (prefix, prefix + LAST_CHARACTER)).fetchall()

    def facts(self, stream: str, versions: Sequence[int], after: int) -> list[tuple[int, Event]]:
        """See `EventLog`."""
        rows = self._reader().execute(SELECT_FACTS, (stream, after, orjson.dumps(versions)))
        return [(version, self._codec.event(type_, data)) for version, type_, data in rows]

    def after(self, position: int, limit: int) -> list[Record]:
        """See `EventLog`."""
        return list(self._records("WHERE position > ? ORDER BY position LIMIT ?", position, limit))

    def head(self) -> int:
        """See `EventLog`."""
        return int(self._reader().execute("SELECT coalesce(max(position), 0) FROM events").fetchone()[0])

    def kept(self, kind: str, key: str) -> bytes | None:
        """See `EventLog`."""
        row = self._reader().execute("SELECT value FROM beside WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return None if row is None else cast("bytes", row[0])

    def kept_all(self, kind: str) -> list[tuple[str, bytes]]:
        """See `EventLog`."""
        return self._reader().execute("SELECT key, value FROM beside WHERE kind = ? ORDER BY key", (kind,)).fetchall()

    def due(self, now: datetime, limit: int) -> list[Due]:
        """See `EventLog`."""
        rows = self._reader().execute("SELECT stream, kind, at FROM due WHERE at <= ? ORDER BY at LIMIT ?", (rfc3339(now), limit))
        return [Due(stream, kind, datetime.fromisoformat(at)) for stream, kind, at in rows]

    @property
    def writing(self) -> bool:
        """Whether commands are still taken; readiness looks at it."""
        return self._writer.is_alive()

    def close(self) -> None:
        """See `EventLog`."""
        self._closed = True
        self._jobs.put(None)
        self._writer.join(CLOSE_SECONDS)


def _commands(jobs: list[Job]) -> list[tuple[str, str]]:
    """Actor and command id of the work that tells where it comes from, as `handle.Work` does."""
    origins = (getattr(work, "origin", None) for work, _ in jobs)
    return [(origin.actor, origin.command_id) for origin in origins if origin is not None]
