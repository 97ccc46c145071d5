"""What lately used streams contain, so that the next command on one of them need not read and decode it again."""

from collections import OrderedDict

from services.contracts.envelope import Event

MOST_EVENTS = 30_000
"""About 50 MB in one service when full."""


class RecentStreams:
    """Whole streams, the longest unused leave first. Holds only while nobody else writes to the log, which `at` finds out."""

    def __init__(self, most_events: int = MOST_EVENTS) -> None:
        self._most = most_events
        self._streams: OrderedDict[str, list[Event]] = OrderedDict()
        self._events = self._head = 0

    def at(self, head: int) -> None:
        """The log is at this position; what is remembered is forgotten unless it is from there."""
        if head != self._head:
            self.forget()
            self._head = head

    def get(self, stream: str) -> list[Event] | None:
        """Every event of a stream in order of version, to be appended to; None where it must be read."""
        events = self._streams.get(stream)
        if events is not None:
            self._streams.move_to_end(stream)
        return events

    def put(self, stream: str, events: list[Event]) -> None:
        """Remember a stream that was read."""
        self._streams[stream] = events
        self._events += len(events)

    def committed(self, head: int, appended: int) -> None:
        """What was appended since `at` is durable; make room."""
        self._head = head
        self._events += appended
        while self._events > self._most:
            self._events -= len(self._streams.popitem(last=False)[1])

    def forget(self) -> None:
        """Everything is to be read again, as after a commit that failed."""
        self._streams.clear()
        self._events = 0
