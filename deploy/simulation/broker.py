"""A Kafka in memory: partitions by key as in production, offsets, groups, and everything that goes wrong between it and others."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from kafka.partitioner.default import murmur2

from deploy.simulation.nature import Nature
from services.contracts.codec import Headers
from services.contracts.topics import PARTITIONS
from services.eventlog.relay import Unacknowledged

FOREIGN = b"foreign"
"""Key of records that are no facts."""

Sent = tuple[bytes, Headers, bytes]
"""Key, headers and value."""


class Place(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


class OnKafka(NamedTuple):
    """A record as consumers get it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Headers
    value: bytes | None
    timestamp: int = 0


class ConsumerLost(Exception):
    """The broker did not take a commit; a new consumer begins at what was committed before."""


@lru_cache(maxsize=4096)
def partition_of(key: bytes) -> int:
    """Where kafka-python's own partitioner puts a key."""
    return int((murmur2(key) & 0x7FFFFFFF) % PARTITIONS)


class Broker:
    """Keeps what it acknowledged, for ever. `late` holds what relays sent, gave up, and will arrive all the same."""

    def __init__(self) -> None:
        self.partitions: dict[Place, list[OnKafka]] = {}
        self._places: dict[str, list[Place]] = defaultdict(list)
        self.committed: dict[tuple[str, Place], int] = {}
        self.late: list[tuple[str, Sequence[Sent]]] = []

    def take(self, topic: str, records: Iterable[Sent]) -> None:
        """Append to the partitions of these keys."""
        for key, headers, value in records:
            place = Place(topic, partition_of(key))
            kept = self.partitions.get(place)
            if kept is None:
                kept = self.partitions[place] = []
                self._places[topic].append(place)
            kept.append(OnKafka(topic, place.partition, len(kept), key, headers, value))

    def foreign(self, topics: Sequence[str]) -> set[tuple[str, int, int]]:
        """Topic, partition and offset of every record that is no fact."""
        return {(r.topic, r.partition, r.offset) for place in self.of_topics(topics) for r in self.partitions[place] if r.key == FOREIGN}

    def arrive(self) -> None:
        """Something that was given up arrives."""
        if self.late:
            self.take(*self.late.pop(0))

    def of_topics(self, topics: Sequence[str]) -> list[Place]:
        """Partitions that hold something."""
        return [place for topic in topics for place in self._places[topic]]

    def lag(self, group: str, topics: Sequence[str]) -> int:
        """Records that a group has not committed."""
        return sum(len(self.partitions[place]) - self.committed.get((group, place), 0) for place in self.of_topics(topics))


class FaultySender:
    """`Sender` of a relay to one topic. A send is in order of position, so that a partition has a beginning of it or nothing."""

    def __init__(self, topic: str, broker: Broker, nature: Nature) -> None:
        self._topic, self._broker, self._nature = topic, broker, nature

    def __call__(self, records: Iterable[Sent]) -> None:
        """See `Sender`."""
        faults, on_their_way = self._nature.faults, list[Sent]()
        for record in records:
            on_their_way.append(record)
            self._nature.others()
        if faults.strikes("send-lost"):
            raise Unacknowledged("send-lost")
        if faults.strikes("send-late"):
            self._broker.late.append((self._topic, on_their_way))
            raise Unacknowledged("send-late")
        if faults.strikes("send-torn"):
            self._broker.take(self._topic, self._torn(on_their_way))
            raise Unacknowledged("send-torn")
        self._broker.take(self._topic, on_their_way)
        self._nature.others()
        if faults.strikes("send-unheard"):
            raise Unacknowledged("send-unheard")

    def _torn(self, records: Sequence[Sent]) -> Iterable[Sent]:
        """Batches of a partition arrive in order or not at all; partitions do not wait for each other."""
        last = {number: self._nature.chance.randrange(len(records) + 1) for number in range(PARTITIONS)}
        return (record for at, record in enumerate(records) if at < last[partition_of(record[0])])

    def close(self) -> None:
        """See `Sender`."""


class FaultyConsumer:
    """What `Follower` uses of a KafkaConsumer: `poll` and `commit`, by partition, from the committed offsets on."""

    def __init__(self, broker: Broker, group: str, topics: Sequence[str], nature: Nature) -> None:
        self._broker, self._group, self._topics, self._nature = broker, group, topics, nature
        self._next: dict[Place, int] = {}

    def _position(self, place: Place) -> int:
        return self._next.get(place, self._broker.committed.get((self._group, place), 0))

    def poll(self, timeout_ms: int, max_records: int) -> dict[Place, Sequence[OnKafka]]:  # noqa: ARG002 - nobody waits here
        """Some of what waits; at most `max_records` per partition."""
        faults, chance = self._nature.faults, self._nature.chance
        if faults.strikes("fetch-again"):
            self._next.clear()
        polled: dict[Place, Sequence[OnKafka]] = {}
        places = self._broker.of_topics(self._topics)
        chance.shuffle(places)
        for place in places:
            records, begin = self._broker.partitions[place], self._position(place)
            if begin < len(records) and not faults.strikes("fetch-delayed"):
                polled[place] = records[begin : begin + min(max_records, chance.randint(1, 8))]
                self._next[place] = begin + len(polled[place])
        return polled

    def commit(self, offsets: Mapping[Place, Any], timeout_ms: int = 0) -> None:  # noqa: ARG002 - nobody waits here
        """Raises `ConsumerLost`."""
        if self._nature.faults.strikes("commit-lost"):
            raise ConsumerLost
        for place, following in offsets.items():
            self._broker.committed[self._group, place] = following.offset

    def close(self, timeout_ms: int = 0) -> None:
        """Leave the group."""
