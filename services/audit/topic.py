"""Reads what lies on a Kafka topic, from its beginning to where it ended when asked, without joining any group."""

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from services.audit.unreachable import Unreachable

RECORDS_A_POLL = 10_000
SILENT_SECONDS = 20.0
REQUEST_MS = 10_000
CONNECT_SECONDS = 5.0


class Delivered(NamedTuple):
    """A record as it lies on Kafka."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class Kafka:
    """The topics of a broker, over one connection. Raises `Unreachable` where it does not answer, or falls silent before the end."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._consumer: KafkaConsumer | None = None
        self._topics: set[str] = set()
        self._away = ""

    def _connected(self) -> KafkaConsumer:
        if self._away:
            raise Unreachable(self._away)
        if self._consumer is None:
            self._require_somebody()
            self._consumer = KafkaConsumer(
                bootstrap_servers=self._bootstrap.split(","),
                group_id=None,
                enable_auto_commit=False,
                check_crcs=False,  # every byte is compared with the log, which is a better check and a faster one
                max_poll_records=RECORDS_A_POLL,
                max_partition_fetch_bytes=4 * 2**20,
                fetch_max_bytes=32 * 2**20,
                request_timeout_ms=REQUEST_MS,
                bootstrap_timeout_ms=REQUEST_MS,
            )
            self._topics = self._consumer.topics()
        return self._consumer

    def _require_somebody(self) -> None:
        """A server that takes connections; without this a client tries for long, and again for every topic."""
        for server in self._bootstrap.split(","):
            host, _, port = server.rpartition(":")
            with suppress(OSError):
                socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
                return
        self._away = f"Kafka at {self._bootstrap} does not answer"
        raise Unreachable(self._away)

    def read(self, topic: str) -> Iterator[Delivered]:
        """Every record up to where the topic ends now; in the order of the topic within a partition."""
        try:
            consumer = self._connected()
            if topic not in self._topics:
                raise Unreachable(f"Kafka has no topic {topic}")
            partitions = [TopicPartition(topic, partition) for partition in consumer.partitions_for_topic(topic)]
            yield from _until(consumer, topic, consumer.end_offsets(partitions))
        except (KafkaError, OSError) as wrong:
            # What failed within its limit is not asked again: an audit ends.
            self._away = f"Kafka topic {topic} cannot be read: {type(wrong).__name__}"
            raise Unreachable(self._away) from wrong

    def close(self) -> None:
        """Release the connection."""
        if self._consumer is not None:
            self._consumer.close(timeout_ms=5_000)
            self._consumer = None


def _until(consumer: KafkaConsumer, topic: str, ends: Mapping[TopicPartition, int]) -> Iterator[Delivered]:
    consumer.assign(list(ends))
    begins = consumer.beginning_offsets(list(ends))
    waiting = {tp for tp, end in ends.items() if end > begins[tp]}
    # A topic may be read a second time over this connection; what was paused at its end then is still paused.
    consumer.resume(*waiting)
    consumer.pause(*(ends.keys() - waiting))
    for tp in waiting:
        consumer.seek(tp, begins[tp])
    limit = time.monotonic() + SILENT_SECONDS
    while waiting:
        polled: Mapping[TopicPartition, list[Any]] = consumer.poll(timeout_ms=500)
        if not polled and time.monotonic() > limit:
            raise Unreachable(f"Kafka fell silent before the end of {topic}")
        if polled:
            limit = time.monotonic() + SILENT_SECONDS
        for tp, records in polled.items():
            yield from (Delivered(r.partition, r.offset, r.key, r.value, r.headers) for r in records if r.offset < ends[tp])
        done = {tp for tp in waiting if consumer.position(tp) >= ends[tp]}
        consumer.pause(*done)
        waiting -= done
