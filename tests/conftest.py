"""What every room's tests may ask for."""

from collections.abc import Iterator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

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


LOOK_AT_CHAIN = (
    "tests/flow/test_break_glass_chain.py",
    "tests/flow/test_handover_chain.py",
    "tests/flow/test_rehearsal.py",
    "tests/flow/test_rehearsed_accidents.py",
    "tests/flow/test_rights_of_a_client.py",
    "tests/test_docs.py",
)
"""The files of all tests that look at the one rehearsed chain."""


class OneWorkerPerFile(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist carries no types
    """With several workers the tests of a file stay together, as do all that look at the one rehearsed chain.

    pytest-xdist's own groups do this by the name of a test, which pytest 9.2 no longer lets it change.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "chain" if file in LOOK_AT_CHAIN else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneWorkerPerFile:
    """Which worker does what."""
    return OneWorkerPerFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Rooms whose tests wait for processes come first: while one worker waits, the other has work."""
    items.sort(key=lambda item: not item.nodeid.startswith((*PROCESSES, *LOOK_AT_CHAIN)))
    for item in items:
        if "chain" in getattr(item, "fixturenames", ()) and not item.nodeid.startswith(LOOK_AT_CHAIN):
            raise pytest.UsageError(f"{item.nodeid} looks at the chain: name its file in LOOK_AT_CHAIN")
