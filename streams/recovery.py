"""A view is recovered from its changelog, in which two workers may have written at once: the row that contains more facts wins.

A worker that was suspended wakes up beside its successor, and may still write what it had in hand. Then its next entries do not follow on
what its shelf contains: it keeps nothing of them, ends, and recovers what the other wrote in between at its next start. Otherwise its
shelf would say that it contains the changelog up to its own last entry, and the rows of the other would be missing for good.
"""

from collections.abc import Sequence

import orjson

from streams.shelf import Entry, Shelf


class Newest:
    """Compares what comes from the changelog of a partition with what lies on the shelf and came before it."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._seen: dict[tuple[int, bytes], int] = {}

    def takes(self, partition: int, key: bytes, value: bytes | None) -> bool:
        """Whether the entry stays; what lies beside the rows always does."""
        if value is None or key.startswith(b"\x00"):
            return True
        place = (partition, key)
        if place not in self._seen:
            kept = self._shelf.get(partition, key)
            self._seen[place] = 0 if kept is None else orjson.loads(kept)["seen"]
        comes: int = orjson.loads(value)["seen"]
        is_newer = comes >= self._seen[place]
        self._seen[place] = max(comes, self._seen[place])
        return is_newer


class AnotherWriter(Exception):
    """The changelog has entries that this worker neither wrote nor recovered."""


def require_following(view: str, partition: int, shelf: Shelf, count: int, last: int) -> None:
    """That `count` entries of which Kafka gave the last the offset `last` follow on what the shelf contains; raises `AnotherWriter`."""
    if last - count != shelf.position(partition):
        raise AnotherWriter(
            f"partition {partition} of {view}: after offset {shelf.position(partition)} the changelog has entries of another worker, "
            "or of a write that was not answered; they are recovered at the next start"
        )


def newest(shelf: Shelf, partition: int, entries: Sequence[Entry]) -> list[Entry]:
    """The entries of a partition, in order, that are to be put on the shelf."""
    rule = Newest(shelf)
    return [(key, value) for key, value in entries if rule.takes(partition, key, value)]
