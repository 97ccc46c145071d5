"""What a run does otherwise than the one before it, and what rested on something that turned out wrong."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.contracts.bank import BankAnswerRead
from services.contracts.benefits import PaymentInstructed
from services.contracts.intake import HouseholdIncomeReported
from tests.benefits.a_house import RUN, House
from tests.benefits.a_region import ALKMAAR, OFFICER, REFERENCE, Home, household
from tests.benefits.test_benefits_incidents import early_tranche
from tests.benefits.test_benefits_pay_again import another_account, confirm
from tests.benefits.test_benefits_safeguards import strict


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.knows(Home(1), Home(2, income_cents=900_000), Home(3))
    yield made
    made.processing.close()


def radius(house: House, **cause: Any) -> Any:  # noqa: ANN401 - JSON
    return house.as_("auditor", "s-auditor").post("/v1/blast-radius", json=cause)


def second_run(house: House, tranche: int = 1) -> str:
    asked = {**RUN, "promised_on": "2024-03-02", "tranche": tranche, "intake_position": house.region.told}
    answer = house.as_("payments-officer", OFFICER).post("/v1/runs", "prepare-2", json=asked)
    house.region.works()
    return f"/v1/runs/{answer.json()['run_ref']}"


def changes(house: House, run: str) -> dict[str, tuple[str, list[str]]]:
    told = house.as_("manager", "s-manager").get(f"{run}/differences").json()
    return {row["household_ref"]: (row["change"], row["why"]) for row in told["rows"]}


def corrected(house: House, income_cents: int = 90_000) -> None:
    """Intake tells that the second household earned less all along."""
    home = replace(Home(2), income_cents=income_cents)
    house.region.tells(HouseholdIncomeReported(household_ref=home.ref, on=REFERENCE, facts=home.facts), version=2)


def test_the_first_run_is_new_for_everybody(house: House) -> None:
    told = house.as_("manager", "s-manager").get(f"{house.prepared()}/differences").json()

    assert (told["before"], told["totals"]) == (None, [{"municipality": ALKMAAR, "change": "new", "households": 2, "cents": 260_000}])


def test_who_is_new_and_gone_and_why(house: House) -> None:
    house.paid_out()
    corrected(house)

    assert changes(house, second_run(house)) == {
        household(1): ("gone", ["decided-in-earlier-run", "facts-changed"]),
        household(2): ("new", ["was-income-above-limit", "facts-changed"]),
        household(3): ("gone", ["decided-in-earlier-run", "facts-changed"]),
    }


def test_who_gets_more_and_why(house: House) -> None:
    strict(house, tranches=early_tranche().tranches)
    house.paid_out()
    later = second_run(house, tranche=2)

    assert changes(house, later)[household(1)] == ("higher", ["facts-changed"])
    only = house.as_("manager", "s-manager").get(f"{later}/differences", params={"change": "new"}).json()
    assert only["rows"] == []


def test_a_wrong_fact_leads_to_the_decision_that_rested_on_it_and_a_correction_run(house: House) -> None:
    run = house.paid_out()
    corrected(house)
    told = radius(house, household_ref=household(2), source_version=1).json()
    draft = told["drafts"][0]
    sent = {**draft["body"], "decided_on": "2024-02-15", "promised_on": "2024-03-15"}
    answer = house.as_("payments-officer", OFFICER).post(draft["path"], "correct-1", json=sent)
    house.region.works()
    correction = house.released(f"/v1/runs/{answer.json()['run_ref']}")

    assert [each["household_ref"] for each in told["decisions"]] == [household(2)]
    assert draft["path"] == f"{run}/corrections"
    prepared = house.shown(correction)["prepared"]
    assert (prepared["kind"], prepared["corrects"], prepared["households"]) == ("correction", run.rpartition("/")[2], 1)
    assert house.region.granted_cents()[household(2)] == 130_000


def test_a_fact_that_came_after_the_decision_has_no_blast(house: House) -> None:
    house.paid_out()
    corrected(house)

    assert radius(house, household_ref=household(2), source_version=2).json()["decisions"] == []


def test_a_wrong_rule_leads_to_every_decision_under_it(house: House) -> None:
    house.paid_out()
    version = house.lines(house.prepared())[0]["rule_version"]
    found = radius(house, rule_version=version).json()

    assert len(found["decisions"]) == 3
    assert found["cents"] == {"sent": 260_000}
    assert radius(house, rule_version="energy-allowance-2022/").json()["decisions"] == []


def test_a_wrong_account_file_leads_to_the_payments_on_its_accounts(house: House) -> None:
    another_account(house, number=1, test_account=55)
    house.paid_out()
    found, none = (radius(house, key_prefix=f"accounts/_bulk:{name}").json() for name in ("acc-55", "acc-56"))

    assert [each["household_ref"] for each in found["payments"]] == [household(1)]
    assert none["payments"] == []


def test_a_wrong_statement_leads_to_the_payments_that_it_settled(house: House) -> None:
    run = house.paid_out()
    house.bank_pays(run, 1)
    (read,) = house.region.facts(BankAnswerRead)
    found = radius(house, document_ref=read.document_ref).json()

    assert [(each["household_ref"], each["standing"]) for each in found["payments"]] == [(household(1), "paid")]
    assert len(house.region.facts(PaymentInstructed)) == 2


@pytest.mark.parametrize(
    "cause", [{}, {"household_ref": household(1)}, {"source_version": 1}, {"rule_version": "v1x", "document_ref": "0" * 64}]
)
def test_a_cause_that_is_none_or_two_is_refused(house: House, cause: dict[str, Any]) -> None:
    assert radius(house, **cause).status_code == 400


def test_only_who_works_for_the_whole_region_sees_a_blast_radius(house: House) -> None:
    local = house.as_("auditor", "s-auditor", [ALKMAAR])

    assert local.post("/v1/blast-radius", json={"rule_version": "energy"}).status_code == 403


def test_the_run_before_is_the_last_released_one_closed_or_not_and_none_that_only_paid_again(house: House, tmp_path: Path) -> None:
    first = house.paid_out()
    ref = first.rpartition("/")[2]
    house.region.hears(*house.region.bank_answers(ref, tmp_path, frozenset({f"{house.right(first, 1)}-1"})))
    another_account(house, 1)
    confirm(house)
    again = house.released(house.pays_again(first))
    closed = house.region.closes(ref)
    corrected(house)
    told = house.as_("manager", "s-manager").get(f"{second_run(house)}/differences").json()

    assert (again != first, closed.outcome) == (True, "accepted")
    assert (told["before"], told["before_runs"]) == (ref, [ref])


def test_of_several_runs_before_it_is_the_one_that_rested_on_most(house: House) -> None:
    house.paid_out()
    corrected(house)
    second = house.released(second_run(house))
    house.region.knows(Home(4))
    asked = {**RUN, "promised_on": "2024-03-03", "intake_position": house.region.told}
    third = house.as_("payments-officer", OFFICER).post("/v1/runs", "prepare-3", json=asked).json()["run_ref"]
    house.region.works()
    told = house.as_("manager", "s-manager").get(f"/v1/runs/{third}/differences").json()

    assert told["before"] == second.rpartition("/")[2]
