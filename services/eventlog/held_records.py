"""Records that a reactor holds are read again where they lie in Kafka, or given up, when an operator says so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from services.eventlog.log import EventLog
from services.eventlog.reactor import HELD, Incoming, Reactor

POLL_MILLISECONDS = 500
POLLS = 20


class Unfetched(Exception):
    """Kafka did not give a held record in time; nothing was changed."""


Fetch = Callable[[Sequence[str]], list[Incoming]]
"""The records at these places (`Incoming.place`), in this order; raises `Unfetched`."""


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """One record: where it lies, whose it is, and why it is held."""

    origin: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class HeldRecords:
    """What one service holds of the others."""

    log: EventLog
    reactor: Reactor
    fetch: Fetch

    def all(self) -> list[HeldRecord]:
        """Every held record, in order of topic, partition and offset."""
        rows = ((origin, *value.rpartition(b"\n")) for origin, value in self.log.kept_all(HELD))
        return [HeldRecord(origin, key.decode("utf-8", "backslashreplace"), reason.decode()) for origin, key, _, reason in rows]

    def retry(self, key: str) -> int:
        """Read the records of a key again; how many are still held. Raises `Unfetched` and `LogUnavailable`."""
        return self._let_in(key, None)

    def discard(self, key: str) -> int:
        """Give up the first record of a key and go on with the later ones; how many are still held. Raises as `retry`."""
        return self._let_in(key, 0)

    def _let_in(self, key: str, given_up: int | None) -> int:
        places = [each.origin for each in self.all() if each.key == key]
        return self.reactor.let_in(key.encode(), self.fetch(places), given_up) if places else 0


def fetching(bootstrap: str) -> Fetch:
    """Reads single records from Kafka."""

    def fetch(places: Sequence[str]) -> list[Incoming]:
        try:
            consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, max_poll_records=1)
            try:
                return [_record_at(consumer, *place.rsplit("/", 2)) for place in places]
            finally:
                consumer.close()
        except KafkaError as wrong:
            raise Unfetched(type(wrong).__name__) from wrong

    return fetch


def _record_at(consumer: KafkaConsumer, topic: str, partition: str, offset: str) -> Incoming:
    at = TopicPartition(topic, int(partition))
    consumer.assign([at])
    consumer.seek(at, int(offset))
    for _ in range(POLLS):
        polled: list[Any] = consumer.poll(timeout_ms=POLL_MILLISECONDS).get(at, [])
        if polled and polled[0].offset == int(offset):
            record = polled[0]
            return Incoming(record.topic, record.partition, record.offset, record.key, record.headers, record.value)
    raise Unfetched(f"{topic}/{partition}@{offset}")
