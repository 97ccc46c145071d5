"""The views of the monthly benefit, on a client's months whose figures follow from the published norms."""

from datetime import date
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from services.benefits.monthly.recovery import OpenRecovery, Reduce, Repay
from services.contracts.benefits import PaymentInstructed, PaymentPaid
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.monthly_money import MonthlyRightGranted
from streams.reporting.reading import read
from streams.reporting.rows import Row
from streams.reporting.table import ClickHouseTable
from tests.benefits.monthly.a_month import Months, ask
from tests.benefits.monthly.people import ALKMAAR, CLIENT, apply, earns, notify, refuse
from tests.benefits.monthly.test_monthly_entitlement import running
from tests.benefits.monthly.test_monthly_moves import BERGEN, moved_within
from tests.reporting.known import records

JAN, FEB = date(2024, 1, 1), date(2024, 2, 1)


def paid(right: MonthlyRightGranted, booked_on: date) -> list[Event]:
    about = {name: getattr(right, name) for name in ("right_ref", "client", "household_ref", "municipality", "run_ref", "amount_cents")}
    payment: dict[str, Any] = {**about, "attempt": 1, "end_to_end_id": f"{right.right_ref}-1"}
    account: dict[str, Any] = {"account_ref": right.account_ref, "account_fingerprint": right.account_fingerprint}
    sent = PaymentInstructed(**payment, **account, message_id="m-1", execution_on=booked_on)
    return [sent, PaymentPaid(**payment, booked_on=booked_on, document_ref="d-1")]


@pytest.fixture
def figures(client: Client) -> Client:
    """January paid in time; its income came later and is claimed back; February is not paid yet."""
    year = running()
    year.decide(ask(JAN))
    (january,) = year.rights()
    facts = [*year.facts(), *paid(january, date(2024, 1, 28))]
    year.has(earns("2024-01", 50_000))
    year.decide(ask(FEB))
    fine = OpenRecovery("cl-fine", CLIENT, ALKMAAR, "fine", 50_000, FEB, "s-1", "dec-1")
    year.has(fine, Repay("cl-fine", 20_000, FEB, "bank-1"), Reduce("cl-fine", 5_000, "ob-1", "objection-upheld", FEB, "s-2", "dec-2"))
    told = year.facts()
    later = [fact for fact in told if fact not in facts]
    kept = [read(published(), record) for record in records("benefits", [*facts, *later])]
    ClickHouseTable(client).keep([row for row in kept if isinstance(row, Row)])
    return client


EXPECTED: dict[str, list[tuple[object, ...]]] = {
    "SELECT month, kind, sequence, amount_cents, promised_on, state, booked_on FROM monthly_rights ORDER BY month": [
        (JAN, "month", 1, 121_964, date(2024, 1, 28), "paid", date(2024, 1, 28)),
        (FEB, "month", 1, 121_964, date(2024, 2, 28), "pending", None),
    ],
    "SELECT client, month, decisions, norm_cents, received_cents, total_cents, reserved_cents FROM months_decided ORDER BY month": [
        (CLIENT, JAN, 2, 128_383, 50_000, 78_383, 3_919),
        (CLIENT, FEB, 1, 128_383, 0, 128_383, 6_419),
    ],
    "SELECT month, clients, with_income, total_cents, reserved_cents FROM monthly_benefit_per_municipality_month ORDER BY month": [
        (JAN, 1, 1, 78_383, 3_919),
        (FEB, 1, 0, 128_383, 6_419),
    ],
    "SELECT municipality, month, promised, on_time, late, unpaid FROM payouts_on_time_per_municipality_month ORDER BY month": [
        (ALKMAAR, JAN, 1, 1, 0, 0),
        (ALKMAAR, FEB, 1, 0, 0, 1),
    ],
    "SELECT client, ground, claimed_cents, repaid_cents, reduced_cents, refund_cents, open_cents FROM recovery_claims ORDER BY ground": [
        (CLIENT, "fine", 50_000, 20_000, 30_000, 15_000, 0),
        (CLIENT, "paid-too-much", 47_500, 0, 0, 0, 47_500),
    ],
    "SELECT ground, letter_on FROM recovery_claims ORDER BY ground": [("fine", FEB), ("paid-too-much", date(2024, 2, 20))],
    "SELECT client, ground, month, claimed_cents FROM recovery_claims_per_month": [(CLIENT, "paid-too-much", JAN, 47_500)],
}


def test_the_views_of_the_monthly_benefit_tell_what_was_decided_and_paid(figures: Client) -> None:
    asked = {question: [tuple(row) for row in figures.query(question).result_rows] for question in EXPECTED}

    assert asked == EXPECTED


def test_a_claim_without_a_letter_says_so_and_the_letter_of_a_refusal_is_that_of_its_claim(client: Client) -> None:
    months = Months(sends_letters=False).has(apply())
    months.decide(ask(JAN))
    months.has(refuse(), OpenRecovery("cl-2", CLIENT, ALKMAAR, "duty-to-inform", 5_000, FEB, "s-1", "dec-refusal"))
    months.has(notify("refusal", date(2024, 2, 20)))
    kept = [read(published(), record) for record in records("benefits", months.facts())]
    ClickHouseTable(client).keep([row for row in kept if isinstance(row, Row)])
    found = client.query("SELECT ground, letter_on FROM recovery_claims ORDER BY ground").result_rows

    assert [tuple(row) for row in found] == [("advance-refused", date(2024, 2, 20)), ("duty-to-inform", None)]


def test_the_month_of_a_move_is_a_row_of_each_municipality(client: Client) -> None:
    region = moved_within(date(2024, 3, 16))
    kept = [read(published(), record) for record in records("benefits", region.months.facts())]
    ClickHouseTable(client).keep([row for row in kept if isinstance(row, Row)])
    found = client.query("SELECT municipality, decisions FROM months_decided WHERE month = '2024-03-01' ORDER BY municipality").result_rows

    assert [tuple(row) for row in found] == [(ALKMAAR, 1), (BERGEN, 1)]
