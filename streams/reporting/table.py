"""The tables that the sink fills, and how far each Kafka partition is in them."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

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


class Table(Protocol):
    """Where rows are kept; every method raises `StoreAway` when ClickHouse cannot take or give anything now."""

    def resume(self) -> Mapping[Partition, int]:
        """Offset to go on from, of each partition that is known."""

    def keep(self, rows: Sequence[Row]) -> None:
        """Insert rows in one block."""

    def set_aside(self, records: Sequence[Aside]) -> None:
        """Insert the places of unreadable records."""

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
        try:
            found = self._client.query(_RESUME).result_rows
        except (ClickHouseError, HTTPError) as wrong:
            raise _judged(wrong) from wrong
        return {(str(topic), int(partition)): int(offset) for topic, partition, offset in found}

    def keep(self, rows: Sequence[Row]) -> None:
        """See `Table`. Columns are handed over, as a list per column is what the driver can write fastest."""
        self._insert("events", [list(column) for column in zip(*rows, strict=True)], COLUMNS, [self._types[name] for name in COLUMNS])

    def set_aside(self, records: Sequence[Aside]) -> None:
        """See `Table`."""
        types = ["LowCardinality(String)", "UInt16", "UInt64", "LowCardinality(String)", "String"]
        self._insert("quarantine", [list(column) for column in zip(*records, strict=True)], Aside._fields, types)

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
