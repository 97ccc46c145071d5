"""Needs that intake records are signals at once: three domains propose a flag, and a closed need is no signal any more."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.access.caller import Role
from services.intake.route.standing import standing_flags
from tests.intake.test_intake_api import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.processing.close()


def signals(house: House, client: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = house.worker.get(f"/v1/clients/{client}/route").json()["signals"]
    return found


def needs(house: House, *domains: str) -> tuple[str, list[str]]:
    """A client with these needs, and their references."""
    _, refs = house.registered()
    path, found = f"/v1/clients/{refs['client']}/needs", []
    for number, domain in enumerate(domains):
        body = {"domain": domain, "need": f"need-{'abcd'[number]}", "identified_on": "2024-02-01"}
        answer = house.worker.post(path, f"need-{number}", json=body)
        assert answer.status_code == 201, answer.text
        found.append(answer.json()["refs"]["need_ref"])
    return refs["client"], found


def test_needs_in_three_domains_propose_a_flag(house: House) -> None:
    client, _ = needs(house, "work", "debt", "housing")

    assert [(flag.client, flag.state) for flag in standing_flags(house.log)] == [(client, "proposed")]
    assert [signal["source"] for signal in signals(house, client)] == ["intake"] * 3


def test_the_same_need_again_is_no_second_signal(house: House) -> None:
    client, _ = needs(house, "work")
    body = {"domain": "work", "need": "need-a", "identified_on": "2024-02-01"}

    house.worker.post(f"/v1/clients/{client}/needs", "again", json=body)

    assert len(signals(house, client)) == 1


def test_two_needs_in_one_domain_each_end_by_themselves(house: House) -> None:
    client, (first, _) = needs(house, "debt", "debt")
    closing = {"outcome": "met", "closed_on": "2024-02-10", "reason_code": "goal-reached"}

    answer = house.worker.post(f"/v1/clients/{client}/needs/{first}/closings", "close", json=closing)

    assert answer.status_code == 201, answer.text
    assert [signal["end"] for signal in signals(house, client)] == ["over", None]


def route(house: House, client: str, purpose: str | None, *roles: Role) -> dict[str, Any]:
    headers = {} if purpose is None else {"Processing-Purpose": purpose}
    seen: dict[str, Any] = house.caller(*roles).get(f"/v1/clients/{client}/route", headers=headers).json()
    return seen


@pytest.mark.parametrize(
    ("purpose", "role", "domains", "left_out"),
    [
        (None, "caseworker", ["debt"], ["wmo", "youth"]),
        ("youth-help", "caseworker", ["debt", "youth"], ["wmo"]),
        ("youth-help", "auditor", ["debt"], ["wmo", "youth"]),
        ("direct-escalated-case", "caseworker", ["debt"], ["wmo", "youth"]),
        ("direct-escalated-case", "coordinator", ["debt", "care", "youth"], []),
        ("access-request", "coordinator", ["debt"], ["wmo", "youth"]),
        ("examine-lawfulness", "auditor", ["debt", "care", "youth"], []),
    ],
)
def test_signals_of_care_and_youth_are_read_for_a_purpose_that_fits(
    house: House, purpose: str | None, role: Role, domains: list[str], left_out: list[str]
) -> None:
    client, _ = needs(house, "debt", "care", "youth")

    seen = route(house, client, purpose, role)

    shown = {signal["signal_ref"] for signal in seen["signals"]}
    assert ([signal["domain"] for signal in seen["signals"]], seen["left_out"]) == (domains, left_out)
    assert {ref for rule in seen["today"]["fired"] + seen["course"][0]["fired"] for ref in rule["seen"]} == shown


def test_a_provider_of_youth_help_and_what_was_noted_are_left_out_too(house: House) -> None:
    client, _ = needs(house, "work", "debt", "housing")
    provider = {"kind": "active-organisation", "organisation": "youth-provider", "source": "partner", "since": "2024-02-01"}
    house.worker.post(f"/v1/clients/{client}/route-signals", "provider", json=provider)
    said = {"reason": "safety-first", "note": "the boy is at home all day"}
    house.caller("coordinator").post(f"/v1/clients/{client}/route-flags/1/confirmations", "yes", json=said)

    closed, opened = (route(house, client, purpose, "coordinator") for purpose in (None, "youth-help"))

    assert ("youth-provider" in str(closed), "the boy" in str(closed), closed["left_out"]) == (False, False, ["youth"])
    assert ("youth-provider" in str(opened), "the boy" in str(opened), opened["left_out"]) == (True, True, [])


def test_a_purpose_that_opened_nothing_is_no_ground_of_what_was_read(house: House) -> None:
    client, _ = needs(house, "debt", "care")

    route(house, client, "support-at-home", "auditor")

    line = json.loads((house.folder / "processing.ndjson").read_text().splitlines()[-1])
    assert "dpl.backbone.purpose" not in line["attributes"]
