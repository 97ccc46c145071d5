"""What came back of a month meets the claim on that month: nobody is asked for, or paid, what they have no right to."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from services.benefits.monthly.correction import corrections
from services.benefits.monthly.recovery import OpenRecovery, Repay, WriteOff
from services.benefits.monthly.refunds import due_cents
from services.benefits.monthly.setting_off import SETTING_OFF, SetOff, concerns
from services.benefits.monthly.still_due import still_due
from services.benefits.payment import PAYMENT, AllowPayAgain, InstructPayment, RejectPayment, ReturnPayment
from services.benefits.request import PROBLEMS
from services.benefits.withdrawal import WITHDRAWAL, WithdrawPayment
from services.contracts.benefits import AccountBound, PaymentInstructed
from services.contracts.monthly import DecisionNotified
from services.contracts.monthly_money import MonthlyRightGranted, MonthlyRightSetOff, RecoveryOpened, RecoveryRepaid, RefundDecided
from services.contracts.runs import PaymentFileWritten
from services.web.in_process import InProcess
from tests.bank.bank_messages import details, entry, statement, transaction
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, BERGEN, household, person
from tests.benefits.facts import granted
from tests.benefits.monthly.a_month import NORMS, Months, ask
from tests.benefits.monthly.people import CLIENT, apply, change, charge, circumstances, earns, grant, refuse, withdraw
from tests.benefits.monthly.test_monthly_api import ON, PAYEE
from tests.benefits.monthly.test_monthly_entitlement import running
from tests.benefits.monthly.test_monthly_journal import by_account
from tests.benefits.monthly.test_monthly_run import ALONE, facts, on_benefit, prepared

HOME = f"/v1/benefits/{person(1)}"
AGAIN = {"decided_on": "2024-02-21", "promised_on": "2024-03-05"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    on_benefit(made, 1)
    yield made
    made.processing.close()


def comes_back(house: House, cents: int, reason: str = "AC04", number: int = 1) -> str:
    """The last payment of so many cents to a client comes back; its right."""
    sent = [each for each in facts(house, PaymentInstructed) if (each.amount_cents, each.client) == (cents, person(number))][-1]
    back = details(transaction(sent.end_to_end_id, f"{cents / 100:.2f}", reason))
    house.region.hears(statement(entry("CRDT", f"{cents / 100:.2f}", back, family="RRTN")))
    return str(sent.right_ref)


def month_again(house: House, officer: InProcess, day: str = "2024-02-21") -> str:
    """The month is run once more, and what it comes to by now is decided."""
    run = officer.post("/v1/months/2024-02/runs", f"again-{day}", json={"decided_on": day}).json()["run_ref"]
    house.region.works()
    return house.released(f"/v1/runs/{run}")


def ends(worker: InProcess, day: str, key: str = "e-1") -> None:
    answer = worker.post(f"{HOME}/ends", key, json={**ON, "effective_on": day, "reason_code": "moved-abroad"}).json()
    worker.post(f"{HOME}/notifications", f"{key}-letter", json={**answer["refs"], "notified_on": "2024-02-15"})


def sets_off(worker: InProcess, claim: str, right: str, key: str = "s-1") -> tuple[int, str]:
    answer = worker.post(f"/v1/recoveries/{claim}/set-offs", key, json={"right_ref": right})
    return answer.status_code, str(answer.json().get("title", answer.json().get("outcome", "")))


def kept_back(house: House, officer: InProcess, run: str) -> tuple[str, list[str]]:
    ref = officer.post(f"{run}/pay-agains", "p-1", json=AGAIN).json()["run_ref"]
    house.region.works()
    (line,) = officer.get(f"/v1/runs/{ref}/lines").json()["lines"]
    return line["standing"], line["reasons"]


@pytest.fixture
def returned(house: House, officer: InProcess, worker: InProcess) -> tuple[str, str]:
    """February came back, and the client had no right to it from the first; the run and the right."""
    run = house.released(prepared(house, officer))
    right = comes_back(house, 121_964)
    ends(worker, "2024-02-01")
    return run, right


@pytest.fixture
def claimed(house: House, officer: InProcess, returned: tuple[str, str]) -> tuple[str, str, str]:
    """The same, claimed by the next run; the run, the right and the claim."""
    month_again(house, officer)
    (claim,) = facts(house, RecoveryOpened)
    return *returned, str(claim.claim_ref)


def test_what_a_month_comes_to_less_since_is_not_paid_again(house: House, officer: InProcess, returned: tuple[str, str]) -> None:
    assert kept_back(house, officer, returned[0]) == ("kept-back", ["comes-to-less"])


def test_what_is_claimed_back_is_not_paid_again(house: House, officer: InProcess, claimed: tuple[str, str, str]) -> None:
    assert kept_back(house, officer, claimed[0]) == ("kept-back", ["claimed-back"])


def test_an_officer_sees_that_no_other_account_is_needed(officer: InProcess, claimed: tuple[str, str, str]) -> None:
    (row,) = officer.get(f"{claimed[0]}/exceptions").json()["exceptions"]

    assert (row["standing"], row["reason"], row["handling"], row["needs"]) == ("returned", "AC04", "ask-account", "claimed-back")


def test_while_payments_are_blocked_nothing_is_paid_again(house: House, officer: InProcess, worker: InProcess) -> None:
    run = house.released(prepared(house, officer))
    comes_back(house, 121_964, "MS03")
    worker.post(f"{HOME}/blocks", "b-1", json={**ON, "reason_code": "investigation"})

    assert kept_back(house, officer, run) == ("kept-back", ["blocked"])


def test_nobody_is_written_that_they_owe_what_never_reached_them(worker: InProcess, claimed: tuple[str, str, str]) -> None:
    _, right, claim = claimed
    letter = {"decision_ref": claim, "notified_on": "2024-02-22"}
    refused = worker.post(f"{HOME}/notifications", "n-claim", json=letter)
    (waiting,) = worker.get("/v1/recoveries").json()["claims"]

    assert (refused.status_code, refused.json()["title"]) == (409, "payment-came-back")
    assert (waiting["claim_ref"], waiting["came_back"]) == (claim, [right])
    assert right in refused.json()["detail"]


def test_what_came_back_meets_the_claim_on_its_month_whole(house: House, worker: InProcess, claimed: tuple[str, str, str]) -> None:
    _, right, claim = claimed
    answered = sets_off(worker, claim, right), sets_off(worker, claim, right), sets_off(worker, claim, right, "s-2")
    (repaid,), (gone,) = facts(house, RecoveryRepaid), facts(house, MonthlyRightSetOff)

    assert answered == ((201, "accepted"), (201, "accepted"), (200, "unchanged"))
    assert (repaid.amount_cents, repaid.refund_cents, repaid.right_ref, gone.claim_ref) == (121_964, 0, right, claim)
    assert worker.get(f"{HOME}/recoveries").json()["open_cents"] == 0
    assert worker.get("/v1/recoveries").json()["claims"] == []


def test_a_claim_that_was_met_whole_has_no_letter(worker: InProcess, claimed: tuple[str, str, str]) -> None:
    _, right, claim = claimed
    sets_off(worker, claim, right)
    refused = worker.post(f"{HOME}/notifications", "n-claim", json={"decision_ref": claim, "notified_on": "2024-02-22"})

    assert (refused.status_code, refused.json()["title"]) == (409, "nothing-to-claim")


def test_a_letter_asks_for_what_is_left_after_what_came_back(house: House, officer: InProcess, worker: InProcess) -> None:
    worker.post(f"{HOME}/fixed-charges", "f-1", json={**ON, **PAYEE, "cents_per_month": 20_000})
    house.released(prepared(house, officer))
    right = comes_back(house, 101_964)
    ends(worker, "2024-02-01")
    month_again(house, officer)
    (claim,) = facts(house, RecoveryOpened)
    sets_off(worker, claim.claim_ref, right)
    about = {"decision_ref": claim.claim_ref, "notified_on": "2024-02-22"}
    told = [worker.post(f"{HOME}/notifications", "n-claim", json=about).status_code]
    letter = facts(house, DecisionNotified)[-1]
    comes_back(house, 20_000)
    told.append(worker.post(f"{HOME}/notifications", "n-claim", json=about).status_code)

    assert (claim.amount_cents, told) == (121_964, [201, 201])
    assert "200,00 euro" in house.region.office.vault.open(house.region.log, letter.letter_ref)["text"]


def test_what_was_set_off_is_no_exception_and_is_paid_by_nobody(
    house: House, officer: InProcess, worker: InProcess, claimed: tuple[str, str, str]
) -> None:
    run, right, claim = claimed
    sets_off(worker, claim, right)
    house.region.binds(person(1), 5)
    again = officer.post(f"{run}/pay-agains", "p-1", json=AGAIN)

    assert officer.get(f"{run}/exceptions").json()["exceptions"] == []
    assert (again.status_code, again.json()["title"]) == (409, "nothing-failed")
    assert worker.post(f"{run}/exceptions/{right}/findings", "f-1", json={"attempt": 1, "ground": "investigated"}).status_code in (403, 409)


def test_a_run_of_which_nothing_is_left_before_it_was_prepared_waits_for_somebody_who_aborts_it(
    house: House, officer: InProcess, worker: InProcess, claimed: tuple[str, str, str]
) -> None:
    run, right, claim = claimed
    again = "/v1/runs/" + officer.post(f"{run}/pay-agains", "p-1", json=AGAIN).json()["run_ref"]
    sets_off(worker, claim, right)
    house.region.works()
    before = officer.get(again).json()
    answers = [officer.post(f"{again}/abortions", "x-1", json={"reason_code": "other"}).json()["outcome"] for _ in range(2)]
    after = officer.get(again).json()

    assert (before["state"], before["problem"], answers) == ("stuck", "nothing-failed", ["accepted", "accepted"])
    assert (after["state"], after["problem"], after["prepared"]) == ("aborted", None, None)
    assert (house.region.office.jobs.round(), house.region.log.kept_all(PROBLEMS)) == (0, [])


def test_what_is_set_off_after_it_was_prepared_again_is_withheld_at_its_release(
    house: House, officer: InProcess, worker: InProcess
) -> None:
    on_benefit(house, 2)
    run = house.released(prepared(house, officer))
    right, _ = (comes_back(house, 121_964, number=number) for number in (1, 2))
    for number in (1, 2):
        house.region.binds(person(number), number + 4)
    again = officer.post(f"{run}/pay-agains", "p-1", json=AGAIN).json()["run_ref"]
    house.region.works()
    ends(worker, "2024-02-01")
    month_again(house, officer)
    (claim,) = facts(house, RecoveryOpened)
    sets_off(worker, claim.claim_ref, right)
    shown = house.shown(house.released(f"/v1/runs/{again}"))

    assert (shown["prepared"]["candidates"], shown["released"]["granted"], shown["released"]["withheld"]) == (2, 1, 1)
    assert [file.count for file in facts(house, PaymentFileWritten) if file.run_ref == again] == [1]


def test_what_is_left_of_it_is_paid_by_the_next_run(house: House, officer: InProcess, worker: InProcess) -> None:
    house.released(prepared(house, officer))
    right = comes_back(house, 121_964)
    ends(worker, "2024-02-16")
    month_again(house, officer)
    (claim,) = facts(house, RecoveryOpened)
    assert sets_off(worker, claim.claim_ref, right) == (201, "accepted")
    house.region.binds(person(1), 5)
    month_again(house, officer, "2024-02-22")
    (refund,) = facts(house, RefundDecided)
    paid = facts(house, MonthlyRightGranted)[-1]

    assert refund.cents == paid.amount_cents == 121_964 - claim.amount_cents
    assert paid.account_ref == facts(house, AccountBound)[-1].account_ref
    assert [each.cents for each in facts(house, RefundDecided)] == [refund.cents]


def test_a_month_waits_no_more_for_an_advance_that_came_back_and_met_its_claim(house: House, officer: InProcess, worker: InProcess) -> None:
    house.region.houses(2)
    home, about = f"/v1/benefits/{person(2)}", {"household_ref": household(2), "municipality": ALKMAAR, "declared": ALONE}
    worker.post(f"{home}/applications", "a-2", json={**about, "reported_on": "2024-02-01", "applied_on": "2024-02-01"})
    house.region.binds(person(2), 2)
    house.released(prepared(house, officer))
    advance = comes_back(house, 115_545, number=2)
    worker.post(f"{home}/refusals", "r-2", json={**ON, "reason_code": "no-right"})
    (claim,) = facts(house, RecoveryOpened)
    before, answer = waits_for(house), sets_off(worker, claim.claim_ref, advance)

    assert (before, answer) == ({"hand-over": 1, "pay-again": 1}, (201, "accepted"))
    assert waits_for(house) == {"hand-over": 1}


def waits_for(house: House) -> dict[str, int]:
    (row,) = house.as_("manager", "s-manager").get("/v1/months/2024-02").json()["municipalities"]
    return dict(row["waits_for"])


JAN, FEB, MAR = (date(2024, month, 1) for month in (1, 2, 3))
DOCUMENT = "d" * 64


def sent(months: Months, number: int = 0, attempt: int = 1) -> MonthlyRightGranted:
    """A right goes into a file."""
    right = months.rights()[number]
    account = None if attempt == 1 else ("acc-other", "other")
    months.tries_to(PAYMENT, InstructPayment(right.right_ref, attempt, f"m-{attempt}", FEB, account))
    return right


def back(months: Months, number: int = 0, attempt: int = 1) -> str:
    """A right goes into a file and comes back; its name."""
    right = sent(months, number, attempt)
    months.tries_to(PAYMENT, ReturnPayment(right.right_ref, attempt, right.amount_cents, "AC04", FEB, DOCUMENT))
    return right.right_ref


def lowered(cents: int = 50_000) -> Months:
    """January was paid and comes to 475.00 less: claimed by the run of February."""
    months = running()
    months.decide(ask(JAN))
    months.has(earns("2024-01", cents))
    months.decide(ask(FEB))
    return months


def claim_of(months: Months) -> str:
    return months.client().claims[0].opened.claim_ref


def tried(months: Months, right: str, claim: str = "") -> tuple[str, str]:
    answer = months.tries_to(SETTING_OFF, SetOff(claim or claim_of(months), right, MAR, "s-1"))
    return answer.outcome, answer.reason


def test_what_is_more_than_the_claim_is_due_to_the_client_once() -> None:
    months = lowered()
    assert tried(months, back(months))[0] == "accepted"
    (claim,) = months.client().claims
    months.decide(ask(MAR))

    assert (claim.open_cents, claim.came_in_cents, claim.refund_cents) == (0, 121_964, 74_464)
    assert [right.amount_cents for right in months.rights() if right.kind == "refund"] == [74_464]
    assert due_cents(months.client().own, months.client().claims[0]) == 0


def test_a_claim_is_met_as_far_as_it_is_open() -> None:
    months = lowered()
    months.has(Repay(claim_of(months), 40_000, MAR, "bank-1"))
    tried(months, back(months))

    assert [(each.amount_cents, each.refund_cents) for each in months.facts() if isinstance(each, RecoveryRepaid)] == [
        (40_000, 0),
        (7_500, 114_464),
    ]
    assert months.client().claims[0].met_cents == 7_500


def test_both_parts_of_a_month_that_came_back_meet_its_claim() -> None:
    months = running().has(charge(cents=20_000))
    months.decide(ask(JAN))
    months.has(withdraw(JAN))
    months.decide(ask(FEB))
    for number in (0, 1):
        tried(months, back(months, number))
    (claim,) = months.client().claims

    assert (claim.met_cents, claim.open_cents) == (121_964, claim.opened.amount_cents - 121_964)


@pytest.mark.parametrize("way", ["rejected", "withdrawn"])
def test_what_never_left_meets_a_claim_too(way: str) -> None:
    months = lowered()
    right = sent(months).right_ref
    if way == "rejected":
        months.tries_to(PAYMENT, RejectPayment(right, 1, None, "AC04", DOCUMENT))
    else:
        months.tries_to(WITHDRAWAL, WithdrawPayment(right, 1, "wrong-facts"))

    assert tried(months, right)[0] == "accepted"


def test_a_right_meets_one_claim_and_is_paid_to_nobody() -> None:
    months = lowered()
    right = back(months)
    first, again, other = tried(months, right), tried(months, right), months.tries_to(PAYMENT, InstructPayment(right, 2, "m-2", MAR))
    allowed = months.tries_to(PAYMENT, AllowPayAgain(right, 1, "investigated", "s-2"))

    assert (first[0], again[0]) == ("accepted", "unchanged")
    assert (other.reason, allowed.reason) == ("set-off", "set-off")


def test_a_right_that_met_a_claim_meets_no_other() -> None:
    months = lowered()
    right = back(months)
    tried(months, right)
    months.has(earns("2024-01", 60_000, "later"))
    months.decide(ask(MAR))

    assert tried(months, right, months.client().claims[-1].opened.claim_ref) == ("refused", "set-off")


def test_a_payment_that_may_still_arrive_meets_no_claim() -> None:
    months = lowered()
    assert tried(months, months.rights()[0].right_ref) == ("refused", "not-failed")
    assert tried(months, sent(months).right_ref) == ("refused", "not-failed")
    back(months)
    sent(months, attempt=2)

    assert tried(months, months.rights()[0].right_ref) == ("refused", "not-failed")


def test_a_claim_of_which_nothing_is_open_is_met_by_nothing() -> None:
    months = lowered()
    right = back(months)
    months.has(WriteOff(claim_of(months), 47_500, "uncollectable", MAR, "s-1", "dec-9"))

    assert tried(months, right) == ("refused", "nothing-to-settle")


def test_a_claim_on_another_month_a_fine_and_a_stranger_are_not_met() -> None:
    months = lowered()
    back(months)
    months.has(OpenRecovery("cl-1", CLIENT, ALKMAAR, "fine", 5_000, MAR, "s-1", "dec-7"))
    january, february = (months.rights()[number].right_ref for number in (0, 1))
    back(months, 1)

    assert tried(months, february) == ("refused", "not-of-this-claim")
    assert tried(months, january, "cl-1") == ("refused", "not-of-this-claim")
    assert tried(months, january, "cl-2") == ("refused", "unknown-claim")
    stranger = months.tries_to(SETTING_OFF, SetOff(claim_of(months), "r-unknown", MAR, "s-1"))
    assert stranger.reason == "not-of-this-claim"
    assert stranger.detail == "only what a month was paid, and came back, meets the claim on that month"


def test_a_claim_of_another_municipality_is_not_met() -> None:
    months = lowered()
    right = months.rights()[0]
    (claim,) = months.client().claims

    assert concerns(claim, right)
    assert not concerns(replace(claim, opened=claim.opened.model_copy(update={"municipality": BERGEN})), right)
    assert not concerns(replace(claim, opened=claim.opened.model_copy(update={"client": "p-2"})), right)
    assert not concerns(claim, right.model_copy(update={"kind": "holiday-allowance"}))
    assert concerns(replace(claim, opened=claim.opened.model_copy(update={"months": ()})), right)


def test_an_advance_that_came_back_meets_the_claim_on_advances() -> None:
    months = Months().has(apply())
    months.decide(ask(JAN))
    advance = back(months)
    months.has(refuse())

    assert tried(months, advance)[0] == "accepted"
    assert by_account(months) == {}


def test_the_ledger_owes_the_client_what_is_left_and_nothing_else() -> None:
    months = lowered()
    tried(months, back(months))
    before = by_account(months)
    months.decide(ask(MAR))

    assert (before["payable"], before.get("recovery-claims", 0), sum(before.values())) == (-121_964, 0, 0)
    # January 783.83, February 1,283.83, of which what is left is owed by the next run only
    assert before["benefit-cost"] == 78_383 + 128_383 - 74_464
    assert by_account(months)["payable"] == -121_964 * 2 - 74_464
    assert by_account(months)["benefit-cost"] == 78_383 + 2 * 128_383


def hindered(months: Months, number: int = 0) -> str:
    return still_due(months.log, NORMS).hindrance(months.rights()[number])


def test_what_another_month_comes_to_less_keeps_nothing_back() -> None:
    months = running()
    months.decide(ask(JAN))
    months.decide(ask(FEB))
    months.has(earns("2024-02", 50_000))

    assert [hindered(months, number) for number in (0, 1)] == ["", "comes-to-less"]


def test_a_claim_on_another_month_or_of_which_nothing_is_open_keeps_nothing_back() -> None:
    months = lowered()
    claimed = [hindered(months, number) for number in (0, 1)]
    months.has(WriteOff(claim_of(months), 47_500, "uncollectable", MAR, "s-1", "dec-9"))

    assert (claimed, hindered(months)) == (["claimed-back", ""], "")


def test_a_month_that_cannot_be_worked_out_any_more_is_still_due() -> None:
    months = running()
    months.decide(ask(JAN))
    months.has(change(circumstances(household_type="couple"), JAN))
    (draft,) = corrections(NORMS, months.client().own)

    assert (draft.problem, hindered(months)) == ("household-contradictory", "")


def test_an_advance_is_due_whatever_its_month_comes_to() -> None:
    months = Months().has(apply())
    months.decide(ask(JAN))
    months.has(grant()).told_of("grant")
    months.decide(ask(FEB))
    months.has(earns("2024-01", 50_000))

    assert months.rights()[0].kind == "advance"
    assert hindered(months) == ""


def test_an_allowance_is_none_of_the_months() -> None:
    assert still_due(Months().log, NORMS).hindrance(granted()) == ""
