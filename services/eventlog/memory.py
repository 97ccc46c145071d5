"""A log in memory, for tests and simulation: the same promises as on disk, but for outliving the process."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TypeVar

from services.contracts.codec import Codec, Record, rfc3339
from services.contracts.envelope import Envelope, Event
from services.eventlog.identity import event_ids
from services.eventlog.log import Answer, Conflict, Due, Origin, require_next

T = TypeVar("T")
V = TypeVar("V")


@dataclass
class _Contents:
    records: list[Record] = field(default_factory=list)
    streams: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[tuple[str, str], tuple[bytes, Answer]] = field(default_factory=dict)
    beside: dict[tuple[str, str], bytes] = field(default_factory=dict)
    due: dict[tuple[str, str], datetime] = field(default_factory=dict)


class MemoryTransaction:
    """Writes at once and keeps how to undo it."""

    def __init__(self, service: str, codec: Codec, contents: _Contents, new_id: Callable[[], str]) -> None:
        self._service, self._codec, self.contents, self._new_id = service, codec, contents, new_id
        self._undo: list[Callable[[], object]] = []

    def roll_back(self) -> None:
        """Leave no trace."""
        for undo in reversed(self._undo):
            undo()

    def read(self, stream: str, after: int = 0) -> Sequence[Event]:
        """See `Transaction`."""
        at = self.contents.streams.get(stream, [])
        if len(at) < after:
            raise Conflict(stream, after, len(at))
        return [self._codec.event(self.contents.records[i].type, self.contents.records[i].data) for i in at[after:]]

    def recorded(self, stream: str) -> datetime | None:
        """See `Transaction`."""
        at = self.contents.streams.get(stream, [])
        return datetime.fromisoformat(self.contents.records[at[-1]].recorded_at) if at else None

    def append(self, events: Sequence[Event], origin: Origin, expected: Mapping[str, int]) -> list[Envelope[Event]]:
        """See `Transaction`."""
        for stream, version in expected.items():
            actual = len(self.contents.streams.get(stream, []))
            if actual != version:
                raise Conflict(stream, version, actual)
        return [self._append(event, origin) for event in events]

    def _append(self, event: Event, origin: Origin) -> Envelope[Event]:
        home = event.home()
        at = self.contents.streams[home.stream]
        record = Record(
            position=len(self.contents.records) + 1,
            event_id=self._new_id(),
            stream=home.stream,
            version=len(at) + 1,
            type=event.TYPE,
            key=home.key,
            client=home.client,
            municipality=home.municipality,
            effective_at=rfc3339(origin.effective_at or origin.at),
            recorded_at=rfc3339(origin.at),
            actor=origin.actor,
            command_id=origin.command_id,
            causation_id=origin.causation_id,
            correlation_id=origin.correlation_id,
            data=event.model_dump_json().encode(),
        )
        self._put(record)
        return self._codec.from_record(self._service, record)

    def take_back(self, record: Record) -> None:
        """See `Transaction`."""
        require_next(record, self.head(), len(self.contents.streams.get(record.stream, [])))
        self._codec.event(record.type, record.data)
        self._put(record)

    def _put(self, record: Record) -> None:
        at = self.contents.streams[record.stream]
        at.append(len(self.contents.records))
        self.contents.records.append(record)
        self._undo.append(lambda: (at.pop(), self.contents.records.pop()))

    def answered(self, actor: str, command_id: str) -> tuple[bytes, Answer] | None:
        """See `Transaction`."""
        return self.contents.answers.get((actor, command_id))

    def remember(self, origin: Origin, body_hash: bytes, answer: Answer) -> None:
        """See `Transaction`."""
        self._set(self.contents.answers, (origin.actor, origin.command_id), (body_hash, answer))

    def head(self) -> int:
        """See `Transaction`."""
        return len(self.contents.records)

    def kept(self, kind: str, key: str) -> bytes | None:
        """See `Transaction`."""
        return self.contents.beside.get((kind, key))

    def keys_of(self, kind: str, value: bytes) -> list[str]:
        """See `Transaction`."""
        return sorted(key for (of, key), kept in self.contents.beside.items() if (of, kept) == (kind, value))

    def keep(self, kind: str, key: str, value: bytes) -> None:
        """See `Transaction`."""
        self._set(self.contents.beside, (kind, key), value)

    def drop(self, kind: str, key: str) -> None:
        """See `Transaction`."""
        self._unset(self.contents.beside, (kind, key))

    def scrub(self) -> None:
        """See `Transaction`; memory keeps nothing of what was dropped."""

    def schedule(self, due: Due) -> None:
        """See `Transaction`."""
        self._set(self.contents.due, (due.stream, due.kind), due.at)

    def unschedule(self, stream: str, kind: str) -> None:
        """See `Transaction`."""
        self._unset(self.contents.due, (stream, kind))

    def take_due(self, due: Due) -> bool:
        """See `Transaction`."""
        stands = self.contents.due.get((due.stream, due.kind)) == due.at
        if stands:
            self.unschedule(due.stream, due.kind)
        return stands

    def _set(self, values: dict[tuple[str, str], V], key: tuple[str, str], value: V) -> None:
        self._unset(values, key)
        values[key] = value
        self._undo.append(lambda: values.pop(key))

    def _unset(self, values: dict[tuple[str, str], V], key: tuple[str, str]) -> None:
        if key in values:
            before = values.pop(key)
            self._undo.append(lambda: values.update({key: before}))


class MemoryLog:
    """A log whose facts live as long as the process."""

    def __init__(self, service: str, codec: Codec, new_id: Callable[[], str] | None = None) -> None:
        self.service = service
        self._codec, self._new_id, self._contents, self._one = codec, new_id or event_ids(), _Contents(), Lock()

    def submit(self, work: Callable[[MemoryTransaction], T]) -> "Future[T]":
        """See `EventLog`; one work after the other, in the caller's thread."""
        future: Future[T] = Future()
        try:
            future.set_result(self.perform(work))
        except Exception as wrong:  # noqa: BLE001 - whatever the work raised belongs to its caller
            future.set_exception(wrong)
        return future

    def perform(self, work: Callable[[MemoryTransaction], T]) -> T:
        """The work and its commit at once; what the work raises undoes it."""
        with self._one:
            tx = MemoryTransaction(self.service, self._codec, self._contents, self._new_id)
            try:
                return work(tx)
            except BaseException:  # also what no code of the house may catch, such as a simulated crash: all of a work, or nothing
                tx.roll_back()
                raise

    def read(self, stream: str) -> list[Envelope[Event]]:
        """See `EventLog`."""
        at = self._contents.streams.get(stream, [])
        return [self._codec.from_record(self.service, self._contents.records[i]) for i in at]

    def scan(self, prefix: str) -> Iterator[Envelope[Event]]:
        """See `EventLog`."""
        for stream in sorted(stream for stream in self._contents.streams if stream.startswith(prefix)):
            yield from self.read(stream)

    def histories(self, prefix: str) -> Iterator[tuple[str, list[Event]]]:
        """See `EventLog`."""
        for stream in sorted(stream for stream, at in self._contents.streams.items() if stream.startswith(prefix) and at):
            yield stream, [envelope.event for envelope in self.read(stream)]

    def heads(self, prefix: str) -> list[tuple[str, int]]:
        """See `EventLog`."""
        return sorted((stream, len(at)) for stream, at in self._contents.streams.items() if stream.startswith(prefix) and at)

    def facts(self, stream: str, versions: Sequence[int], after: int) -> list[tuple[int, Event]]:
        """See `EventLog`."""
        return [(e.version, e.event) for e in self.read(stream) if e.version > after or e.version in versions]

    def after(self, position: int, limit: int) -> list[Record]:
        """See `EventLog`."""
        return self._contents.records[position : position + limit]

    def head(self) -> int:
        """See `EventLog`."""
        return len(self._contents.records)

    def kept(self, kind: str, key: str) -> bytes | None:
        """See `EventLog`."""
        return self._contents.beside.get((kind, key))

    def kept_all(self, kind: str) -> list[tuple[str, bytes]]:
        """See `EventLog`."""
        return sorted((key, value) for (of, key), value in self._contents.beside.items() if of == kind)

    def due(self, now: datetime, limit: int) -> list[Due]:
        """See `EventLog`."""
        ripe = sorted((at, stream, kind) for (stream, kind), at in self._contents.due.items() if at <= now)
        return [Due(stream, kind, at) for at, stream, kind in ripe[:limit]]

    def close(self) -> None:
        """See `EventLog`."""
