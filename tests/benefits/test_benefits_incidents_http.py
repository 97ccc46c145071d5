"""The accidents of reliability.md chapter 5 and peers.md chapter 8, each done again through the front door, and what stops it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.contracts.benefits import AllowanceGranted, AllowanceWithheld, PaymentInstructed
from services.contracts.intake import HouseholdIncomeReported
from tests.benefits.a_house import RELEASE, RUN, House
from tests.benefits.a_region import ALKMAAR, ALL, APPROVER, BERGEN, OFFICER, REFERENCE, Home, household, iban, person
from tests.benefits.test_benefits_incidents import early_tranche
from tests.benefits.test_benefits_pay_again import another_account
from tests.benefits.test_benefits_safeguards import strict

EACH_ONCE = {household(number): 130_000 for number in range(1, 6)}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.knows(*(Home(n) for n in range(1, 6)))
    yield made
    made.processing.close()


def paid_cents(house: House) -> dict[str, int]:
    """What left for each household."""
    cents: dict[str, int] = {}
    for payment in house.region.facts(PaymentInstructed):
        cents[payment.household_ref] = cents.get(payment.household_ref, 0) + payment.amount_cents
    return cents


def another_run(house: House, key: str, **said: Any) -> str:  # noqa: ANN401 - fields of the body
    asked = {**RUN, "intake_position": house.region.told, **said}
    answer = house.as_("payments-officer", OFFICER).post("/v1/runs", key, json=asked)
    house.region.works()
    return f"/v1/runs/{answer.json()['run_ref']}"


def test_zwolle_a_batch_sent_on_friday_is_not_sent_again_on_monday(house: House) -> None:
    run = house.paid_out()
    place, officer = f"{run}/files/{run.rpartition('/')[2]}-001/handovers", house.as_("payments-officer", OFFICER)
    friday, monday = officer.post(place, "friday"), officer.post(place, "monday")

    assert (friday.status_code, monday.status_code, monday.json()["title"]) == (200, 409, "handed-over-already")
    assert house.shown(run)["files"][0]["handovers"] == 1


def test_the_hague_two_overlapping_batches_pay_everybody_once(house: House) -> None:
    first, second = house.prepared(), another_run(house, "prepare-2", promised_on="2024-03-02")
    for run in (first, second):
        house.released(run)

    assert paid_cents(house) == EACH_ONCE
    assert {fact.reasons for fact in house.region.facts(AllowanceWithheld)} == {("decided-in-other-run",)}


@pytest.mark.parametrize("amount", ["1300.00", "1300,00", "130000.0", "1.3e5", '"130000"'])
def test_the_hague_an_amount_with_a_decimal_is_not_taken_in(house: House, amount: str) -> None:
    line = {"id": "bal-1", "client": person(10), "household_ref": household(1), "municipality": ALKMAAR, "scheme_year": 2023}
    text = json.dumps(line)[:-1] + f', "amount_cents": {amount}}}\n'
    answer = house.as_("payments-officer", OFFICER).post("/v1/opening-balances/_bulk", content=text.encode())

    assert answer.status_code == 400 or json.loads(answer.text)["outcome"] != "accepted"
    house.paid_out()
    assert paid_cents(house) == EACH_ONCE


def test_amsterdam_a_total_in_euros_is_not_approved(house: House) -> None:
    run = house.prepared()
    seen = house.approval(run)
    answer = house.as_("payments-approver", APPROVER).post(
        f"{run}/approvals", "approve-1", json={**seen, "total_cents": seen["total_cents"] // 100}
    )

    assert (answer.status_code, answer.json()["title"]) == (409, "other-total")


def test_amsterdam_a_run_a_hundred_times_too_large_fits_no_budget(house: House) -> None:
    strict(house, budgets=tuple(each.model_copy(update={"amount_cents": 1_000_00}) for each in house.region.office.rules[0].budgets))
    run = house.prepared()
    answer = house.as_("payments-approver", APPROVER).post(f"{run}/approvals", "approve-1", json=house.approval(run))

    assert (answer.status_code, answer.json()["title"]) == (409, "above-municipality-budget")


def test_uwv_two_rules_that_overlap_give_one_right(house: House) -> None:
    """A household that gets it ex officio and that also applied, in the run of its municipality and in that of the region."""
    house.region.applies(Home(1))
    local = house.as_("payments-officer", OFFICER, [ALKMAAR]).post(
        "/v1/runs", "prepare-local", json={**RUN, "intake_position": house.region.told}
    )
    house.region.works()
    for run in (f"/v1/runs/{local.json()['run_ref']}", house.prepared()):
        house.released(run)

    assert paid_cents(house) == EACH_ONCE


def test_two_municipalities_that_claim_the_same_person_pay_once(house: House) -> None:
    shared = Home(8, household_type="couple", bands=("27-pension", "27-pension"), persons=(80, 10), municipality=BERGEN)
    house.region.knows(shared)
    house.paid_out()

    granted = {fact.household_ref for fact in house.region.facts(AllowanceGranted)}
    assert len(granted & {shared.ref, household(1)}) == 1


def test_groningen_img_one_person_cannot_move_money_to_another_account(house: House) -> None:
    run = house.prepared()
    told = another_account(house)
    house.released(run)
    sent = house.region.message(run.rpartition("/")[2]).decode()

    assert told["refs"]["waits_for"] == "second-person"
    assert iban(1) in sent
    assert iban(777) not in sent


def test_santander_a_release_that_is_ordered_twice_is_one_release(house: House) -> None:
    run = house.paid_out()
    officer = house.as_("payments-officer", OFFICER)
    again = officer.post(f"{run}/releases", "release-2", json=RELEASE)
    other_day = officer.post(f"{run}/releases", "release-3", json={"execution_on": "2024-02-21"})
    house.region.works()

    assert (again.status_code, again.json()["outcome"]) == (202, "unchanged")
    assert other_day.json()["title"] == "released-already"
    assert paid_cents(house) == EACH_ONCE


def test_leiden_who_had_the_early_part_gets_the_rest_and_nobody_the_whole_again(house: House) -> None:
    strict(house, tranches=early_tranche().tranches)
    for key, tranche in (("prepare-1", 1), ("prepare-2", 1), ("prepare-3", 2), ("prepare-4", 2)):
        house.released(another_run(house, key, tranche=tranche, promised_on=f"2024-03-0{key[-1]}"))

    assert paid_cents(house) == EACH_ONCE


def test_apeldoorn_who_was_refused_on_wrong_facts_is_found_and_paid_in_a_correction_run(house: House) -> None:
    wrong = Home(6, income_cents=900_000)
    house.region.knows(wrong)
    run = house.paid_out()
    facts = replace(wrong, income_cents=90_000).facts
    house.region.tells(HouseholdIncomeReported(household_ref=wrong.ref, on=REFERENCE, facts=facts), version=2)
    found = house.as_("auditor", "s-auditor").post("/v1/blast-radius", json={"household_ref": wrong.ref, "source_version": 1}).json()
    body = {**found["drafts"][0]["body"], "decided_on": "2024-02-15", "promised_on": "2024-03-15"}
    answer = house.as_("payments-officer", OFFICER).post(f"{run}/corrections", "correct-1", json=body)
    house.region.works()
    house.released(f"/v1/runs/{answer.json()['run_ref']}")

    assert paid_cents(house) == {**EACH_ONCE, wrong.ref: 130_000}


def test_apeldoorn_lines_are_judged_by_people_before_they_are_paid(house: House) -> None:
    run = house.prepared()
    house.judged(run, "wrong")
    approval = house.as_("payments-approver", APPROVER).post(f"{run}/approvals", "approve-1", json=house.approval(run))

    assert approval.json()["title"] == "sample-failed"
    assert paid_cents(house) == {}
    assert house.as_("auditor", "s-auditor", ALL).get(run).json()["safeguards"]["wrong"] == 3
