"""Every view on a small region whose figures were computed by hand, as a data analyst would ask for them."""

from datetime import date

import pytest
from clickhouse_connect.driver.client import Client

from streams.reporting.guard import CLOSED
from tests.reporting.conftest import keep_everything
from tests.reporting.known import ALKMAAR, BERGEN, DECIDED, EXECUTED, FACTS, PROMISED
from tests.reporting.test_reporting_break_glass import EXPECTED as OF_GLASS
from tests.reporting.test_reporting_handover import EXPECTED as OF_HANDOVER
from tests.reporting.test_reporting_matters import EXPECTED as OF_MATTERS
from tests.reporting.test_reporting_months import EXPECTED as OF_MONTHS
from tests.reporting.test_reporting_route import EXPECTED as OF_ROUTE

JANUARY, FEBRUARY, MARCH = (date(2024, month, 1) for month in (1, 2, 3))

Row = tuple[object, ...]

EXPECTED: dict[str, list[Row]] = {
    "SELECT service, facts, last_position, complete_to FROM heads": [
        ("benefits", 33, 33, 33),
        ("handover", 6, 6, 6),
        ("intake", 11, 11, 11),
    ],
    "SELECT * FROM stream_gaps": [],
    "SELECT right_ref, decision, amount_cents, reasons, decided_on, promised_on, benefits_position FROM allowance_decisions": [
        ("r1", "granted", 130_000, ["benefit-on-reference-date"], DECIDED, PROMISED, 4),
        ("r2", "granted", 130_000, ["benefit-on-reference-date"], DECIDED, PROMISED, 5),
        ("r3", "refused", 0, ["income-above-limit", "student-finance"], DECIDED, None, 8),
        ("r4", "granted", 80_000, ["benefit-on-reference-date"], DECIDED, PROMISED, 6),
        ("r5", "granted", 130_000, ["benefit-on-reference-date"], DECIDED, PROMISED, 7),
        ("r6", "withheld", 130_000, ["already-paid-in-full"], DECIDED, None, 9),
    ],
    "SELECT * FROM allowance_per_municipality_month": [
        (ALKMAAR, FEBRUARY, 2023, 1, 3, 390_000, 0, 0, 0, 7),
        (BERGEN, FEBRUARY, 2023, 1, 1, 80_000, 1, 1, 130_000, 9),
    ],
    "SELECT municipality, month, decision, reason, decisions, benefits_position FROM allowance_reasons_per_municipality_month": [
        (ALKMAAR, FEBRUARY, "granted", "benefit-on-reference-date", 3, 7),
        (BERGEN, FEBRUARY, "granted", "benefit-on-reference-date", 1, 6),
        (BERGEN, FEBRUARY, "refused", "income-above-limit", 1, 8),
        (BERGEN, FEBRUARY, "refused", "student-finance", 1, 8),
        (BERGEN, FEBRUARY, "withheld", "already-paid-in-full", 1, 9),
    ],
    "SELECT * EXCEPT (household_ref, client, scheme_year) FROM applications": [
        ("a-3", BERGEN, "desk", date(2024, 1, 10), DECIDED, "refused", 36, 9, 8),
        ("a-5", ALKMAAR, "web-form", date(2023, 12, 1), DECIDED, "granted", 76, 11, 7),
        ("a-9", BERGEN, "post", date(2024, 1, 20), None, "", None, 10, 0),
    ],
    "SELECT * FROM applications_per_municipality_month": [
        (ALKMAAR, date(2023, 12, 1), 2023, 1, 1, 0, 0, 76, 11, 7),
        (BERGEN, JANUARY, 2023, 2, 1, 1, 1, 36, 10, 8),
    ],
    "SELECT right_ref, attempt, amount_cents, state, reason_code, booked_on, returned_on, promised_on, benefits_position FROM payments": [
        ("r1", 1, 130_000, "paid", "", date(2024, 2, 29), None, PROMISED, 15),
        ("r2", 1, 130_000, "returned", "AC04", date(2024, 2, 29), date(2024, 3, 4), PROMISED, 18),
        ("r2", 2, 130_000, "paid", "", date(2024, 3, 2), None, PROMISED, 20),
        ("r4", 1, 80_000, "rejected", "AC01", None, None, PROMISED, 17),
        ("r5", 1, 130_000, "withdrawn", "wrong-facts", None, None, PROMISED, 32),
    ],
    "SELECT end_to_end_id, message_id, run_ref, municipality, household_ref, client, execution_on FROM payments WHERE right_ref = 'r2'": [
        ("r2-1", "m-1", "run-1", ALKMAAR, "h-2", "p-2-0", EXECUTED),
        ("r2-2", "m-2", "run-1", ALKMAAR, "h-2", "p-2-0", EXECUTED),
    ],
    "SELECT * FROM payments_per_municipality_month": [
        (ALKMAAR, FEBRUARY, 4, 520_000, 2, 260_000, 1, 130_000, 0, 0, 0, 0, 1, 32),
        (BERGEN, FEBRUARY, 1, 80_000, 0, 0, 0, 0, 1, 80_000, 0, 0, 0, 17),
    ],
    "SELECT * FROM returns_per_municipality_month": [
        (ALKMAAR, FEBRUARY, "returned", "AC04", 1, 130_000, 18),
        (BERGEN, FEBRUARY, "rejected", "AC01", 1, 80_000, 17),
    ],
    "SELECT run_ref, kind, corrects, scheme, scheme_year, tranche, state, households, candidates, excluded, held FROM run_statement": [
        ("run-1", "decide", "", "energy-allowance", 2023, 1, "released", 9, 6, 2, 1)
    ],
    "SELECT approved, approved_cents, granted, granted_cents, refused, withheld, withheld_cents, unapproved_cents FROM run_statement": [
        (5, 600_000, 4, 470_000, 1, 1, 130_000, 0)
    ],
    "SELECT COLUMNS('^(pending|instructed|paid|returned|rejected|withdrawn|unexplained)_cents$|position') FROM run_statement": [
        (0, 0, 260_000, 0, 80_000, 130_000, 0, 33)
    ],
    "SELECT * FROM run_payments": [
        ("run-1", "decide", "", 1, 0, 4, 470_000, 4, 470_000, 130_000, 130_000, 80_000, 130_000, 0, 0, 32),
        ("run-2", "pay-again", "run-1", 1, 1, 1, 130_000, 1, 130_000, 130_000, 0, 0, 0, 0, 0, 30),
    ],
    "SELECT run_ref, drawn, found_right, found_wrong, signatures, signatures_needed, escalations FROM run_safeguards": [
        ("run-1", 0, 0, 0, 1, 1, 0),
        ("run-2", 1, 1, 0, 1, 1, 1),
    ],
    "SELECT * FROM budgets_per_municipality": [
        ("energy-allowance", ALKMAAR, 2023, None, 1, 130_000, 30_000, 100_000, None, 31),
    ],
    "SELECT client, right_ref, kind, municipality, promised_on, paid_on, state, days_late, is_on_time, benefits_position FROM promises": [
        ("p-1-0", "r1", "allowance", ALKMAAR, PROMISED, date(2024, 2, 29), "paid", 0, True, 15),
        ("p-2-0", "r2", "allowance", ALKMAAR, PROMISED, date(2024, 3, 2), "paid", 1, False, 20),
        ("p-4-0", "r4", "allowance", BERGEN, PROMISED, None, "rejected", 0, None, 17),
        ("p-5-0", "r5", "allowance", ALKMAAR, PROMISED, None, "revoked", 0, None, 33),
    ],
    "SELECT * FROM promises_per_municipality_month": [
        ("energy-allowance", ALKMAAR, MARCH, 2, 1, 1, 0, 50.0, 1, 260_000, 260_000, 20),
        ("energy-allowance", BERGEN, MARCH, 1, 0, 0, 1, None, 0, 80_000, 0, 17),
    ],
    "SELECT * EXCEPT since FROM payout_exceptions": [
        ("run-1", "energy-allowance", BERGEN, "p-4-0", "r4", "rejected", "AC01", 80_000, PROMISED, 17),
        ("run-1", "energy-allowance", BERGEN, "p-6-0", "r6", "withheld", "already-paid-in-full", 130_000, None, 9),
    ],
    "SELECT * FROM spending_per_municipality_year": [
        ("energy-allowance", ALKMAAR, 2023, 100_000, 260_000, 260_000, 0, 33),
        ("energy-allowance", BERGEN, 2023, None, 80_000, 0, 80_000, 17),
    ],
    "SELECT document_ref, line, kind, end_to_end_id, amount_cents, reason_code, benefits_position FROM bank_exceptions": [
        ("doc", 7, "paid", "x-1", 500, "unknown-payment", 21)
    ],
    "SELECT client, municipality, route, accepted_on, team_ref, contact_person, intake_position, handover_position FROM contact_persons": [
        ("p-1-0", ALKMAAR, "standard", date(2024, 1, 5), "team-1", "s-1", 6, 3),
        ("p-2-0", ALKMAAR, "integral", date(2024, 2, 6), "team-1", "s-2", 7, 5),
        ("p-3-0", BERGEN, "standard", date(2024, 2, 7), "", "", 8, 0),
    ],
    "SELECT staff_ref, team_ref, municipality, is_active, handover_position FROM staff": [
        ("s-1", "team-1", ALKMAAR, False, 6),
        ("s-2", "team-1", ALKMAAR, True, 2),
    ],
    "SELECT contact_person, municipality, team_ref, is_active, clients, handover_position FROM contact_persons_per_team": [
        ("s-1", ALKMAAR, "team-1", False, 1, 6),
        ("s-2", ALKMAAR, "team-1", True, 1, 5),
    ],
    "SELECT * FROM caseload_per_municipality_month": [
        (ALKMAAR, JANUARY, 1, 0, 0, 1, 6, 3),
        (ALKMAAR, FEBRUARY, 1, 1, 0, 2, 7, 5),
        (BERGEN, FEBRUARY, 1, 0, 1, 1, 8, 0),
    ],
    "SELECT household_ref, municipality, benefit, members, since, intake_position FROM households": [
        ("h-1", ALKMAAR, "pw", 1, JANUARY, 1),
        ("h-2", ALKMAAR, "pw", 2, JANUARY, 2),
        ("h-3", BERGEN, "none", 1, JANUARY, 3),
        ("h-4", ALKMAAR, "pw", 1, date(2024, 1, 9), 5),
    ],
    "SELECT * FROM households_per_municipality": [(ALKMAAR, 3, 3, 4, 5), (BERGEN, 1, 0, 1, 3)],
}  # fmt: skip


def answers(client: Client) -> dict[str, list[Row]]:
    return {query: [tuple(row) for row in client.query(f"{query} ORDER BY ALL").result_rows] for query in EXPECTED}


def as_sorted(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: [str(value) for value in row])


def test_every_figure_is_what_was_computed_by_hand(figures: Client) -> None:
    for query, found in answers(figures).items():
        assert as_sorted(found) == as_sorted(EXPECTED[query]), query


def test_every_view_has_a_figure_computed_by_hand(client: Client) -> None:
    views = {
        name for (name,) in client.query("SELECT name FROM system.tables WHERE database = 'reporting' AND engine = 'View'").result_rows
    }
    asked = {query.partition(" FROM ")[2].split()[0] for query in (*EXPECTED, *OF_GLASS, *OF_HANDOVER, *OF_MATTERS, *OF_MONTHS, *OF_ROUTE)}
    assert views - asked == {"facts", "fact_prints", *CLOSED} - {"events"}


def test_delivering_everything_again_changes_no_figure(figures: Client) -> None:
    figures.command("SYSTEM STOP MERGES events")
    before = answers(figures)
    keep_everything(figures)
    keep_everything(figures)
    assert figures.command("SELECT count() FROM events") == 3 * FACTS
    assert figures.command("SELECT count() FROM facts") == FACTS
    assert answers(figures) == before


def test_figures_on_nothing_are_empty_and_do_not_fail(client: Client) -> None:
    assert all(rows == [] for rows in answers(client).values())


@pytest.mark.parametrize("missing", [3, 10])
def test_a_missing_fact_shows_in_the_head_of_its_service(figures: Client, missing: int) -> None:
    figures.command(f"ALTER TABLE events DELETE WHERE service = 'intake' AND position = {missing} SETTINGS mutations_sync = 1")
    (found,) = figures.query("SELECT facts, last_position, complete_to FROM heads WHERE service = 'intake'").result_rows
    assert found == (10, 11, missing - 1)


def test_a_hole_in_a_stream_is_listed(figures: Client) -> None:
    figures.command("ALTER TABLE events DELETE WHERE stream = 'benefits/right/r2' AND version = 2 SETTINGS mutations_sync = 1")
    assert figures.query("SELECT * FROM stream_gaps").result_rows == [("benefits/right/r2", 5, 6)]


def test_every_table_and_column_says_what_it_is(client: Client) -> None:
    assert client.query("SELECT name FROM system.tables WHERE database = 'reporting' AND comment = ''").result_rows == []
    assert client.query("SELECT table, name FROM system.columns WHERE database = 'reporting' AND comment = ''").result_rows == []


def test_opening_a_baton_is_timed_in_seconds(figures: Client) -> None:
    found = figures.query("SELECT client, opening_seconds FROM contact_persons ORDER BY client").result_rows
    assert found == [("p-1-0", -3.0), ("p-2-0", -3.0), ("p-3-0", None)]
