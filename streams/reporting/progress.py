"""Whether the sink moves, or has nothing to do: what readiness and the metrics tell."""

from collections.abc import Callable
from threading import Lock
from typing import Final

from services.metrics import SINK_PROGRESS, SINK_WAITING

STILL_SECONDS: Final = 15.0
"""Longer than a slow insert or a short absence of Kafka; shorter than anybody's patience."""


class Progress:
    """Written by the sink's thread, read by readiness. `clock` gives seconds that only go forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._lock = clock, Lock()
        self._waiting: int | None = None
        self._away: str | None = "it has not begun"
        self._moved = self._seen = clock()

    def moved(self) -> None:
        """Records were kept."""
        with self._lock:
            self._moved = self._clock()
        SINK_PROGRESS.set_to_current_time()

    def sees(self, waiting: int | None) -> None:
        """So many records wait on Kafka; None when Kafka does not say."""
        with self._lock:
            self._waiting = waiting
            if waiting is not None:
                self._seen = self._clock()
            if waiting == 0:
                self._moved = self._seen
        if waiting is not None:
            SINK_WAITING.set(waiting)
        if waiting == 0:
            SINK_PROGRESS.set_to_current_time()

    def waits_for(self, away: str | None) -> None:
        """What the sink waits for, or None."""
        with self._lock:
            self._away = away

    def complaint(self) -> str | None:
        """One sentence when records wait and nothing moves, or when nobody knows; None when all is well."""
        with self._lock:
            if self._away is not None:
                return f"the sink waits: {self._away}"
            still, unseen = self._clock() - self._moved, self._clock() - self._seen
            if unseen > STILL_SECONDS and still > STILL_SECONDS:
                return f"the sink has not seen Kafka for {unseen:.0f} s"
            if self._waiting and still > STILL_SECONDS:
                return f"{self._waiting} records wait and nothing moved for {still:.0f} s"
            return None
