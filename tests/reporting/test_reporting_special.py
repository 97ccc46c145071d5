"""What of somebody is about care or youth stands in no row that data teams read, and is the same whatever it is about."""

from typing import Any, get_args

import pytest
from clickhouse_connect.driver.client import Client

from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.matters import Subject
from services.contracts.route import LifeDomain, OrganisationKind
from streams.reporting.guard import CLOSED
from streams.reporting.reading import read
from streams.reporting.rows import Row
from streams.reporting.table import ClickHouseTable
from tests.contracts.examples import EXAMPLES
from tests.reporting.known import records

OPEN_ROWS = ("facts", "matters", "call_backs", "handovers", "route_signals", "integral_flags", "contact_persons", "batons")
ABOUT: dict[str, Any] = {
    "subject": "youth-support",
    "domain": "youth",
    "need": "school-refusal",
    "goal": "back-to-school",
    "organisation": "youth-provider",
    "purpose": "coordinate-care",
    "legal_basis": "jw-7.4.0",
    "result": "care-found",
    "domain_from": "youth",
    "domain_to": "wmo",
}
PLACES = {
    "intake": ("intake/matter/", "intake/needs/", "intake/route/"),
    "handover": ("handover/baton/", "handover/contacts/", "handover/call-back/"),
}
CODES = [value for value in ABOUT.values() if value not in {"youth", "wmo"}]


def about(event: Event, told: dict[str, Any]) -> Event:
    """The fact as it would be of youth; organisations that hold a client stay who they are."""
    own = {field: value for field, value in told.items() if field in type(event).model_fields}
    if event.home().stream.startswith("handover/"):
        own.pop("organisation", None)
    return event.model_copy(update=own)


@pytest.fixture
def told(client: Client) -> Client:
    for service in ("intake", "handover"):
        facts = [about(event, ABOUT) for event in EXAMPLES if event.home().stream.startswith(PLACES[service])]
        rows = [read(published(), record) for record in records(service, facts)]
        ClickHouseTable(client).keep([row for row in rows if isinstance(row, Row)])
    return client


@pytest.mark.parametrize("name", OPEN_ROWS)
def test_no_row_of_a_client_says_what_anything_is_about(told: Client, name: str) -> None:
    rows = str(told.query(f"SELECT * FROM {name}").result_rows)  # noqa: S608 - names of this file
    assert [code for code in CODES if code in rows] == []


def test_what_is_closed_has_it_and_what_is_open_rests_on_it(told: Client) -> None:
    whole = str([told.query(f"SELECT * FROM {name}").result_rows for name in sorted(CLOSED)])  # noqa: S608 - names of our own
    assert [code for code in CODES if code not in whole] == []
    figures = told.query("SELECT purpose, offered FROM handover_purposes_per_municipality_month").result_rows
    assert figures == [("coordinate-care", 1)]


def test_masks_know_every_subject_domain_and_kind_of_organisation() -> None:
    assert ABOUT["subject"] in get_args(Subject)
    assert (ABOUT["domain"] in get_args(LifeDomain), ABOUT["organisation"] in get_args(OrganisationKind)) == (True, True)
