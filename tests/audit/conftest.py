"""Every test of the audit has a backbone of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.broker import Broker
from tests.audit.world import World, world


@pytest.fixture
def backbone(tmp_path: Path, broker: Broker) -> Iterator[World]:
    """A world in which everything holds, not yet published."""
    with world(tmp_path / "data", broker.bootstrap) as made:
        made.standard()
        yield made


@pytest.fixture
def bare(tmp_path: Path, broker: Broker) -> Iterator[World]:
    """A world in which nothing has happened yet."""
    with world(tmp_path / "data", broker.bootstrap) as made:
        yield made
