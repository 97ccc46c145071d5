"""An empty house of benefits for each test, and two of the people who come to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.web.in_process import InProcess
from tests.benefits.a_house import House
from tests.benefits.a_region import OFFICER


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Nobody lives there yet."""
    made = House(tmp_path)
    yield made
    made.processing.close()


@pytest.fixture
def officer(house: House) -> InProcess:
    """Who prepares and releases."""
    return house.as_("payments-officer", OFFICER)


@pytest.fixture
def worker(house: House) -> InProcess:
    """Who decides about clients."""
    return house.as_("caseworker", "s-worker")
