"""What was approved for a client is decided whole, or held whole, by what became otherwise since."""

from dataclasses import replace
from datetime import date

import pytest

from services.benefits.monthly.ask import Plan
from services.benefits.monthly.commands import BenefitCommand, Whose
from services.benefits.monthly.entitling import ENTITLING, Books, DecideEntitlement, Read
from services.benefits.monthly.recovery import OpenRecovery, RecoveryCommand, Repay
from services.benefits.references import right_stream
from services.contracts.benefits import AccountBound
from services.contracts.envelope import Event
from services.contracts.monthly_money import EntitlementHeld, MonthDecided, RecoveryOffset
from services.contracts.payouts import AccountChangeProposed
from services.eventlog.log import Conflict
from tests.benefits.monthly.a_month import Months, ask
from tests.benefits.monthly.people import ALKMAAR, CLIENT, HOUSEHOLD, apply, circumstances, earns, grant, objects

JAN, FEB, MAR = (date(2024, month, 1) for month in (1, 2, 3))
WHOSE = Whose(CLIENT, HOUSEHOLD, ALKMAAR)


def claiming(cents: int) -> Months:
    """A client with a claim, from whom five percent can be taken a month."""
    claim = OpenRecovery("cl-1", CLIENT, ALKMAAR, "duty-to-inform", cents, JAN, "s-1", "dec-1")
    return Months().has(apply(), grant(circumstances(holiday="monthly"))).told_of("grant").has(claim)


def decide(months: Months, due: Plan, run: str = "run-1", seen: int | None = None, read: dict[str, Read] | None = None) -> str:
    """The outcome of the command for what was approved; without `read`, as in a line of an older release."""
    version = months.client().own.version if seen is None else seen
    return months._submit(ENTITLING, DecideEntitlement(WHOSE, run, version, due, read or {})).outcome


def bound(fingerprint: str) -> AccountBound:
    return AccountBound(client=CLIENT, municipality=ALKMAAR, account_ref="acc-x", fingerprint=fingerprint, on=JAN)


def proposed(fingerprint: str) -> AccountChangeProposed:
    about = {"client": CLIENT, "municipality": ALKMAAR, "account_ref": "acc-y", "fingerprint": fingerprint}
    return AccountChangeProposed(**about, on=JAN, proposed_by="s-1")


def held(months: Months) -> list[tuple[str, str]]:
    return [(fact.run_ref, fact.reason_code) for fact in months.facts() if isinstance(fact, EntitlementHeld)]


@pytest.mark.parametrize(("repaid_cents", "reasons"), [(3_581, []), (3_582, [("run-1", "claim-no-longer-open")])])
def test_what_is_taken_for_a_claim_must_still_be_open(repaid_cents: int, reasons: list[tuple[str, str]]) -> None:
    months = claiming(10_000)
    due = months.plan(ask(JAN))
    months.has(Repay("cl-1", repaid_cents, FEB, "line-1"))

    assert (decide(months, due), held(months)) == ("accepted", reasons)
    assert len([fact for fact in months.facts() if isinstance(fact, RecoveryOffset)]) == (0 if reasons else 1)


@pytest.mark.parametrize(("open_cents", "reasons"), [(6_419, []), (6_418, [("run-1", "claim-no-longer-open")])])
def test_where_nothing_came_in_since_what_was_open_then_counts(open_cents: int, reasons: list[tuple[str, str]]) -> None:
    months = claiming(10_000)
    due, read = months.plan(ask(JAN)), {**months.read(), "benefits/recovery/cl-1": Read(1, open_cents)}

    assert (decide(months, due, read=read), held(months)) == ("accepted", reasons)


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
    books = Books(rights=frozenset({due.rights[0].right_ref}))

    assert ENTITLING.decide(books, DecideEntitlement(WHOSE, "run-1", 2, due, months.read())) == [
        EntitlementHeld(**WHOSE.said, run_ref="run-1", reason_code="right-decided-already")
    ]


def test_rights_are_known_by_their_facts() -> None:
    rights = claiming(20_000).plan(ask(FEB)).rights

    assert ENTITLING.fold(rights).rights == {right.right_ref for right in rights}
    assert len(rights) > 1


def test_what_changed_is_held_once_for_each_run() -> None:
    months = claiming(1)
    due, seen = months.plan(ask(JAN)), months.client().own.version
    months.has(earns("2024-01", 50_000))

    assert [decide(months, due, run, seen) for run in ("run-1", "run-1", "run-2")] == ["accepted", "unchanged", "accepted"]
    assert held(months) == [("run-1", "changed-since-approval"), ("run-2", "changed-since-approval")]
    assert not [fact for fact in months.facts() if isinstance(fact, MonthDecided)]


def test_what_was_read_before_the_approval_is_not_read_again_at_release() -> None:
    months = claiming(20_000)
    due, read = months.plan(ask(JAN)), months.read()
    command = DecideEntitlement(WHOSE, "run-1", 2, due, read)

    assert ENTITLING.seen(command) == {f"benefits/benefit/{CLIENT}": 4, "benefits/recovery/cl-1": 1}
    assert ENTITLING.decide(Books(), command) == [*due.money, *due.rights, *due.offsets]


@pytest.mark.parametrize(
    ("meanwhile", "reasons"),
    [
        (earns("2024-01", 50_000), [("run-1", "changed-since-approval")]),
        (objects(), []),
        (Repay("cl-1", 3_581, FEB, "line-1"), []),
        (Repay("cl-1", 3_582, FEB, "line-1"), [("run-1", "claim-no-longer-open")]),
    ],
)
def test_what_came_in_since_it_was_read_counts(meanwhile: BenefitCommand | RecoveryCommand, reasons: list[tuple[str, str]]) -> None:
    months = claiming(10_000)
    due, read = months.plan(ask(JAN, run_ref="run-1")), months.read()
    months.has(meanwhile)

    assert [decide(months, due, read=read) for _ in range(2)] == ["accepted", "unchanged"]
    assert held(months) == reasons
    assert len([fact for fact in months.facts() if isinstance(fact, MonthDecided)]) == (0 if reasons else 1)


def test_a_second_run_that_was_worked_out_before_the_first_was_released_is_held() -> None:
    months = claiming(10_000)
    due, read = months.plan(ask(JAN, run_ref="run-1")), months.read()

    assert [decide(months, due, run, read=read) for run in ("run-1", "run-2", "run-1")] == ["accepted", "accepted", "unchanged"]
    assert held(months) == [("run-2", "changed-since-approval")]


def test_a_claim_that_was_half_taken_before_it_was_read_is_taken_from_what_was_open_then() -> None:
    months = claiming(12_000)
    months.decide(ask(JAN))
    due, read = months.plan(ask(FEB)), months.read()

    assert ([offset.amount_cents for offset in due.offsets], read["benefits/recovery/cl-1"]) == ([5_581], Read(2, 5_581))
    assert (decide(months, due, read=read), held(months)) == ("accepted", [])


def test_nothing_is_decided_on_facts_that_are_gone() -> None:
    months = claiming(1)
    due = months.plan(ask(JAN))

    with pytest.raises(Conflict):
        decide(months, due, read={f"benefits/benefit/{CLIENT}": Read(99)})
    assert not [fact for fact in months.facts() if isinstance(fact, MonthDecided | EntitlementHeld)]


def test_a_plan_reads_the_dossier_its_rights_its_claims_once_and_the_account() -> None:
    due = claiming(20_000).plan(ask(FEB))
    rights, own = tuple(right_stream(right.right_ref) for right in due.rights), (f"benefits/benefit/{CLIENT}", f"benefits/account/{CLIENT}")

    assert len(rights) > 1
    assert ENTITLING.reads(DecideEntitlement(WHOSE, "run-1", 1, due)) == (own[0], *rights, "benefits/recovery/cl-1", own[1])


@pytest.mark.parametrize(
    ("happened", "reasons"),
    [
        ((), []),
        ((bound("client"),), []),
        ((bound("other"),), [("run-1", "account-changed-since-approval")]),
        ((bound("client"), proposed("other")), []),
        ((bound("other"), bound("client")), []),
    ],
)
def test_a_month_is_held_where_another_account_counts_by_now(happened: tuple[Event, ...], reasons: list[tuple[str, str]]) -> None:
    due = claiming(1).plan(ask(JAN))
    (first, *_) = ENTITLING.decide(ENTITLING.fold(happened), DecideEntitlement(WHOSE, "run-1", 2, due, claiming(1).read()))  # type: ignore[misc]

    assert [(fact.run_ref, fact.reason_code) for fact in [first] if isinstance(fact, EntitlementHeld)] == reasons


def test_a_plan_that_pays_nothing_but_a_third_party_asks_for_no_account() -> None:
    due = claiming(1).plan(ask(JAN))
    theirs = replace(due, rights=tuple(right.model_copy(update={"payee": "rent"}) for right in due.rights))
    decided = ENTITLING.decide(Books(fingerprint="other"), DecideEntitlement(WHOSE, "run-1", 2, theirs, claiming(1).read()))

    assert decided == [*theirs.money, *theirs.rights, *theirs.offsets]
