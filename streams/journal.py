"""Durable places in Kafka: the changelog of each view, the quarantine topic, and the published contact view."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from services.contracts.topics import CONTACT_VIEW
from streams import contact_view, quarantine, topic_parts
from streams.batching import BatchedWriter, Records
from streams.shelf import Entry
from streams.view import Row, canonical

APP_ID = "backbone-views-v5"
"""Consumer group of the views, and the first part of their changelogs' names; another fold takes another number."""

Notice = tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]
"""Key, value and headers."""


def changelog_of(view: str) -> str:
    """The topic from which a view's rows are recovered."""
    return f"{APP_ID}-{view}-changelog"


class Journal(Protocol):
    """Each returns when what was written is acknowledged."""

    async def rows(self, view: str, partition: int, entries: Sequence[Entry]) -> int:
        """Write to the view's changelog; offset of the last entry."""

    async def quarantine(self, partition: int, notices: Sequence[Notice]) -> None:
        """Tell what is held, released or discarded."""

    async def publish(self, view: str, partition: int, rows: Sequence[tuple[str, Row]]) -> None:
        """Give changed rows to staff applications, where the view is published."""


class MemoryJournal:
    """Keeps what was written, for tests; `failing` is raised instead of writing rows, once it is set."""

    def __init__(self) -> None:
        self.changelog: dict[int, list[Entry]] = {}
        self.notices: list[Notice] = []
        self.published: list[str] = []
        self.failing: Exception | None = None

    async def rows(self, view: str, partition: int, entries: Sequence[Entry]) -> int:  # noqa: ARG002 - one view per journal
        """See `Journal`."""
        if self.failing:
            raise self.failing
        written = self.changelog.setdefault(partition, [])
        written += entries
        return len(written) - 1

    async def quarantine(self, partition: int, notices: Sequence[Notice]) -> None:  # noqa: ARG002 - all in one list
        """See `Journal`."""
        self.notices += notices

    async def publish(self, view: str, partition: int, rows: Sequence[tuple[str, Row]]) -> None:  # noqa: ARG002 - as above
        """See `Journal`."""
        self.published += [key for key, _ in rows]


class KafkaJournal:
    """Writes whole record batches; `now` is POSIX time in seconds."""

    def __init__(self, writer: BatchedWriter, now: Callable[[], float]) -> None:
        self._writer, self._now = writer, now

    def _milliseconds(self) -> int:
        return int(self._now() * 1000)

    async def rows(self, view: str, partition: int, entries: Sequence[Entry]) -> int:
        """See `Journal`."""
        return await self._writer.write(changelog_of(view), partition, _records(entries), self._milliseconds())

    async def quarantine(self, partition: int, notices: Sequence[Notice]) -> None:
        """See `Journal`."""
        await self._writer.write(quarantine.TOPIC, partition, notices, self._milliseconds())

    async def publish(self, view: str, partition: int, rows: Sequence[tuple[str, Row]]) -> None:
        """See `Journal`."""
        if view == contact_view.VIEW.name and rows:
            shown = _records((key.encode(), _published(row)) for key, row in rows)
            await self._writer.write(CONTACT_VIEW, partition, shown, self._milliseconds())


def _published(row: Row) -> bytes | None:
    """A tombstone for an erased client, so that compaction takes away what was published before; else the row without what it is about."""
    return None if contact_view.is_erased(row) else canonical(topic_parts.told(contact_view.shown(row)))


def _records(entries: Iterable[Entry]) -> Records:
    return [(key, value, []) for key, value in entries]
