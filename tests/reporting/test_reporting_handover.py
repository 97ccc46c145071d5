"""Handover times, drops, load and call-backs on a few clients whose figures were computed by hand."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from services.contracts import handover, handover_contacts
from services.contracts.codec import published
from services.contracts.envelope import Event
from streams.reporting.reading import read
from streams.reporting.rows import Row
from streams.reporting.table import ClickHouseTable
from tests.reporting.known import ALKMAAR, records

DUE = datetime(2024, 2, 22, 9, tzinfo=UTC)
FEBRUARY = date(2024, 2, 1)
AS_SHOWN = DUE.replace(tzinfo=None)
"""ClickHouse's client shows UTC without saying so."""


def opened(client: str) -> Event:
    return handover.BatonOpened(
        client=client, municipality=ALKMAAR, organisation="region", team_ref="team-1", contact_person="s-1", on=date(2024, 1, 5)
    )


def about(client: str) -> dict[str, Any]:
    return {"client": client, "municipality": ALKMAAR, "offer": 1, "from_team_ref": "team-1", "to_team_ref": "team-2"}


def offered(client: str) -> Event:
    return handover.BatonOffered(
        **about(client), from_organisation="region", to_organisation="municipality", kind="between-organisations", purpose="debt-help",
        legal_basis="wgs-8", domain_from="work-income", domain_to="debt-help", shares=("reference",), keeps_quality="receiver",
        keeps_coherence="sender", keeps_contact="receiver", near_at=DUE, due_at=DUE, fall_back_at=DUE, rule_version="1", offered_by="s-1",
    )  # fmt: skip


def contact(client: str, staff_ref: str) -> Event:
    return handover_contacts.ContactRecorded(
        client=client, municipality=ALKMAAR, contact_ref=f"contact-{staff_ref}", channel="letter", direction="to-client", subject="payment",
        staff_ref=staff_ref, at=DUE,
    )  # fmt: skip


CALL_BACK: dict[str, Any] = {"client": "p-1", "municipality": ALKMAAR, "call_back_ref": "cb-1"}

# A second apart: p-1 accepted two seconds after the offer, p-2 fell back, p-3 declined one second after, p-4 stands near.
FACTS: list[Event] = [
    *(opened(f"p-{number}") for number in range(1, 5)),
    offered("p-1"),
    offered("p-2"),
    handover.BatonAccepted(**about("p-1"), organisation="municipality", contact_person="s-3", on=date(2024, 2, 15), accepted_by="s-4"),
    handover.BatonDuePassed(**about("p-2"), due_at=DUE),
    handover.BatonFellBack(**about("p-2"), due_at=DUE),
    handover.EscalationRaised(
        client="p-2", municipality=ALKMAAR, level=2, reason="baton-fell-back", directs="case-director", rule_version="1"
    ),
    offered("p-3"),
    handover.BatonDeclined(**about("p-3"), reason="no-capacity", declined_by="s-3"),
    offered("p-4"),
    handover.BatonDueNeared(**about("p-4"), due_at=DUE),
    handover.HandoverCompleted(**about("p-1"), result="goal-reached", completed_by="s-3"),
    contact("p-1", "s-3"),
    contact("p-1", "s-5"),
    handover_contacts.CallBackRequested(
        **CALL_BACK, team_ref="team-2", channel="telephone", subject="payment", due_at=DUE, rule_version="1"
    ),
    handover_contacts.CallBackTermPassed(**CALL_BACK, team_ref="team-2", due_at=DUE),
    handover_contacts.CallBackAnswered(**CALL_BACK, outcome="reached", answered_by="s-3"),
]

EXPECTED: dict[str, list[tuple[object, ...]]] = {
    "SELECT client, outcome, answer_seconds, was_late, crosses_domain, handover_position FROM handovers": [
        ("p-1", "accepted", 2.0, False, True, 15),
        ("p-2", "fell-back", None, True, True, 9),
        ("p-3", "declined", 1.0, False, True, 12),
        ("p-4", "open", None, False, True, 14),
    ],
    "SELECT kind, due_at, from_team_ref, to_team_ref FROM handovers WHERE client = 'p-2'": [
        ("between-organisations", AS_SHOWN, "team-1", "team-2")
    ],
    "SELECT month, purpose, legal_basis, offered, accepted, completed FROM handover_purposes_per_municipality_month": [
        (FEBRUARY, "debt-help", "wgs-8", 4, 1, 1)
    ],
    "SELECT * EXCEPT (answer_hours_median, answer_hours_p90) FROM handovers_per_municipality_month": [
        (ALKMAAR, FEBRUARY, 4, 1, 1, 0, 1, 1, 1, 15)
    ],
    "SELECT client, state, level, handovers FROM batons": [
        ("p-1", "held", 1, 1),
        ("p-2", "held", 2, 0),
        ("p-3", "held", 1, 0),
        ("p-4", "near", 1, 0),
    ],
    "SELECT state, level, batons FROM batons_by_state": [("held", 1, 2), ("held", 2, 1), ("near", 1, 1)],
    "SELECT client, professionals, handovers, contacts FROM coordination_load": [
        ("p-1", 4, 1, 2),
        ("p-2", 1, 0, 0),
        ("p-3", 1, 0, 0),
        ("p-4", 1, 0, 0),
    ],
    "SELECT clients, professionals_average, contacts_average, many_professionals FROM coordination_load_per_municipality": [
        (4, 1.75, 0.5, 1)
    ],
    "SELECT call_back_ref, client, outcome, was_late, due_at FROM call_backs": [("cb-1", "p-1", "reached", True, AS_SHOWN)],
    "SELECT client, team_ref, organisation, contact_person FROM contact_persons": [
        ("p-1", "team-2", "municipality", "s-3"),
        ("p-2", "team-1", "region", "s-1"),
        ("p-3", "team-1", "region", "s-1"),
        ("p-4", "team-1", "region", "s-1"),
    ],
}


@pytest.fixture
def told(client: Client) -> Client:
    rows = [read(published(), record) for record in records("handover", FACTS)]
    ClickHouseTable(client).keep([row for row in rows if isinstance(row, Row)])
    return client


def test_every_figure_of_handovers_is_as_computed_by_hand(told: Client) -> None:
    assert {query: sorted(map(tuple, told.query(query).result_rows)) for query in EXPECTED} == EXPECTED
