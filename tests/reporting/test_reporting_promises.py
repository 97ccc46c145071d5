"""Promises of a month in ClickHouse: by hand, and equal to what the service that made them says of the same facts."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from services.contracts.benefits import PaymentInstructed
from services.contracts.codec import headers_of, published
from services.contracts.monthly_money import RecoveryOpened
from streams.reporting.reading import read
from streams.reporting.rows import Row
from streams.reporting.table import ClickHouseTable
from tests.bank.bank_messages import details, entry, statement, transaction
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, BERGEN, OFFICER, person
from tests.benefits.monthly.test_monthly_run import facts, on_benefit, prepared
from tests.reporting.known import OnKafka

FEBRUARY, PROMISED = date(2024, 2, 1), date(2024, 2, 28)
ONE, TWO, THREE, FOUR, FIVE = (person(number) for number in range(1, 6))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """February: one in time, two a day late, three sent back, four of Bergen unanswered, five of Bergen held at release."""
    made = House(tmp_path)
    for number, municipality in ((1, ALKMAAR), (2, ALKMAAR), (3, ALKMAAR), (4, BERGEN), (5, BERGEN)):
        on_benefit(made, number, municipality)
    run = prepared(made, made.as_("payments-officer", OFFICER))
    slip = {"kind": "wages", "period": "month", "net_cents": 10_000}
    income = {"month": "2024-02", "source_ref": "form-1", "lines": [slip]}
    made.as_("caseworker", "s-worker").post(f"/v1/benefits/{FIVE}/incomes", "i-5", json=income)
    made.released(run)
    for number, booked, reason in ((1, "2024-02-28", ""), (2, "2024-02-29", ""), (3, "2024-02-28", ""), (3, "2024-02-28", "AC04")):
        bank_books(made, person(number), booked, reason)
    yield made
    made.processing.close()


def bank_books(house: House, client: str, booked_on: str, reason: str) -> None:
    payment = next(each for each in facts(house, PaymentInstructed) if each.client == client)
    found = details(transaction(payment.end_to_end_id, "1219.64", reason))
    booked = entry("CRDT" if reason else "DBIT", "1219.64", found, family="RRTN" if reason else "ESCT")
    house.region.hears(statement(booked.replace("2024-02-16", booked_on)))


@pytest.fixture
def figures(client: Client, house: House) -> Client:
    """The facts of the house, delivered once."""
    deliver(client, house)
    return client


def deliver(client: Client, house: House) -> None:
    source = "urn:nld:oin:00000000000000000000:systeem:benefits"
    told = house.region.log.after(0, 10_000)
    records = [OnKafka("benefits.events", 0, each.position, each.key.encode(), headers_of(each, source), each.data) for each in told]
    kept = [read(published(), record) for record in records]
    ClickHouseTable(client).keep([row for row in kept if isinstance(row, Row)])


def rows(figures: Client, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in figures.query(query).result_rows]


def test_every_promise_of_a_month_says_by_when_it_was_sent_and_paid_and_how_late(figures: Client) -> None:
    found = rows(figures, "SELECT client, municipality, promised_on, paid_on, state, days_late, is_on_time FROM promises ORDER BY client")

    assert found == [
        (ONE, ALKMAAR, PROMISED, date(2024, 2, 28), "paid", 0, True),
        (TWO, ALKMAAR, PROMISED, date(2024, 2, 29), "paid", 1, False),
        (THREE, ALKMAAR, PROMISED, None, "returned", 0, None),
        (FOUR, BERGEN, PROMISED, None, "instructed", 0, None),
    ]
    assert rows(figures, "SELECT DISTINCT scheme, kind, month, toDate(instructed_at) FROM promises") == [
        ("monthly-benefit", "month", FEBRUARY, date(2024, 2, 15))
    ]
    assert rows(figures, "SELECT DISTINCT promised_on FROM payments") == [(PROMISED,)]


def test_the_share_on_time_is_that_of_the_service(figures: Client, house: House) -> None:
    found = rows(
        figures,
        "SELECT municipality, clients, on_time, late, open, on_time_percent, most_days_late, promised_cents, paid_cents"
        " FROM promises_per_municipality_month ORDER BY municipality",
    )
    told = house.as_("manager", "s-manager").get("/v1/months/2024-02").json()["municipalities"]

    assert found == [(ALKMAAR, 3, 1, 1, 1, 50.0, 1, 365_892, 243_928), (BERGEN, 1, 0, 0, 1, None, 0, 121_964, 0)]
    assert [(row["municipality"], row["on_time"], row["late"], row["on_time_percent"]) for row in told] == [
        (row[0], row[2], row[3], row[5]) for row in found
    ]


def test_what_waits_is_what_the_service_lists_and_who_was_held_beside_it(figures: Client, house: House) -> None:
    (run,) = {fact.run_ref for fact in facts(house, PaymentInstructed)}
    listed = house.as_("payments-officer", OFFICER).get(f"/v1/runs/{run}/exceptions").json()["exceptions"]
    found = rows(figures, "SELECT client, right_ref, standing, reason, amount_cents, promised_on FROM payout_exceptions ORDER BY client")

    held = (FIVE, "", "held", "changed-since-approval", 0, None)
    assert found == [(THREE, listed[0]["right_ref"], "returned", "AC04", 121_964, PROMISED), held]
    assert [(each["client"], each["standing"], each["reason"]) for each in listed] == [(THREE, "returned", "AC04")]


def test_who_was_held_stands_there_until_another_run_decides(figures: Client, house: House) -> None:
    later = house.as_("payments-officer", OFFICER).post("/v1/months/2024-02/runs", "month-2", json={"decided_on": "2024-02-21"})
    house.region.works()
    house.released(f"/v1/runs/{later.json()['run_ref']}")
    deliver(figures, house)

    assert rows(figures, "SELECT client FROM payout_exceptions WHERE standing = 'held'") == []
    # 95 % of 1,283.83 less 100 euro
    assert rows(figures, "SELECT amount_cents, state FROM promises WHERE client LIKE '%5'") == [(112_464, "instructed")]


def test_what_came_back_and_met_a_claim_is_promised_to_nobody(client: Client, house: House) -> None:
    right = next(each.right_ref for each in facts(house, PaymentInstructed) if each.client == THREE)
    worker = house.as_("caseworker", "s-worker")
    worker.post(f"/v1/benefits/{THREE}/ends", "end-3", json={"effective_on": "2024-02-01", "reason_code": "moved-abroad"})
    later = house.as_("payments-officer", OFFICER).post("/v1/months/2024-02/runs", "month-2", json={"decided_on": "2024-02-21"})
    house.region.works()
    house.released(f"/v1/runs/{later.json()['run_ref']}")
    (claim,) = (fact.claim_ref for fact in facts(house, RecoveryOpened))
    worker.post(f"/v1/recoveries/{claim}/set-offs", "set-3", json={"right_ref": right})
    deliver(client, house)

    assert (right, "revoked", 0, None) in rows(client, "SELECT right_ref, state, days_late, is_on_time FROM promises")
    assert (THREE,) not in rows(client, "SELECT client FROM payout_exceptions")
    assert rows(client, "SELECT claimed_cents, repaid_cents, open_cents FROM recovery_claims") == [(121_964, 121_964, 0)]
    assert rows(client, "SELECT DISTINCT unexplained_cents FROM run_statement") == [(0,)]


def test_a_run_of_a_month_adds_up_to_what_the_service_settled(figures: Client, house: House) -> None:
    (run,) = {fact.run_ref for fact in facts(house, PaymentInstructed)}
    shown = house.shown(f"/v1/runs/{run}")
    (found,) = rows(
        figures,
        "SELECT kind, approved, approved_cents, granted, granted_cents, withheld, withheld_cents, pending_cents,"
        " instructed_cents, paid_cents, returned_cents, unapproved_cents, unexplained_cents FROM run_statement",
    )
    cents = shown["settlement"]["cents"]

    assert found == ("month", 5, 609_820, 4, 487_856, 1, 121_964, 0, 121_964, 243_928, 121_964, 0, 0)
    assert (shown["released"]["granted"], shown["released"]["withheld"]) == (4, 1)
    assert (cents["sent"], cents["paid"], cents["returned"]) == (121_964, 243_928, 121_964)


def test_what_a_municipality_spent_in_a_year_stands_beside_what_was_taken_of_its_budget(figures: Client) -> None:
    assert rows(figures, "SELECT * EXCEPT benefits_position FROM spending_per_municipality_year ORDER BY municipality") == [
        ("monthly-benefit", ALKMAAR, 2024, 365_892, 365_892, 243_928, 121_964),
        ("monthly-benefit", BERGEN, 2024, 243_928, 121_964, 0, 121_964),
    ]


def test_what_is_left_of_a_budget_is_the_same_in_sql_and_over_http(client: Client, house: House) -> None:
    for ref, cents in (("raad-1", 900_000), ("raad-2", 400_000)):
        body = {"amount_cents": cents, "decision_ref": ref}
        house.as_("manager", "s-manager").post(f"/v1/schemes/monthly-benefit/years/2024/budgets/{ALKMAAR}", f"budget-{ref}", json=body)
    deliver(client, house)
    told = house.as_("manager", "s-manager").get("/v1/schemes/monthly-benefit/years/2024/budgets").json()["municipalities"]
    names = ("municipality", "budget_cents", "taken_cents", "left_cents")
    found = rows(client, "SELECT municipality, budget_cents, taken_cents, left_cents FROM budgets_per_municipality ORDER BY municipality")

    assert found == [tuple(each[name] for name in names) for each in told if each["taken_cents"]]
    assert found == [(ALKMAAR, 400_000, 365_892, 34_108), (BERGEN, None, 243_928, None)]
