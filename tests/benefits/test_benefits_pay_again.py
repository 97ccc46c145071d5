"""Pay again only what failed: the next attempt of the same right, on the account that people approved for it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.contracts.benefits import AccountBound, PaymentInstructed
from services.contracts.payouts import PayAgainAllowed, PayoutAccountReplaced
from tests.bank.bank_messages import details, entry, statement
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, APPROVER, OFFICER, Home, iban


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.knows(Home(1), Home(2), Home(3))
    yield made
    made.processing.close()


@pytest.fixture
def run(house: House) -> str:
    """Three payments, of which the first came back as its account was closed."""
    paid = house.paid_out()
    house.bank_sends_back(paid, 1, "AC04")
    return paid


def another_account(house: House, number: int = 1, test_account: int = 777) -> dict[str, Any]:
    """Somebody at the desk names another account."""
    line = {"id": f"acc-{test_account}", "client": Home(number).client, "municipality": ALKMAAR, "iban": iban(test_account)}
    content = json.dumps({**line, "holder_name": "J. Jansen"}).encode()
    answer = house.as_("caseworker", "s-desk").post("/v1/accounts/_bulk", content=content)
    told: dict[str, Any] = json.loads(answer.text)
    return told


def confirm(house: House, actor: str = "s-second", test_account: int = 777) -> Any:  # noqa: ANN401 - an answer
    said = {"client": Home(1).client, "municipality": ALKMAAR, "iban": iban(test_account)}
    return house.as_("caseworker", actor).post("/v1/accounts/confirmations", f"confirm-{actor}-{test_account}", json=said)


def finding(house: House, run: str, ground: str, number: int = 1, attempt: int = 1) -> Any:  # noqa: ANN401 - an answer
    place = f"{run}/exceptions/{house.right(run, number)}/findings"
    return house.as_("payments-approver", APPROVER).post(place, f"found-{ground}", json={"attempt": attempt, "ground": ground})


def test_what_came_back_is_paid_again_on_the_account_that_two_people_bound(house: House, run: str) -> None:
    another_account(house)
    confirm(house)
    again = house.released(house.pays_again(run))

    first, second = house.region.facts(PaymentInstructed)[:2]
    assert (first.right_ref, first.amount_cents) == (second.right_ref, second.amount_cents)
    assert (first.attempt, second.attempt) == (1, 2)
    assert house.shown(again)["released"]["total_cents"] == 130_000
    assert b"TEST0000000777" in house.region.message(again.rpartition("/")[2])
    assert [fact.attempt for fact in house.region.facts(PayoutAccountReplaced)] == [2]


def test_a_run_that_pays_again_names_the_run_that_it_is_about(house: House, run: str) -> None:
    prepared = house.shown(house.pays_again(run))["prepared"]

    assert (prepared["kind"], prepared["corrects"]) == ("pay-again", run.rpartition("/")[2])


def test_each_run_adds_up_by_its_own_payments(house: House, run: str) -> None:
    another_account(house)
    confirm(house)
    again = house.released(house.pays_again(run))
    for each, cents in ((run, 260_000), (again, 130_000)):
        name = each.rpartition("/")[2]
        total = f"{cents // 100}.00"
        batch = f"<PmtInfId>{name}-001-{ALKMAAR}</PmtInfId><NbOfTxs>{cents // 130_000}</NbOfTxs><TtlAmt Ccy='EUR'>{total}</TtlAmt>"
        house.region.hears(statement(entry("DBIT", total, details(batch=batch))))
    officer = house.as_("payments-officer", OFFICER)

    assert [officer.post(f"{each}/closings", "close-1").status_code for each in (run, again)] == [409, 201]
    assert house.shown(again)["settlement"]["cents"]["paid"] == 130_000


def test_a_batch_booked_after_its_payment_was_made_again_still_adds_up(house: House, run: str) -> None:
    another_account(house)
    confirm(house)
    house.released(house.pays_again(run))
    batch = f"<PmtInfId>{run.rpartition('/')[2]}-001-{ALKMAAR}</PmtInfId><NbOfTxs>3</NbOfTxs><TtlAmt Ccy='EUR'>3900.00</TtlAmt>"
    house.region.hears(statement(entry("DBIT", "3900.00", details(batch=batch))))
    closed = house.as_("payments-officer", OFFICER).post(f"{run}/closings", "close-1")

    assert (closed.status_code, house.shown(run)["settlement"]["open_cents"]) == (201, 0)


@pytest.mark.parametrize(
    ("reason", "needed"),
    [
        ("AC04", "other-account-needed"),
        ("AM05", "investigation-needed"),
        ("MD07", "life-to-be-verified"),
        ("AC06", "client-to-be-contacted"),
        ("MS03", "investigation-needed"),
        ("AM04", "treasury-needed"),
        ("ED05", "cause-to-be-mended"),
    ],
)
def test_nothing_is_paid_again_by_itself(house: House, reason: str, needed: str) -> None:
    paid = house.paid_out()
    house.bank_sends_back(paid, 1, reason)
    again = house.pays_again(paid)

    assert [(line["standing"], line["reasons"], line["reason_code"]) for line in house.lines(again)] == [("kept-back", [needed], reason)]
    assert house.shown(again)["prepared"]["total_cents"] == 0


@pytest.mark.parametrize(("reason", "ground"), [("AM05", "investigated"), ("MD07", "not-deceased"), ("AC06", "client-confirmed")])
def test_what_a_person_found_out_lets_it_be_paid_again(house: House, reason: str, ground: str) -> None:
    paid = house.paid_out()
    house.bank_sends_back(paid, 1, reason)
    answer = finding(house, paid, ground)
    house.released(house.pays_again(paid))

    assert answer.status_code == 201
    assert [fact.allowed_by for fact in house.region.facts(PayAgainAllowed)] == [APPROVER]
    assert len(house.region.facts(PaymentInstructed)) == 4


@pytest.mark.parametrize(
    ("ground", "number", "attempt", "refusal"),
    [
        ("investigated", 1, 1, "other-ground-needed"),
        ("cause-mended", 1, 1, "other-ground-needed"),
        ("investigated", 2, 1, "not-failed"),
        ("investigated", 1, 2, "unknown-payment"),
    ],
)
def test_a_finding_that_does_not_fit_is_refused(house: House, run: str, ground: str, number: int, attempt: int, refusal: str) -> None:
    answer = finding(house, run, ground, number, attempt)

    assert (answer.status_code, answer.json()["title"]) == (409, refusal)


def test_a_payment_whose_outcome_is_unknown_is_no_line(house: House, run: str) -> None:
    again = house.pays_again(run)

    assert [line["household_ref"] for line in house.lines(again)] == [Home(1).ref]


def test_two_runs_that_pay_again_at_the_same_time_pay_once(house: House, run: str) -> None:
    another_account(house)
    confirm(house)
    first = house.pays_again(run)
    second = house.as_("payments-officer", OFFICER).post(
        f"{run}/pay-agains", "again-2", json={"decided_on": "2024-02-15", "promised_on": "2024-03-16"}
    )
    house.region.works()
    second_run = f"/v1/runs/{second.json()['run_ref']}"
    for each in (first, second_run):
        house.released(each)

    assert house.shown(second_run)["released"] == {"granted": 0, "refused": 0, "withheld": 1, "total_cents": 0}
    assert sum(payment.attempt == 2 for payment in house.region.facts(PaymentInstructed)) == 1


def test_asking_twice_is_the_same_run(house: House, run: str) -> None:
    assert house.pays_again(run, "again-1") == house.pays_again(run, "again-1") == house.pays_again(run, "again-2")


def test_there_is_nothing_to_pay_again_where_nothing_failed(house: House) -> None:
    dates = {"decided_on": "2024-02-15", "promised_on": "2024-03-15"}
    answer = house.as_("payments-officer", OFFICER).post(f"{house.paid_out()}/pay-agains", "again-1", json=dates)

    assert (answer.status_code, answer.json()["title"]) == (409, "nothing-failed")
    assert house.region.office.jobs.round() == 0


def test_an_order_that_was_given_is_answered_as_before_once_everything_is_paid_again(house: House, run: str) -> None:
    another_account(house)
    confirm(house)
    again = house.released(house.pays_again(run))
    house.bank_pays(again, 1, attempt=2)

    assert house.pays_again(run) == again


def test_a_run_that_was_not_released_cannot_be_paid_again(house: House) -> None:
    dates = {"decided_on": "2024-02-15", "promised_on": "2024-03-15"}
    answer = house.as_("payments-officer", OFFICER).post(f"{house.prepared()}/pay-agains", "again-1", json=dates)

    assert (answer.status_code, answer.json()["title"]) == (409, "not-released")


def test_another_account_waits_for_a_second_person_while_money_is_near(house: House, run: str) -> None:
    told = another_account(house)
    bound = len(house.region.facts(AccountBound))

    assert (told["outcome"], told["refs"]["waits_for"]) == ("accepted", "second-person")
    assert house.lines(house.pays_again(run))[0]["reasons"] == ["other-account-needed"]
    assert (confirm(house).status_code, len(house.region.facts(AccountBound))) == (201, bound + 1)


@pytest.mark.parametrize(
    ("actor", "test_account", "refusal"),
    [("s-desk", 777, "proposer-cannot-confirm"), ("s-second", 778, "account-differs")],
)
def test_a_change_of_account_is_confirmed_by_another_who_types_the_number(
    house: House, run: str, actor: str, test_account: int, refusal: str
) -> None:
    assert house.shown(run)["state"] == "released"
    another_account(house)
    answer = confirm(house, actor, test_account)

    assert (answer.status_code, answer.json()["title"]) == (409, refusal)


def test_nothing_is_confirmed_that_was_not_proposed(house: House) -> None:
    assert confirm(house).json()["title"] == "nothing-proposed"


def test_a_change_while_a_run_is_being_approved_waits_too(house: House) -> None:
    house.prepared()

    assert another_account(house)["refs"]["waits_for"] == "second-person"


def test_a_change_while_no_money_is_near_is_bound_at_once(house: House) -> None:
    another_account(house)

    assert len(house.region.facts(AccountBound)) == 4
