"""Whether the views make progress: red when records wait and nothing moves, or when Kafka does not answer."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from faust.types import TP

from services.contracts.topics import PARTITIONS
from services.metrics import VIEW_WAITING
from streams.app import Views

LOOK_SECONDS = 1.0
ANSWER_SECONDS = 5.0
STUCK_SECONDS = 15.0
LOST_SECONDS = 90.0
"""After a rebalance Faust recovers in seconds, or never."""


@dataclass(slots=True)
class Readiness:
    """Looks at the ends of the topics each second. `waiting` is the number of records that some view lacks."""

    views: Views
    monotonic: Callable[[], float] = time.monotonic
    waiting: int = field(default=-1, init=False)
    _moved: float = field(default=0.0, init=False)
    _answered: float = field(default=0.0, init=False)
    _readable: float = field(default=float("inf"), init=False)
    _place: int = field(default=-1, init=False)

    def __post_init__(self) -> None:
        self._moved = self._answered = self.monotonic()

    def __call__(self) -> str | None:
        """A sentence for the operator, or nothing."""
        now = self.monotonic()
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
        """Look until cancelled. Kafka being away is no failure of the worker, only of its readiness.

        Raises `RuntimeError` when the views stay unreadable though Kafka answers, so that the process ends and begins anew.
        """
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._look()
            now = self.monotonic()
            if self.views.readable or now - self._answered > STUCK_SECONDS:
                self._readable = now
            elif now - self._readable > LOST_SECONDS:
                raise RuntimeError("the views did not come back after a rebalance")

    async def _look(self) -> None:
        wanted = {(name, topic) for name, keeper in self.views.keepers.items() for topic in keeper.view.topics}
        partitions = [TP(topic, number) for topic in sorted({topic for _, topic in wanted}) for number in range(PARTITIONS)]
        try:
            ends = await asyncio.wait_for(self.views.app.consumer.highwaters(*partitions), ANSWER_SECONDS)
        except Exception:  # noqa: BLE001 - whatever keeps Kafka from answering shows in `_answered`
            return
        now = self.monotonic()
        self._answered = now
        following = [(tp, self.views.confirmed.following(name, tp)) for name, topic in wanted for tp in partitions if tp.topic == topic]
        self.waiting = sum(max(0, (ends[tp] or 0) - offset) for tp, offset in following)
        place = sum(offset for _, offset in following)
        VIEW_WAITING.set(self.waiting)
        if self.waiting == 0 or place != self._place:
            self._place, self._moved = place, now
