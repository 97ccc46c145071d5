"""The tables that the sink fills, and how far each Kafka partition is in them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from urllib3.exceptions import HTTPError

from streams.reporting.reading import Aside
from streams.reporting.rows import COLUMNS, Row
from streams.reporting.store import StoreAway, passing

Partition = tuple[str, int]
"""Topic and partition number."""

# `max(offset)` needs no FINAL: of a repeat the highest offset survives.
_RESUME: Final = """
SELECT topic, partition, max(offset) + 1
FROM (SELECT topic, partition, offset FROM events UNION ALL SELECT topic, partition, offset FROM quarantine)
GROUP BY topic, partition
"""
_HELD: Final = """
SELECT topic, partition, offset, reason, key_hash, standing FROM quarantine FINAL WHERE standing = 'held' ORDER BY topic, partition, offset
"""


class Table(Protocol):
    """Where rows are kept; every method raises `StoreAway` when ClickHouse cannot take or give anything now."""

    def resume(self) -> Mapping[Partition, int]:
        """Offset to go on from, of each partition that is known."""

    def keep(self, rows: Sequence[Row]) -> None:
        """Insert rows in one block."""

    def set_aside(self, records: Sequence[Aside]) -> None:
        """Insert the places of unreadable records; what is said last of a place counts."""

    def held(self) -> Sequence[Aside]:
        """What was set aside and neither read since nor given up, in order of topic, partition and offset."""

    def close(self) -> None:
        """Give the handle back; after trouble a new one is opened, as an old one may answer with remains of what failed."""


class ClickHouseTable:
    """`Table` on a writing handle; for one thread."""

    def __init__(self, client: Client) -> None:
        self._client = client
        described = client.query("DESCRIBE TABLE events").result_rows
        self._types = {str(column[0]): str(column[1]) for column in described}

    def resume(self) -> Mapping[Partition, int]:
        """See `Table`."""
        found = self._asked(_RESUME)
        return {(str(topic), int(partition)): int(offset) for topic, partition, offset in found}

    def keep(self, rows: Sequence[Row]) -> None:
        """See `Table`. Columns are handed over, as a list per column is what the driver can write fastest."""
        self._insert("events", [list(column) for column in zip(*rows, strict=True)], COLUMNS, [self._types[name] for name in COLUMNS])

    def set_aside(self, records: Sequence[Aside]) -> None:
        """See `Table`."""
        types = ["LowCardinality(String)", "UInt16", "UInt64", "LowCardinality(String)", "String", "LowCardinality(String)"]
        self._insert("quarantine", [list(column) for column in zip(*records, strict=True)], Aside._fields, types)

    def held(self) -> Sequence[Aside]:
        """See `Table`."""
        return [Aside(*row) for row in self._asked(_HELD)]

    def _asked(self, question: str) -> Sequence[Sequence[Any]]:
        try:
            return self._client.query(question).result_rows
        except (ClickHouseError, HTTPError) as wrong:
            raise _judged(wrong) from wrong

    def close(self) -> None:
        """See `Table`."""
        self._client.close()

    def _insert(self, table: str, columns: list[list[object]], names: Sequence[str], types: list[str]) -> None:
        if not columns:
            return
        try:
            self._client.insert(table, columns, column_names=names, column_type_names=types, column_oriented=True)
        except (ClickHouseError, HTTPError) as wrong:
            raise _judged(wrong) from wrong


def _judged(wrong: ClickHouseError | HTTPError) -> Exception:
    return passing(wrong) if isinstance(wrong, ClickHouseError) else StoreAway(type(wrong).__name__)
