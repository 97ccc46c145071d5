"""Every test of the audit has a backbone of its own."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.broker import Broker
from tests.audit.world import World, create_topics, world


@pytest.fixture
def backbone(tmp_path: Path, broker: Broker) -> Iterator[World]:
    """A world in which everything holds, not yet published."""
    with world(tmp_path / "data", broker.bootstrap) as made:
        create_topics(made.sources)
        made.standard()
        yield made


@pytest.fixture
def bare(tmp_path: Path, broker: Broker) -> Iterator[World]:
    """A world in which nothing has happened and nothing is ever published, for what shows in logs and files alone."""
    with world(tmp_path / "data", broker.bootstrap) as made:
        made.sources = replace(made.sources, wait_seconds=0)
        yield made


@pytest.fixture
def recorded(bare: World) -> World:
    """The same after the standard course of things."""
    bare.standard()
    return bare


@pytest.fixture(scope="session")
def _once(tmp_path_factory: pytest.TempPathFactory, broker: Broker) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("audit") / "data", broker.bootstrap) as made:
        create_topics(made.sources)
        made.standard()
        made.publish()
        yield made


@pytest.fixture
def published(_once: World) -> Iterator[World]:
    """A published world in which a test changes nothing but what views and ClickHouse answer; that is undone."""
    views, clickhouse = deepcopy(vars(_once.views)), list(_once.clickhouse.rows)
    yield _once
    vars(_once.views).update(views)
    _once.clickhouse.rows = clickhouse
