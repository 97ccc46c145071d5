"""Decision times against the term of law, and intake per channel, on a few matters whose figures were computed by hand."""

from datetime import date
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from services.contracts import matters
from services.contracts.codec import published
from services.contracts.envelope import Event
from streams.reporting.reading import read
from streams.reporting.rows import Row
from streams.reporting.table import ClickHouseTable
from tests.reporting.known import ALKMAAR, records

FEBRUARY, MARCH = date(2024, 2, 1), date(2024, 3, 1)


def about(number: int) -> dict[str, Any]:
    return {"matter_ref": f"m-{number}", "client": f"p-{number}", "household_ref": f"h-{number}", "municipality": ALKMAAR}


def opened(number: int, on: date) -> Event:
    return matters.MatterOpened(**about(number), subject="social-assistance", opened_on=on, rule_version="1")


def applied(number: int, on: date, channel: matters.MatterChannel) -> Event:
    return matters.MatterApplied(**about(number), application_ref="app-1", person_ref=f"p-{number}", channel=channel, applied_on=on)


def started(number: int, on: date, due_on: date) -> Event:
    term = matters.Term(step="decision", began_on=on, runs_until=due_on, due_on=due_on, near_on=on)
    return matters.MatterTermStarted(**about(number), term=term)


def decided(number: int, on: date, outcome: matters.MatterOutcome) -> Event:
    return matters.MatterDecided(
        **about(number), subject="social-assistance", outcome=outcome, decided_on=on, decided_by="s-1", reason_code="entitled"
    )


# m-1 is decided in time after papers, m-2 late, m-3 stands late, m-4 is withdrawn, m-5 goes on in m-3.
DUE = date(2024, 3, 4)
FACTS: list[Event] = [
    opened(1, date(2024, 1, 2)),
    matters.MatterReported(**about(1), report_ref="rep-1", person_ref="p-1", channel="alderman", reported_on=date(2024, 1, 2)),
    applied(1, date(2024, 1, 8), "desk"),
    started(1, date(2024, 1, 8), DUE),
    matters.MatterTermResumed(
        **about(1), suspended_days=7,
        term=matters.Term(step="decision", began_on=date(2024, 1, 8), runs_until=DUE, due_on=date(2024, 3, 11), near_on=DUE),
    ),
    decided(1, date(2024, 3, 8), "accepted"),
    opened(2, date(2024, 1, 8)),
    applied(2, date(2024, 1, 8), "web-form"),
    started(2, date(2024, 1, 8), DUE),
    decided(2, date(2024, 3, 18), "rejected"),
    opened(3, date(2024, 1, 8)),
    applied(3, date(2024, 1, 8), "web-form"),
    started(3, date(2024, 1, 8), DUE),
    matters.MatterTermPassed(**about(3), step="decision", due_on=DUE),
    opened(4, date(2024, 2, 1)),
    applied(4, date(2024, 2, 1), "post"),
    decided(4, date(2024, 2, 2), "withdrawn"),
    opened(5, date(2024, 2, 1)),
    matters.MatterMerged(**about(5), into_matter_ref="m-3", merged_by="s-1"),
]  # fmt: skip

EXPECTED: dict[str, list[tuple[object, ...]]] = {
    "SELECT matter_ref, area, outcome, opened_on, due_on, suspended_days, decision_days, was_late FROM matters": [
        ("m-1", "income", "accepted", date(2024, 1, 2), date(2024, 3, 11), 7, 60, False),
        ("m-2", "income", "rejected", date(2024, 1, 8), DUE, 0, 70, True),
        ("m-3", "income", "open", date(2024, 1, 8), DUE, 0, None, True),
        ("m-4", "income", "withdrawn", date(2024, 2, 1), None, 0, 1, False),
        ("m-5", "income", "merged", date(2024, 2, 1), None, 0, None, False),
    ],
    "SELECT subject, month, decided, within_term, late, days_median, intake_position FROM decision_times_per_municipality_month": [
        ("social-assistance", MARCH, 2, 1, 1, 70.0, 10)
    ],
    "SELECT month, channel, reports, applications, matters FROM intake_per_channel": [
        (date(2024, 1, 1), "alderman", 1, 0, 1),
        (date(2024, 1, 1), "desk", 0, 1, 1),
        (date(2024, 1, 1), "web-form", 0, 2, 2),
        (FEBRUARY, "post", 0, 1, 1),
    ],
}


@pytest.fixture
def told(client: Client) -> Client:
    rows = [read(published(), record) for record in records("intake", FACTS)]
    ClickHouseTable(client).keep([row for row in rows if isinstance(row, Row)])
    return client


def test_every_figure_of_matters_is_as_computed_by_hand(told: Client) -> None:
    assert {query: sorted(map(tuple, told.query(query).result_rows)) for query in EXPECTED} == EXPECTED
