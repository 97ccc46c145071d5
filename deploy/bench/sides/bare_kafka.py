"""Peers of relay and sink: kafka-python as it comes, with the settings that the backbone gives it.

As a program: the records of a topic a second; arguments: bootstrap, topic, how many records it holds.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from services.contracts.codec import Headers

PRODUCER: Final[dict[str, Any]] = {
    "acks": "all",
    "enable_idempotence": True,
    "compression_type": "lz4",
    "linger_ms": 5,
    "batch_size": 262_144,
    "max_block_ms": 10_000,
    "delivery_timeout_ms": 20_000,
    "request_timeout_ms": 10_000,
}
CONSUMER: Final[dict[str, Any]] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "fetch_max_bytes": 16_777_216,
    "max_partition_fetch_bytes": 2_097_152,
}
POLL_RECORDS: Final = 2_000
LIMIT_SECONDS: Final = 60

SendAll = Callable[[str, Sequence[tuple[bytes, Headers, bytes]]], None]


@contextmanager
def producer(bootstrap: str) -> Iterator[SendAll]:
    """Sends to a topic and returns when everything is acknowledged."""
    made = KafkaProducer(bootstrap_servers=bootstrap, **PRODUCER)

    def send_all(topic: str, records: Sequence[tuple[bytes, Headers, bytes]]) -> None:
        for key, headers, value in records:
            made.send(topic, key=key, headers=headers, value=value)
        made.flush(timeout=LIMIT_SECONDS)

    try:
        yield send_all
    finally:
        made.close(timeout=5)


def consumed(bootstrap: str, topic: str, count: int) -> float:
    """Seconds to poll so many records of a topic; raises `TimeoutError`."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, **CONSUMER)
    partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    seen, began = 0, time.perf_counter()
    while seen < count:
        seen += sum(map(len, consumer.poll(timeout_ms=100, max_records=POLL_RECORDS).values()))
        if time.perf_counter() - began > LIMIT_SECONDS:
            raise TimeoutError(f"{seen} of {count} records of {topic} in {LIMIT_SECONDS} s")
    seconds = time.perf_counter() - began
    consumer.close(autocommit=False, timeout_ms=2_000)
    return seconds


if __name__ == "__main__":
    where, name, number = sys.argv[1:]
    print(json.dumps({"count": int(number), "seconds": consumed(where, name, int(number))}))
