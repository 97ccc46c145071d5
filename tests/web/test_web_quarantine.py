"""Operators see what a service holds of the others, and let it in, over HTTP."""

from pathlib import Path

import pytest

from services.web.quarantine import add_quarantine
from tests.eventlog.test_held_records import NEWER, House, fact
from tests.web.desk import Desk


@pytest.fixture
def house() -> House:
    return House(fact(1, "p-1", NEWER), fact(2, "p-1"))


@pytest.fixture
def desk(tmp_path: Path, house: House) -> Desk:
    desk = Desk(tmp_path)
    add_quarantine(desk.app, house.held)
    return desk


def test_an_operator_sees_where_a_record_lies_whose_it_is_and_why_it_is_held(desk: Desk) -> None:
    told = desk.visitor("operator").get("/v1/quarantine").json()

    assert told[0] == {"origin": "intake.events/0/000000000001", "key": "p-1", "reason": "future-version"}
    assert len(told) == 2


@pytest.mark.parametrize(("verdict", "readable", "held"), [("_retry", True, 0), ("_retry", False, 2), ("_discard", False, 0)])
def test_an_operator_has_records_read_again_or_given_up(desk: Desk, house: House, verdict: str, readable: bool, held: int) -> None:  # noqa: FBT001 - a case of the table
    if readable:
        house.becomes_readable(1, "p-1")

    answer = desk.visitor("operator").post(f"/v1/quarantine/{verdict}", json={"key": "p-1"})

    assert answer.json() == {"key": "p-1", "held": held}
    assert len(house.held.all()) == held


def test_what_kafka_does_not_give_can_be_asked_for_again(desk: Desk, house: House) -> None:
    house.topic.clear()

    assert desk.visitor("operator").post("/v1/quarantine/_retry", json={"key": "p-1"}).status_code == 503


def test_it_is_for_operators(desk: Desk) -> None:
    assert desk.visitor("caseworker").get("/v1/quarantine").status_code == 403
