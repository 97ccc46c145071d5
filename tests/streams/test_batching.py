"""What the worker changes in Faust: portions instead of records, and commits of what was confirmed, never of what was acknowledged."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import pytest
from aiokafka.codec import lz4_decode, lz4_encode
from aiokafka.errors import MessageSizeTooLargeError
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2

from deploy.broker import Broker
from services.contracts.topics import BENEFITS_EVENTS, CONTACT_VIEW, INTAKE_EVENTS, PARTITIONS
from streams.batching import Confirmed, Continuity, NothingRead, batched_writer, confirming, in_portions, portions
from streams.cluster import from_the_beginning, partition_of
from streams.recovery import newest
from streams.shelf import MemoryShelf

READERS = {BENEFITS_EVENTS: frozenset({"contact-view", "payout-status"}), INTAKE_EVENTS: frozenset({"contact-view"})}


@dataclass(frozen=True, slots=True)
class Record:
    offset: int
    timestamp: int = 0


def records(count: int) -> list[Record]:
    return [Record(number) for number in range(count)]


def test_the_parts_of_faust_that_are_overridden_are_those_of_the_pinned_version() -> None:
    assert (version("faust-streaming"), version("aiokafka")) == ("0.15.3", "0.14.0")


@given(st.integers(0, 50), st.integers(1, 20))
def test_portions_hold_every_record_once_in_order_under_the_offset_of_the_last(count: int, limit: int) -> None:
    made = list(portions(TP(BENEFITS_EVENTS, 3), records(count), limit))
    assert [record.offset for portion in made for record in portion.value] == list(range(count))
    assert all(portion.offset == portion.value[-1].offset and len(portion.value) <= limit for portion in made)


def test_event_topics_come_in_portions_and_changelogs_record_by_record() -> None:
    events, changelog = TP(BENEFITS_EVENTS, 0), TP("a-changelog", 0)
    handed_on = list(in_portions([BENEFITS_EVENTS])().iterate({events: records(5), changelog: records(3)}))
    assert [(tp.topic, len(getattr(record, "value", [record]))) for tp, record in handed_on].count(("a-changelog", 1)) == 3
    assert [len(record.value) for tp, record in handed_on if tp == events] == [5]


def test_nothing_is_committable_before_every_view_of_the_topic_has_confirmed() -> None:
    confirmed = Confirmed(READERS)
    confirmed.confirm("contact-view", BENEFITS_EVENTS, 0, 41)
    assert confirmed.committable() == {}
    confirmed.confirm("payout-status", BENEFITS_EVENTS, 0, 17)
    assert confirmed.committable() == {TP(BENEFITS_EVENTS, 0): 18}


@dataclass
class Consumer:
    """As much of Faust's consumer as continuity asks for."""

    sought: list[Mapping[TP, int]] = field(default_factory=list)

    async def seek_wait(self, places: Mapping[TP, int]) -> None:
        self.sought.append(places)


@dataclass
class App:
    consumer: Consumer


@dataclass(frozen=True, slots=True)
class Placed:
    offset: int
    topic: str = INTAKE_EVENTS
    partition: int = 0


def test_a_portion_behind_a_hole_is_left_and_the_hole_is_read_again() -> None:
    place, confirmed = TP(INTAKE_EVENTS, 0), Confirmed(READERS)
    confirmed.begin({place: 10})
    consumer = Consumer()
    continuity = Continuity(App(consumer), confirmed)

    async def come(*offsets: int) -> bool:
        return await continuity.holds("contact-view", [Placed(offset) for offset in offsets])

    assert asyncio.run(come(12, 13)) is False
    assert consumer.sought == [{place: 10}]
    assert asyncio.run(come(10, 11)) is True
    confirmed.confirm("contact-view", INTAKE_EVENTS, 0, 11)
    assert [asyncio.run(come(12, 13)), asyncio.run(come(5, 6)), asyncio.run(come(13))] == [True, True, False]
    assert consumer.sought == [{place: 10}]


def test_each_hole_is_read_again_at_once_whichever_view_has_it_and_whenever_it_comes_round() -> None:
    place, confirmed = TP(BENEFITS_EVENTS, 0), Confirmed(READERS)
    consumer = Consumer()
    continuity = Continuity(App(consumer), confirmed)
    confirmed.confirm("contact-view", BENEFITS_EVENTS, 0, 7)

    async def come(view: str, offset: int) -> bool:
        return await continuity.holds(view, [Placed(offset, BENEFITS_EVENTS)])

    for view, offset in [("contact-view", 12), ("contact-view", 14), ("payout-status", 14), ("payout-status", 16), ("payout-status", 14)]:
        assert asyncio.run(come(view, offset)) is False
    assert consumer.sought == [{place: 8}, {place: 0}, {place: 0}]


def test_what_waits_at_the_end_of_a_partition_is_read_again_but_not_without_a_pause() -> None:
    place, consumer, moment = TP(INTAKE_EVENTS, 0), Consumer(), [0.0]
    continuity = Continuity(App(consumer), Confirmed(READERS), lambda: moment[0])

    for second in (0, 5, 7):
        moment[0] = second
        asyncio.run(continuity.mend({place: 8}))

    assert consumer.sought == [{place: 8}, {place: 8}]


def test_faust_drops_nothing_of_an_event_topic_that_comes_again() -> None:
    read = NothingRead(READERS)
    read[TP(INTAKE_EVENTS, 0)], read[TP("a-changelog", 0)] = 25, 25

    assert (read[TP(INTAKE_EVENTS, 0)], read[TP("a-changelog", 0)], read[TP("a-changelog", 1)]) == (None, 25, None)


def test_the_consumer_commits_what_is_confirmed_and_forgets_what_faust_acknowledged() -> None:
    confirmed = Confirmed(READERS)
    confirmed.confirm("contact-view", INTAKE_EVENTS, 0, 41)
    consumer: Any = object.__new__(confirming(confirmed).Consumer)
    consumer._acked, consumer._acked_index = {TP(BENEFITS_EVENTS, 0): [99]}, {TP(BENEFITS_EVENTS, 0): {99}}
    consumer._committed_offset = {TP(INTAKE_EVENTS, 0): None}
    offsets = consumer._filter_committable_offsets(consumer._filter_tps_with_pending_acks())
    assert (offsets, consumer._acked) == ({TP(INTAKE_EVENTS, 0): 42}, {})


@pytest.mark.parametrize(("comes", "taken"), [(b'{"seen":2}', False), (b'{"seen":3}', True), (b'{"seen":4}', True), (None, True)])
def test_on_recovery_a_row_is_never_replaced_by_one_with_fewer_facts(comes: bytes | None, taken: bool) -> None:  # noqa: FBT001 - an example's outcome
    shelf = MemoryShelf()
    shelf.write(0, [(b"p-1", b'{"seen":3}')], 0)
    assert newest(shelf, 0, [(b"p-1", comes)]) == [(b"p-1", comes)] * taken


def test_a_batch_larger_than_kafka_takes_is_split_and_the_last_offset_is_told(broker: Broker) -> None:
    async def write() -> tuple[int, int]:
        async with batched_writer(broker.bootstrap) as writer:
            entries = [(b"batching-%d" % number, b"x" * 100_000, list[tuple[str, bytes]]()) for number in range(25)]
            first = await writer.write(CONTACT_VIEW, 11, entries[:1], 0)
            return first, await writer.write(CONTACT_VIEW, 11, entries, 0)

    first, last = asyncio.run(write())
    assert last - first == 25

    async def read() -> list[bytes]:
        coming = from_the_beginning(broker.bootstrap, {(CONTACT_VIEW, 11): last})
        return [record.key async for _, portion in coming for record in portion if record.offset > first]

    assert asyncio.run(read()) == [b"batching-%d" % number for number in range(25)]


def test_a_row_that_no_longer_fits_in_a_record_is_refused_aloud(broker: Broker) -> None:
    async def write() -> None:
        async with batched_writer(broker.bootstrap) as writer:
            await writer.write(CONTACT_VIEW, 11, [(b"batching-large", random.Random(1).randbytes(2_000_000), [])], 0)

    with pytest.raises(MessageSizeTooLargeError):
        asyncio.run(write())


def test_what_is_written_is_compressed_at_the_fast_level() -> None:
    rows = b"".join(b'{"client":"p-%016x","timeline":[]}' % number for number in range(1_000))
    assert lz4_encode(rows) == lz4_encode(rows, level=1)
    assert lz4_decode(lz4_encode(rows)) == rows


@given(st.text(min_size=1))
def test_a_key_lies_in_the_partition_where_the_relay_puts_it(key: str) -> None:
    assert partition_of(key) == (murmur2(key.encode()) & 0x7FFFFFFF) % PARTITIONS
