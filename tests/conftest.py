"""What every room's tests may ask for."""

from collections.abc import Iterator

import pytest

from deploy.broker import Broker
from deploy.broker.topics import ensure_topics
from services.ports import free_port
from tests.chain import chain

__all__ = ["broker", "chain"]

PROCESSES = tuple(f"tests/{room}/" for room in ("flow", "faults", "erasure", "recovery", "streams", "reporting", "eventlog", "bench"))


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One real Kafka for the whole session, with the product's topics; tests keep apart by key or by a topic of their own."""
    with Broker(tmp_path_factory.mktemp("broker"), free_port()) as node:
        ensure_topics(node.bootstrap)
        yield node


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers the tests of a file stay together, as do all that look at the one rehearsed chain.

    Rooms whose tests wait for processes come first: while one worker waits, the other has work.
    """
    items.sort(key=lambda item: not ("chain" in getattr(item, "fixturenames", ()) or item.nodeid.startswith(PROCESSES)))
    for item in items:
        together = "chain" if "chain" in getattr(item, "fixturenames", ()) else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(together))
