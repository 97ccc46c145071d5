"""Openings in an emergency on a few clients whose figures were computed by hand."""

from datetime import date
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from services.contracts import break_glass
from services.contracts.codec import published
from services.contracts.envelope import Event
from streams.reporting.reading import read
from streams.reporting.rows import Row
from streams.reporting.table import ClickHouseTable
from tests.contracts.glass_examples import GLASS_EXAMPLES
from tests.reporting.known import ALKMAAR, BERGEN, records

FEBRUARY = date(2024, 2, 1)


def about(client: str, opening: int = 1) -> dict[str, Any]:
    return {"client": client, "municipality": ALKMAAR, "opening": opening}


def opened(client: str, opening: int = 1, works_for: str = BERGEN) -> Event:
    return GLASS_EXAMPLES[0].model_copy(update={**about(client, opening), "works_for": (works_for,)})


def judged(client: str, verdict: break_glass.Verdict) -> Event:
    return break_glass.BreakGlassReviewed(**about(client), verdict=verdict, reason="looked-into", reviewed_by="s-1")


# p-1 from outside, expired, late, unjustified, and a second opening that runs; p-2 from within, withdrawn, justified.
FACTS: list[Event] = [
    opened("p-1"),
    opened("p-2", works_for=ALKMAAR),
    break_glass.BreakGlassWithdrawn(**about("p-2"), withdrawn_by="s-9"),
    break_glass.BreakGlassExpired(**about("p-1")),
    judged("p-2", "justified"),
    break_glass.BreakGlassReviewOverdue(**about("p-1"), review_due_at=GLASS_EXAMPLES[0].model_dump()["review_due_at"]),
    judged("p-1", "unjustified"),
    opened("p-1", 2),
]

EXPECTED: dict[str, list[tuple[object, ...]]] = {
    "SELECT client, opening, works_for, ended, verdict, was_overdue, ended_at IS NULL FROM break_glass_openings": [
        ("p-1", 1, [BERGEN], "expired", "unjustified", True, 0),
        ("p-1", 2, [BERGEN], "running", "", False, 1),
        ("p-2", 1, [ALKMAAR], "withdrawn", "justified", False, 0),
    ],
    "SELECT DISTINCT reason, opens_special FROM break_glass_openings": [("danger-to-life", True)],
    "SELECT * FROM break_glass_per_municipality_month": [(ALKMAAR, FEBRUARY, 3, 2, 1, 2, 1, 1, 8)],
}


@pytest.fixture
def told(client: Client) -> Client:
    rows = [read(published(), record) for record in records("handover", FACTS)]
    ClickHouseTable(client).keep([row for row in rows if isinstance(row, Row)])
    return client


def test_every_figure_of_openings_is_as_computed_by_hand(told: Client) -> None:
    assert {query: sorted(map(tuple, told.query(query).result_rows)) for query in EXPECTED} == EXPECTED
