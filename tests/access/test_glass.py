"""A broken glass opens the readings that say so, to one client, and nothing else: no command, no payment, no list."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.access.caller import Role
from services.contracts.break_glass import BreakGlassOpened
from services.web.in_process import InProcess
from services.web.rights import READINGS, Right
from tests.access import doors as made_doors
from tests.access.doors import Door, Who, done, door
from tests.access.test_matrix import CELLS
from tests.benefits.a_region import ALKMAAR, BERGEN
from tests.intake import test_openings as intakes
from tests.streams.history import client_ref

STRANGER: Who = ("caseworker", (BERGEN,))
EMERGENCY = {"reason": "danger-to-life", "note": "ligt op straat"}
ACTS_UNDER_IT = [(name, right) for name, right in CELLS if right.glass and right.method not in READINGS]
OF_A_CLIENT = [
    (name, right) for name, right in CELLS if right.scope == "subject" and STRANGER[0] in right.roles and (name, right) not in ACTS_UNDER_IT
]
IDS = [f"{name} {right.method} {right.path}" for name, right in OF_A_CLIENT]
VIEW = next(right for name, right in CELLS if (name, right.path, right.glass) == ("views", "/v1/clients/{client}", True))


def opened(client: str, minutes_ago: int = 1) -> BreakGlassOpened:
    """Whoever knocks was let in to a client, for an hour."""
    return intakes.opened(client, minutes_ago).model_copy(update={"opened_by": "s-cell"})


def of_handover(folder: Path) -> Door:
    made = door("handover", folder)
    token = made.issuer.token("s-cell", [STRANGER[0]], STRANGER[1])
    done(InProcess(made.app, {"Authorization": f"Bearer {token}"}).post("/v1/clients/p-1/break-glass", "glass", json=EMERGENCY))
    return made


def of_intake(folder: Path) -> Door:
    made = door("intake", folder)
    assert made.log is not None
    intakes.told(made.log, opened(made.paths["clients"]))
    return made


LET_IN: dict[str, Callable[[Path], Door]] = {
    "handover": of_handover,
    "intake": of_intake,
    "views": lambda folder: made_doors.views(folder, opened(client_ref(6))),
    "benefits": lambda folder: door("benefits", folder),
}
"""Each process after the stranger was let in to the client behind its door."""


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Door]]:
    made = {name: make(tmp_path_factory.mktemp(name)) for name, make in LET_IN.items()}
    yield made
    for each in made.values():
        each.processing.close()


@pytest.mark.parametrize(("name", "right"), OF_A_CLIENT, ids=IDS)
def test_a_route_opens_exactly_if_it_says_so(doors: dict[str, Door], name: str, right: Right) -> None:
    status, body = doors[name].knock(STRANGER, right, doors[name].path(right))
    assert (status != 403) == right.glass, body


def test_only_ones_own_opening_can_be_ended_under_it() -> None:
    assert [(name, right.path) for name, right in ACTS_UNDER_IT] == [("handover", "/v1/clients/{client}/break-glass/{opening}/withdrawals")]


def test_nothing_of_money_opens() -> None:
    assert [right.path for name, right in CELLS if right.glass and (name == "benefits" or "payouts" in right.path)] == []


@pytest.mark.parametrize("role", ["payments-officer", "manager", "operator", "auditor"])
def test_who_may_not_break_it_reads_nothing_under_it(doors: dict[str, Door], role: Role) -> None:
    rights = [(doors[name], right) for name, right in CELLS if right.glass]
    assert {made.knock((role, (BERGEN,)), right, made.path(right))[0] for made, right in rights} == {403}


def test_an_opening_is_of_one_client(doors: dict[str, Door]) -> None:
    (right,) = (right for name, right in CELLS if name == "handover" and right.path == "/v1/clients/{client}/baton")
    assert doors["handover"].knock(STRANGER, right, "/v1/clients/p-2/baton")[0] == 403


def test_the_contact_view_tells_in_an_emergency_what_is_open_and_not_what_was_paid(doors: dict[str, Door]) -> None:
    status, body = doors["views"].knock(STRANGER, VIEW, doors["views"].path(VIEW))
    seen = json.loads(body)
    assert (status, seen["contact"]["contact_person"][:2], seen["left_out"]) == (200, "s-", ["payouts"])
    assert b"cents" not in body
    assert b"benefits/" not in body


def test_nobody_is_told_who_broke_the_glass_by_the_contact_view(doors: dict[str, Door]) -> None:
    _, body = doors["views"].knock(("coordinator", (ALKMAAR,)), VIEW, doors["views"].path(VIEW))
    assert b"break-glass-opened" in body
    assert b"s-cell" not in body
    assert b"danger-to-life" not in body


def test_the_line_of_such_a_reading_names_the_opening(doors: dict[str, Door]) -> None:
    doors["views"].knock(STRANGER, VIEW, doors["views"].path(VIEW))
    line = json.loads((doors["views"].processing.folder / "processing.ndjson").read_text().splitlines()[-1])
    assert line["attributes"]["dpl.backbone.break_glass"] == 1


@pytest.mark.parametrize("minutes", [60, 61, -2])
def test_when_its_time_is_over_or_has_not_come_the_view_is_closed(tmp_path: Path, minutes: int) -> None:
    made = made_doors.views(tmp_path, opened(client_ref(6), minutes))
    assert made.knock(STRANGER, VIEW, made.path(VIEW))[0] == 403
    made.processing.close()
