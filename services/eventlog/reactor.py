"""The only way back: an event of another service becomes a command of this one."""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import Event as Stop
from threading import Lock
from typing import Any

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError

from services.contracts.codec import Codec, Undecodable, record_of
from services.contracts.envelope import Envelope, Event
from services.contracts.topics import PARTITIONS
from services.eventlog.log import Answer, EventLog, LogUnavailable, Transaction
from services.eventlog.relay import RECONNECT_MS
from services.eventlog.watermark import Watermark
from services.metrics import REACTOR_HANDLED, REACTOR_HELD, REACTOR_PROGRESS

WATERMARK = "watermark"
HELD = "held"
RECORDS_A_ROUND = 1_000
ANSWER_SECONDS = 30.0
BROKEN_SECONDS = 1.0
SILENT_SECONDS = 20.0
KAFKA_MS = 20_000

logger = logging.getLogger(__name__)

React = Callable[[Envelope[Event]], Sequence[Callable[[Transaction], Answer]]]
"""The commands, as work for the log, that follow from an event; their command ids derive from the event id."""


def together(*reactions: React) -> React:
    """One reaction that is all of these, in order."""
    return lambda envelope: [work for reaction in reactions for work in reaction(envelope)]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record as Kafka gave it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Sequence[tuple[str, bytes]]
    value: bytes | None

    @property
    def place(self) -> str:
        """Where it lies, so that text order is the order of its partition."""
        return f"{self.topic}/{self.partition}/{self.offset:012d}"


class Reactor:
    """Takes records in batches and gives the log the commands that follow.

    A crash before the commands are recorded repeats the batch; after it, before the offset is committed, the repeat
    finds every command answered. An unreadable record is held with its reason, and so is every later one of its key,
    so that nothing is decided on half a history; `let_in` takes them once the cause is mended. `types` names the only facts
    that matter, where few do: others are passed by unread.
    """

    def __init__(self, log: EventLog, codec: Codec, react: React, types: Collection[str] = ()) -> None:
        self._log, self._codec, self._react = log, codec, react
        self._types = frozenset(type_.encode() for type_ in types)
        self._held = {value.rpartition(b"\n")[0] for _, value in log.kept_all(HELD)}
        self._turn = Lock()
        self._handled, self._holding = REACTOR_HANDLED.labels(log.service), REACTOR_HELD.labels(log.service)

    @property
    def service(self) -> str:
        """Name of the service that acts."""
        return self._log.service

    def batch(self, incoming: Sequence[Incoming]) -> None:
        """Act on records; when this returns everything that follows from them is durable. Raises `LogUnavailable`."""
        with self._turn:
            self._batch(incoming)

    def let_in(self, key: bytes, records: Sequence[Incoming], given_up: int | None = None) -> int:
        """Act on the held records of a key, in order, until one cannot be read; how many are still held.

        `given_up` is the place, in these records, of one that is never to be read. Raises `LogUnavailable`. A crash in between
        repeats the record that it was at, whose commands are answered; a batch that comes meanwhile waits its turn.
        """
        with self._turn:
            for number, record in enumerate(records):
                if not self._let_in(record, given_up=number == given_up):
                    break
            # Counted anew: a batch may have held more of this key since the caller looked.
            still = sum(value.rpartition(b"\n")[0] == key for _, value in self._log.kept_all(HELD))
            if not still:
                self._held.discard(key)
            return still

    def _let_in(self, record: Incoming, *, given_up: bool) -> bool:
        """Whether the record is held no more."""
        work: list[Callable[[Transaction], Any]] = []
        try:
            envelope = self._codec.from_kafka(record.key, record.headers, record.value)
            work.extend([] if given_up else self._react(envelope))
        except Undecodable as wrong:
            if not given_up:
                self._log.submit(self._hold(record, wrong.reason)).result(ANSWER_SECONDS)
                return False
        if not self._types:  # who passes most facts by unread has not seen everything up to a position
            work.extend(_passed(record))
        for ended in [self._log.submit(step) for step in (*work, lambda tx: tx.drop(HELD, record.place))]:
            ended.result(ANSWER_SECONDS)
        self._holding.set(len(self._log.kept_all(HELD)))
        return True

    def _batch(self, incoming: Sequence[Incoming]) -> None:
        work: list[Callable[[Transaction], Any]] = []
        seen: dict[str, list[int]] = {}
        for record in incoming:
            if not self._types or dict(record.headers).get("ce_type") in self._types:
                self._sort_in(record, work, seen)
        work.extend(_advance(service, positions) for service, positions in seen.items())
        for ended in [self._log.submit(step) for step in work]:
            ended.result(ANSWER_SECONDS)
        self._handled.inc(len(incoming))
        self._holding.set(len(self._log.kept_all(HELD)))

    def _sort_in(self, record: Incoming, work: list[Callable[[Transaction], Any]], seen: dict[str, list[int]]) -> None:
        key = record.key or b""
        try:
            envelope = self._codec.from_kafka(record.key, record.headers, record.value)
        except Undecodable as wrong:
            work.append(self._hold(record, wrong.reason))
            return
        if key in self._held:
            work.append(self._hold(record, "behind-a-held-record"))
            return
        work.extend(self._react(envelope))
        if not self._types:  # as above
            seen.setdefault(envelope.service, []).append(envelope.position)

    def _hold(self, record: Incoming, reason: str) -> Callable[[Transaction], None]:
        key = record.key or b""
        self._held.add(key)
        logger.warning("held %s/%d@%d: %s", record.topic, record.partition, record.offset, reason)
        return lambda tx: tx.keep(HELD, record.place, key + b"\n" + reason.encode())


def _advance(service: str, positions: Sequence[int]) -> Callable[[Transaction], None]:
    def advance(tx: Transaction) -> None:
        tx.keep(WATERMARK, service, Watermark.from_bytes(tx.kept(WATERMARK, service)).seen(positions).to_bytes())

    return advance


def _passed(record: Incoming) -> list[Callable[[Transaction], None]]:
    """The position counts as seen, also of a record that was given up, if it says which it was."""
    try:
        told = record_of(record.key, record.headers, record.value)
        source = dict(record.headers)["ce_source"].decode()
    except (Undecodable, KeyError, ValueError):
        return []
    return [_advance(source.rpartition(":")[2], [told.position])]


def watermark(log: EventLog, service: str) -> int:
    """Position of `service` up to which this log has acted on every event."""
    return Watermark.from_bytes(log.kept(WATERMARK, service)).upto


def held(log: EventLog) -> list[tuple[str, str]]:
    """Every record in quarantine: topic/partition/offset and the reason."""
    return [(where, value.rpartition(b"\n")[2].decode()) for where, value in log.kept_all(HELD)]


class Follower:
    """Feeds a reactor from Kafka; offsets are committed after the batch is durable.

    Partitions are taken by hand, as one process follows for a log: as members of a group a process that was killed would be
    waited for until its session ends, and clients would be without a contact person meanwhile.
    """

    def __init__(self, bootstrap: str, topics: Sequence[str], group: str, reactor: Reactor) -> None:
        self._bootstrap, self._topics, self._group, self._reactor = bootstrap, topics, group, reactor
        self._last_round, self._progress = time.monotonic(), REACTOR_PROGRESS.labels(reactor.service)

    def trouble(self) -> str | None:
        """A sentence for readiness while nothing can be read or acted on."""
        silent = time.monotonic() - self._last_round
        return f"no round with Kafka for {silent:.0f} s" if silent > SILENT_SECONDS else None

    def _consumer(self) -> KafkaConsumer:
        consumer = KafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=RECORDS_A_ROUND,
            reconnect_backoff_max_ms=RECONNECT_MS,
        )
        consumer.assign([TopicPartition(topic, number) for topic in self._topics for number in range(PARTITIONS)])
        return consumer

    def run(self, stop: Stop) -> None:
        """Follow until `stop`; while Kafka is away or the log cannot write it tries again each second."""
        while not stop.is_set():
            try:
                self._follow(self._consumer(), stop)
            except (KafkaError, LogUnavailable, TimeoutError) as wrong:
                logger.warning("reactor %s waits for Kafka or its log: %s", self._group, type(wrong).__name__)
                stop.wait(BROKEN_SECONDS)

    def _follow(self, consumer: KafkaConsumer, stop: Stop) -> None:
        try:
            while not stop.is_set():
                self.round(consumer)
        finally:
            consumer.close(timeout_ms=2_000)

    def round(self, consumer: KafkaConsumer) -> None:
        """One poll, its batch, and the commit behind it."""
        polled: Mapping[TopicPartition, Sequence[Any]] = consumer.poll(timeout_ms=100, max_records=RECORDS_A_ROUND)
        records = [r for partition in polled.values() for r in partition]
        if records:
            self._reactor.batch([Incoming(r.topic, r.partition, r.offset, r.key, r.headers, r.value) for r in records])
            consumer.commit({tp: OffsetAndMetadata(part[-1].offset + 1, "", -1) for tp, part in polled.items()}, KAFKA_MS)
        self._last_round = time.monotonic()
        self._progress.set_to_current_time()
