"""Faust, fed in batches: whole portions of records go to an agent, and only what a view has safely written is committed.

This room overrides private parts of Faust 0.15.3, which is therefore pinned exactly. Three things differ from Faust:

1. Of an event topic the agent gets one message per portion of a partition, whose value is the list of raw records.
2. Faust's acknowledgements count for nothing on event topics: it acknowledges a batch whose agent raised or was
   cancelled. What is committed is what every view has confirmed, the highest offset + 1.
3. The changelog is written by our own idempotent producer, as whole record batches.
"""

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.codec import lz4_encode
from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP

PORTION_RECORDS = 2_000
"""Records per message: their folding keeps the event loop for some 0.05 s at most."""

SEEK_AGAIN_SECONDS = 2.0
MEND_AGAIN_SECONDS = 6.0

BATCH_BYTES = 900_000
"""A record batch on the changelog, below the 1 MB that a broker takes by default."""

logger = logging.getLogger(__name__)

Records = Sequence[tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]]
"""Key, value and headers of each record."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Records of one partition in order, in the shape of one aiokafka record; its offset is that of the last."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    value: Sequence[Any]
    timestamp_type: int = 0
    headers: tuple[()] = ()
    key: None = None
    checksum: None = None
    serialized_key_size: int = 0
    serialized_value_size: int = 0


def portions(tp: TP, records: Sequence[Any], limit: int = PORTION_RECORDS) -> Iterator[Portion]:
    """The records in order, in messages of at most `limit`."""
    for start in range(0, len(records), limit):
        part = records[start : start + limit]
        yield Portion(tp.topic, tp.partition, part[-1].offset, part[-1].timestamp, part)


def in_portions(topics: Iterable[str]) -> type[DefaultSchedulingStrategy]:
    """The setting `ConsumerScheduler`: portions of these topics, in turn; record by record of all others."""
    wanted = frozenset(topics)

    class InPortions(DefaultSchedulingStrategy):
        def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
            whole = {tp: list(portions(tp, part)) for tp, part in records.items() if tp.topic in wanted}
            single = {tp: part for tp, part in records.items() if tp.topic not in wanted}
            return self.records_iterator(self.map_from_records({**whole, **single}))

    return InPortions


@dataclass(slots=True)
class Confirmed:
    """Up to where each view has written what it read; `readers` are the views of a topic."""

    readers: Mapping[str, frozenset[str]]
    _offsets: dict[TP, dict[str, int]] = field(default_factory=dict)
    _begun: dict[TP, int] = field(default_factory=dict)

    def begin(self, committed: Mapping[TP, int]) -> None:
        """Every view has what was committed before; kept over a rebalance, in which Faust forgets it for a moment."""
        self._begun.update({tp: max(offset, self._begun.get(tp, 0)) for tp, offset in committed.items()})

    def confirm(self, view: str, topic: str, partition: int, offset: int) -> None:
        """The view has everything of the partition up to and with this offset."""
        by_view = self._offsets.setdefault(TP(topic, partition), {})
        by_view[view] = max(offset, by_view.get(view, -1))

    def following(self, view: str, tp: TP) -> int:
        """Offset of the first record that the view still lacks."""
        return max(self._offsets.get(tp, {}).get(view, -1) + 1, self._begun.get(tp, 0))

    def committable(self) -> dict[TP, int]:
        """Per partition the first offset that some view of the topic still has to write."""
        complete = {tp: by_view for tp, by_view in self._offsets.items() if by_view.keys() >= self.readers[tp.topic]}
        return {tp: min(by_view.values()) + 1 for tp, by_view in complete.items()}


def uncommitted(consumer: Any, confirmed: Confirmed) -> dict[TP, int]:  # noqa: ANN401 - a Faust consumer
    """What is committed, of each partition of which the views have confirmed more."""
    ready = confirmed.committable()
    kept = {tp: consumer._committed_offset[tp] or 0 for tp in ready}  # noqa: SLF001 - Faust tells it nowhere else
    return {tp: offset for tp, offset in kept.items() if ready[tp] > offset}


class Continuity:
    """Lets no portion pass that would leave a hole, and has Faust read from the hole again.

    Faust can skip fetched records in a rebalance: it drops what waited, seeks back, and then takes what the fetcher
    still had from further on (seen: 2,000 records of a partition never reached a view, while later ones did). Offsets of
    event topics are contiguous, as nothing in them is transactional, compacted or expired. What was skipped at the very end
    of a partition shows no hole; `mend` finds it.
    """

    def __init__(self, app: Any, confirmed: Confirmed, monotonic: Callable[[], float] = time.monotonic) -> None:  # noqa: ANN401 - a Faust app
        self._app, self._confirmed, self._monotonic = app, confirmed, monotonic
        self._sought: dict[TP, float] = {}
        self._from: dict[TP, int] = {}
        self._left: dict[tuple[str, TP], int] = {}

    async def holds(self, view: str, portion: Sequence[Any]) -> bool:
        """Whether the view lacks nothing before this portion; if it does, the portion must be left, as it comes again."""
        tp = TP(portion[0].topic, portion[0].partition)
        following = self._confirmed.following(view, tp)
        if portion[0].offset <= following:
            return True
        if self._must_seek(view, tp, following, portion[0].offset):
            logger.warning("%s of %s went from %d to %d: read again", tp, view, following, portion[0].offset)
            self._from[tp] = following
            await self._read_again(tp, following)
        self._left[view, tp] = portion[0].offset
        return False

    def _must_seek(self, view: str, tp: TP, following: int, offset: int) -> bool:
        """Not for each portion that was on its way; but for a hole that begins earlier, and where reading again left one too."""
        is_earlier = following < self._from.get(tp, -1)
        comes_round = offset <= self._left.get((view, tp), -1)
        return is_earlier or comes_round or self._monotonic() - self._sought.get(tp, float("-inf")) > SEEK_AGAIN_SECONDS

    async def mend(self, standing: Mapping[TP, int]) -> None:
        """Have Faust read again what waits but does not come, from these offsets."""
        for tp, offset in standing.items():
            if self._monotonic() - self._sought.get(tp, float("-inf")) > MEND_AGAIN_SECONDS:
                logger.warning("%s stands at %d: read again", tp, offset)
                await self._read_again(tp, offset)

    async def _read_again(self, tp: TP, offset: int) -> None:
        self._sought[tp] = self._monotonic()
        await self._app.consumer.seek_wait({tp: offset})


class NothingRead(dict[TP, int | None]):
    """Faust's memory of what it read, empty for event topics: it drops what comes again, also where that was asked for."""

    def __init__(self, topics: Iterable[str]) -> None:
        super().__init__()
        self._topics = frozenset(topics)

    def __getitem__(self, tp: TP) -> int | None:
        return None if tp.topic in self._topics else self.get(tp)


def confirming(confirmed: Confirmed) -> type[Transport]:
    """The transport whose consumer commits what is confirmed."""

    class ConfirmedConsumer(Consumer):
        def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - as Faust makes it
            super().__init__(*given, **named)
            self._read_offset = NothingRead(confirmed.readers)

        def _filter_tps_with_pending_acks(self, _topics: object = None) -> Iterator[TP]:
            return iter(confirmed.committable())

        def _filter_committable_offsets(self, _tps: Iterable[TP]) -> dict[TP, int]:
            self._acked.clear()
            self._acked_index.clear()
            return {tp: offset for tp, offset in confirmed.committable().items() if self._should_commit(tp, offset)}

        async def perform_seek(self) -> None:
            """Also to the beginning of what was never committed, where aiokafka stays behind what it already fetched."""
            await super().perform_seek()
            committed = {tp: self._committed_offset[tp] or 0 for tp in self.assignment()}
            confirmed.begin(committed)
            await self.seek_wait({tp: 0 for tp, offset in committed.items() if not offset and tp.topic in confirmed.readers})

        async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
            """Offsets jump from portion to portion; nothing is missing."""

        def verify_event_path(self, now: float, tp: TP) -> None:
            """Progress is judged by the worker's own readiness, which knows portions."""

    class ConfirmingTransport(Transport):
        Consumer = ConfirmedConsumer

    return ConfirmingTransport


class BatchedWriter:
    """Writes records as whole batches to one partition; returns when all in-sync replicas have them."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def write(self, topic: str, partition: int, records: Records, timestamp_ms: int) -> int:
        """Offset of the last record. Batches follow each other, so that a crash leaves a beginning, never a hole.

        Raises `aiokafka.errors.KafkaError` where Kafka refuses or does not answer.
        """
        last, batch = -1, self._producer.create_batch()
        for key, value, headers in records:
            if batch.append(key=key, value=value, timestamp=timestamp_ms, headers=headers) is None:
                last = await self._send(batch, topic, partition)
                batch = self._producer.create_batch()
                batch.append(key=key, value=value, timestamp=timestamp_ms, headers=headers)
        return await self._send(batch, topic, partition) if batch.record_count() else last

    async def _send(self, batch: Any, topic: str, partition: int) -> int:  # noqa: ANN401 - aiokafka carries no types
        batch.close()
        count: int = batch.record_count()
        sent = await (await self._producer.send_batch(batch, topic, partition=partition))
        first: int = sent.offset
        return first + count - 1


# aiokafka compresses at level 9, which on rows takes twenty times the time of level 1 for a sixth fewer bytes.
lz4_encode.__defaults__ = (1,)


@asynccontextmanager
async def batched_writer(bootstrap: str) -> AsyncIterator[BatchedWriter]:
    """A writer with an idempotent producer of its own, so that a retry can neither repeat nor reorder."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        max_batch_size=BATCH_BYTES,
        request_timeout_ms=20_000,
    )
    await producer.start()
    try:
        yield BatchedWriter(producer)
    finally:
        await producer.stop()
