"""One SQLite transaction in which several commands are carried out, each of them wholly or not at all."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TypeVar

import orjson

from services.contracts.codec import Codec, rfc3339
from services.contracts.envelope import Envelope, Event
from services.eventlog.log import Answer, Conflict, Due, Origin
from services.eventlog.sqlite_schema import INSERT_EVENT

T = TypeVar("T")


class SqliteTransaction:
    """See `Transaction`. Positions are the head plus one, so they have no gaps."""

    def __init__(self, service: str, connection: sqlite3.Connection, codec: Codec, new_id: Callable[[], str]) -> None:
        self._service, self._connection, self._codec, self._new_id = service, connection, codec, new_id
        self._execute = connection.execute
        self._head = self._stored_head()
        self._saved = False

    def run(self, work: Callable[["SqliteTransaction"], T]) -> tuple[T | None, BaseException | None]:
        """Result or error of one work; after an error nothing of it remains. Raises `sqlite3.Error` when the file fails."""
        self._saved = False
        try:
            result = work(self)
        except sqlite3.OperationalError:
            raise
        except Exception as wrong:  # noqa: BLE001 - whatever the work raised belongs to its caller
            self._undo()
            return None, wrong
        if self._saved:
            self._execute("RELEASE work")
        return result, None

    def _undo(self) -> None:
        if self._saved:
            self._execute("ROLLBACK TO work")
            self._execute("RELEASE work")
            self._head = self._stored_head()

    def _stored_head(self) -> int:
        return int(self._execute("SELECT coalesce(max(position), 0) FROM events").fetchone()[0])

    def _save(self) -> None:
        if not self._saved:
            self._execute("SAVEPOINT work")
            self._saved = True

    def read(self, stream: str) -> Sequence[Event]:
        """See `Transaction`."""
        rows = self._execute("SELECT type, data FROM events WHERE stream = ? ORDER BY version", (stream,))
        return [self._codec.event(type_, data) for type_, data in rows]

    def append(self, events: Sequence[Event], origin: Origin, expected: Mapping[str, int]) -> list[Envelope[Event]]:
        """See `Transaction`."""
        self._save()
        for stream, version in expected.items():
            actual = self._version(stream)
            if actual != version:
                raise Conflict(stream, version, actual)
        versions = dict(expected)
        return [self._append(event, origin, versions) for event in events]

    def _version(self, stream: str) -> int:
        row = self._execute("SELECT max(version) FROM events WHERE stream = ?", (stream,)).fetchone()
        return int(row[0] or 0)

    def _append(self, event: Event, origin: Origin, versions: dict[str, int]) -> Envelope[Event]:
        home = event.home()
        before = versions.get(home.stream)
        version = versions[home.stream] = 1 + (self._version(home.stream) if before is None else before)
        self._head += 1
        effective, event_id = origin.effective_at or origin.at, self._new_id()
        record = (
            self._head, event_id, home.stream, version, event.TYPE, home.key, home.client, home.municipality,
            rfc3339(effective), rfc3339(origin.at), origin.actor, origin.command_id, origin.causation_id,
            origin.correlation_id, event.__pydantic_serializer__.to_json(event),
        )  # fmt: skip  # one value a line would be longer than the table it fills
        self._execute(INSERT_EVENT, record)
        return Envelope(
            event_id, self._service, home.stream, version, self._head, home.key, home.client, home.municipality,
            effective, origin.at, origin.causation_id, origin.correlation_id, event,
        )  # fmt: skip  # as above

    def answered(self, actor: str, command_id: str) -> tuple[bytes, Answer] | None:
        """See `Transaction`."""
        query = "SELECT body_hash, answer FROM commands WHERE actor = ? AND command_id = ?"
        row = self._execute(query, (actor, command_id)).fetchone()
        return None if row is None else (row[0], Answer(**orjson.loads(row[1])))

    def remember(self, origin: Origin, body_hash: bytes, answer: Answer) -> None:
        """See `Transaction`."""
        self._save()
        row = (origin.actor, origin.command_id, rfc3339(origin.at), body_hash, orjson.dumps(asdict(answer)))
        self._execute("INSERT INTO commands VALUES (?,?,?,?,?)", row)

    def head(self) -> int:
        """See `Transaction`."""
        return self._head

    def kept(self, kind: str, key: str) -> bytes | None:
        """See `Transaction`."""
        row = self._execute("SELECT value FROM beside WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return None if row is None else bytes(row[0])

    def keep(self, kind: str, key: str, value: bytes) -> None:
        """See `Transaction`."""
        self._save()
        self._execute("INSERT OR REPLACE INTO beside VALUES (?,?,?)", (kind, key, value))

    def drop(self, kind: str, key: str) -> None:
        """See `Transaction`."""
        self._save()
        self._execute("DELETE FROM beside WHERE kind = ? AND key = ?", (kind, key))

    def schedule(self, due: Due) -> None:
        """See `Transaction`."""
        self._save()
        self._execute("INSERT OR REPLACE INTO due VALUES (?,?,?)", (due.stream, due.kind, rfc3339(due.at)))

    def unschedule(self, stream: str, kind: str) -> None:
        """See `Transaction`."""
        self._save()
        self._execute("DELETE FROM due WHERE stream = ? AND kind = ?", (stream, kind))
