"""A broken glass opens the readings that say so, to one client, and nothing else: no command, no payment, no list."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.access.caller import Role
from services.web.in_process import InProcess
from services.web.rights import READINGS, Right
from tests.access.doors import Door, Who, done, door
from tests.access.test_matrix import CELLS
from tests.benefits.a_region import BERGEN

STRANGER: Who = ("caseworker", (BERGEN,))
EMERGENCY = {"reason": "danger-to-life", "note": "ligt op straat"}
ACTS_UNDER_IT = [(name, right) for name, right in CELLS if right.glass and right.method not in READINGS]
OF_A_CLIENT = [
    (name, right) for name, right in CELLS if right.scope == "subject" and STRANGER[0] in right.roles and (name, right) not in ACTS_UNDER_IT
]
IDS = [f"{name} {right.method} {right.path}" for name, right in OF_A_CLIENT]
LET_IN = {"handover"}
"""Processes that look for openings."""


def let_in(name: str, made: Door) -> None:
    """The stranger breaks the glass of the client behind a door."""
    if name == "handover":
        token = made.issuer.token("s-cell", [STRANGER[0]], STRANGER[1])
        done(InProcess(made.app, {"Authorization": f"Bearer {token}"}).post("/v1/clients/p-1/break-glass", "glass", json=EMERGENCY))


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Door]]:
    made = {name: door(name, tmp_path_factory.mktemp(name)) for name in LET_IN}
    for name, each in made.items():
        let_in(name, each)
    yield made
    for each in made.values():
        each.processing.close()


@pytest.mark.parametrize(("name", "right"), OF_A_CLIENT, ids=IDS)
def test_a_route_opens_exactly_if_it_says_so(doors: dict[str, Door], name: str, right: Right) -> None:
    if name not in doors:
        assert not right.glass
        return
    status, body = doors[name].knock(STRANGER, right, doors[name].path(right))
    assert (status != 403) == right.glass, body


def test_only_ones_own_opening_can_be_ended_under_it() -> None:
    assert [(name, right.path) for name, right in ACTS_UNDER_IT] == [("handover", "/v1/clients/{client}/break-glass/{opening}/withdrawals")]


@pytest.mark.parametrize("role", ["payments-officer", "manager", "operator", "auditor"])
def test_who_may_not_break_it_reads_nothing_under_it(doors: dict[str, Door], role: Role) -> None:
    made = doors["handover"]
    rights = [right for name, right in CELLS if name == "handover" and right.glass]
    assert {made.knock((role, (BERGEN,)), right, made.path(right))[0] for right in rights} == {403}


def test_an_opening_is_of_one_client(tmp_path: Path) -> None:
    made = door("handover", tmp_path)
    let_in("handover", made)
    (right,) = (right for name, right in CELLS if name == "handover" and right.path == "/v1/clients/{client}/baton")
    assert made.knock(STRANGER, right, "/v1/clients/p-2/baton")[0] == 403
    made.processing.close()
