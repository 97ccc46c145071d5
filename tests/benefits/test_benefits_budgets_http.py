"""Budgets over HTTP, of allowances and of months: set by who answers for the money, taken by the last signature, given back at the end."""

from typing import Any

import pytest

from services.contracts.run_control import BudgetReleased, BudgetReserved
from tests.bank.bank_messages import details, entry, statement, transaction
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, APPROVER, BERGEN, OFFICER, Home
from tests.benefits.monthly.test_monthly_run import on_benefit, prepared

MONTHS, YEARLY = "/v1/schemes/monthly-benefit/years/2024/budgets", "/v1/schemes/energy-allowance/years/2023/budgets"


def sets(house: House, cents: int, ref: str = "raad-1", actor: str = "s-manager", where: str = MONTHS, code: str = ALKMAAR) -> Any:  # noqa: ANN401 - an answer
    body = {"amount_cents": cents, "decision_ref": ref}
    return house.as_("manager", actor).post(f"{where}/{code}", f"budget-{ref}", json=body)


def signs(house: House, run: str, key: str = "approve-1") -> Any:  # noqa: ANN401 - an answer
    return house.as_("payments-approver", APPROVER).post(f"{run}/approvals", key, json=house.approval(run))


def a_month(house: House) -> tuple[str, int]:
    """A prepared month of one client, and what it comes to in cents."""
    on_benefit(house, 1)
    run = prepared(house, house.as_("payments-officer", OFFICER))
    return run, house.approval(run)["total_cents"]


def row(house: House, where: str = MONTHS, code: str = ALKMAAR) -> dict[str, Any]:
    rows = house.as_("payments-officer", OFFICER).get(where).json()["municipalities"]
    found: dict[str, Any] = next(each for each in rows if each["municipality"] == code)
    return found


def test_the_last_signature_under_a_month_takes_its_part_of_the_budget(house: House) -> None:
    run, cents = a_month(house)
    sets(house, cents + 1)
    answer = signs(house, run)

    assert answer.status_code == 201
    assert row(house) == {
        "municipality": ALKMAAR,
        "budget_cents": cents + 1,
        "taken_cents": cents,
        "left_cents": 1,
        "runs": {run.rpartition("/")[2]: cents},
        "set": [{"amount_cents": cents + 1, "decision_ref": "raad-1", "decided_by": "s-manager"}],
    }


def test_a_month_that_no_budget_holds_is_signed_after_a_manager_made_room(house: House) -> None:
    run, cents = a_month(house)
    sets(house, cents - 1)
    refused = signs(house, run)
    made_room = sets(house, cents, "raad-2")

    assert (refused.status_code, refused.json()["title"]) == (409, "above-municipality-budget")
    assert refused.json()["detail"].startswith(f"{ALKMAAR} lacks 1 cents: a manager who does not sign sets the budget anew")
    assert (made_room.status_code, signs(house, run, "approve-2").status_code) == (201, 201)


def test_who_signs_sees_what_the_signature_takes_and_what_is_left(house: House) -> None:
    run, cents = a_month(house)
    unknown = house.shown(run)["budgets"]
    sets(house, cents - 1)
    short = house.shown(run)["budgets"]
    sets(house, cents, "raad-2")
    signs(house, run)

    assert unknown == [{"municipality": ALKMAAR, "takes_cents": cents, "left_cents": None}]
    assert short == [{"municipality": ALKMAAR, "takes_cents": cents, "left_cents": cents - 1}]
    assert house.shown(run)["budgets"] == []


def test_a_month_whose_municipality_set_nothing_aside_is_paid(house: House) -> None:
    run, cents = a_month(house)

    assert signs(house, run).status_code == 201
    assert (row(house)["budget_cents"], row(house)["taken_cents"], row(house)["left_cents"]) == (None, cents, None)


def test_a_month_that_is_aborted_gives_everything_back(house: House) -> None:
    run, cents = a_month(house)
    signs(house, run)
    house.as_("payments-officer", OFFICER).post(f"{run}/abortions", "abort-1", json={"reason_code": "wrong-facts"})

    assert [fact.amount_cents for fact in house.region.facts(BudgetReleased)] == [cents]
    assert row(house)["taken_cents"] == 0


def test_the_same_decision_again_is_the_same_budget(house: House) -> None:
    first, again, other = sets(house, 900), sets(house, 900), sets(house, 800)
    named_again = house.as_("manager", "s-manager").post(f"{MONTHS}/{ALKMAAR}", "k-3", json={"amount_cents": 800, "decision_ref": "raad-1"})

    assert [each.status_code for each in (first, again, other)] == [201, 201, 409]
    assert other.json()["title"] == "other-body"
    assert (named_again.status_code, named_again.json()["title"]) == (409, "decision-differs")


def test_a_budget_is_set_by_who_answers_for_that_municipality(house: House) -> None:
    body = {"amount_cents": 900, "decision_ref": "raad-1"}
    officer = house.as_("payments-officer", OFFICER).post(f"{MONTHS}/{ALKMAAR}", "k-1", json=body)
    elsewhere = house.as_("manager", "s-manager", [BERGEN]).post(f"{MONTHS}/{ALKMAAR}", "k-2", json=body)

    assert (officer.status_code, elsewhere.status_code) == (403, 403)


@pytest.mark.parametrize("body", [{"amount_cents": -1}, {"amount_cents": 1.5}, {"amount_cents": 10**12}, {"decision_ref": "123456782"}])
def test_what_is_no_budget_is_refused_field_by_field(house: House, body: dict[str, Any]) -> None:
    answer = house.as_("manager", "s-manager").post(
        f"{MONTHS}/{ALKMAAR}", "k-1", json={"amount_cents": 1, "decision_ref": "raad-1", **body}
    )

    assert answer.status_code == 400
    assert next(iter(body)) in answer.text


def test_an_allowance_that_came_back_and_is_paid_again_is_taken_once(house: House) -> None:
    house.region.knows(Home(1), Home(2))
    sets(house, 260_000, where=YEARLY)
    run = house.paid_out()
    house.bank_pays(run, 1)
    house.bank_pays(run, 2)
    house.bank_sends_back(run, 2, "MS03")
    house.as_("payments-officer", OFFICER).post(f"{run}/closings", "close-1")
    found = {"attempt": 1, "ground": "investigated"}
    house.as_("payments-approver", APPROVER).post(f"{run}/exceptions/{house.right(run, 2)}/findings", "found-1", json=found)
    again = house.pays_again(run)
    answer = signs(house, again, "approve-again")

    assert answer.status_code == 201, answer.text
    assert (row(house, YEARLY)["taken_cents"], row(house, YEARLY)["left_cents"]) == (260_000, 0)


def test_money_that_comes_back_after_the_close_makes_room_for_its_next_payment(house: House) -> None:
    house.region.knows(Home(1), Home(2))
    sets(house, 260_000, where=YEARLY)
    run = house.paid_out()
    house.bank_pays(run, 1)
    house.bank_pays(run, 2)
    house.as_("payments-officer", OFFICER).post(f"{run}/closings", "close-1")
    house.bank_sends_back(run, 2, "MS03")
    found = {"attempt": 1, "ground": "investigated"}
    house.as_("payments-approver", APPROVER).post(f"{run}/exceptions/{house.right(run, 2)}/findings", "found-1", json=found)
    again = house.pays_again(run)
    signs(house, again, "approve-again")

    assert [fact.amount_cents for fact in house.region.facts(BudgetReleased)] == [130_000]
    assert [fact.amount_cents for fact in house.region.facts(BudgetReserved)] == [260_000, 130_000]


def test_what_a_released_month_did_not_pay_goes_back_when_it_closes(house: House) -> None:
    run, cents = a_month(house)
    house.released(run)
    ref = run.rpartition("/")[2]
    officer = house.as_("payments-officer", OFFICER)
    officer.post(f"{run}/files/{ref}-001/handovers", "take-1")
    (payment,) = house.region.office.payments.of_batch(f"{ref}-001")
    back = details(transaction(f"{payment.right_ref}-1", f"{cents // 100}.{cents % 100:02d}", "MD07"))
    house.region.hears(statement(entry("CRDT", f"{cents // 100}.{cents % 100:02d}", back, family="RRTN")))
    closed = officer.post(f"{run}/closings", "close-1")

    assert (closed.status_code, row(house)["taken_cents"]) == (201, 0)
