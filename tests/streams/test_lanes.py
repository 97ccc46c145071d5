"""Portions of a partition are taken in order, whatever the others do; a failure or the end leaves nothing running."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from streams.arrivals import KafkaRecord
from streams.lanes import Lanes

MOST, TOGETHER = 5, 4


@dataclass(frozen=True)
class Sent:
    topic: str
    partition: int
    offset: int


def portion(partition: int, *offsets: int, topic: str = "intake.events") -> Sequence[KafkaRecord]:
    return cast("Sequence[KafkaRecord]", [Sent(topic, partition, offset) for offset in offsets])


async def taken(portions: Sequence[Sequence[KafkaRecord]], take: Callable[[Sequence[KafkaRecord]], Awaitable[None]]) -> list[BaseException]:
    failures: list[BaseException] = []
    async with Lanes(take, failures.append, MOST, TOGETHER) as lanes:
        for each in portions:
            await lanes.put(each)
        for _ in range(200):
            await asyncio.sleep(0)
    return failures


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=30))
def test_each_partition_is_taken_in_order_and_nothing_is_left(coming: list[tuple[int, int]]) -> None:
    seen: dict[int, list[int]] = {}

    async def take(records: Sequence[KafkaRecord]) -> None:
        await asyncio.sleep(0)
        seen.setdefault(records[0].partition, []).extend(record.offset for record in records)

    following: dict[int, int] = {}
    portions = []
    for partition, more in coming:
        first = following.get(partition, 0)
        portions.append(portion(partition, *range(first, first + more + 1)))
        following[partition] = first + more + 1
    asyncio.run(taken(portions, take))

    assert seen == {partition: list(range(end)) for partition, end in following.items()}


def test_small_portions_that_wait_are_taken_together_but_not_over_a_hole_or_another_topic() -> None:
    sizes: list[int] = []

    async def take(records: Sequence[KafkaRecord]) -> None:
        sizes.append(len(records))
        await asyncio.sleep(0)

    waiting = [portion(0, 0), portion(0, 1), portion(0, 2), portion(0, 4), portion(0, 5, topic="benefits.events")]
    asyncio.run(taken(waiting, take))

    assert sizes == [3, 1, 1]


def test_a_partition_that_waits_does_not_hold_up_another() -> None:
    done: list[int] = []
    never = asyncio.Event()

    async def take(records: Sequence[KafkaRecord]) -> None:
        if records[0].partition == 0:
            await never.wait()
        done.append(records[0].partition)

    asyncio.run(taken([portion(0, 0), portion(1, 0), portion(2, 0)], take))

    assert done == [1, 2]


def test_a_portion_that_fails_is_told_and_stops_its_lane_alone() -> None:
    done: list[tuple[int, int]] = []

    async def take(records: Sequence[KafkaRecord]) -> None:
        if records[0].partition == 0:
            raise ValueError("unreadable")
        done.append((records[0].partition, records[0].offset))

    failures = asyncio.run(taken([portion(0, 0), portion(0, 7), portion(1, 0)], take))

    assert [str(failure) for failure in failures] == ["unreadable"]
    assert done == [(1, 0)]


def test_no_more_than_the_agreed_number_wait_in_memory() -> None:
    never, begun = asyncio.Event(), list[int]()

    async def take(records: Sequence[KafkaRecord]) -> None:
        begun.append(records[0].partition)
        await never.wait()

    async def given_too_many() -> bool:
        async with Lanes(take, lambda _wrong: None, MOST, TOGETHER) as lanes:
            for partition in range(MOST):
                await lanes.put(portion(partition, 0))
            one_more = asyncio.create_task(lanes.put(portion(MOST, 0)))
            await asyncio.sleep(0.01)
            waits = not one_more.done()
            one_more.cancel()
        return waits

    assert asyncio.run(given_too_many())
    assert begun == list(range(MOST))
