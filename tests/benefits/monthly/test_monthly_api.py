from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.benefits.monthly.benefit import benefit_stream
from services.contracts.monthly import BenefitGranted, DecisionNotified, FixedChargeArranged
from services.contracts.monthly_money import RecoveryOpened
from services.web.in_process import InProcess
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, BERGEN, household, iban, person

CLIENT = person(1)
HOME = f"/v1/benefits/{CLIENT}"
ALONE = {"household_type": "single", "age_bands": ["27-pension"]}
APPLICATION = {
    "household_ref": household(1),
    "municipality": ALKMAAR,
    "reported_on": "2024-02-01",
    "applied_on": "2024-02-01",
    "declared": ALONE,
}
ON: dict[str, Any] = {"effective_on": "2024-02-01", "reason_code": "entitled", "motive": "Zij woont alleen sinds februari."}
GRANT = {**ON, "circumstances": ALONE}
PAYEE = {"name": "rent", "iban": iban(9), "holder_name": "Woningstichting"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.houses(1)
    yield made
    made.processing.close()


@pytest.fixture
def granted(worker: InProcess) -> str:
    """The reference of a grant."""
    worker.post(f"{HOME}/applications", "a-1", json=APPLICATION)
    return str(worker.post(f"{HOME}/grants", "g-1", json=GRANT).json()["refs"]["decision_ref"])


LIFE: list[tuple[str, dict[str, Any]]] = [
    ("changes", {**GRANT, "effective_on": "2024-03-01"}),
    ("suspensions", {**ON, "recover_by": "2024-03-01"}),
    ("resumptions", ON),
    ("blocks", ON),
    ("unblocks", ON),
    ("measures", {**ON, "percent": 30, "months": 1}),
    ("fixed-charges", {**ON, **PAYEE, "cents_per_month": 60_000}),
    ("fixed-charge-stops", {**ON, "name": "rent", "effective_on": "2024-04-01"}),
    ("attachments", {**ON, **PAYEE, "claimed_cents": 90_000}),
    ("attachment-liftings", {**ON, "name": "rent"}),
    ("incomes", {"month": "2024-02", "source_ref": "form-1", "lines": [{"kind": "wages", "period": "month", "net_cents": 50_000}]}),
    ("ends", {**ON, "effective_on": "2024-05-01"}),
    ("withdrawals", {**ON, "effective_on": "2024-04-01"}),
]


def test_every_decision_on_a_benefit_can_be_taken_over_http(worker: InProcess, granted: str) -> None:
    answers = [worker.post(f"{HOME}/{collection}", f"k-{collection}", json=body).status_code for collection, body in LIFE]

    assert granted.startswith("dec-")
    assert answers == [201] * len(LIFE)


def test_an_application_may_be_refused_and_gets_no_advance_meanwhile(worker: InProcess) -> None:
    worker.post(f"{HOME}/applications", "a-1", json=APPLICATION)
    answers = [worker.post(f"{HOME}/{name}", name, json={**ON, "reason_code": "data-missing"}) for name in ("advance-stops", "refusals")]

    assert [answer.status_code for answer in answers] == [201, 201]


def test_the_same_key_gets_the_first_answer_and_another_body_is_refused(worker: InProcess, granted: str) -> None:
    again = worker.post(f"{HOME}/grants", "g-1", json=GRANT)
    other = worker.post(f"{HOME}/grants", "g-1", json={**GRANT, "effective_on": "2024-03-01"})

    assert (again.json()["refs"]["decision_ref"], again.status_code, other.status_code) == (granted, 201, 409)


@pytest.mark.parametrize(
    ("collection", "body", "status", "title"),
    [
        ("grants", GRANT, 409, "benefit-is-running"),
        ("suspensions", {**ON, "recover_by": "2024-05-01"}, 409, "suspended-too-long"),
        ("suspensions", {**ON, "effective_on": "2030-01-01", "recover_by": "2030-02-01"}, 409, "rule-missing"),
        ("measures", {**ON, "percent": 101, "months": 1}, 400, "invalid input"),
        ("fixed-charges", {**ON, **PAYEE, "iban": "NL00BANK0123456789", "cents_per_month": 1}, 400, "invalid input"),
        ("incomes", {"month": "2024-13", "source_ref": "form-1", "lines": []}, 400, "invalid input"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(
    worker: InProcess, granted: str, collection: str, body: dict[str, Any], status: int, title: str
) -> None:
    answer = worker.post(f"{HOME}/{collection}", "k-1", json=body)

    assert granted
    assert (answer.status_code, answer.json()["title"]) == (status, title)


def test_only_a_caseworker_of_the_municipality_decides(house: House, granted: str) -> None:
    officer = house.as_("payments-officer", "s-officer").post(f"{HOME}/blocks", "b-1", json=ON)
    elsewhere = house.as_("caseworker", "s-bergen", [BERGEN]).post(f"{HOME}/blocks", "b-1", json=ON)

    assert granted
    assert (officer.status_code, elsewhere.status_code) == (403, 403)


def test_a_client_who_never_applied_is_not_known(worker: InProcess) -> None:
    assert worker.post(f"{HOME}/grants", "g-1", json=GRANT).status_code == 404
    assert worker.get(HOME).status_code == 404


def test_motive_letter_and_account_lie_in_the_vault_and_in_no_fact(house: House, worker: InProcess, granted: str) -> None:
    worker.post(f"{HOME}/fixed-charges", "c-1", json={**ON, **PAYEE, "cents_per_month": 60_000})
    worker.post(f"{HOME}/notifications", "n-1", json={"decision_ref": granted, "notified_on": "2024-02-20"})
    log, vault = house.region.log, house.region.office.vault
    facts = [envelope.event for envelope in log.read(benefit_stream(CLIENT))]

    (grant,) = [fact for fact in facts if isinstance(fact, BenefitGranted)]
    (charge,) = [fact for fact in facts if isinstance(fact, FixedChargeArranged)]
    (letter,) = [fact for fact in facts if isinstance(fact, DecisionNotified)]
    assert vault.open(log, str(grant.text_ref))["text"] == ON["motive"]
    assert vault.open(log, charge.account_ref)["iban"] == iban(9)
    assert "vanaf 2024-02-01 een bijstandsuitkering" in vault.open(log, letter.letter_ref)["text"]
    assert "uiterlijk op 2024-04-02" in vault.open(log, letter.letter_ref)["text"]
    written = "".join(fact.model_dump_json() for fact in facts)
    assert iban(9) not in written
    assert "alleen" not in written


def test_an_objection_is_decided_by_another_person_and_opens_the_decision(house: House, worker: InProcess, granted: str) -> None:
    worker.post(f"{HOME}/notifications", "n-1", json={"decision_ref": granted, "notified_on": "2024-02-20"})
    lodged = {"decision_ref": granted, "objection_ref": "ob-1", "lodged_on": "2024-02-25", "grounds": "Het bedrag klopt niet."}
    worker.post(f"{HOME}/objections", "o-1", json=lodged)
    outcome = {"objection_ref": "ob-1", "outcome": "upheld"}
    same = worker.post(f"{HOME}/objection-decisions", "d-1", json=outcome)
    other = house.as_("caseworker", "s-other").post(f"{HOME}/objection-decisions", "d-1", json=outcome)

    assert (same.json()["title"], other.status_code) == ("decided-by-the-same-person", 201)
    assert worker.get(HOME).json()["decisions"][0]["reopened"] == ["objection"]


def test_a_decision_is_opened_again_after_a_ruling(worker: InProcess, granted: str) -> None:
    body = {"decision_ref": granted, "ground": "ruling", "source": "ECLI:NL:CRVB:2023:2024"}

    assert worker.post(f"{HOME}/reopenings", "r-1", json=body).status_code == 201


def test_what_was_true_on_a_day_is_told_as_it_was_known_at_a_moment(worker: InProcess, granted: str) -> None:
    now = worker.get(f"{HOME}?on=2024-02-10").json()
    before = worker.get(f"{HOME}?on=2024-02-10&knownAt=2024-01-01T00:00:00Z").json()

    assert granted
    assert (now["entitled"], now["condition"], now["circumstances"]["household_type"]) == (True, "Running", "single")
    assert (before["entitled"], before["condition"]) == (False, "NeverApplied")


def test_a_claim_is_opened_repaid_and_written_off(house: House, worker: InProcess, granted: str) -> None:
    claim = {"client": CLIENT, "ground": "duty-to-inform", "amount_cents": 50_000, "decision_ref": granted}
    ref = worker.post("/v1/recoveries", "rc-1", json=claim).json()["refs"]["claim_ref"]
    repaid = {"amount_cents": 20_000, "received_on": "2024-02-15", "source_ref": "bank-1"}
    gone = {"amount_cents": 30_000, "reason_code": "uncollectable"}
    paid = worker.post(f"/v1/recoveries/{ref}/repayments", "rp-1", json=repaid)
    too_much = worker.post(f"/v1/recoveries/{ref}/write-offs", "w-1", json={**gone, "amount_cents": 30_001})
    rest = worker.post(
        f"/v1/recoveries/{ref}/write-offs", "w-2", json={"amount_cents": 30_000, "reason_code": "uncollectable", "motive": "x"}
    )

    assert (paid.status_code, too_much.json()["title"], rest.status_code) == (201, "more-than-is-open", 201)
    assert [e.event.amount_cents for e in house.region.log.scan("benefits/recovery/") if isinstance(e.event, RecoveryOpened)] == [50_000]
    assert worker.post("/v1/recoveries/cl-0000000000000000/repayments", "rp-2", json=repaid).status_code == 404
