"""Nobody is paid on an account that two people replaced while the run was approved: the line waits for the next run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.contracts.benefits import AllowanceWithheld, PaymentInstructed
from tests.benefits.a_house import House
from tests.benefits.a_region import OFFICER, Home, household, iban
from tests.benefits.test_benefits_pay_again import another_account, confirm, finding


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.knows(Home(1), Home(2))
    yield made
    made.processing.close()


def changes(house: House, test_account: int = 777) -> None:
    """The client of the first household names another account, and a second person confirms it."""
    another_account(house, test_account=test_account)
    assert confirm(house, test_account=test_account).status_code == 201


def later(house: House, run: str) -> str:
    """A second run of what failed, prepared the day after."""
    dates = {"decided_on": "2024-02-16", "promised_on": "2024-03-16"}
    answer = house.as_("payments-officer", OFFICER).post(f"{run}/pay-agains", "again-2", json=dates)
    house.region.works()
    return f"/v1/runs/{answer.json()['run_ref']}"


def test_an_account_that_changed_while_a_run_was_approved_is_not_paid(house: House) -> None:
    run = house.prepared()
    changes(house)
    house.released(run)
    (withheld,) = house.region.facts(AllowanceWithheld)

    assert (withheld.household_ref, withheld.reasons, withheld.amount_cents) == (household(1), ("account-changed",), 130_000)
    assert [paid.household_ref for paid in house.region.facts(PaymentInstructed)] == [household(2)]
    assert house.shown(run)["released"] == {"granted": 1, "refused": 0, "withheld": 1, "total_cents": 130_000}


def test_a_correction_pays_on_the_account_that_counts_now(house: House) -> None:
    run = house.prepared()
    changes(house)
    house.released(run)
    about = {"households": [household(1)], "intake_position": house.region.told, "decided_on": "2024-02-15", "promised_on": "2024-03-01"}
    answer = house.as_("payments-officer", OFFICER).post(f"{run}/corrections", "correct-1", json=about)
    house.region.works()
    house.released(f"/v1/runs/{answer.json()['run_ref']}")
    paid = [each for each in house.region.facts(PaymentInstructed) if each.household_ref == household(1)]

    assert [each.account_fingerprint for each in paid] == [house.region.office.fingerprints.of(iban(777))]


def test_a_change_that_waits_for_a_second_person_holds_nothing_back(house: House) -> None:
    run = house.prepared()
    another_account(house)
    house.released(run)

    assert house.region.facts(AllowanceWithheld) == []


def test_a_change_that_was_taken_back_holds_nothing_back(house: House) -> None:
    run = house.prepared()
    changes(house)
    another_account(house, test_account=1)
    confirm(house, test_account=1)
    house.released(run)

    assert house.region.facts(AllowanceWithheld) == []


def test_what_failed_is_not_paid_again_on_an_account_that_changed_while_it_was_approved(house: House) -> None:
    run = house.paid_out()
    house.bank_sends_back(run, 1, "AM05")
    finding(house, run, "investigated")
    again = house.pays_again(run)
    changes(house)
    house.released(again)
    house.released(later(house, run))
    second = [each for each in house.region.facts(PaymentInstructed) if each.attempt == 2]

    assert (house.shown(again)["state"], house.shown(again)["released"]["withheld"]) == ("released", 1)
    assert [each.account_fingerprint for each in second] == [house.region.office.fingerprints.of(iban(777))]
