"""A decision about the past makes paid months lower or higher: claimed back or paid after all, month by month, to the cent."""

from dataclasses import replace
from datetime import date

import pytest

from services.benefits.monthly.commands import BenefitCommand
from services.benefits.monthly.correction import corrections
from services.benefits.monthly.recovery import Repay, WriteOff, claim_name
from services.contracts.circumstances import Circumstances
from services.contracts.monthly_money import RecoveryOffset, RecoveryOpened
from tests.benefits.a_house import House
from tests.benefits.a_region import OFFICER
from tests.benefits.monthly.a_month import NORMS, Months, ask, paid
from tests.benefits.monthly.people import ALKMAAR, CLIENT, apply, change, circumstances, earns, end, grant, measure, terms, withdraw
from tests.benefits.monthly.test_monthly_run import on_benefit, prepared

JAN, FEB, MAR, APR, MAY = (date(2024, month, 1) for month in (1, 2, 3, 4, 5))
SINGLE, IN_HAND, TWO_SHARE = 128_383, 121_964, 91_702
SHARED_IN_HAND = 87_117


def paid_up_to_march(**said: str) -> Months:
    months = Months().has(apply(), grant(circumstances(**said))).told_of("grant")
    for month in (JAN, FEB, MAR):
        months.decide(ask(month))
    return months


def withheld_information() -> BenefitCommand:
    return replace(withdraw(FEB), terms=terms("withdrawal", FEB, reason="duty-to-inform"))


LOWERED: list[tuple[BenefitCommand, str, list[tuple[str, int]], list[str]]] = [
    (withdraw(FEB), "withdrawn", [("2024-02", IN_HAND), ("2024-03", IN_HAND)], ["decision/dec-withdrawal"]),
    (withheld_information(), "duty-to-inform", [("2024-02", IN_HAND), ("2024-03", IN_HAND)], ["decision/dec-withdrawal"]),
    (end(MAR), "paid-too-much", [("2024-03", IN_HAND)], ["decision/dec-end"]),
    (
        change(circumstances(cost_sharers=1), FEB),
        "paid-too-much",
        [("2024-02", IN_HAND - SHARED_IN_HAND), ("2024-03", IN_HAND - SHARED_IN_HAND)],
        ["decision/dec-change", "rule/cost sharing couple/2024-01-01", "rule/norm couple/2024-01-01"],
    ),
    (earns("2024-01", 50_000), "paid-too-much", [("2024-01", 47_500)], ["income/form-1/2024-01-25"]),
    (measure(FEB, 30, 1), "paid-too-much", [("2024-02", 36_589)], ["decision/dec-measure"]),
]


@pytest.mark.parametrize(("command", "ground", "months_cents", "because"), LOWERED)
def test_paid_months_that_come_to_less_are_one_claim_that_says_what_of_which_month_and_why(
    command: BenefitCommand, ground: str, months_cents: list[tuple[str, int]], because: list[str]
) -> None:
    months = paid_up_to_march().has(command)
    drafts = {each.month: list(each.because) for each in corrections(NORMS, months.client().own)}
    (claim,) = months.decide(ask(APR)).opened

    assert (claim.ground, [(each.month, each.cents) for each in claim.months]) == (ground, months_cents)
    assert claim.amount_cents == sum(each.cents for each in claim.months)
    assert claim.claim_ref == claim_name(CLIENT, ALKMAAR, months_cents[0][0], 2)
    assert [list(each.because) for each in claim.months] == [because] * len(months_cents)
    assert drafts == {month: because for month, _ in months_cents}


def test_what_was_claimed_is_not_claimed_by_the_next_run() -> None:
    months = paid_up_to_march().has(withdraw(FEB))
    months.decide(ask(APR))

    assert months.plan(ask(MAY)).opened == ()
    assert list(corrections(NORMS, months.client().own)) == []


def test_paid_months_that_come_to_more_are_paid_after_all() -> None:
    months = Months().has(apply(), grant(circumstances(cost_sharers=1))).told_of("grant")
    for month in (JAN, FEB, MAR):
        months.decide(ask(month))
    due = months.has(change(circumstances(), FEB, "alone-after-all")).decide(ask(APR))

    assert [each for each in paid(due) if each[1] == "back-payment"] == [
        ("2024-02", "back-payment", IN_HAND - SHARED_IN_HAND),
        ("2024-03", "back-payment", IN_HAND - SHARED_IN_HAND),
    ]


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (circumstances(income_expected=True), "income-form-missing"),
        (circumstances(exemption="medically-limited"), "rule-missing:exemption-medically-limited"),
    ],
)
def test_a_month_that_cannot_be_worked_out_again_is_drafted_with_the_problem(found: Circumstances, problem: str) -> None:
    told = [earns("2024-03", 9_000)] if found.exemption else []
    (draft,) = corrections(NORMS, paid_up_to_march().has(change(found, MAR), *told).client().own)

    assert (draft.month, draft.cents, draft.because, draft.problem) == ("2024-03", 0, (), problem)


def test_a_claim_on_paid_months_is_taken_within_five_percent_repaid_and_let_go() -> None:
    months = paid_up_to_march(holiday="monthly").has(earns("2024-01", 50_000))
    (claim,) = months.decide(ask(APR)).opened
    months.decide(ask(MAY))
    months.has(Repay(claim.claim_ref, 10_000, MAY, "bank-1"), WriteOff(claim.claim_ref, 33_581, "uncollectable", MAY, "s-1", "dec-9"))
    (owed,) = months.client().claims

    assert [fact.amount_cents for fact in months.facts() if isinstance(fact, RecoveryOffset)] == [6_419]
    assert (claim.amount_cents, owed.open_cents, sorted(owed.came_off.values())) == (50_000, 0, [6_419, 10_000, 33_581])


def test_a_caseworker_sees_what_a_decision_will_claim_before_the_run_and_the_claim_after_it(house: House) -> None:
    worker, officer = house.as_("caseworker", "s-worker"), house.as_("payments-officer", OFFICER)
    client = on_benefit(house, 1)
    home = f"/v1/benefits/{client}"
    house.released(prepared(house, officer))
    answer = worker.post(f"{home}/withdrawals", "w-1", json={"effective_on": "2024-02-01", "reason_code": "moved-away"})
    decision = answer.json()["refs"]["decision_ref"]
    draft = worker.get(f"{home}/corrections").json()
    by_hand = {"client": client, "ground": "withdrawn", "amount_cents": 1, "decision_ref": decision}
    twice = [worker.post("/v1/recoveries", "r-1", json=by_hand)]
    run = officer.post("/v1/months/2024-03/runs", "m-2", json={"decided_on": "2024-03-20"}).json()["run_ref"]
    house.region.works()
    house.released(f"/v1/runs/{run}")
    twice.append(worker.post("/v1/recoveries", "r-2", json=by_hand))
    owed = worker.get(f"{home}/recoveries").json()

    assert (draft["cents"], draft["months"][0]["because"]) == (-SINGLE, [f"decision/{decision}"])
    assert [each.json()["title"] for each in twice] == ["claimed-by-the-run"] * 2
    (claim,) = owed["claims"]
    assert (owed["open_cents"], claim["ground"], claim["months"][0]["cents"]) == (IN_HAND, "withdrawn", IN_HAND)
    assert len([e for e in house.region.log.scan("benefits/recovery/") if isinstance(e.event, RecoveryOpened)]) == 1
