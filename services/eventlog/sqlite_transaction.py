"""One SQLite transaction in which several commands are carried out, each of them wholly or not at all."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar, cast

import orjson

from services.contracts.codec import Codec, Record, rfc3339
from services.contracts.envelope import Envelope, Event
from services.eventlog.log import Answer, Conflict, Due, Origin, require_next
from services.eventlog.recent import RecentStreams, Tail
from services.eventlog.sqlite_rows import answers_of, insert

T = TypeVar("T")
V = TypeVar("V")
Key = tuple[str, str]
LAST_VERSION = 2**63 - 1


class SqliteTransaction:
    """See `Transaction`. Positions are the head plus one, so they have no gaps.

    Writes wait in memory until `flush`, where one statement takes many rows: each statement gives way to other threads
    once, and waits for them. Reads see what waits. Work that fails is undone in memory, so that nothing of it reaches the file.
    """

    def __init__(
        self, service: str, connection: sqlite3.Connection, codec: Codec, new_id: Callable[[], str], recent: RecentStreams
    ) -> None:
        self._service, self._codec, self._new_id, self._recent = service, codec, new_id, recent
        self._connection, self._execute = connection, connection.execute
        self._head = int(self._execute("SELECT coalesce(max(position), 0) FROM events").fetchone()[0])
        recent.at(self._head)
        self._events: list[tuple[object, ...]] = []
        self._streams: dict[str, Tail] = {}
        self._looked_up: set[Key] = set()
        self._answers: dict[Key, tuple[bytes, Answer]] = {}
        self._commands: dict[Key, tuple[object, ...]] = {}
        self._beside: dict[Key, bytes | None] = {}
        self._due: dict[Key, str | None] = {}
        self._undo: list[Callable[[], object]] = []
        self.scrubs = False

    def look_up(self, commands: Sequence[Key]) -> None:
        """Learn in a few statements which of these commands, by actor and command id, were answered before."""
        self._looked_up.update(commands)
        for actor, command_id, body_hash, answer in answers_of(self._connection, commands):
            self._answers[actor, command_id] = (body_hash, Answer(**orjson.loads(answer)))

    def run(self, work: Callable[["SqliteTransaction"], T]) -> tuple[T | None, BaseException | None]:
        """Result or error of one work; after an error nothing of it remains. Raises `sqlite3.Error` when the file fails."""
        self._undo.clear()
        try:
            return work(self), None
        except sqlite3.Error:
            raise
        except Exception as wrong:  # noqa: BLE001 - whatever the work raised belongs to its caller
            for undo in reversed(self._undo):
                undo()
            return None, wrong

    def flush(self) -> None:
        """Hand everything to SQLite, before COMMIT."""
        insert(self._connection, "events", self._events)
        insert(self._connection, "commands", list(self._commands.values()))
        many = self._connection.executemany
        many("INSERT OR REPLACE INTO beside VALUES (?,?,?)", [(*k, v) for k, v in self._beside.items() if v is not None])
        many("DELETE FROM beside WHERE kind = ? AND key = ?", [k for k, v in self._beside.items() if v is None])
        many("INSERT OR REPLACE INTO due VALUES (?,?,?)", [(*k, at) for k, at in self._due.items() if at is not None])
        many("DELETE FROM due WHERE stream = ? AND kind = ?", [k for k, at in self._due.items() if at is None])

    def committed(self) -> None:
        """What was flushed is durable."""
        self._recent.committed(self._head, len(self._events))

    def read(self, stream: str, after: int = 0) -> Sequence[Event]:
        """See `Transaction`."""
        tail = self._tail(stream, after)
        if tail.after > after:
            self._recent.lengthen(tail, self._stored(stream, after, tail.after))
        if tail.version < after:
            raise Conflict(stream, after, tail.version)
        return tail.behind(after)

    def _tail(self, stream: str, after: int = 0) -> Tail:
        """What is known of a stream, else what the file has of it behind a version; all of it where it does not go so far."""
        tail = self._streams.get(stream) or self._recent.get(stream)
        if tail is None:
            # The fact at the version itself shows that the stream goes so far.
            events = self._stored(stream, max(0, after - 1))
            tail = Tail(after, events[1:]) if after and events else Tail(0, self._stored(stream) if after else events)
            self._recent.put(stream, tail)
        self._streams[stream] = tail
        return tail

    def _stored(self, stream: str, after: int = 0, upto: int = LAST_VERSION) -> list[Event]:
        where = "stream = ? AND version > ? AND version <= ? ORDER BY version"
        rows = self._execute(f"SELECT type, data FROM events WHERE {where}", (stream, after, upto))  # noqa: S608 - as written above
        return [self._codec.event(type_, data) for type_, data in rows]

    def recorded(self, stream: str) -> datetime | None:
        """See `Transaction`."""
        waiting = next((row for row in reversed(self._events) if row[2] == stream), None)
        if waiting is not None:
            return datetime.fromisoformat(str(waiting[9]))
        row = self._execute("SELECT recorded_at FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1", (stream,)).fetchone()
        return None if row is None else datetime.fromisoformat(row[0])

    def append(self, events: Sequence[Event], origin: Origin, expected: Mapping[str, int]) -> list[Envelope[Event]]:
        """See `Transaction`."""
        for stream, version in expected.items():
            actual = self._tail(stream).version
            if actual != version:
                raise Conflict(stream, version, actual)
        at, effective = rfc3339(origin.at), rfc3339(origin.effective_at or origin.at)
        return [self._append(event, origin, at, effective) for event in events]

    def _append(self, event: Event, origin: Origin, at: str, effective: str) -> Envelope[Event]:
        home, event_id = event.home(), self._new_id()
        tail = self._tail(home.stream)
        version = tail.version + 1
        self._put(tail, event, (
            self._head + 1, event_id, home.stream, version, event.TYPE, home.key, home.client, home.municipality,
            effective, at, origin.actor, origin.command_id, origin.causation_id, origin.correlation_id,
            event.__pydantic_serializer__.to_json(event),
        ))  # fmt: skip  # one value a line would be longer than the table it fills
        return Envelope(
            event_id, self._service, home.stream, version, self._head, home.key, home.client, home.municipality,
            origin.effective_at or origin.at, origin.at, origin.causation_id, origin.correlation_id, event,
        )  # fmt: skip  # as above

    def take_back(self, record: Record) -> None:
        """See `Transaction`."""
        tail = self._tail(record.stream)
        require_next(record, self._head, tail.version)
        self._put(tail, self._codec.event(record.type, record.data), tuple(record))

    def _put(self, tail: Tail, event: Event, row: tuple[object, ...]) -> None:
        tail.events.append(event)
        self._head += 1
        self._events.append(row)
        self._undo.append(lambda: self._take_off(tail))

    def _take_off(self, tail: Tail) -> None:
        tail.events.pop()
        self._events.pop()
        self._head -= 1

    def answered(self, actor: str, command_id: str) -> tuple[bytes, Answer] | None:
        """See `Transaction`."""
        if (actor, command_id) not in self._looked_up:
            self.look_up([(actor, command_id)])
        return self._answers.get((actor, command_id))

    def remember(self, origin: Origin, body_hash: bytes, answer: Answer) -> None:
        """See `Transaction`."""
        key = (origin.actor, origin.command_id)
        self._set(self._answers, key, (body_hash, answer))
        self._set(self._commands, key, (*key, rfc3339(origin.at), body_hash, orjson.dumps(answer)))

    def head(self) -> int:
        """See `Transaction`."""
        return self._head

    def kept(self, kind: str, key: str) -> bytes | None:
        """See `Transaction`."""
        if (kind, key) in self._beside:
            return self._beside[kind, key]
        row = self._execute("SELECT value FROM beside WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return None if row is None else cast("bytes", row[0])

    def keys_of(self, kind: str, value: bytes) -> list[str]:
        """See `Transaction`."""
        stored = self._execute("SELECT key FROM beside WHERE kind = ? AND value = ?", (kind, value))
        found = {key for (key,) in stored if (kind, key) not in self._beside}
        return sorted(found | {key for (of, key), kept in self._beside.items() if (of, kept) == (kind, value)})

    def keep(self, kind: str, key: str, value: bytes) -> None:
        """See `Transaction`."""
        self._set(self._beside, (kind, key), value)

    def drop(self, kind: str, key: str) -> None:
        """See `Transaction`."""
        self._set(self._beside, (kind, key), None)

    def scrub(self) -> None:
        """See `Transaction`. Work that fails afterwards leaves the wish, which costs time and nothing else."""
        self.scrubs = True

    def schedule(self, due: Due) -> None:
        """See `Transaction`."""
        self._set(self._due, (due.stream, due.kind), rfc3339(due.at))

    def unschedule(self, stream: str, kind: str) -> None:
        """See `Transaction`."""
        self._set(self._due, (stream, kind), None)

    def take_due(self, due: Due) -> bool:
        """See `Transaction`."""
        stands = self._scheduled((due.stream, due.kind)) == rfc3339(due.at)
        if stands:
            self.unschedule(due.stream, due.kind)
        return stands

    def _scheduled(self, key: Key) -> str | None:
        if key in self._due:
            return self._due[key]
        row = self._execute("SELECT at FROM due WHERE stream = ? AND kind = ?", key).fetchone()
        return None if row is None else str(row[0])

    def _set(self, values: dict[Key, V], key: Key, value: V) -> None:
        if key in values:
            before = values[key]
            self._undo.append(lambda: values.update({key: before}))
        else:
            self._undo.append(lambda: values.pop(key))
        values[key] = value
