"""What went wrong elsewhere (reliability.md, peers.md chapter 8), and why it cannot here."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from services.benefits.allowance_rules import POLICIES, AllowanceRules, installed, parse
from services.benefits.manifest import write_once
from services.benefits.payments import cents_by_standing
from services.benefits.request import problem
from services.benefits.run_commands import ApproveRun, HandOverFile
from services.benefits.run_state import Prepared, Released
from services.contracts.benefits import AllowanceWithheld, PaymentInstructed
from services.contracts.intake import HouseholdIncomeReported
from tests.benefits.a_region import APPROVER, OFFICER, REFERENCE, Home, Region, region


@pytest.fixture
def five(tmp_path: Path) -> Region:
    made = region(tmp_path)
    made.knows(*(Home(n) for n in range(1, 6)))
    return made


def early_tranche() -> AllowanceRules:
    """The rules, with 500 euro in tranche 1 and the rest later."""
    rules = installed()[0]
    early = rules.tranches[0].model_copy(update={"amount_cents": 50_000})
    return rules.model_copy(update={"tranches": (early, rules.tranches[0].model_copy(update={"tranche": 2}))})


def test_zwolle_the_same_batch_on_friday_and_on_monday_is_handed_over_once(five: Region) -> None:
    run = five.pays_out()
    friday = five.commands_run(HandOverFile(run, f"{run}-001", OFFICER))
    monday = five.commands_run(HandOverFile(run, f"{run}-001", OFFICER))

    assert (friday.outcome, monday.reason) == ("accepted", "handed-over-already")


def test_zwolle_a_second_run_over_the_same_households_pays_nothing(five: Region) -> None:
    five.pays_out()
    second = five.office.run(five.prepares(promised_on=date(2024, 3, 2)))

    assert isinstance(second, Prepared)
    assert (second.prepared.granted, second.prepared.excluded) == (0, 5)


def test_the_hague_two_runs_prepared_before_either_is_paid_pay_once(five: Region) -> None:
    first, second = five.prepares(), five.prepares(promised_on=date(2024, 3, 2))
    for run in (first, second):
        five.approves(run)
        five.releases(run)

    state = five.office.run(second)
    assert isinstance(state, Released)
    assert (state.released.granted, state.released.withheld, state.files) == (0, 5, ())
    assert set(five.granted_cents().values()) == {130_000}
    assert {line.reasons for line in five.facts(AllowanceWithheld)} == {("decided-in-other-run",)}


def test_the_hague_two_tranches_prepared_together_stay_within_the_year(five: Region) -> None:
    first, second = five.prepares(tranche=1), five.prepares(tranche=2)
    for run in (second, first):
        five.approves(run)
        five.releases(run)

    assert set(five.granted_cents().values()) == {130_000}
    assert {line.reasons for line in five.facts(AllowanceWithheld)} == {("already-paid-in-full",)}


def test_leiden_who_had_it_in_full_does_not_get_the_later_tranche(tmp_path: Path) -> None:
    leiden = region(tmp_path, rules=[early_tranche()])
    whole, early, none = Home(1), Home(2), Home(3)
    leiden.knows(whole, early, none)
    leiden.paid_before(whole, 130_000)
    leiden.paid_before(early, 50_000)
    leiden.pays_out(tranche=2)

    assert leiden.granted_cents() == {early.ref: 80_000, none.ref: 130_000}


def test_leiden_the_early_tranche_is_not_paid_again_by_a_second_run_of_it(tmp_path: Path) -> None:
    leiden = region(tmp_path, rules=[early_tranche()])
    leiden.knows(Home(1))
    leiden.pays_out(tranche=1)
    leiden.pays_out(tranche=1, promised_on=date(2024, 3, 2))
    leiden.pays_out(tranche=2)

    assert leiden.granted_cents() == {Home(1).ref: 130_000}
    assert sorted(payment.amount_cents for payment in leiden.facts(PaymentInstructed)) == [50_000, 80_000]


def test_amsterdam_rules_that_take_euros_for_cents_are_not_read() -> None:
    text = (POLICIES / "energy-allowance-2023.toml").read_bytes()

    with pytest.raises(ValueError, match="the year amount is above the ceiling per payment"):
        parse(text.replace(b"[year_amount]\namount_cents = 130000", b"[year_amount]\namount_cents = 13000000"))


def test_amsterdam_an_approved_total_in_euros_is_not_the_total_in_cents(five: Region) -> None:
    run = five.prepares()
    state = five.office.run(run)
    assert isinstance(state, Prepared)
    seen = state.prepared
    answer = five.commands_run(ApproveRun(run, seen.manifest_hash, seen.granted, seen.total_cents // 100, APPROVER, 10**9))

    assert answer.reason == "other-total"


def test_apeldoorn_who_was_refused_on_wrong_facts_is_decided_again_alone(tmp_path: Path) -> None:
    wrong, right = Home(1, income_cents=500_000), Home(2)
    apeldoorn = region(tmp_path)
    apeldoorn.knows(wrong, right)
    apeldoorn.pays_out()
    corrected = HouseholdIncomeReported(household_ref=wrong.ref, on=REFERENCE, facts=replace(wrong, income_cents=90_000).facts)
    apeldoorn.tells(corrected, version=2)
    second = apeldoorn.pays_out(promised_on=date(2024, 3, 2))

    assert apeldoorn.granted_cents() == {wrong.ref: 130_000, right.ref: 130_000}
    assert cents_by_standing(apeldoorn.office.payments.of_run(second))["sent"] == 130_000


def test_apeldoorn_a_refusal_on_the_same_facts_is_not_decided_twice(tmp_path: Path) -> None:
    apeldoorn = region(tmp_path)
    apeldoorn.knows(Home(1, income_cents=500_000))
    apeldoorn.pays_out()
    second = apeldoorn.office.run(apeldoorn.prepares(promised_on=date(2024, 3, 2)))

    assert isinstance(second, Prepared)
    assert (second.prepared.refused, second.prepared.excluded) == (0, 1)


def test_apeldoorn_lines_that_were_changed_after_the_approval_are_not_released(five: Region) -> None:
    run = five.prepares()
    five.approves(run)
    manifest = next((five.office.bank.folder.parent / "manifests").glob("*.ndjson"))
    write_once(manifest, manifest.read_bytes().replace(b"130000", b"930000"), 0o640)
    five.releases(run)

    assert problem(five.log, run) == "manifest-changed"
    assert five.granted_cents() == {}


def test_groningen_img_an_account_that_is_not_the_one_decided_on_stops_the_whole_file(five: Region) -> None:
    run = five.prepares()
    five.approves(run)
    vault, account_ref = five.office.vault, f"acc-{Home(3).client[2:]}-3"
    other = {"iban": "NL91ABNA0417164300", "holder_name": "Iemand anders"}
    five.log.submit(lambda tx: vault.seal(tx, account_ref, Home(3).client, "e-x", other)).result(5)
    five.releases(run)

    assert problem(five.log, run) == "account-differs-from-decision"
    assert five.facts(PaymentInstructed) == []
    assert not five.office.bank.place(f"{run}-001").exists()


def test_groningen_img_where_another_account_was_bound_after_the_approval_neither_is_paid(five: Region) -> None:
    run = five.prepares()
    five.approves(run)
    five.binds(Home(1).client, 777)
    five.releases(run)

    assert [each in five.message(run) for each in (b"TEST0000000001", b"TEST0000000777", b"TEST0000000002")] == [False, False, True]
    assert [(each.household_ref, each.reasons) for each in five.facts(AllowanceWithheld)] == [(Home(1).ref, ("account-changed",))]


def test_almelo_two_people_with_a_benefit_at_one_address_get_it_once(tmp_path: Path) -> None:
    almelo = region(tmp_path)
    almelo.knows(Home(1, dwelling=7), Home(2, dwelling=7))
    almelo.pays_out()

    assert list(almelo.granted_cents().values()) == [130_000]


def test_almelo_two_runs_prepared_together_grant_a_dwelling_once(tmp_path: Path) -> None:
    almelo = region(tmp_path)
    first, second = Home(1, dwelling=7), Home(2, dwelling=7, benefit="none")
    almelo.knows(first, second)
    one = almelo.prepares()
    almelo.applies(second)
    almelo.tells(HouseholdIncomeReported(household_ref=first.ref, on=REFERENCE, facts=replace(first, benefit="none").facts), version=2)
    two = almelo.prepares()
    for run in (one, two):
        almelo.approves(run)
        almelo.releases(run)

    assert almelo.granted_cents() == {first.ref: 130_000}
    assert [line.reasons for line in almelo.facts(AllowanceWithheld)] == [("dwelling-already-granted",)]
