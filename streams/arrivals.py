"""A record as it arrives at the views: a readable fact, or the reason why it cannot be read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.contracts.codec import Codec, Undecodable
from services.contracts.envelope import Envelope, Event


class KafkaRecord(Protocol):
    """What a view needs of a record, as aiokafka gives it."""

    @property
    def topic(self) -> str:
        """Its topic."""

    @property
    def partition(self) -> int:
        """Its partition."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def key(self) -> bytes | None:
        """The stream's partition key."""

    @property
    def value(self) -> bytes | None:
        """The fact as JSON."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """CloudEvents attributes."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record lies in Kafka."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        """As operators read it: `benefits.events/3/1042`."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Origin":
        """The inverse of `str`; raises `ValueError`."""
        topic, partition, offset = text.rsplit("/", 2)
        return cls(topic, int(partition), int(offset))


@dataclass(frozen=True, slots=True)
class Arrival:
    """`fact` is None for an unreadable record, and then `reason` says why; `stream` is None where even that is unreadable."""

    record: KafkaRecord
    key: str
    stream: str | None
    version: int | None
    fact: Envelope[Event] | None
    reason: str = ""

    @property
    def origin(self) -> Origin:
        """Where the record lies."""
        return Origin(self.record.topic, self.record.partition, self.record.offset)


def arrivals(codec: Codec, records: Iterable[KafkaRecord], streams: tuple[str, ...]) -> list[Arrival]:
    """What concerns streams with these prefixes, and what does not say which stream it is of. Never raises for content."""
    prefixes = tuple(prefix.encode() for prefix in streams)
    found = []
    for record in records:
        stream = _header(record, "ce_stream")
        if stream is None or stream.startswith(prefixes):
            found.append(read(codec, record))
    return found


def read(codec: Codec, record: KafkaRecord) -> Arrival:
    """One record. A fact without a contiguous version could not be placed, so that counts as unreadable too."""
    key = (record.key or b"").decode("utf-8", "backslashreplace")
    try:
        fact = codec.from_kafka(record.key, record.headers, record.value)
    except Undecodable as wrong:
        stream, version = _header(record, "ce_stream"), _header(record, "ce_sequence") or b""
        name = None if stream is None else stream.decode("utf-8", "backslashreplace")
        return Arrival(record, key, name, int(version) if version.isdigit() else None, None, wrong.reason)
    if fact.version < 1:
        return Arrival(record, key, fact.stream, None, None, "not-an-event")
    return Arrival(record, key, fact.stream, fact.version, fact)


def _header(record: KafkaRecord, wanted: str) -> bytes | None:
    for name, value in record.headers:
        if name == wanted:
            return value
    return None
