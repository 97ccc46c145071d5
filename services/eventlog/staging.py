"""Facts from twelve partitions, put in order of position on disk before a log takes them back."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from services.contracts.codec import Record
from services.eventlog.log import Contradiction

SCHEMA = """
CREATE TABLE facts (
    position INTEGER PRIMARY KEY, event_id TEXT, stream TEXT, version INTEGER, type TEXT, key TEXT, client TEXT, municipality TEXT,
    effective_at TEXT, recorded_at TEXT, actor TEXT, command_id TEXT, causation_id TEXT, correlation_id TEXT, data BLOB
) STRICT
"""
INSERT = "INSERT INTO facts VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (position) DO NOTHING"
CLASH = "SELECT stream, version FROM facts WHERE position = ? AND event_id <> ?"


class Staging:
    """A file that lives for one reading; begun anew each time, so that a crash leaves nothing to mend."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._forget()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.execute("PRAGMA journal_mode=OFF")
        self._connection.execute(SCHEMA)

    def take(self, records: Sequence[Record]) -> None:
        """Keep records, repeats once. Raises `Contradiction` where two facts claim one position."""
        execute = self._connection.execute
        execute("BEGIN")
        self._connection.executemany(INSERT, records)
        execute("COMMIT")
        for record in records:
            other = execute(CLASH, (record.position, record.event_id)).fetchone()
            if other is not None:
                raise Contradiction(
                    f"Kafka has two facts at position {record.position}: {other[0]}@{other[1]} and {record.stream}@{record.version}"
                )

    def ids(self, first: int, last: int) -> dict[int, str]:
        """Event ids by position within these bounds."""
        return dict(self._connection.execute("SELECT position, event_id FROM facts WHERE position BETWEEN ? AND ?", (first, last)))

    def after(self, position: int) -> Iterator[Record]:
        """The facts behind a position, in order."""
        for row in self._connection.execute("SELECT * FROM facts WHERE position > ? ORDER BY position", (position,)):
            yield Record._make(row)

    def last(self) -> int:
        """The highest position that Kafka has; 0 for none."""
        return int(self._connection.execute("SELECT coalesce(max(position), 0) FROM facts").fetchone()[0])

    def close(self) -> None:
        """Remove the file."""
        self._connection.close()
        self._forget()

    def _forget(self) -> None:
        with suppress(FileNotFoundError):
            self._path.unlink()


def fill(staging: Staging, batches: Iterable[Sequence[Record]]) -> int:
    """Keep every batch; how many records came."""
    count = 0
    for batch in batches:
        staging.take(batch)
        count += len(batch)
    return count
