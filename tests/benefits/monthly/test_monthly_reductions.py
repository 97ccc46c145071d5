"""A claim that was opened again is reduced or withdrawn: what came in above what is left is paid back, once, and never a cent more."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.benefits.monthly.recovery import RECOVERY, Claim, OpenRecovery, RecoveryCommand, Reduce, Repay, WriteOff
from services.benefits.monthly.refunds import due_cents
from services.contracts.benefits import AccountBound
from services.contracts.envelope import Event
from services.contracts.monthly_money import (
    ClaimedMonth,
    MonthlyRightGranted,
    RecoveryOpened,
    RecoveryReduced,
)
from services.eventlog.decider import Refused
from services.web.in_process import InProcess
from tests.benefits.a_house import House
from tests.benefits.monthly.a_month import Months, ask, paid
from tests.benefits.monthly.people import ALKMAAR, CLIENT, end
from tests.benefits.monthly.test_monthly_api import APPLICATION, GRANT, HOME
from tests.benefits.monthly.test_monthly_api import CLIENT as HERS
from tests.benefits.monthly.test_monthly_entitlement import running
from tests.benefits.monthly.test_monthly_journal import by_account

ON = date(2024, 3, 1)
JAN, FEB, MAR = (date(2024, month, 1) for month in (1, 2, 3))
OPEN = OpenRecovery("cl-1", CLIENT, ALKMAAR, "fine", 50_000, JAN, "s-1", "dec-1")


def repay(cents: int = 20_000, source: str = "bank-1") -> Repay:
    return Repay("cl-1", cents, ON, source)


def write_off(cents: int) -> WriteOff:
    return WriteOff("cl-1", cents, "uncollectable", ON, "s-1", "dec-2")


def reduce(to: int, because: str = "ob-1", ref: str = "dec-3") -> Reduce:
    return Reduce("cl-1", to, because, "objection-upheld", ON, "s-2", ref)


def lived(*commands: RecoveryCommand) -> list[Event]:
    facts: list[Event] = []
    for command in commands:
        decision = RECOVERY.decide(RECOVERY.fold(facts), command)
        assert not isinstance(decision, Refused)
        facts.extend(decision)
    return facts


@pytest.mark.parametrize(
    ("before", "to", "off_cents", "refund_cents", "open_cents"),
    [
        ([], 30_000, 20_000, 0, 30_000),
        ([], 0, 50_000, 0, 0),
        ([repay()], 30_000, 20_000, 0, 10_000),
        ([repay()], 20_000, 30_000, 0, 0),
        ([repay()], 10_000, 30_000, 10_000, 0),
        ([repay()], 0, 30_000, 20_000, 0),
        ([repay(), write_off(30_000)], 40_000, 0, 0, 0),
        ([repay(), write_off(30_000)], 5_000, 0, 15_000, 0),
        ([repay(), write_off(10_000)], 45_000, 5_000, 0, 15_000),
        ([repay(), reduce(10_000)], 4_000, 0, 6_000, 0),
    ],
)
def test_what_came_in_counts_first_for_what_is_claimed_still(
    before: list[RecoveryCommand], to: int, off_cents: int, refund_cents: int, open_cents: int
) -> None:
    facts = lived(OPEN, *before, reduce(to, ref="dec-4"))
    reduced, claim = facts[-1], RECOVERY.fold(facts)

    assert isinstance(reduced, RecoveryReduced)
    assert (reduced.amount_cents, reduced.refund_cents, reduced.claim_cents) == (off_cents, refund_cents, to)
    assert isinstance(claim, Claim)
    assert (claim.open_cents, claim.claimed_cents) == (open_cents, to)
    assert RECOVERY.decide(claim, reduce(to, ref="dec-4")) == []


def opened(**said: Any) -> list[Event]:  # noqa: ANN401 - any field
    about: dict[str, Any] = {"claim_ref": "cl-1", "client": CLIENT, "municipality": ALKMAAR, "ground": "paid-too-much"}
    return [RecoveryOpened(**{**about, "amount_cents": 50_000, "opened_on": ON, "opened_by": "s-1", "decision_ref": "dec-1", **said})]


@pytest.mark.parametrize(
    ("before", "command", "reason"),
    [
        ([], reduce(0), "unknown-claim"),
        (lived(OPEN), reduce(0, because=""), "not-reopened"),
        (lived(OPEN), reduce(50_000), "not-less"),
        (lived(OPEN), reduce(-1), "not-less"),
        (lived(OPEN, reduce(10_000)), reduce(10_000, ref="dec-4"), "not-less"),
        (opened(months=(ClaimedMonth(month="2024-01", sequence=2, cents=50_000),)), reduce(0), "follows-from-decisions"),
        (opened(decision_ref="2024-01/2"), reduce(0), "follows-from-decisions"),
        (opened(ground="advance-refused"), reduce(0), "follows-from-decisions"),
        (opened(ground="advance-not-settled"), reduce(0), "follows-from-decisions"),
    ],
)
def test_a_claim_is_not_reduced_otherwise(before: list[Event], command: Reduce, reason: str) -> None:
    decision = RECOVERY.decide(RECOVERY.fold(before), command)

    assert isinstance(decision, Refused)
    assert decision.reason == reason


COMMANDS = st.builds(lambda kind, cents: (kind, cents), st.sampled_from(["repay", "write-off", "reduce"]), st.integers(1, 60_000))


@given(st.lists(COMMANDS, max_size=8))
@settings(max_examples=300, deadline=None)
def test_nothing_is_ever_kept_above_the_claim_nor_given_back_above_what_came_in(told: list[tuple[str, int]]) -> None:
    facts = lived(OPEN)
    for number, (kind, cents) in enumerate(told):
        makes: dict[str, RecoveryCommand] = {
            "repay": repay(cents, f"b-{number}"),
            "write-off": WriteOff("cl-1", cents, "x", ON, "s", f"w-{number}"),
        }
        decision = RECOVERY.decide(RECOVERY.fold(facts), makes.get(kind) or reduce(cents, ref=f"d-{number}"))
        facts.extend([] if isinstance(decision, Refused) else decision)
    claim = RECOVERY.fold(facts)

    assert isinstance(claim, Claim)
    kept = claim.came_in_cents - claim.refund_cents
    assert claim.open_cents >= 0
    assert 0 <= kept <= claim.claimed_cents
    assert claim.open_cents == max(0, claim.claimed_cents - kept - claim.written_off_cents)


def taken_and_withdrawn(to: int = 0) -> Months:
    """A fine of which 64.19 was taken from January, and which was reduced after an objection."""
    months = running(holiday="monthly").has(OPEN)
    months.decide(ask(JAN))
    return months.has(reduce(to))


def test_what_was_offset_of_a_withdrawn_fine_is_paid_back_in_the_next_run_once() -> None:
    months = taken_and_withdrawn()

    assert paid(months.decide(ask(FEB))) == [("2024-02", "month", 128_383), ("2024-02", "refund", 6_419)]
    assert paid(months.decide(ask(MAR))) == [("2024-03", "month", 128_383)]


def test_what_came_in_below_what_is_claimed_still_is_not_paid_back() -> None:
    months = taken_and_withdrawn(to=10_000)
    due = months.decide(ask(FEB))

    assert [offset.amount_cents for offset in due.offsets] == [10_000 - 6_419]
    assert paid(due) == [("2024-02", "month", 128_383 - 3_581)]


def test_two_refunds_of_a_month_are_two_rights() -> None:
    months = taken_and_withdrawn(to=6_000)
    months.decide(ask(FEB, run_ref="run-1"))
    months.has(reduce(1_000, ref="dec-4"))
    months.decide(ask(FEB, run_ref="run-2"))

    refunds = [right for right in months.rights() if right.kind == "refund"]
    assert sorted(right.amount_cents for right in refunds) == [419, 5_000]
    assert len({right.right_ref for right in refunds}) == 2


def test_who_has_no_benefit_any_more_gets_a_refund_all_the_same() -> None:
    months = taken_and_withdrawn().has(end(FEB))

    assert paid(months.decide(ask(MAR))) == [("2024-03", "refund", 6_419)]


def test_a_refund_waits_for_an_account() -> None:
    months = taken_and_withdrawn()
    months.account = None

    assert months.plan(ask(FEB)).reasons == ("no-bound-account",)


def test_the_ledger_balances_and_keeps_nothing_of_a_fine_that_was_withdrawn() -> None:
    months = taken_and_withdrawn()
    months.decide(ask(FEB))

    assert by_account(months) == {"benefit-cost": 2 * 128_383, "payable": -2 * 128_383}


def test_a_claim_by_hand_that_is_reduced_is_cost_again() -> None:
    months = running().has(OpenRecovery("cl-1", CLIENT, ALKMAAR, "paid-too-much", 50_000, JAN, "s-1", "dec-1"), repay(), reduce(0))
    months.decide(ask(JAN))

    assert by_account(months)["benefit-cost"] == 128_383
    assert sum(by_account(months).values()) == 0
    assert "recovery-claims" not in by_account(months)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.houses(1)
    yield made
    made.processing.close()


@pytest.fixture
def worker(house: House) -> InProcess:
    made = house.as_("caseworker", "s-worker")
    made.post(f"{HOME}/applications", "a-1", json=APPLICATION)
    made.post(f"{HOME}/grants", "g-1", json=GRANT)
    return made


@pytest.fixture
def fine(worker: InProcess) -> str:
    """A fine of 500 euros, of which 200 were paid."""
    decision = worker.get(HOME).json()["decisions"][0]["decision_ref"]
    body = {"client": HERS, "ground": "fine", "amount_cents": 50_000, "decision_ref": decision}
    ref = str(worker.post("/v1/recoveries", "fine", json=body).json()["refs"]["claim_ref"])
    worker.post(f"/v1/recoveries/{ref}/repayments", "rp-1", json={"amount_cents": 20_000, "received_on": "2024-02-15", "source_ref": "b-1"})
    return ref


LESS = {"to_cents": 5_000, "reason_code": "ruling", "motive": "De rechter vond de boete te hoog."}


def test_a_fine_is_reduced_after_a_ruling_only(house: House, worker: InProcess, fine: str) -> None:
    too_early = worker.post(f"/v1/recoveries/{fine}/reductions", "less-1", json=LESS)
    ruling = {"decision_ref": fine, "ground": "ruling", "source": "ECLI:NL:CRVB:2025:1"}
    worker.post(f"{HOME}/reopenings", "r-1", json=ruling)
    answers = [worker.post(f"/v1/recoveries/{fine}/reductions", "less-2", json=LESS) for _ in range(2)]

    (shown,) = worker.get(f"{HOME}/recoveries").json()["claims"]
    (reduced,) = house.region.facts(RecoveryReduced)
    assert (too_early.status_code, too_early.json()["title"], [each.status_code for each in answers]) == (409, "not-reopened", [201, 201])
    assert (shown["claimed_cents"], shown["refund_due_cents"], shown["open_cents"]) == (5_000, 15_000, 0)
    assert (reduced.because, reduced.text_ref is not None) == ("ECLI:NL:CRVB:2025:1", True)


def test_a_refund_is_paid_with_the_month_over_http(house: House, worker: InProcess, fine: str) -> None:
    house.region.binds(HERS, 1)
    decision = worker.get(HOME).json()["decisions"][0]["decision_ref"]
    worker.post(f"{HOME}/notifications", "n-1", json={"decision_ref": decision, "notified_on": "2024-02-15"})
    worker.post(f"{HOME}/reopenings", "r-1", json={"decision_ref": fine, "ground": "ruling", "source": "ECLI:NL:CRVB:2025:1"})
    worker.post(f"/v1/recoveries/{fine}/reductions", "less-1", json=LESS)
    asked = {"decided_on": "2024-02-20"}
    run = house.as_("payments-officer", "s-officer").post("/v1/months/2024-02/runs", "month-1", json=asked).json()["run_ref"]
    house.region.works()
    house.released(f"/v1/runs/{run}")

    assert [right.amount_cents for right in house.region.facts(MonthlyRightGranted) if right.kind == "refund"] == [15_000]
    assert worker.get(f"{HOME}/recoveries").json()["claims"][0]["refund_due_cents"] == 0
    assert house.region.facts(AccountBound)[0].client == HERS


def test_nothing_is_due_of_a_claim_that_stands() -> None:
    months = running().has(OPEN, repay())
    client = months.client()

    assert due_cents(client.own, client.claims[0]) == 0
