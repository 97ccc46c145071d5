"""An offer of the baton, from HTTP through the log, Kafka and Faust to the contact view, and to ClickHouse, on the real chain."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from services.access.caller import Role
from services.access.configured import development_issuer
from tests.chain import Chain

pytestmark = pytest.mark.timeout(400)
ARRIVE_SECONDS = 30.0
OFFER = {"purpose": "guide-to-work", "legal_basis": "same-task", "shares": ["reference"]}


@dataclass
class Held:
    """A client of the rehearsal, who holds them, and a second team of the municipality with s-flow in it."""

    chain: Chain
    client: str
    municipality: str
    team_ref: str
    other: str

    def door(self, port: str, role: Role, actor: str) -> httpx.Client:
        token = development_issuer(self.chain.settings).token(actor, [role], [self.municipality])
        url = f"http://127.0.0.1:{getattr(self.chain.settings, port)}"
        return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False)

    def command(self, path: str, body: dict[str, Any], actor: str = "s-flow") -> dict[str, Any]:
        with self.door("handover_port", "coordinator", actor) as door:
            answer = door.post(path, json=body, headers={"Idempotency-Key": f"flow-{path.rpartition('/')[2]}"})
            assert answer.status_code in (200, 201), answer.text
            told: dict[str, Any] = answer.json()
            return told

    def seen(self, told: dict[str, Any]) -> dict[str, Any]:
        """The contact view, once it contains what was told."""
        with self.door("views_port", "caseworker", "s-1") as door:
            query = {"stream": told["stream"], "atLeastVersion": told["version"]}
            row: dict[str, Any] = door.get(f"/v1/clients/{self.client}", params=query).raise_for_status().json()
            return row


def asked(chain: Chain, query: str) -> list[list[str]]:
    url = f"http://127.0.0.1:{chain.settings.clickhouse_port}/"
    text = httpx.get(url, params={"query": f"{query} FORMAT TSV"}, trust_env=False, timeout=30).raise_for_status().text
    return [line.split("\t") for line in text.splitlines()]


def until(look: Callable[[], object], wanted: object) -> None:
    limit = time.monotonic() + ARRIVE_SECONDS
    while (found := look()) != wanted:
        assert time.monotonic() < limit, found
        time.sleep(0.2)


@pytest.fixture
def held(chain: Chain) -> Held:
    client, municipality, team_ref = asked(chain, "SELECT client, municipality, team_ref FROM contact_persons ORDER BY client LIMIT 1")[0]
    made = Held(chain, client, municipality, team_ref, "")
    made.other = made.command("/v1/teams", {"municipality": municipality, "organisation": "region", "on": "2024-01-01"})["refs"]["team_ref"]
    made.command(f"/v1/teams/{made.other}/staff", {"staff_ref": "s-flow", "on": "2024-01-01"})
    described = {"domain": "work-income", "name": "Team Flow", "telephone": "072 000 00 00", "email": "flow@example.org"}
    made.command(f"/v1/teams/{made.other}/descriptions", described)
    return made


def test_an_offer_reaches_the_contact_view_and_clickhouse_and_moves_on_acceptance(held: Held) -> None:
    path = f"/v1/clients/{held.client}/offers"

    offered = held.seen(held.command(path, {**OFFER, "to_team_ref": held.other}, "s-boss"))

    assert (offered["baton"]["team_ref"], offered["open"]["offer"]["to_team_ref"]) == (held.team_ref, held.other)

    number = offered["open"]["offer"]["offer"]
    accepted = held.seen(held.command(f"{path}/{number}/acceptances", {"contact_person": "s-flow"}))

    assert (accepted["contact"]["contact_person"], accepted["open"]["offer"]) == ("s-flow", None)
    assert accepted["team"]["telephone"] == "072 000 00 00"
    until(
        lambda: [held.client, held.other, "accepted"] in asked(held.chain, "SELECT client, to_team_ref, outcome FROM handovers"),
        wanted=True,
    )
    assert [held.client, "s-flow"] in asked(held.chain, "SELECT client, contact_person FROM contact_persons")


def test_the_rehearsal_hands_clients_over_in_every_municipality_that_has_some(chain: Chain) -> None:
    found = asked(
        chain,
        "SELECT municipality, sum(accepted) FROM handover_purposes_per_municipality_month"
        " WHERE purpose = 'guide-to-work' GROUP BY municipality",
    )

    assert {municipality for municipality, accepted in found if int(accepted) > 0} == {municipality for municipality, _ in found} != set()
