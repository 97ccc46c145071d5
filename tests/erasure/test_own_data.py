"""A client reads what the house knows of them, and nothing that is of others."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.client_page import page
from services.client_words import euros, installed
from services.contracts.codec import published
from services.contracts.intake import HouseholdEvent
from services.eventlog.about import records_about
from services.web.own_data import OwnData
from tests.contracts.examples import EXAMPLES
from tests.intake.stories import household_body, member_body
from tests.intake.test_intake_api import House

WORDS = installed()
ROOT = Path(__file__).parents[2]
ACCESS = {"ground": "access-request"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.processing.close()


def exported(house: House, client: str) -> Any:  # noqa: ANN401 - JSON
    answer = house.caller("manager").post(f"/v1/clients/{client}/exports", json=ACCESS)
    assert answer.status_code == 200, answer.text
    return answer.json()


def couple(house: House) -> tuple[str, str]:
    members = (member_body(house.people.bsn()), member_body(house.people.bsn(), "partner"))
    answer = house.worker.post("/v1/households", "couple", json=household_body(*members, household_type="couple"))
    fact = house.log.read(f"intake/household/{answer.json()['refs']['household_ref']}")[0].event
    assert isinstance(fact, HouseholdEvent)
    first, second = (member.person_ref for member in fact.facts.members)
    return first, second


def test_a_client_gets_the_values_of_the_vault_in_clear(house: House) -> None:
    bsn, refs = house.registered()

    (value,) = exported(house, refs["client"])["values"].values()
    assert (value["bsn"], value["name"]) == (bsn, "Jannie Testgeval")


def test_nothing_of_the_others_in_the_household_is_given(house: House) -> None:
    client, partner = couple(house)
    told = exported(house, client)

    assert partner not in json.dumps(told)
    assert (len(told["values"]), "others" in told["left_out"]) == (1, True)


def test_who_looked_and_why_is_told_without_a_name(house: House) -> None:
    bsn, refs = house.registered()
    house.caller("caseworker", actor="s-nosy").post("/v1/persons/_search", json={"bsn": bsn})
    exported(house, refs["client"])

    told = exported(house, refs["client"])
    assert [read["activity"].rpartition(":")[2] for read in told["readings"]] == ["find-person", "export-client-access-request"]
    assert [read["reader"] for read in told["readings"]] == ["reader 1", "reader 2"]
    assert "s-nosy" not in json.dumps(told)


def test_gathering_is_itself_a_reading_with_its_ground(house: House) -> None:
    _, refs = house.registered()
    house.caller("manager").post(f"/v1/clients/{refs['client']}/exports", json={"ground": "supervision"})

    line = json.loads((house.folder / "processing.ndjson").read_text().splitlines()[-1])
    assert line["name"] == "export-client-supervision"
    told = {name: value for name, value in line["attributes"].items() if name.startswith("dpl.backbone")}
    assert told == {"dpl.backbone.purpose": "supervision", "dpl.backbone.legal_basis": "avg-58"}


def test_without_a_ground_nothing_is_gathered(house: House) -> None:
    _, refs = house.registered()

    assert house.caller("manager").post(f"/v1/clients/{refs['client']}/exports", json={}).status_code == 400


def test_a_caseworker_gathers_nobody(house: House) -> None:
    _, refs = house.registered()

    assert house.worker.post(f"/v1/clients/{refs['client']}/exports", json=ACCESS).status_code == 403


def test_another_municipality_gathers_nobody(house: House) -> None:
    _, refs = house.registered()

    elsewhere = house.caller("manager", of=("GM0361",))
    assert elsewhere.post(f"/v1/clients/{refs['client']}/exports", json=ACCESS).status_code == 403


def test_facts_of_other_clients_are_not_read(house: House) -> None:
    _, one = house.registered()
    _, two = house.registered()

    assert all(two["client"].encode() not in record.data for record in records_about(house.log, one["client"]))


@pytest.mark.parametrize("event", [each for each in EXAMPLES if each.home().client], ids=lambda event: event.TYPE)
def test_no_fact_gives_a_colleague_or_another_person_away(event: Any) -> None:  # noqa: ANN401 - an event
    own = OwnData(event.home().client)
    told = json.dumps(own.of(json.loads(event.model_dump_json())))

    assert '"s-' not in told
    assert '"p-' not in told.replace(event.home().client, "")
    assert "fingerprint" not in told


def test_every_kind_of_fact_about_a_client_has_a_name_in_dutch() -> None:
    about = {event.TYPE.split(".")[3] for event in EXAMPLES if event.home().client or "/household/" in event.home().stream}
    assert about <= published_names()
    assert sorted(about - WORDS.tables["what"].keys()) == []


def test_every_reason_to_look_has_words_in_dutch() -> None:
    sources = (path.read_text() for room in ("services", "streams") for path in (ROOT / room).rglob("*.py"))
    named = {name for text in sources for name in re.findall(r"processing-activity:([a-z-]+[a-z])\b(?!-)", text)}
    assert named <= WORDS.tables["activity"].keys()


def published_names() -> set[str]:
    return {type_.split(".")[3] for type_ in published().types}


def test_the_page_says_what_was_written_and_runs_nothing(house: House) -> None:
    _, refs = house.registered()
    told = exported(house, refs["client"])
    told["values"]["t-1"] = {"note": "<script>alert(1)</script> huur te laat"}
    shown = page({"client": refs["client"], "gathered_at": "2026-11-26T01:00:00+00:00", "services": [told]}, WORDS)

    assert "<script" not in shown
    assert all(text in shown for text in ("Jannie Testgeval", "huur te laat", "Huishouden geregistreerd", "26-11-2026 02:00"))


@pytest.mark.parametrize(("cents", "text"), [(123_456, "€ 1.234,56"), (5, "€ 0,05"), (-100_000_000, "-€ 1.000.000,00")])
def test_amounts_are_written_as_the_dutch_do(cents: int, text: str) -> None:
    assert euros(cents) == text
