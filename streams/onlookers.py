"""Who looks on while a view is kept: sums that are never stored, and the metrics of operations."""

from typing import Protocol

from services.metrics import VIEW_BATCH_SECONDS, VIEW_END_TO_END, VIEW_FOLDED, VIEW_GAPS, VIEW_HELD, VIEW_PROGRESS
from streams.folding import Portion
from streams.view import Row


class Watcher(Protocol):
    """Told of every row at start and of each that changes; sums that are never stored live here."""

    def begin(self) -> None:
        """Forget everything: all rows are told anew."""

    def move(self, old: Row | None, new: Row) -> None:
        """A row became another."""


class NobodyWatches:
    """For a view of which nothing is summed."""

    def begin(self) -> None:
        """See `Watcher`."""

    def move(self, old: Row | None, new: Row) -> None:
        """See `Watcher`."""


class Measures:
    """The metrics of one view."""

    def __init__(self, view: str) -> None:
        self.batch_seconds, self.end_to_end = VIEW_BATCH_SECONDS.labels(view), VIEW_END_TO_END.labels(view)
        self.folded, self.gaps, self.progress = VIEW_FOLDED.labels(view), VIEW_GAPS.labels(view), VIEW_PROGRESS.labels(view)
        self.held = VIEW_HELD.labels(view)

    def took(self, portion: Portion, seconds: float, now: float) -> None:
        """A portion was written."""
        self.batch_seconds.observe(seconds)
        self.folded.inc(len(portion.folded))
        self.gaps.inc(portion.gaps)
        self.progress.set(now)
        for arrival in portion.folded:
            if arrival.fact is not None:
                self.end_to_end.observe(max(0.0, now - arrival.fact.recorded_at.timestamp()))
