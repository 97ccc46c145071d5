"""Portions of different partitions are taken side by side, those of one partition in order and, where they wait, together."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

from streams.arrivals import KafkaRecord

Taken = Callable[[Sequence[KafkaRecord]], Awaitable[None]]
Failed = Callable[[BaseException], None]


class Lanes:
    """One task per partition that has something to do; `most` bounds the portions that wait or are being taken.

    A small portion costs its wait for Kafka's acknowledgement, and twelve partitions need not wait one after the other.
    A portion that fails stops its lane and is told to `failed`, which must end the process. Leaving cancels all lanes;
    what they had not confirmed comes again, as after a crash.
    """

    def __init__(self, take: Taken, failed: Failed, most: int, records_together: int) -> None:
        self._take, self._failed, self._together = take, failed, records_together
        self._free = asyncio.Semaphore(most)
        self._waiting: dict[int, deque[Sequence[KafkaRecord]]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def put(self, portion: Sequence[KafkaRecord]) -> None:
        """Have a portion taken in its turn; waits while too many are under way."""
        await self._free.acquire()
        partition = portion[0].partition
        self._waiting.setdefault(partition, deque()).append(portion)
        if partition not in self._tasks:
            self._tasks[partition] = asyncio.create_task(self._drain(partition), name=f"lane {partition}")

    async def _drain(self, partition: int) -> None:
        waiting = self._waiting[partition]
        try:
            while waiting:
                number, records = self._next(waiting)
                await self._take(records)
                for _ in range(number):
                    waiting.popleft()
                    self._free.release()
            del self._tasks[partition]
        except Exception as wrong:  # noqa: BLE001 - whatever it is, the process must not go on without this portion
            self._failed(wrong)

    def _next(self, waiting: deque[Sequence[KafkaRecord]]) -> tuple[int, Sequence[KafkaRecord]]:
        """The first portion, with those behind it that follow on the same topic while they stay small; how many, and their records."""
        number, records = 1, list(waiting[0])
        for later in list(waiting)[1:]:
            follows = (later[0].topic, later[0].offset) == (records[-1].topic, records[-1].offset + 1)
            if not follows or len(records) + len(later) > self._together:
                break
            records += later
            number += 1
        return number, records
