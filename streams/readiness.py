"""Whether the views make progress: red when records wait and nothing moves, or when Kafka does not answer."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from faust.types import TP

from services.contracts.topics import PARTITIONS
from services.metrics import VIEW_WAITING
from streams.app import Views

LOOK_SECONDS = 1.0
ANSWER_SECONDS = 5.0
STUCK_SECONDS = 15.0


@dataclass(slots=True)
class Readiness:
    """Looks at the ends of the topics each second. `waiting` is the number of records that some view lacks."""

    views: Views
    waiting: int = -1
    _moved: float = field(default_factory=time.monotonic)
    _answered: float = field(default_factory=time.monotonic)
    _place: int = -1

    def __call__(self) -> str | None:
        """A sentence for the operator, or nothing."""
        now = time.monotonic()
        if not self.views.readable:
            return "views are being recovered"
        if now - self._answered > STUCK_SECONDS:
            return f"views: Kafka has not answered for {now - self._answered:.0f} s"
        if self.waiting < 0:
            return "views have not looked at Kafka yet"
        if now - self._moved > STUCK_SECONDS:
            return f"views: {self.waiting} records wait and nothing has moved for {now - self._moved:.0f} s"
        return None

    async def follow(self) -> None:
        """Look until cancelled; Kafka being away is no failure of the worker, only of its readiness."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.views.readable:
                await self._look()

    async def _look(self) -> None:
        wanted = {(name, topic) for name, keeper in self.views.keepers.items() for topic in keeper.view.topics}
        partitions = [TP(topic, number) for topic in sorted({topic for _, topic in wanted}) for number in range(PARTITIONS)]
        try:
            ends = await asyncio.wait_for(self.views.app.consumer.highwaters(*partitions), ANSWER_SECONDS)
        except Exception:  # noqa: BLE001 - whatever keeps Kafka from answering shows in `_answered`
            return
        now = time.monotonic()
        self._answered = now
        taken_in = [(name, tp, self._next(name, tp)) for name, topic in wanted for tp in partitions if tp.topic == topic]
        self.waiting = sum(max(0, (ends[tp] or 0) - following) for _, tp, following in taken_in)
        place = sum(following for _, _, following in taken_in)
        VIEW_WAITING.set(self.waiting)
        if self.waiting == 0 or place != self._place:
            self._place, self._moved = place, now

    def _next(self, view: str, tp: TP) -> int:
        """Offset of the first record that a view lacks: behind what it took in, or what was committed before this start."""
        taken_in = self.views.keepers[view].places.get((tp.topic, tp.partition), -1) + 1
        consumer: Any = self.views.app.consumer
        committed: int = consumer._committed_offset[tp] or 0  # noqa: SLF001 - as Faust read it when it began here
        return max(taken_in, committed)
