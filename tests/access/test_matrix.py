"""Every cell of the matrix: role x route x municipality, tried on the real apps and compared with what the routes declare."""

import asyncio
import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any, cast, get_args

import pytest

from deploy.access_matrix import FILE, GLASS, ROLES
from services.access.region import REGION
from services.intake.bodies import MunicipalityCode
from services.web.rights import Right, rights
from tests.access.doors import MAKERS, UNKNOWN, Door, Who, door
from tests.benefits.a_region import ALKMAAR, BERGEN

SIX = tuple(sorted(REGION))
PLACES: dict[str, tuple[str, ...]] = {"own": (ALKMAAR,), "other": (BERGEN,), "none": (), "all": SIX}
ALLOWED = {
    "subject": {"own", "all"},
    "named": {"own", "all"},
    "each": {"own", "other", "none", "all"},
    "own": {"own", "other", "all"},
    "emergency": {"own", "other", "all"},
    "region": {"all"},
    "none": {"own", "other", "none", "all"},
}
"""By scope, the places of the caller from which the thing in Alkmaar may be touched."""


def declared() -> Iterator[tuple[str, Right]]:
    """Every line of the committed matrix."""
    name = ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip(" `") for cell in line.strip("|").split("|")]
        if cells[1:] == ["municipality", *ROLES]:
            name = cells[0]
        elif name and line.startswith("| `"):
            method, path = cells[0].split(" ")
            roles = tuple(role for role, may in zip(ROLES, cells[2:], strict=True) if may == "yes")
            scope, glass, _ = cells[1].partition(GLASS)
            yield name, Right(method, path, roles, cast("Any", scope), bool(glass))


CELLS = list(declared())


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Door]]:
    made = {name: door(name, tmp_path_factory.mktemp(name)) for name in MAKERS}
    yield made
    for each in made.values():
        each.processing.close()


def test_the_matrix_names_every_route_of_every_process(doors: dict[str, Door]) -> None:
    routes = {
        (name, r.method, r.path, frozenset(r.roles), r.scope, r.glass) for name, each in doors.items() for r in rights(each.app.routes)
    }
    assert {(name, r.method, r.path, frozenset(r.roles), r.scope, r.glass) for name, r in CELLS} == routes


@pytest.mark.parametrize(("name", "right"), CELLS, ids=[f"{name} {right.method} {right.path}" for name, right in CELLS])
def test_every_cell_of_the_matrix_is_as_declared(doors: dict[str, Door], name: str, right: Right) -> None:
    asyncio.run(_tried(doors[name], right))


async def _tried(door: Door, right: Right) -> None:
    there, unheard_of = door.path(right), door.path(right, UNKNOWN)
    for role, (place, municipalities) in product(ROLES, PLACES.items()):
        who: Who = (role, municipalities)
        status, body = await door.answer(who, right, there)
        if role in right.roles and place in ALLOWED[right.scope]:
            assert status not in (401, 403), (role, place, status, body)
            assert status < 500, (role, place, status, body)
        else:
            assert status == 403, (role, place, status, body)
            assert told(body) == told((await door.answer(who, right, unheard_of))[1]), (role, place)


def told(body: bytes) -> dict[str, object]:
    """A problem, but for the number of the request."""
    return {name: value for name, value in json.loads(body).items() if name != "instance"}


FILES = [(name, right) for name, right in CELLS if right.scope == "each"]


@pytest.mark.parametrize(("name", "right"), FILES, ids=[f"{name} {right.path}" for name, right in FILES])
def test_a_line_of_a_file_is_refused_outside_the_callers_municipalities(doors: dict[str, Door], name: str, right: Right) -> None:
    door = doors[name]
    reasons = {place: line_of(door.knock((right.roles[0], of), right, right.path)) for place, of in PLACES.items()}
    assert {place for place, reason in reasons.items() if reason == "forbidden"} == {"other", "none"}
    assert "failed" not in reasons.values()


def line_of(answer: tuple[int, bytes]) -> str:
    told = json.loads(answer[1])
    return str(told.get("reason", told["outcome"]))


LISTS = [(name, right) for name, right in CELLS if right.scope == "own" and right.method == "GET"]


@pytest.mark.parametrize(("name", "right"), LISTS, ids=[f"{name} {right.path}" for name, right in LISTS])
def test_a_list_holds_the_callers_own_alone(doors: dict[str, Door], name: str, right: Right) -> None:
    status, body = doors[name].knock((right.roles[0], (BERGEN,)), right, doors[name].path(right))
    assert status == 200
    assert ALKMAAR.encode() not in body


def test_no_address_can_hold_a_citizen_service_number(doors: dict[str, Door]) -> None:
    """A search by BSN is a POST: addresses end up in logs, histories and referrers (design.md D8)."""
    asked = [
        (path, parameter["name"], parameter["schema"])
        for each in doors.values()
        for path, operations in each.app.openapi()["paths"].items()
        for operation in operations.values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] in ("path", "query")
    ]
    assert [(path, name) for path, name, schema in asked if may_be_a_bsn(schema)] == []


def may_be_a_bsn(schema: dict[str, Any]) -> bool:
    """Whether a parameter takes nine digits as a text; numbers are pages, limits and versions, and have bounds."""
    if "anyOf" in schema:
        return any(may_be_a_bsn(each) for each in schema["anyOf"])
    free = schema.get("type") == "string" and not schema.keys() & {"enum", "const", "format"}
    return free and re.search(schema.get("pattern", ""), "999990019") is not None


def test_the_region_is_the_same_everywhere() -> None:
    assert set(get_args(MunicipalityCode)) == REGION
