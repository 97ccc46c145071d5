"""A fine is a claim with rules of its own: behind the benefit itself, and for a repeated breach perhaps without a protected part."""

from dataclasses import replace
from datetime import date

import pytest

from services.benefits.monthly.ask import Client
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.fines import ranked
from services.benefits.monthly.journal import Journal
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.recovery import RECOVERY, Claim, OpenRecovery
from services.contracts.monthly import DecisionNotified
from services.contracts.monthly_money import RecoveryOpened
from tests.benefits.monthly.a_month import NORMS, Months, ask, paid
from tests.benefits.monthly.people import ALKMAAR, CLIENT, HOUSEHOLD, whose
from tests.benefits.monthly.test_monthly_entitlement import claim, running

JAN, FEB, MAR, APR, MAY = (date(2024, month, 1) for month in range(1, 6))
IN_HAND, FREE = 128_383, 6_419


def fine(cents: int, *, repeated: bool = False, on: date = JAN) -> OpenRecovery:
    return OpenRecovery("cl-fine", CLIENT, ALKMAAR, "fine", cents, on, "s-1", "dec-fine", repeated)


def ordinance(months: int) -> Norms:
    """The rules of a municipality that takes a fine for a repeated breach whole, for so many months."""
    return NORMS.model_copy(update={"fines": tuple(row.model_copy(update={"unprotected_months": months}) for row in NORMS.fines)})


def taken(months: Months, month: date, norms: Norms = NORMS) -> list[tuple[str, int]]:
    due = months.decide(replace(ask(month), norms=norms))
    return [(offset.claim_ref, offset.amount_cents) for offset in due.offsets]


def test_a_fine_is_taken_behind_what_was_paid_too_much_within_the_protected_part() -> None:
    months = running(holiday="monthly").has(fine(50_000), claim(8_000))

    assert [taken(months, month) for month in (JAN, FEB, MAR)] == [
        [("cl-1", FREE)],
        [("cl-1", 8_000 - FREE), ("cl-fine", 2 * FREE - 8_000)],
        [("cl-fine", FREE)],
    ]


def test_a_fine_takes_nothing_beside_a_reserve_and_the_reserve_in_may() -> None:
    months = running().has(fine(50_000))

    assert [taken(months, month) for month in (JAN, FEB, MAR, APR)] == [[], [], [], []]
    assert taken(months, MAY) == [("cl-fine", 5 * FREE)]


@pytest.mark.parametrize(("repeated", "in_force", "first"), [(True, 0, FREE), (False, 3, FREE), (True, 1, IN_HAND), (True, 3, IN_HAND)])
def test_only_a_repeated_breach_and_only_where_the_ordinance_says_so_knows_no_protected_part(
    *, repeated: bool, in_force: int, first: int
) -> None:
    months = running(holiday="monthly").has(fine(500_000, repeated=repeated))

    assert taken(months, JAN, ordinance(in_force)) == [("cl-fine", first)]


def test_after_its_months_a_fine_is_taken_within_the_protected_part() -> None:
    months = running(holiday="monthly").has(fine(500_000, repeated=True))

    assert [cents for month in (JAN, FEB, MAR, APR) for _, cents in taken(months, month, ordinance(3))] == [IN_HAND] * 3 + [FREE]
    assert paid(months.plan(ask(MAY)))[0] == ("2024-05", "month", IN_HAND - FREE)


def test_a_fine_of_before_the_month_counts_its_months_from_its_own() -> None:
    opened = RecoveryOpened(**{name: getattr(fine(1, repeated=True), name) for name in OpenRecovery.__slots__})

    letter = DecisionNotified(**whose().said, decision_ref="cl-fine", letter_ref="t-1", notified_on=JAN, objection_until=MAR)
    client = Client(CLIENT, HOUSEHOLD, ALKMAAR, Dossier(notified=(letter,)), None, (Claim(opened, 1),))
    run = replace(ask(FEB), norms=ordinance(1))

    assert ranked(run, client, JAN)[1] != []
    assert ranked(run, client, FEB)[1] == []


def test_a_fine_is_no_cost_of_benefits_that_comes_back() -> None:
    months = Months().has(fine(10_000))
    entries = {entry.account: entry.cents for entry in Journal().entries(months.log.scan("benefits/"))}

    assert entries == {"recovery-claims": 10_000, "fines": -10_000}


def test_a_fine_is_opened_once() -> None:
    facts = RECOVERY.decide(RECOVERY.fold([]), fine(10_000, repeated=True))

    assert isinstance(facts, list)
    assert [fact.repeated for fact in facts if isinstance(fact, RecoveryOpened)] == [True]
    assert RECOVERY.decide(RECOVERY.fold(facts), fine(10_000, repeated=True)) == []
