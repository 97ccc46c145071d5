"""I13: whatever was recorded when the audit began is on Kafka, in the views and in ClickHouse within a minute."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from services.audit.finding import Tally
from services.audit.unreachable import Unreachable

POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that must reach the heads: `behind` says how much it lacks, and raises `Unreachable`."""

    name: str
    behind: Callable[[], int]


class Patience:
    """One limit for everything that is waited for in an audit."""

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic()
        self._limit = self._began + seconds

    def wait(self, seconds: float = POLL_SECONDS) -> bool:
        """Wait a little; False once the limit has passed."""
        left = self._limit - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(seconds, left))
        return True

    @property
    def waited(self) -> float:
        """Seconds since the audit began."""
        return time.monotonic() - self._began


def arrive(arrivals: Iterable[Arrival], patience: Patience, tally: Tally) -> None:
    """Wait for one after the other, within the same limit; what does not answer is not waited for."""
    for arrival in arrivals:
        tally.looked_at()
        try:
            behind = arrival.behind()
            while behind and patience.wait():
                behind = arrival.behind()
            tally.require(behind <= 0, f"{arrival.name} still lacks {behind} facts after {patience.waited:.0f} s")
        except Unreachable as wrong:
            tally.fault(f"{arrival.name} is not known to have everything: {wrong}")
