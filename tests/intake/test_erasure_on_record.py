"""Who had a client erased, or tried to, stands in the audit log: actor, action, object, result and origin."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.intake.api import make_app
from services.intake.office import Office
from services.intake.route.rules import installed
from services.web.in_process import InProcess
from services.web.reads import Reads
from services.web.trail import keep_trail
from tests.intake.stories import NOW, RULES, SIX
from tests.intake.test_intake_api import House

ASKED = {"ground": "client-asked"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.processing.close()


def at_the_door(house: House, after: timedelta, of: tuple[str, ...] = SIX) -> InProcess:
    """An operator who comes so much later."""
    office = Office(house.log, house.desk, lambda: NOW + after, RULES, installed())
    app = make_app(office, house.gate, Reads(house.processing, office.now), 100_000)
    keep_trail(app, house.processing, office.now)
    return InProcess(app, {"authorization": f"Bearer {house._issuer.token('s-op', ['operator'], of)}"})


def last_line(house: House) -> dict[str, Any]:
    line: dict[str, Any] = json.loads((house.folder / "audit.ndjson").read_text().splitlines()[-1])
    return {name: line[name] for name in ("actor", "action", "object", "result", "origin")}


@pytest.mark.parametrize(("after", "of", "result"), [(0, SIX, "refused"), (800, SIX, "ok"), (800, ("GM0361",), "forbidden")])
def test_each_request_to_erase_is_on_record_with_its_result(house: House, after: int, of: tuple[str, ...], result: str) -> None:
    client = house.registered()[1]["client"]

    at_the_door(house, timedelta(days=after), of).post(f"/v1/clients/{client}/erasures", "erase", json=ASKED)

    told = {"actor": "s-op", "action": "POST /v1/clients/{client}/erasures", "object": client, "result": result}
    assert last_line(house) == {**told, "origin": "127.0.0.1"}


def test_a_refused_command_is_a_processing_of_the_client_as_well(house: House) -> None:
    client = house.registered()[1]["client"]

    at_the_door(house, timedelta(0)).post(f"/v1/clients/{client}/erasures", "erase", json=ASKED)

    line = json.loads((house.folder / "processing.ndjson").read_text().splitlines()[-1])
    assert (line["name"], line["status_code"]) == ("refuse-command", "STATUS_CODE_UNSET")
    assert line["attributes"]["dpl.core.data_subject_id"] == client
    readers = [json.loads(text) for text in (house.folder / "audit.ndjson").read_text().splitlines()]
    assert [reader["actor"] for reader in readers if reader["id"] == line["span_id"]] == ["s-op"]


def test_a_client_who_is_not_known_is_on_record_too(house: House) -> None:
    at_the_door(house, timedelta(0)).post("/v1/clients/p-00000000000000ff/erasures", "erase", json=ASKED)

    assert last_line(house)["result"] == "answered 404"
