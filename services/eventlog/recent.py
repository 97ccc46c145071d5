"""What lately used streams contain, so that the next command on one of them need not read and decode it again."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from services.contracts.envelope import Event

MOST_EVENTS = 30_000
"""About 50 MB in one service when full."""


@dataclass(slots=True)
class Tail:
    """The facts of a stream behind version `after`, in order, to be appended to; all of them where that is 0."""

    after: int
    events: list[Event]

    @property
    def version(self) -> int:
        """That of the last fact of the stream."""
        return self.after + len(self.events)

    def behind(self, version: int) -> tuple[Event, ...]:
        """The facts behind a version that is not before `after`."""
        return tuple(self.events[version - self.after :])


class RecentStreams:
    """Streams or the ends of them, the longest unused leave first. Holds only while nobody else writes to the log, which `at` finds out."""

    def __init__(self, most_events: int = MOST_EVENTS) -> None:
        self._most = most_events
        self._streams: OrderedDict[str, Tail] = OrderedDict()
        self._events = self._head = 0

    def at(self, head: int) -> None:
        """The log is at this position; what is remembered is forgotten unless it is from there."""
        if head != self._head:
            self.forget()
            self._head = head

    def get(self, stream: str) -> Tail | None:
        """What is remembered of a stream; None where it must be read."""
        tail = self._streams.get(stream)
        if tail is not None:
            self._streams.move_to_end(stream)
        return tail

    def put(self, stream: str, tail: Tail) -> None:
        """Remember what was read of a stream."""
        self._streams[stream] = tail
        self._events += len(tail.events)

    def lengthen(self, tail: Tail, older: Sequence[Event]) -> None:
        """Remember the facts just before those of a tail as well."""
        tail.events[:0] = older
        tail.after -= len(older)
        self._events += len(older)

    def committed(self, head: int, appended: int) -> None:
        """What was appended since `at` is durable; make room."""
        self._head = head
        self._events += appended
        while self._events > self._most:
            self._events -= len(self._streams.popitem(last=False)[1].events)

    def forget(self) -> None:
        """Everything is to be read again, as after a commit that failed."""
        self._streams.clear()
        self._events = 0
