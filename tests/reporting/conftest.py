from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from services.contracts.codec import published
from streams.reporting.reading import read
from streams.reporting.rows import Row
from streams.reporting.schema import migrate
from streams.reporting.store import open_store
from streams.reporting.table import ClickHouseTable
from tests.reporting.known import everything


@pytest.fixture
def where(tmp_path: Path) -> str:
    return f"chdb://{tmp_path / 'clickhouse'}"


@pytest.fixture
def client(where: str) -> Iterator[Client]:
    """The embedded engine, with tables and views, empty."""
    opened = open_store(where)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def figures(client: Client) -> Client:
    """The small region of `known.py`, delivered once."""
    keep_everything(client)
    return client


def keep_everything(client: Client) -> None:
    rows = [read(published(), record) for record in everything()]
    ClickHouseTable(client).keep([row for row in rows if isinstance(row, Row)])
