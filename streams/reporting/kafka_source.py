"""The records of all event topics, read from Kafka from exactly the offsets that ClickHouse asks for."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, cast

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from services.contracts.topics import EVENT_TOPICS
from streams.reporting.reading import Polled
from streams.reporting.rows import Place
from streams.reporting.sink import SourceAway
from streams.reporting.table import Partition

GROUP: Final = "reporting-sink"
POLL_MS: Final = 100
POLLS: Final = 100
KAFKA_MS: Final = 5_000
RECONNECT_MS: Final = 1_000
"""The library's own pause grows to 30 s, in which a broker that is back already is not noticed."""


class KafkaReplaced(RuntimeError):
    """Kafka does not hold the records behind those in ClickHouse; the text names the partition and what to do."""


class KafkaSource:
    """`Source` on Kafka. Partitions are assigned by hand: ClickHouse says where to begin, the group only shows the lag."""

    def __init__(self, bootstrap: str, topics: Sequence[str] = EVENT_TOPICS) -> None:
        self._bootstrap, self._topics = bootstrap, tuple(topics)
        self._consumer: KafkaConsumer | None = None
        self._next: dict[TopicPartition, int] = {}

    def begin(self, offsets: Mapping[Partition, int]) -> None:
        """See `Source`. Raises `KafkaReplaced` when Kafka begins or ends elsewhere than ClickHouse goes on."""
        self.close()
        try:
            self._consumer = self._connected()
            partitions = [TopicPartition(topic, number) for topic in self._topics for number in self._numbers(topic)]
            self._next = {partition: offsets.get((partition.topic, partition.partition), 0) for partition in partitions}
            self._require_there()
        except KafkaError as wrong:
            self.close()
            raise SourceAway(type(wrong).__name__) from wrong
        self._consumer.assign(partitions)
        for partition, offset in self._next.items():
            self._consumer.seek(partition, offset)

    def _connected(self) -> KafkaConsumer:
        return KafkaConsumer(
            bootstrap_servers=self._bootstrap.split(","),
            group_id=GROUP,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_bytes=16_777_216,
            reconnect_backoff_max_ms=RECONNECT_MS,
            max_partition_fetch_bytes=2_097_152,
        )

    def _numbers(self, topic: str) -> list[int]:
        assert self._consumer is not None
        numbers = self._consumer.partitions_for_topic(topic)
        if not numbers:
            raise SourceAway(f"topic {topic} is not there")
        return sorted(numbers)

    def _require_there(self) -> None:
        assert self._consumer is not None
        firsts = self._consumer.beginning_offsets(list(self._next), timeout_ms=KAFKA_MS)
        ends = self._consumer.end_offsets(list(self._next), timeout_ms=KAFKA_MS)
        for partition, offset in self._next.items():
            if not firsts[partition] <= offset <= ends[partition]:
                raise KafkaReplaced(
                    f"ClickHouse goes on at offset {offset} of {partition.topic} partition {partition.partition}, "
                    f"Kafka holds {firsts[partition]} to {ends[partition]}: not the Kafka that filled it. "
                    "Set the right one, or move ClickHouse's data away and it is filled anew"
                )

    def poll(self, records: int) -> Sequence[Polled]:
        """See `Source`."""
        assert self._consumer is not None
        polled = self._consumer.poll(timeout_ms=POLL_MS, max_records=records)
        for partition, portion in polled.items():
            self._next[partition] = portion[-1].offset + 1
        return [record for portion in polled.values() for record in portion]

    def waiting(self) -> int | None:
        """See `Source`."""
        assert self._consumer is not None
        try:
            ends = self._consumer.end_offsets(list(self._next), timeout_ms=KAFKA_MS)
        except KafkaError:
            return None
        return sum(max(0, int(end) - self._next[partition]) for partition, end in ends.items())

    def note(self, offsets: Mapping[Partition, int]) -> None:
        """See `Source`."""
        assert self._consumer is not None
        with suppress(KafkaError):  # only those who watch the lag would miss it, and the next note tells more
            self._consumer.commit_async({TopicPartition(*place): OffsetAndMetadata(offset, "", -1) for place, offset in offsets.items()})

    def close(self) -> None:
        """Leave Kafka; nothing happens when not connected."""
        if self._consumer is not None:
            self._consumer.close(autocommit=False, timeout_ms=2_000)
            self._consumer = None


def at_places(bootstrap: str) -> Callable[[Sequence[Place]], list[Polled]]:
    """Reads single records where they lie, in this order; raises `SourceAway`."""

    def fetched(places: Sequence[Place]) -> list[Polled]:
        try:
            consumer = KafkaConsumer(bootstrap_servers=bootstrap.split(","), enable_auto_commit=False, max_poll_records=1)
            try:
                return [_record_at(consumer, place) for place in places]
            finally:
                consumer.close(timeout_ms=2_000)
        except KafkaError as wrong:
            raise SourceAway(type(wrong).__name__) from wrong

    return fetched


def _record_at(consumer: KafkaConsumer, place: Place) -> Polled:
    at = TopicPartition(place.topic, place.partition)
    consumer.assign([at])
    consumer.seek(at, place.offset)
    for _ in range(POLLS):
        for record in consumer.poll(timeout_ms=POLL_MS).get(at, [])[:1]:
            if record.offset != place.offset:
                raise SourceAway(f"{place.topic}/{place.partition}/{place.offset} is not there any more")
            return cast("Polled", record)
    raise SourceAway(f"{place.topic}/{place.partition}/{place.offset} did not come in time")
