"""What was approved for a client is decided whole, or held whole, by what became otherwise since."""

from datetime import date

import pytest

from services.benefits.monthly.ask import Plan
from services.benefits.monthly.commands import Whose
from services.benefits.monthly.entitling import ENTITLING, Books, DecideEntitlement
from services.benefits.monthly.recovery import OpenRecovery, Repay
from services.benefits.references import right_stream
from services.contracts.monthly_money import EntitlementHeld, MonthDecided, RecoveryOffset
from tests.benefits.monthly.a_month import Months, ask
from tests.benefits.monthly.people import ALKMAAR, CLIENT, HOUSEHOLD, apply, circumstances, earns, grant

JAN, FEB, MAR = (date(2024, month, 1) for month in (1, 2, 3))
WHOSE = Whose(CLIENT, HOUSEHOLD, ALKMAAR)


def claiming(cents: int) -> Months:
    """A client with a claim, from whom five percent can be taken a month."""
    claim = OpenRecovery("cl-1", CLIENT, ALKMAAR, "duty-to-inform", cents, JAN, "s-1", "dec-1")
    return Months().has(apply(), grant(circumstances(holiday="monthly"))).told_of("grant").has(claim)


def decide(months: Months, due: Plan, run: str = "run-1", seen: int | None = None) -> str:
    """The outcome of the command for what was approved."""
    version = months.client().own.version if seen is None else seen
    return months._submit(ENTITLING, DecideEntitlement(WHOSE, run, version, due)).outcome


def held(months: Months) -> list[tuple[str, str]]:
    return [(fact.run_ref, fact.reason_code) for fact in months.facts() if isinstance(fact, EntitlementHeld)]


@pytest.mark.parametrize(("repaid_cents", "reasons"), [(3_581, []), (3_582, [("run-1", "claim-no-longer-open")])])
def test_what_is_taken_for_a_claim_must_still_be_open(repaid_cents: int, reasons: list[tuple[str, str]]) -> None:
    months = claiming(10_000)
    due = months.plan(ask(JAN))
    months.has(Repay("cl-1", repaid_cents, FEB, "line-1"))

    assert (decide(months, due), held(months)) == ("accepted", reasons)
    assert len([fact for fact in months.facts() if isinstance(fact, RecoveryOffset)]) == (0 if reasons else 1)


@pytest.mark.parametrize(("repaid_cents", "reasons"), [(7_162, []), (7_163, [("run-1", "claim-no-longer-open")])])
def test_what_two_months_take_for_a_claim_is_taken_together(repaid_cents: int, reasons: list[tuple[str, str]]) -> None:
    months = claiming(20_000)
    due = months.plan(ask(FEB))
    months.has(Repay("cl-1", repaid_cents, FEB, "line-1"))

    assert [offset.amount_cents for offset in due.offsets] == [6_419, 6_419]
    assert (decide(months, due), held(months)) == ("accepted", reasons)


def test_a_right_that_was_decided_under_its_name_is_not_decided_again() -> None:
    months = claiming(1)
    due = months.plan(ask(JAN))
    books = Books(own=months.client().own, rights=frozenset({due.rights[0].right_ref}), claims={})

    assert ENTITLING.decide(books, DecideEntitlement(WHOSE, "run-1", books.own.version, due)) == [
        EntitlementHeld(**WHOSE.said, run_ref="run-1", reason_code="right-decided-already")
    ]


def test_what_changed_is_held_once_for_each_run() -> None:
    months = claiming(1)
    due, seen = months.plan(ask(JAN)), months.client().own.version
    months.has(earns("2024-01", 50_000))

    assert [decide(months, due, run, seen) for run in ("run-1", "run-1", "run-2")] == ["accepted", "unchanged", "accepted"]
    assert held(months) == [("run-1", "changed-since-approval"), ("run-2", "changed-since-approval")]
    assert not [fact for fact in months.facts() if isinstance(fact, MonthDecided)]


def test_a_plan_reads_the_dossier_its_rights_and_its_claims_once() -> None:
    due = claiming(20_000).plan(ask(FEB))
    rights = tuple(right_stream(right.right_ref) for right in due.rights)

    assert len(rights) > 1
    assert ENTITLING.reads(DecideEntitlement(WHOSE, "run-1", 1, due)) == (f"benefits/benefit/{CLIENT}", *rights, "benefits/recovery/cl-1")
