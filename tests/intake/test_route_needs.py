"""Needs that intake records are signals at once: three domains propose a flag, and a closed need is no signal any more."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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
