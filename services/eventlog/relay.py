"""Carries recorded facts from the log to Kafka, in order of position, at least once and recognisable when repeated."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from threading import Event as Stop
from typing import Protocol

from kafka import KafkaProducer
from kafka.errors import KafkaError

from services.contracts.codec import Headers, Record, headers_of
from services.contracts.topics import topic_of
from services.eventlog.log import EventLog, LogUnavailable, Transaction
from services.metrics import RELAY_POSITION, RELAY_SENT, RELAY_WAITING

CHECKPOINT = ("relay", "position")
GATHER_SECONDS = 0.02
"""Between rounds that were not full: what comes together goes together, as each round costs a commit and a request."""

BROKEN_SECONDS = 1.0
RECORDS_A_ROUND = 10_000
"""Behind a backlog, the wait for the last acknowledgement and the commit of the checkpoint count once a round."""

RECORDS_A_READING = 1_000

ACKNOWLEDGEMENT_SECONDS = 12.0
"""Longer than a request to Kafka may take. A producer whose broker died can need half a minute; a new one is there at once."""

COPY_SECONDS, LOOK_SECONDS = 10.0, 0.02
RECONNECT_MS = 1_000
"""The library's own pause grows to 30 s, in which a broker that is back already is not noticed."""

logger = logging.getLogger(__name__)


class Unacknowledged(Exception):
    """Kafka did not acknowledge in time; whether it has the records is unknown, so they are sent again."""


class Sender(Protocol):
    """Sends records in order; returns when all of them are acknowledged, else raises `Unacknowledged`."""

    def __call__(self, records: Iterable[tuple[bytes, Headers, bytes]]) -> None:
        """Key, headers and value of each record; they may be read from the log while the first are on their way."""

    def close(self) -> None:
        """Give the connection up; what is unacknowledged is sent again by whoever comes next."""


class KafkaSender:
    """Sends to one topic with an idempotent producer, acks=all, lz4. A failed producer is replaced by a new one."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap, self._topic = bootstrap, topic
        self._producer: KafkaProducer | None = None

    def _connected(self) -> KafkaProducer:
        if self._producer is None:
            self._producer = KafkaProducer(
                bootstrap_servers=self._bootstrap,
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                linger_ms=5,
                batch_size=262_144,
                max_block_ms=10_000,
                delivery_timeout_ms=20_000,
                request_timeout_ms=10_000,
                reconnect_backoff_max_ms=RECONNECT_MS,
            )
        return self._producer

    def __call__(self, records: Iterable[tuple[bytes, Headers, bytes]]) -> None:
        """See `Sender`."""
        try:
            producer = self._connected()
            sent = [producer.send(self._topic, key=key, headers=headers, value=value) for key, headers, value in records]
            producer.flush(timeout=ACKNOWLEDGEMENT_SECONDS)
            for future in sent:
                future.get(timeout=ACKNOWLEDGEMENT_SECONDS)
        except KafkaError as wrong:
            self.close()
            raise Unacknowledged(type(wrong).__name__) from wrong

    def close(self) -> None:
        """See `Sender`."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError):  # it cannot say goodbye where nobody hears it
                producer.close(timeout=1)


def checkpoint(log: EventLog) -> int:
    """Position up to which Kafka has acknowledged every fact."""
    return int(log.kept(*CHECKPOINT) or b"0")


def arrived(
    log: EventLog,
    position: int,
    pause: Callable[[float], object],
    limit_seconds: float = COPY_SECONDS,
    monotonic: Callable[[], float] = time.monotonic,
) -> bool:
    """Whether Kafka has every fact up to a position; waits for it until the limit, however slow the machine is."""
    until = monotonic() + limit_seconds
    while checkpoint(log) < position:
        if monotonic() >= until:
            return False
        pause(LOOK_SECONDS)
    return True


class Relay:
    """One per log.

    A round reads behind the checkpoint, sends, waits for every acknowledgement, and moves the checkpoint.
    A crash before the checkpoint moved sends the round again from its start, so order stays and repeats carry
    the same stream and version; a crash after it starts the next round. `step` is told each of these moments.
    """

    def __init__(self, log: EventLog, source: str, send: Sender, step: Callable[[str], None] = lambda _: None) -> None:
        self._log, self._source, self._send, self._step = log, source, send, step
        self._read_up_to = 0
        self._sent, self._position = RELAY_SENT.labels(log.service), RELAY_POSITION.labels(log.service)
        self._waiting = RELAY_WAITING.labels(log.service)

    def round(self) -> int:
        """Carry at most `RECORDS_A_ROUND` facts; the number carried. Raises `Unacknowledged`."""
        position = self._read_up_to = checkpoint(self._log)
        first = self._reading()
        if not first:
            return 0
        self._step("before-send")
        self._send(self._on_their_way(first))
        self._step("acknowledged")
        reached = self._read_up_to
        self._log.submit(lambda tx: _move(tx, reached)).result(ACKNOWLEDGEMENT_SECONDS)
        self._step("checkpointed")
        self._sent.inc(reached - position)
        self._position.set(reached)
        return reached - position

    def _reading(self, most: int = RECORDS_A_READING) -> list[Record]:
        records = self._log.after(self._read_up_to, min(most, RECORDS_A_ROUND))
        self._read_up_to += len(records)
        return records

    def _on_their_way(self, records: list[Record]) -> Iterator[tuple[bytes, Headers, bytes]]:
        """Positions have no gaps, so that their number is how far the round has come."""
        left = RECORDS_A_ROUND
        while records:
            yield from ((r.key.encode(), headers_of(r, self._source), r.data) for r in records)
            left -= len(records)
            records = self._reading(min(left, RECORDS_A_READING)) if left and len(records) == RECORDS_A_READING else []

    def run(self, stop: Stop) -> None:
        """Turns until `stop`."""
        while not stop.is_set():
            stop.wait(self.turn())
        self._send.close()

    def turn(self) -> float:
        """A round, and the seconds to wait behind it; while Kafka is away or the log cannot write, it is tried again each second."""
        try:
            carried = self.round()
        except (Unacknowledged, LogUnavailable, TimeoutError) as wrong:
            logger.warning("relay of %s waits: %s %s", self._log.service, type(wrong).__name__, wrong)
            return BROKEN_SECONDS
        self._waiting.set(self._log.head() - checkpoint(self._log))
        return 0 if carried == RECORDS_A_ROUND else GATHER_SECONDS


def _move(tx: Transaction, position: int) -> None:
    tx.keep(*CHECKPOINT, str(position).encode())


def topic_sender(bootstrap: str, service: str) -> KafkaSender:
    """The sender to the topic of a service."""
    return KafkaSender(bootstrap, topic_of(service))
