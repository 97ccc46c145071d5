"""A house of handover, empty or with one team and a client."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.web.in_process import InProcess
from tests.handover.house import SECOND, SOMEBODY, TEAM, House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.processing.close()


@pytest.fixture
def boss(house: House) -> InProcess:
    return house.as_("coordinator")


@pytest.fixture
def staffed(boss: InProcess, house: House) -> House:
    """One team with two staff, and a client whom they hold."""
    boss.post("/v1/teams", "k1", json=TEAM)
    boss.post("/v1/teams/team-1/staff", "k2", json=SOMEBODY)
    boss.post("/v1/teams/team-1/staff", "k3", json=SECOND)
    house.accept("p-1")
    return house
