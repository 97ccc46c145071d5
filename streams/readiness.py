"""Whether the views make progress: red when records wait and nothing moves, or when Kafka does not answer."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from faust.types import TP

from services.contracts.topics import PARTITIONS
from services.metrics import VIEW_WAITING
from streams.app import Views
from streams.batching import uncommitted

LOOK_SECONDS = 1.0
ANSWER_SECONDS = 5.0
STUCK_SECONDS = 15.0
LOST_SECONDS = 90.0
"""After a rebalance Faust recovers in seconds, or never."""

STANDING_SECONDS = 6.0
"""Records that wait so long for a view that takes nothing of their partition may have been lost on the way to it."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Readiness:
    """Looks at the ends of the topics each second. `waiting` is the number of records that some view lacks.

    A view that takes nothing of a partition for `hang_seconds`, though records wait there and Kafka answers, ends the process; so does
    what the views have written and nobody commits.
    """

    views: Views
    monotonic: Callable[[], float] = time.monotonic
    hang_seconds: float = float("inf")
    waiting: int = field(default=-1, init=False)
    _standing: dict[TP, tuple[int, float]] = field(default_factory=dict, init=False)
    _uncommitted: dict[TP, tuple[int, float]] = field(default_factory=dict, init=False)
    _answered: float = field(default=0.0, init=False)
    _readable: float = field(default=float("inf"), init=False)

    def __post_init__(self) -> None:
        self._answered = self.monotonic()

    def __call__(self) -> str | None:
        """A sentence for the operator, or nothing."""
        now = self.monotonic()
        if not self.views.readable:
            return "views are being recovered"
        if now - self._answered > STUCK_SECONDS:
            return f"views: Kafka has not answered for {now - self._answered:.0f} s"
        if self.waiting < 0:
            return "views have not looked at Kafka yet"
        if self._stood() > STUCK_SECONDS:
            return f"views: {self.waiting} records wait and nothing has moved for {self._stood():.0f} s"
        if self._unsaid() > STUCK_SECONDS:
            return f"views: Kafka was not told for {self._unsaid():.0f} s how far they are"
        return None

    async def follow(self) -> None:
        """Look until cancelled. Kafka being away is no failure of the worker, only of its readiness.

        Raises `RuntimeError` when the views stay unreadable or stand still though Kafka answers: the process ends and begins anew.
        """
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._look()
            now = self.monotonic()
            if self.views.readable or now - self._answered > STUCK_SECONDS:
                self._readable = now
            elif now - self._readable > LOST_SECONDS:
                raise RuntimeError("the views did not come back after a rebalance")
            if self._stood() > self.hang_seconds:
                raise RuntimeError(f"the views stand still for {self._stood():.0f} s")
            if self._unsaid() > self.hang_seconds:
                raise RuntimeError(f"the views have not committed for {self._unsaid():.0f} s")

    def _stood(self) -> float:
        """Seconds for which the partition that waits longest has stood still."""
        return max((self.monotonic() - since for _, since in self._standing.values()), default=0.0)

    def _unsaid(self) -> float:
        """Seconds for which the partition that waits longest for a commit has waited."""
        return max((self.monotonic() - since for _, since in self._uncommitted.values()), default=0.0)

    async def _look(self) -> None:
        wanted = {(name, topic) for name, keeper in self.views.keepers.items() for topic in keeper.view.topics}
        partitions = [TP(topic, number) for topic in sorted({topic for _, topic in wanted}) for number in range(PARTITIONS)]
        consumer: Any = self.views.app.consumer
        try:
            ends = await asyncio.wait_for(consumer.highwaters(*partitions), ANSWER_SECONDS)
        except Exception:  # noqa: BLE001 - whatever keeps Kafka from answering shows in `_answered`
            self._standing.clear()
            self._uncommitted.clear()
            return
        self._answered = self.monotonic()
        following = [(tp, self.views.confirmed.following(name, tp)) for name, topic in wanted for tp in partitions if tp.topic == topic]
        self.waiting = sum(max(0, (ends[tp] or 0) - offset) for tp, offset in following)
        VIEW_WAITING.set(self.waiting)
        behind = {tp: min(o for other, o in following if other == tp) for tp, offset in following if offset < (ends[tp] or 0)}
        self._standing = self._since(self._standing, behind) if self.views.readable else {}
        self._uncommitted = self._since(self._uncommitted, uncommitted(consumer, self.views.confirmed)) if self.views.readable else {}
        await self._mend()

    def _since(self, known: Mapping[TP, tuple[int, float]], offsets: Mapping[TP, int]) -> dict[TP, tuple[int, float]]:
        """Each offset with the moment since which it is the same."""
        return {tp: known[tp] if tp in known and known[tp][0] == offset else (offset, self._answered) for tp, offset in offsets.items()}

    async def _mend(self) -> None:
        standing = {tp: offset for tp, (offset, since) in self._standing.items() if self._answered - since > STANDING_SECONDS}
        try:
            await asyncio.wait_for(self.views.continuity.mend(standing), ANSWER_SECONDS)
        except Exception as wrong:  # noqa: BLE001 - as in `_look`; a rebalance takes partitions away, and gives them again
            logger.warning("what waits cannot be read again now: %s", type(wrong).__name__)
