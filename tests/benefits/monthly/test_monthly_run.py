"""The month through the same right, payment and file machinery as the allowance, from prepare to bank statement."""

from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.benefits import payment_file
from services.benefits.run_state import Prepared, Released
from services.contracts.benefits import PaymentInstructed, PaymentPaid
from services.contracts.codec import published
from services.contracts.monthly import DecisionNotified
from services.contracts.monthly_money import EntitlementHeld, MonthDecided, MonthlyRightGranted, RecoveryOpened
from services.contracts.payouts import PaymentWithdrawn
from services.contracts.run_control import BudgetReleased, BudgetReserved
from services.contracts.runs import PaymentFileWritten
from services.eventlog.memory import MemoryLog
from services.web.in_process import InProcess
from tests.bank.bank_messages import details, entry, statement, transaction
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, BERGEN, OFFICER, household, iban, person
from tests.benefits.test_benefits_rights_always import Dying, Failing

ALONE = {"household_type": "single", "age_bands": ["27-pension"]}
WRITES_OF_PEOPLE = 5
"""Three rows judged, a signature and the order to release come before the work that may be killed."""
FEBRUARY = {"decided_on": "2024-02-20"}


def on_benefit(house: House, number: int, municipality: str = ALKMAAR, account: int = 1, start: str = "2024-02-01", **said: Any) -> str:  # noqa: ANN401 - any field
    """A client with a running, notified benefit from February; the client's reference."""
    worker, home = house.as_("caseworker", "s-worker"), f"/v1/benefits/{person(number)}"
    house.region.houses(number, municipality)
    about = {"household_ref": household(number), "municipality": municipality, "declared": ALONE}
    days = {"reported_on": start, "applied_on": start}
    worker.post(f"{home}/applications", f"a-{number}", json={**about, **days})
    grant = {"effective_on": start, "reason_code": "entitled", "circumstances": {**ALONE, **said}}
    decision = worker.post(f"{home}/grants", f"g-{number}", json=grant).json()["refs"]["decision_ref"]
    worker.post(f"{home}/notifications", f"n-{number}", json={"decision_ref": decision, "notified_on": "2024-02-15"})
    if account:
        house.region.binds(person(number), number, municipality)
    return person(number)


def prepared(house: House, officer: InProcess, key: str = "month-1") -> str:
    run = officer.post("/v1/months/2024-02/runs", key, json=FEBRUARY).json()["run_ref"]
    house.region.works()
    return f"/v1/runs/{run}"


def facts(house: House, *kinds: type) -> list[Any]:
    return [envelope.event for envelope in house.region.log.scan("benefits/") if isinstance(envelope.event, kinds)]


def test_a_month_goes_from_prepare_to_bank_statement_and_closes(house: House, officer: InProcess, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        on_benefit(house, number)
    run = prepared(house, officer)
    assert house.released(run) == run
    file = officer.post(f"{run}/files/{run.rpartition('/')[2]}-001/handovers", "take-1")
    for answer in house.region.bank_answers(run.rpartition("/")[2], tmp_path):
        officer.post("/v1/bank-answers", content=answer, headers={"Content-Type": "application/xml"})
    house.region.works()
    closed = officer.post(f"{run}/closings", "close-1")

    assert payment_file.check(file.content) == []
    assert b"Bijstandsuitkering 2024-02" in file.content
    assert b"<Cd>SSBE</Cd>" in file.content
    assert (closed.status_code, officer.get(run).json()["state"]) == (201, "closed")
    assert sorted(fact.amount_cents for fact in facts(house, PaymentPaid)) == [121_964] * 3


def test_everybody_has_a_right_or_a_visible_reason(house: House, officer: InProcess) -> None:
    on_benefit(house, 1)
    on_benefit(house, 2, account=False)
    on_benefit(house, 3, income_expected=True)
    on_benefit(house, 4, household_type="couple")
    run = prepared(house, officer)
    lines = {line["client"]: line for line in officer.get(f"{run}/lines").json()["lines"]}

    assert lines[person(1)]["standing"] == "entitled"
    assert {n: lines[person(n)]["reasons"] for n in (2, 3, 4)} == {
        2: ["no-bound-account"],
        3: ["2024-02:income-form-missing"],
        4: ["2024-02:household-contradictory"],
    }
    said = officer.get(run).json()["prepared"]
    assert (said["households"], said["candidates"], said["held"], said["excluded"]) == (4, 1, 3, 0)


def test_an_advance_that_the_benefit_does_not_cover_is_claimed_back_with_the_grant(house: House, officer: InProcess) -> None:
    worker, home = house.as_("caseworker", "s-worker"), f"/v1/benefits/{person(1)}"
    house.region.houses(1)
    about = {"household_ref": household(1), "municipality": ALKMAAR, "declared": ALONE}
    worker.post(f"{home}/applications", "a-1", json={**about, "reported_on": "2024-02-01", "applied_on": "2024-02-01"})
    house.region.binds(person(1), 1, ALKMAAR)
    house.released(prepared(house, officer))
    slip = {"kind": "wages", "period": "month", "net_cents": 900_000}
    worker.post(f"{home}/incomes", "i-1", json={"month": "2024-02", "source_ref": "form-1", "lines": [slip]})
    grant = {"effective_on": "2024-02-01", "reason_code": "entitled", "circumstances": ALONE}
    decision = worker.post(f"{home}/grants", "g-1", json=grant).json()["refs"]["decision_ref"]
    worker.post(f"{home}/notifications", "n-1", json={"decision_ref": decision, "notified_on": "2024-02-15"})

    (claim,), (letter,) = facts(house, RecoveryOpened), facts(house, DecisionNotified)
    assert (claim.ground, claim.amount_cents, claim.decision_ref) == ("advance-not-settled", 115_545, decision)
    assert "1155,45 euro terug" in house.region.office.vault.open(house.region.log, letter.letter_ref)["text"]


def test_a_month_promises_a_day_on_which_banks_settle(house: House, officer: InProcess) -> None:
    on_benefit(house, 1)
    run = officer.post("/v1/months/2024-04/runs", "m-1", json={"decided_on": "2024-04-20"}).json()["run_ref"]
    house.region.works()
    state = house.region.office.run(run)

    assert isinstance(state, Prepared)
    assert state.prepared.promised_on == date(2024, 4, 26)


def test_preparing_the_same_month_again_is_the_same_run_and_pays_nobody_twice(house: House, officer: InProcess) -> None:
    """Zwolle: one payment batch carried out twice by hand."""
    on_benefit(house, 1)
    run = house.released(prepared(house, officer))
    again = prepared(house, officer, "month-2")
    later = officer.post("/v1/months/2024-02/runs", "month-3", json={"decided_on": "2024-02-21"}).json()["run_ref"]
    house.region.works()
    house.released(f"/v1/runs/{later}")

    assert again == run
    assert len(facts(house, MonthlyRightGranted)) == len(facts(house, PaymentInstructed)) == 1


def test_two_runs_approved_side_by_side_pay_once_and_the_second_says_what_it_held(house: House, officer: InProcess) -> None:
    on_benefit(house, 1)
    first = prepared(house, officer)
    second = officer.post("/v1/months/2024-02/runs", "month-2", json={"decided_on": "2024-02-21"}).json()["run_ref"]
    house.region.works()
    house.released(first)
    house.released(f"/v1/runs/{second}")
    state = house.region.office.run(second)

    assert isinstance(state, Released)
    assert (state.released.granted, state.released.withheld) == (0, 1)
    assert [fact.reason_code for fact in facts(house, EntitlementHeld)] == ["changed-since-approval"]
    assert len(facts(house, PaymentInstructed)) == 1


def test_a_run_is_for_the_municipalities_of_who_asks(house: House) -> None:
    on_benefit(house, 1)
    on_benefit(house, 2, municipality=BERGEN)
    officer = house.as_("payments-officer", OFFICER, [ALKMAAR])
    run = prepared(house, officer)

    assert officer.get(run).json()["prepared"]["households"] == 1


@pytest.mark.parametrize(
    ("month", "body", "title"),
    [
        ("2026-01", {"decided_on": "2026-01-20"}, "rule-missing"),
        ("2024-02", {"decided_on": "2024-02-28"}, "promised-before-the-decision"),
        ("2024-02", {"decided_on": "2024-02-20", "promised_on": "2031-01-01"}, "calendar-missing"),
    ],
)
def test_a_month_that_cannot_be_promised_is_not_ordered(officer: InProcess, month: str, body: dict[str, str], title: str) -> None:
    answer = officer.post(f"/v1/months/{month}/runs", "m-1", json=body)

    assert (answer.status_code, answer.json()["title"]) == (409, title)


@pytest.mark.parametrize("writes", [0, 1, 2, 3, 5, 6, 7, 9])
def test_a_release_that_is_killed_after_so_many_writes_goes_on_and_pays_everybody_once(tmp_path: Path, writes: int) -> None:
    log = Failing("benefits", published())
    house = House(tmp_path, log)
    officer = house.as_("payments-officer", OFFICER)
    for number in (1, 2, 3):
        on_benefit(house, number)
    run = prepared(house, officer)
    log.left = writes + WRITES_OF_PEOPLE
    with suppress(Dying):
        house.released(run)
    log.left = None
    house.region.works()
    house.processing.close()

    assert len(facts(house, MonthlyRightGranted)) == len(facts(house, PaymentInstructed)) == len(facts(house, MonthDecided)) == 3
    assert sum(file.count for file in facts(house, PaymentFileWritten)) == 3


def test_what_comes_in_while_a_release_stands_still_is_held_and_what_was_decided_stays(tmp_path: Path) -> None:
    log = Failing("benefits", published())
    house = House(tmp_path, log)
    officer, worker = house.as_("payments-officer", OFFICER), house.as_("caseworker", "s-worker")
    for number in (1, 2, 3):
        on_benefit(house, number)
    run = prepared(house, officer)
    log.left = WRITES_OF_PEOPLE + 1
    with suppress(Dying):
        house.released(run)
    log.left = None
    (first,) = facts(house, MonthDecided)
    slip = {"kind": "wages", "period": "month", "net_cents": 50_000}
    for number in (1, 2, 3):
        form = {"month": "2024-02", "source_ref": "form-1", "lines": [slip]}
        worker.post(f"/v1/benefits/{person(number)}/incomes", f"i-{number}", json=form)
    house.region.works()
    house.processing.close()

    assert [fact.client for fact in facts(house, MonthDecided)] == [first.client]
    assert sorted([first.client, *(fact.client for fact in facts(house, EntitlementHeld))]) == [person(1), person(2), person(3)]
    assert len(facts(house, PaymentInstructed)) == 1


def test_a_release_waits_for_somebody_where_facts_that_it_rests_on_are_gone(house: House, officer: InProcess) -> None:
    client = on_benefit(house, 1)
    run = prepared(house, officer)
    assert isinstance(house.region.log, MemoryLog)
    house.region.log._contents.streams[f"benefits/benefit/{client}"].pop()
    house.released(run)

    assert officer.get(run).json()["problem"] == "facts-missing"
    assert facts(house, MonthDecided, MonthlyRightGranted) == []


def test_a_month_whose_files_are_here_is_cancelled_and_its_payments_are_made_by_another_run(house: House, officer: InProcess) -> None:
    rent = {"effective_on": "2024-02-01", "reason_code": "rent", "name": "rent", "holder_name": "Woonstichting", "cents_per_month": 60_000}
    house.as_("caseworker", "s-worker").post(f"/v1/benefits/{on_benefit(house, 1)}/fixed-charges", "c-1", json={**rent, "iban": iban(9)})
    run = house.released(prepared(house, officer))
    cancelled = officer.post(f"{run}/cancellations", "c-1", json={"reason_code": "wrong-dates"})
    house.region.works()
    file = officer.post(f"{run}/files/{run.rpartition('/')[2]}-001/handovers", "take-1")
    again = officer.post(f"{run}/pay-agains", "p-1", json={"decided_on": "2024-02-21", "promised_on": "2024-03-05"}).json()["run_ref"]
    house.region.works()
    house.released(f"/v1/runs/{again}")

    assert (cancelled.status_code, officer.get(run).json()["state"], file.json()["title"]) == (202, "cancelled", "cancelled")
    assert sorted(payment.amount_cents for payment in facts(house, PaymentWithdrawn)) == [60_000, 61_964]
    sent = sorted((payment.attempt, payment.amount_cents) for payment in facts(house, PaymentInstructed))
    assert sent == [(1, 60_000), (1, 61_964), (2, 60_000), (2, 61_964)]
    assert len(facts(house, MonthDecided)) == 1
    assert (
        sum(fact.amount_cents for fact in facts(house, BudgetReserved)) - sum(f.amount_cents for f in facts(house, BudgetReleased))
        == 121_964
    )


def test_a_month_is_not_cancelled_once_a_file_left(house: House, officer: InProcess) -> None:
    on_benefit(house, 1)
    run = house.released(prepared(house, officer))
    officer.post(f"{run}/files/{run.rpartition('/')[2]}-001/handovers", "take-1")
    answer = officer.post(f"{run}/cancellations", "c-1", json={"reason_code": "wrong-dates"})

    assert (answer.status_code, answer.json()["title"]) == (409, "handed-over-already")


def test_what_came_back_of_a_month_is_paid_again(house: House, officer: InProcess) -> None:
    on_benefit(house, 1)
    run = house.released(prepared(house, officer))
    (sent,) = facts(house, PaymentInstructed)
    back = details(transaction(sent.end_to_end_id, "1219.64", "AC04"))
    house.region.hears(statement(entry("CRDT", "1219.64", back, family="RRTN")))
    house.region.binds(person(1), 5)
    again = officer.post(f"{run}/pay-agains", "p-1", json={"decided_on": "2024-02-21", "promised_on": "2024-03-05"}).json()["run_ref"]
    house.region.works()

    assert [line["standing"] for line in officer.get(f"/v1/runs/{again}/lines").json()["lines"]] == ["again"]


def test_what_a_third_party_did_not_get_is_never_paid_to_the_client(house: House, officer: InProcess) -> None:
    worker, home = house.as_("caseworker", "s-worker"), f"/v1/benefits/{on_benefit(house, 1)}"
    rent = {"effective_on": "2024-02-01", "reason_code": "rent", "name": "rent", "holder_name": "Woonstichting", "cents_per_month": 60_000}
    worker.post(f"{home}/fixed-charges", "c-1", json={**rent, "iban": iban(9)})
    run = house.released(prepared(house, officer))
    sent = next(each for each in facts(house, PaymentInstructed) if each.amount_cents == 60_000)
    back = details(transaction(sent.end_to_end_id, "600.00", "AC04"))
    house.region.hears(statement(entry("CRDT", "600.00", back, family="RRTN")))
    again = officer.post(f"{run}/pay-agains", "p-1", json={"decided_on": "2024-02-21", "promised_on": "2024-03-05"}).json()["run_ref"]
    house.region.works()
    (line,) = officer.get(f"/v1/runs/{again}/lines").json()["lines"]

    assert (line["standing"], line["reasons"]) == ("kept-back", ["other-account-needed"])


def test_rows_of_a_month_are_drawn_and_judged_before_its_release(house: House, officer: InProcess) -> None:
    for number in range(1, 6):
        on_benefit(house, number)
    state = house.region.office.run(prepared(house, officer).rpartition("/")[2])

    assert isinstance(state, Prepared)
    assert len(state.safeguards.rows) == 3


def test_rent_goes_to_the_landlord_in_the_same_file(house: House, officer: InProcess) -> None:
    client = on_benefit(house, 1)
    charge = {"name": "rent", "iban": iban(77), "holder_name": "Woningstichting", "cents_per_month": 60_000}
    about = {"effective_on": "2024-02-01", "reason_code": "agreed"}
    house.as_("caseworker", "s-worker").post(f"/v1/benefits/{client}/fixed-charges", "c-1", json={**about, **charge})
    run = house.released(prepared(house, officer))
    file = officer.post(f"{run}/files/{run.rpartition('/')[2]}-001/handovers", "take-1").content.decode()

    assert iban(77) in file
    assert "Woningstichting" in file
    assert sorted(fact.amount_cents for fact in facts(house, PaymentInstructed)) == [60_000, 61_964]


def test_every_payment_of_a_cancelled_month_is_withdrawn(house: House, officer: InProcess) -> None:
    on_benefit(house, 1)
    run = house.released(prepared(house, officer))
    officer.post(f"{run}/cancellations", "c-1", json={"reason_code": "wrong-dates"})
    house.region.works()

    assert [payment.attempt for payment in facts(house, PaymentWithdrawn)] == [1]
