"""What people do before money leaves: judge drawn rows, sign by amount, within a time and a budget; or take the run back."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.benefits.allowance_rules import Budget, Signatures, installed
from services.benefits.manifest import write_once
from services.benefits.moments import on_due
from services.benefits.payments import Standing, cents_by_standing
from services.contracts.benefits import LedgerReserved
from services.contracts.payouts import AllowanceRevoked, ClaimReleased, LedgerReleased, PaymentRecallAsked, PaymentWithdrawn
from services.contracts.run_control import BudgetReleased, BudgetReserved, RunApprovalEscalated, SampleRowJudged
from services.contracts.runs import RunApproved
from services.eventlog.clock import Clock, JumpGuard
from tests.benefits.a_house import RELEASE, RUN, House
from tests.benefits.a_region import ALKMAAR, APPROVER, BERGEN, NOW, OFFICER, Home, region

OTHER = "s-other-approver"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.knows(*(Home(n) for n in range(1, 6)), Home(6, municipality=BERGEN), Home(7, income_cents=900_000))
    yield made
    made.processing.close()


def strict(house: House, **otherwise: Any) -> None:  # noqa: ANN401 - fields of the rules
    """The same house under other rules, on the same log."""
    rules = [installed()[0].model_copy(update=otherwise)]
    told = house.region.told
    house.region = region(house.folder, house.region.log, rules, vault=house.region.office.vault)
    house.region.told = told
    house.opens()


def two_signatures() -> dict[str, Any]:
    return {"signatures": (Signatures(upto_cents=10**9, signatures=2, hours=24, source="a test"),)}


def sign(house: House, run: str, actor: str = APPROVER) -> Any:  # noqa: ANN401 - an answer
    return house.as_("payments-approver", actor).post(f"{run}/approvals", f"approve-{actor}", json=house.approval(run))


def release(house: House, run: str) -> Any:  # noqa: ANN401 - an answer
    return house.as_("payments-officer", OFFICER).post(f"{run}/releases", "release-1", json=RELEASE)


def cancel(house: House, run: str) -> Any:  # noqa: ANN401 - an answer
    answer = house.as_("payments-officer", OFFICER).post(f"{run}/cancellations", "cancel-1", json={"reason_code": "wrong-facts"})
    house.region.works()
    return answer


def standings(house: House, run: str) -> dict[Standing, int]:
    positions = house.region.office.payments.statement(run.rpartition("/")[2])
    return {name: cents for name, cents in cents_by_standing(positions).items() if cents}


def test_rows_of_every_municipality_and_decision_are_drawn(house: House) -> None:
    sample = house.shown(house.prepared())["safeguards"]["sample"]

    assert {(row["municipality"], row["standing"]) for row in sample} == {(ALKMAAR, "granted"), (ALKMAAR, "refused"), (BERGEN, "granted")}
    assert len(sample) == 5


def test_nothing_is_released_before_every_drawn_row_was_judged(house: House) -> None:
    run = house.prepared()
    sign(house, run)
    before = release(house, run)
    house.judged(run)
    after = house.as_("payments-officer", OFFICER).post(f"{run}/releases", "release-2", json=RELEASE)

    assert (before.status_code, before.json()["title"], after.status_code) == (409, "sample-not-judged", 202)


@pytest.mark.parametrize("signed_first", [True, False])
def test_one_wrong_row_stops_the_run(house: House, *, signed_first: bool) -> None:
    run = house.prepared()
    if signed_first:
        sign(house, run)
    house.judged(run, "wrong")

    assert (release(house, run) if signed_first else sign(house, run)).json()["title"] == "sample-failed"


def test_a_row_found_wrong_is_not_talked_right(house: House) -> None:
    run = house.prepared()
    house.judged(run, "wrong")

    assert set(house.judged(run, "right")) == {409}


def test_the_preparer_judges_no_row_and_nobody_one_that_was_not_drawn(house: House) -> None:
    run = house.prepared()
    other = {"right_ref": "r" + "0" * 26, "verdict": "right"}
    answer = house.as_("caseworker", APPROVER).post(f"{run}/verdicts", "judge-1", json=other)

    assert set(house.judged(run, actor=OFFICER)) == {409}
    assert (answer.status_code, answer.json()["title"]) == (409, "not-in-sample")


def test_a_verdict_twice_is_one_verdict(house: House) -> None:
    run = house.prepared()
    first, again = house.judged(run), house.judged(run, actor="s-someone")

    assert (set(first), set(again)) == ({201}, {200})
    assert len(house.region.facts(SampleRowJudged)) == 5


def test_a_large_run_needs_two_persons(house: House) -> None:
    strict(house, **two_signatures())
    run = house.prepared()
    house.judged(run)
    first, same, early = sign(house, run), sign(house, run), release(house, run)
    second = sign(house, run, OTHER)

    assert [each.status_code for each in (first, same, early, second)] == [201, 201, 409, 201]
    assert early.json()["title"] == "not-approved"
    assert [(fact.signature, fact.needed) for fact in house.region.facts(RunApproved)] == [(1, 2), (2, 2)]
    assert house.shown(run)["state"] == "approved"


def test_a_signature_under_other_content_does_not_count(house: House) -> None:
    run = house.prepared()
    seen = {**house.approval(run), "manifest_hash": "0" * 64}
    answer = house.as_("payments-approver", APPROVER).post(f"{run}/approvals", "approve-1", json=seen)

    assert (answer.status_code, answer.json()["title"]) == (409, "other-content")


def test_lines_that_were_changed_cannot_be_signed(house: House) -> None:
    run = house.prepared()
    manifest = next((house.folder / "manifests").glob("*.ndjson"))
    write_once(manifest, manifest.read_bytes().replace(b"130000", b"930000"), 0o640)

    assert sign(house, run).json()["title"] == "manifest-changed"
    assert house.as_("manager", "s-manager").get(f"{run}/differences").status_code == 409
    abort = house.as_("payments-officer", OFFICER).post(f"{run}/abortions", "abort-1", json={"reason_code": "wrong-facts"})
    assert abort.status_code == 201


def test_signatures_that_are_late_are_asked_for_higher_up(house: House) -> None:
    house.prepared()
    moment, log = NOW + timedelta(hours=25), house.region.log
    rules = house.region.office.rules
    for day in range(4):
        now = moment + timedelta(days=day)
        Clock(log, lambda: now, on_due(rules), JumpGuard(lambda: now, lambda: 0.0, 60)).round()  # noqa: B023 - used in this turn only

    assert [fact.level for fact in house.region.facts(RunApprovalEscalated)] == [1, 2, 3]


def test_a_run_that_was_signed_in_time_is_left_alone(house: House) -> None:
    sign(house, house.prepared())
    now = NOW + timedelta(days=2)
    Clock(house.region.log, lambda: now, on_due(house.region.office.rules), JumpGuard(lambda: now, lambda: 0.0, 60)).round()

    assert house.region.facts(RunApprovalEscalated) == []


def test_the_last_signature_takes_the_budget_of_each_municipality(house: House) -> None:
    sign(house, house.prepared())

    assert {fact.municipality: fact.amount_cents for fact in house.region.facts(BudgetReserved)} == {ALKMAAR: 650_000, BERGEN: 130_000}


def test_a_budget_that_does_not_hold_a_run_refuses_the_last_signature(house: House) -> None:
    budgets = tuple(Budget(code=code, amount_cents=200_000, source="a test") for code in (ALKMAAR, BERGEN))
    strict(house, budgets=budgets, **two_signatures())
    run = house.prepared()
    first, last = sign(house, run), sign(house, run, OTHER)

    assert (first.status_code, last.status_code, last.json()["title"]) == (201, 409, "above-municipality-budget")
    assert ALKMAAR in last.json()["detail"]
    assert BERGEN not in last.json()["detail"]


def test_two_runs_share_one_budget(house: House) -> None:
    budgets = (Budget(code=BERGEN, amount_cents=200_000, source="a test"),)
    strict(house, budgets=budgets)
    first = house.prepared()
    second = house.as_("payments-officer", OFFICER).post(
        "/v1/runs", "prepare-2", json={**RUN, "promised_on": "2024-03-02", "intake_position": house.region.told}
    )
    house.region.works()
    answers = [sign(house, run) for run in (first, f"/v1/runs/{second.json()['run_ref']}")]

    assert [each.status_code for each in answers] == [201, 409]


def test_a_run_that_is_aborted_gives_its_budget_back(house: House) -> None:
    run = house.prepared()
    sign(house, run)
    house.as_("payments-officer", OFFICER).post(f"{run}/abortions", "abort-1", json={"reason_code": "wrong-facts"})

    reserved, given = house.region.facts(BudgetReserved), house.region.facts(BudgetReleased)
    assert [(f.municipality, f.amount_cents) for f in given] == [(f.municipality, f.amount_cents) for f in reserved]


def test_what_a_run_did_not_pay_goes_back_to_the_budget_when_it_closes(house: House) -> None:
    run = house.paid_out()
    house.bank_sends_back(run, 1, "AC04")
    for number in range(2, 7):
        house.bank_pays(run, number)
    closed = house.as_("payments-officer", OFFICER).post(f"{run}/closings", "close-1")

    assert closed.status_code == 201
    assert [(f.municipality, f.amount_cents) for f in house.region.facts(BudgetReleased)] == [(ALKMAAR, 130_000)]


def test_a_dry_run_shows_everything_and_cannot_be_approved(house: House) -> None:
    asked = {**RUN, "intake_position": house.region.told, "dry_run": True}
    answer = house.as_("payments-officer", OFFICER).post("/v1/runs", "prepare-1", json=asked)
    house.region.works()
    run = f"/v1/runs/{answer.json()['run_ref']}"

    assert house.shown(run)["prepared"]["total_cents"] == 780_000
    assert sign(house, run).json()["title"] == "dry-run"
    assert house.prepared("prepare-2") != run


def test_a_released_run_is_cancelled_while_its_files_are_here(house: House) -> None:
    run = house.paid_out()
    answer = cancel(house, run)

    assert (answer.status_code, house.shown(run)["state"], standings(house, run)) == (202, "cancelled", {"revoked": 780_000})
    assert len(house.region.facts(PaymentWithdrawn)) == len(house.region.facts(AllowanceRevoked)) == 6
    assert sum(f.amount_cents for f in house.region.facts(LedgerReleased)) == sum(
        f.amount_cents for f in house.region.facts(LedgerReserved)
    )
    assert len(house.region.facts(ClaimReleased)) == 6
    assert house.shown(run)["settlement"]["open_cents"] == 0


def test_a_file_of_a_cancelled_run_does_not_leave(house: House) -> None:
    run = house.paid_out()
    cancel(house, run)
    answer = house.as_("payments-officer", OFFICER).post(f"{run}/files/{run.rpartition('/')[2]}-001/handovers", "take-1")

    assert (answer.status_code, answer.json()["title"]) == (409, "cancelled")


def test_what_was_cancelled_is_decided_again_by_the_next_run(house: House) -> None:
    cancel(house, house.paid_out())
    second = house.released(house.prepared("prepare-2"))

    assert house.shown(second)["released"]["total_cents"] == 780_000
    assert standings(house, second) == {"sent": 780_000}


def test_a_run_of_which_a_file_left_is_not_cancelled(house: House) -> None:
    run = house.paid_out()
    house.as_("payments-officer", OFFICER).post(f"{run}/files/{run.rpartition('/')[2]}-001/handovers", "take-1")

    assert cancel(house, run).json()["title"] == "handed-over-already"


def test_a_run_before_its_release_is_aborted_and_not_cancelled(house: House) -> None:
    assert cancel(house, house.prepared()).json()["title"] == "not-released"


def test_a_payment_that_the_bank_answered_stops_the_cancellation(house: House) -> None:
    run = house.paid_out()
    house.bank_sends_back(run, 1, "AC04")
    cancel(house, run)

    assert (house.shown(run)["state"], house.shown(run)["problem"]) == ("stuck", "bank-answered")


def test_a_cancelled_run_that_paid_again_leaves_the_rights_to_be_paid(house: House) -> None:
    run = house.paid_out()
    house.bank_sends_back(run, 1, "AM04")
    place = f"{run}/exceptions/{house.right(run, 1)}/findings"
    house.as_("payments-approver", APPROVER).post(place, "found-1", json={"attempt": 1, "ground": "cause-mended"})
    again = house.released(house.pays_again(run))
    cancel(house, again)
    once_more = house.released(house.pays_again(run, "again-2"))

    assert (house.shown(again)["state"], house.shown(once_more)["released"]["total_cents"]) == ("cancelled", 130_000)
    assert len(house.region.facts(AllowanceRevoked)) == 0


def test_money_is_asked_back_once_and_comes_back_as_a_return(house: House) -> None:
    run = house.paid_out()
    place, officer = f"{run}/exceptions/{house.right(run, 1)}/recalls", house.as_("payments-officer", OFFICER)
    answers = [officer.post(place, f"recall-{n}", json={"attempt": 1, "reason_code": "DUPL"}) for n in (1, 2)]
    house.bank_sends_back(run, 1, "FOCR")
    late = officer.post(place, "recall-3", json={"attempt": 1, "reason_code": "DUPL"})

    assert [each.status_code for each in (*answers, late)] == [201, 200, 409]
    assert late.json()["title"] == "money-is-back"
    assert len(house.region.facts(PaymentRecallAsked)) == 1
    assert house.lines(house.pays_again(run))[0]["reasons"] == ["investigation-needed"]
