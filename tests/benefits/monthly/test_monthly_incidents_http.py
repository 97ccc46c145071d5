"""The accidents of reliability.md chapter 5 and peers.md chapter 8, each done with a month through the front door, and what stops it."""

import json
from collections import Counter
from typing import Any

import pytest

from services.contracts.benefits import PaymentInstructed
from services.contracts.monthly import BenefitGranted
from services.contracts.monthly_money import RecoveryOpened
from services.web.in_process import InProcess
from tests.benefits.a_house import RELEASE, House
from tests.benefits.a_region import ALKMAAR, APPROVER, OFFICER, household, iban, person
from tests.benefits.monthly.test_monthly_run import ALONE, on_benefit, prepared

CENTS = 121_964
ON = {"effective_on": "2024-02-01", "reason_code": "entitled"}


def another_run(house: House, month: str, decided_on: str) -> str:
    key = f"{month}-{decided_on}"
    run = house.as_("payments-officer", OFFICER).post(f"/v1/months/{month}/runs", key, json={"decided_on": decided_on}).json()["run_ref"]
    house.region.works()
    return f"/v1/runs/{run}"


def paid_cents(house: House) -> dict[str, int]:
    """What left for each client."""
    cents = Counter[str]()
    for payment in house.region.facts(PaymentInstructed):
        cents[payment.client] += payment.amount_cents
    return dict(cents)


def earns(worker: InProcess, client: str, cents: object, form: str = "form-1") -> Any:  # noqa: ANN401 - an answer
    lines = [{"kind": "wages", "period": "month", "net_cents": cents}]
    return worker.post(f"/v1/benefits/{client}/incomes", f"i-{form}", json={"month": "2024-02", "source_ref": form, "lines": lines})


def test_zwolle_the_file_of_a_month_that_left_on_friday_does_not_leave_again_on_monday(house: House, officer: InProcess) -> None:
    on_benefit(house, 1)
    run = house.released(prepared(house, officer))
    place = f"{run}/files/{run.rpartition('/')[2]}-001/handovers"
    friday, monday = officer.post(place, "friday"), officer.post(place, "monday")

    assert (friday.status_code, monday.status_code, monday.json()["title"]) == (200, 409, "handed-over-already")


def test_the_hague_two_batches_over_the_same_months_pay_each_month_once(house: House) -> None:
    on_benefit(house, 1)
    february, both = another_run(house, "2024-02", "2024-02-20"), another_run(house, "2024-03", "2024-03-20")
    for run in (february, both):
        house.released(run)
    house.released(another_run(house, "2024-03", "2024-03-21"))

    assert paid_cents(house) == {person(1): 2 * CENTS}


@pytest.mark.parametrize("cents", [500.5, "50000", 50_000.0, -1, 10**12])
def test_the_hague_income_with_a_decimal_is_not_taken_in(house: House, officer: InProcess, worker: InProcess, cents: object) -> None:
    client = on_benefit(house, 1)

    assert earns(worker, client, cents).status_code == 400
    house.released(prepared(house, officer))
    assert paid_cents(house) == {client: CENTS}


def test_amsterdam_a_month_signed_in_euros_is_not_signed(house: House, officer: InProcess) -> None:
    on_benefit(house, 1)
    run = prepared(house, officer)
    seen = house.approval(run)
    answer = house.as_("payments-approver", APPROVER).post(
        f"{run}/approvals", "a-1", json={**seen, "total_cents": seen["total_cents"] // 100}
    )

    assert (answer.status_code, answer.json()["title"]) == (409, "other-total")


def test_amsterdam_nobody_is_paid_a_hundred_months_at_once(house: House, officer: InProcess, worker: InProcess) -> None:
    client = on_benefit(house, 1)
    charge = {**ON, "name": "rent", "iban": iban(9), "holder_name": "Woningstichting", "cents_per_month": 60_000 * 100}
    worker.post(f"/v1/benefits/{client}/fixed-charges", "c-1", json=charge)
    house.released(prepared(house, officer))

    assert sum(paid_cents(house).values()) == CENTS


def test_uwv_two_rules_that_overlap_give_a_couple_one_benefit(house: House, officer: InProcess, worker: InProcess) -> None:
    """One partner gets it for both, and the other asks for it alone."""
    pair: dict[str, Any] = {"household_type": "couple", "age_bands": ["27-pension", "27-pension"], "partner": person(2)}
    house.region.houses(1, persons=(1, 2))
    on_benefit(house, 1, **pair)
    application = {"household_ref": household(1), "municipality": ALKMAAR, "declared": ALONE, "reported_on": "2024-02-01"}
    worker.post(f"/v1/benefits/{person(2)}/applications", "a-2", json={**application, "applied_on": "2024-02-01"})
    alone = worker.post(f"/v1/benefits/{person(2)}/grants", "g-2", json={**ON, "circumstances": ALONE})
    house.released(prepared(house, officer))

    assert (alone.status_code, [fact.client for fact in house.region.facts(BenefitGranted)]) == (409, [person(1)])
    assert list(paid_cents(house)) == [person(1)]


def test_groningen_img_one_person_cannot_move_a_month_to_another_account(house: House, officer: InProcess) -> None:
    client = on_benefit(house, 1)
    run = prepared(house, officer)
    line = {"id": "acc-777", "client": client, "municipality": ALKMAAR, "iban": iban(777), "holder_name": "J. Jansen"}
    house.as_("caseworker", "s-desk").post("/v1/accounts/_bulk", content=json.dumps(line).encode())
    house.released(run)
    sent = house.region.message(run.rpartition("/")[2]).decode()

    assert (iban(1) in sent, iban(777) in sent) == (True, False)


def test_santander_a_month_that_is_released_twice_is_one_release(house: House, officer: InProcess) -> None:
    client = on_benefit(house, 1)
    run = house.released(prepared(house, officer))
    again = officer.post(f"{run}/releases", "release-2", json=RELEASE)
    house.region.works()

    assert (again.status_code, again.json()["outcome"]) == (202, "unchanged")
    assert paid_cents(house) == {client: CENTS}


def test_leiden_who_had_an_advance_gets_the_rest_of_the_month_and_not_the_whole(
    house: House, officer: InProcess, worker: InProcess
) -> None:
    home, about = f"/v1/benefits/{person(1)}", {"household_ref": household(1), "municipality": ALKMAAR, "declared": ALONE}
    house.region.houses(1)
    house.region.binds(person(1), 1)
    worker.post(f"{home}/applications", "a-1", json={**about, "reported_on": "2024-02-01", "applied_on": "2024-02-01"})
    house.released(prepared(house, officer))
    advance = paid_cents(house)[person(1)]
    decision = worker.post(f"{home}/grants", "g-1", json={**ON, "circumstances": ALONE}).json()["refs"]["decision_ref"]
    worker.post(f"{home}/notifications", "n-1", json={"decision_ref": decision, "notified_on": "2024-02-15"})
    house.released(another_run(house, "2024-03", "2024-03-20"))

    assert 0 < advance < CENTS
    assert paid_cents(house) == {person(1): 2 * CENTS}


def test_apeldoorn_a_month_on_a_wrong_form_is_mended_by_the_difference_alone(house: House, officer: InProcess, worker: InProcess) -> None:
    client = on_benefit(house, 1)
    earns(worker, client, 50_000)
    house.released(prepared(house, officer))
    wrong = paid_cents(house)[client]
    earns(worker, client, 5_000, "form-2")
    house.released(another_run(house, "2024-03", "2024-03-20"))

    assert (wrong, paid_cents(house)) == (CENTS - 47_500, {client: 2 * CENTS - 4_750})
    assert house.region.facts(RecoveryOpened) == []


def test_apeldoorn_rows_of_a_month_are_judged_by_people_before_they_are_paid(house: House, officer: InProcess) -> None:
    on_benefit(house, 1)
    run = prepared(house, officer)
    house.judged(run, "wrong")
    approval = house.as_("payments-approver", APPROVER).post(f"{run}/approvals", "approve-1", json=house.approval(run))

    assert approval.json()["title"] == "sample-failed"
    assert paid_cents(house) == {}
