"""Where the rows of a view lie on this machine, one compartment per partition, written whole or not at all."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from rocksdict import WriteBatch

Entry = tuple[bytes, bytes | None]
"""Key and value; no value removes the key."""


class Shelf(Protocol):
    """Keeps bytes per partition and key, and how far the changelog is contained in them."""

    def get(self, partition: int, key: bytes) -> bytes | None:
        """The value of a key, None if there is none."""

    def items(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Everything of a partition, in order of key."""

    def position(self, partition: int) -> int:
        """Offset up to which the changelog is contained; -1 for nothing."""

    def write(self, partition: int, entries: Sequence[Entry], changelog_offset: int) -> None:
        """Put the entries, contained in the changelog up to this offset."""


class MemoryShelf:
    """Forgets everything at the end of the process; for tests, rebuilds and `BACKBONE_STORE=memory`."""

    def __init__(self) -> None:
        self._partitions: dict[int, dict[bytes, bytes]] = {}
        self._positions: dict[int, int] = {}

    def get(self, partition: int, key: bytes) -> bytes | None:
        """See `Shelf`."""
        return self._partitions.get(partition, {}).get(key)

    def items(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """See `Shelf`."""
        return iter(sorted(self._partitions.get(partition, {}).items()))

    def position(self, partition: int) -> int:
        """See `Shelf`."""
        return self._positions.get(partition, -1)

    def write(self, partition: int, entries: Sequence[Entry], changelog_offset: int) -> None:
        """See `Shelf`."""
        kept = self._partitions.setdefault(partition, {})
        for key, value in entries:
            if value is None:
                kept.pop(key, None)
            else:
                kept[key] = value
        self._positions[partition] = changelog_offset


class RocksShelf:
    """The RocksDB folders of a Faust table. Handles are asked for at each use: Faust closes them at a rebalance."""

    def __init__(self, store: Any) -> None:  # noqa: ANN401 - faust carries no types
        self._store = store

    def get(self, partition: int, key: bytes) -> bytes | None:
        """See `Shelf`."""
        value: bytes | None = self._store._db_for_partition(partition).get(key)  # noqa: SLF001 - Faust reads one partition only
        return value

    def items(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """See `Shelf`."""
        found: Iterator[tuple[bytes, bytes]] = self._store._visible_items(self._store._db_for_partition(partition))  # noqa: SLF001 - as above
        return found

    def position(self, partition: int) -> int:
        """See `Shelf`."""
        kept: bytes | None = self._store._db_for_partition(partition).get(self._store.offset_key)  # noqa: SLF001 - as above
        return -1 if kept is None else int(kept)

    def write(self, partition: int, entries: Sequence[Entry], changelog_offset: int) -> None:
        """See `Shelf`."""
        batch = WriteBatch(raw_mode=True)
        for key, value in entries:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(self._store.offset_key, str(changelog_offset).encode())
        self._store._db_for_partition(partition).write(batch)  # noqa: SLF001 - as above


class TableShelf:
    """The dictionary of a Faust table that is kept in memory and recovered from its changelog at each start."""

    def __init__(self, store: Any) -> None:  # noqa: ANN401 - faust carries no types
        self._store = store
        self._positions: dict[int, int] = {}

    def get(self, partition: int, key: bytes) -> bytes | None:
        """See `Shelf`."""
        value: bytes | None = self._store.data.get(key) if self._store._key_partition.get(key) == partition else None  # noqa: SLF001 - Faust shows no partition
        return value

    def items(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """See `Shelf`."""
        mine = sorted(key for key, place in self._store._key_partition.items() if place == partition)  # noqa: SLF001 - as above
        return ((key, self._store.data[key]) for key in mine)

    def position(self, partition: int) -> int:
        """See `Shelf`."""
        return self._positions.get(partition, -1)

    def write(self, partition: int, entries: Sequence[Entry], changelog_offset: int) -> None:
        """See `Shelf`."""
        for key, value in entries:
            if value is None:
                self._store.data.pop(key, None)
                self._store._key_partition.pop(key, None)  # noqa: SLF001 - as above
            else:
                self._store.data[key] = value
                self._store._key_partition[key] = partition  # noqa: SLF001 - as above
        self._positions[partition] = changelog_offset
