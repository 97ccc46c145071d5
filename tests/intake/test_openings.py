"""Intake lets in whom handover let in: as long as handover says, and never longer than its own clock."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.access.caller import Role
from services.contracts.break_glass import BreakGlassExpired, BreakGlassOpened, BreakGlassWithdrawn
from services.contracts.envelope import Event
from services.eventlog.log import EventLog
from services.intake.openings import FOLLOWED, react
from services.web.in_process import InProcess
from tests.intake.stories import NOW
from tests.intake.test_intake_api import House
from tests.streams.history import envelopes

ALKMAAR, BERGEN = "GM0361", "GM0373"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.processing.close()


def told(log: EventLog, *facts: Event) -> None:
    """Handover told this, in this order; all that was told before comes again."""
    for envelope in envelopes([("handover", fact) for fact in facts]):
        assert envelope.event.TYPE in FOLLOWED
        for work in react(envelope):
            log.submit(work).result(5)


def opened(client: str, minutes_ago: int = 1, *, special: bool = True) -> BreakGlassOpened:
    at = NOW - timedelta(minutes=minutes_ago)
    return BreakGlassOpened(
        **about(client),
        reason="danger-to-life",
        legal_basis="avg-9-2-c",
        opens_special=special,
        opened_by="s-9",
        works_for=(BERGEN,),
        opened_at=at,
        expires_at=at + timedelta(hours=1),
        review_due_at=at + timedelta(days=2),
        rule_version="handover+ab12cd34",
        text_ref="t-9",
    )


def about(client: str) -> dict[str, Any]:
    return {"client": client, "municipality": ALKMAAR, "opening": 1}


def needy(house: House) -> str:
    """A client in Alkmaar with a need of debt and one of care."""
    _, refs = house.registered(municipality=ALKMAAR)
    for domain in ("debt", "care"):
        need = {"domain": domain, "need": f"need-of-{domain}", "identified_on": "2024-02-01"}
        assert house.worker.post(f"/v1/clients/{refs['client']}/needs", domain, json=need).status_code == 201
    return refs["client"]


def stranger(house: House, role: Role = "caseworker", actor: str = "s-9") -> InProcess:
    return house.caller(role, of=(BERGEN,), actor=actor)


def seen(house: House, client: str, actor: str = "s-9") -> int | list[str]:
    """The domains of the needs that the stranger reads, or the status of a refusal."""
    answer = stranger(house, actor=actor).get(f"/v1/clients/{client}/needs")
    return [need["domain"] for need in answer.json()["needs"]] if answer.is_success else answer.status_code


def test_who_was_let_in_reads_needs_with_those_of_care(house: House) -> None:
    client = needy(house)
    assert seen(house, client) == 403
    told(house.log, opened(client))
    assert (seen(house, client), seen(house, client, "s-8")) == (["debt", "care"], 403)


def test_an_emergency_that_does_not_lift_the_ban_leaves_care_out(house: House) -> None:
    client = needy(house)
    told(house.log, opened(client, special=False))
    assert seen(house, client) == ["debt"]


def test_a_colleague_of_the_same_municipality_opens_care_by_it_alone(house: House) -> None:
    client = needy(house)
    own = house.caller("caseworker", of=(ALKMAAR,), actor="s-9")
    before = own.get(f"/v1/clients/{client}/needs").json()
    told(house.log, opened(client))
    after = own.get(f"/v1/clients/{client}/needs").json()
    assert (before["left_out"], after["left_out"], len(after["needs"])) == (["wmo"], [], 2)


@pytest.mark.parametrize("over", [BreakGlassExpired, lambda **about: BreakGlassWithdrawn(**about, withdrawn_by="s-9")])
def test_when_handover_says_that_it_is_over_it_is(house: House, over: Any) -> None:  # noqa: ANN401 - a fact's class
    client = needy(house)
    told(house.log, opened(client), over(**about(client)))
    assert seen(house, client) == 403


def test_a_beginning_that_comes_again_after_its_end_opens_nothing(house: House) -> None:
    client = needy(house)
    withdrawn = BreakGlassWithdrawn(**about(client), withdrawn_by="s-9")
    told(house.log, opened(client), withdrawn)
    told(house.log, opened(client))
    assert seen(house, client) == 403


def test_without_a_word_of_its_end_it_is_over_at_its_time(house: House) -> None:
    client = needy(house)
    told(house.log, opened(client, minutes_ago=60))
    assert seen(house, client) == 403


def test_a_matter_is_read_under_it_and_not_acted_on(house: House) -> None:
    client = needy(house)
    applied = {"subject": "youth-support", "channel": "web-form", "applied_on": "2024-02-05"}
    matter = house.worker.post(f"/v1/clients/{client}/applications", "a", json=applied).json()["refs"]["matter_ref"]
    told(house.log, opened(client))
    assert stranger(house).get(f"/v1/matters/{matter}").status_code == 200
    step = {"step": "investigation", "completed_on": "2024-02-10"}
    assert stranger(house).post(f"/v1/matters/{matter}/steps", "s", json=step).status_code == 403
