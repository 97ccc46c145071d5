"""Advances that a benefit does not cover come back as a claim, to the cent, in the transaction that shows it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.benefits.monthly.advances import outstanding_cents
from services.benefits.monthly.ask import Plan
from services.benefits.monthly.commands import BenefitCommand
from services.benefits.monthly.covering import covered_cents
from services.benefits.monthly.entitlement import plan
from services.benefits.monthly.grounds import facts_hash
from services.benefits.monthly.journal import Journal, balances
from services.benefits.monthly.recovery import claim_name
from services.contracts.monthly import BenefitGranted
from services.contracts.monthly_money import AdvanceDecided, AdvancesReclaimed, MonthDecided, Part, RecoveryOpened
from tests.benefits.monthly.a_month import NORMS, Months, ask, paid
from tests.benefits.monthly.people import (
    ALKMAAR,
    ALONE,
    CLIENT,
    apply,
    charge,
    circumstances,
    earns,
    end,
    grant,
    notify,
    refuse,
    suspend,
    terms,
    withdraw,
)

JAN, FEB, MAR = (date(2024, month, 1) for month in (1, 2, 3))
ADVANCE_CENTS = 115_545


def advanced() -> Months:
    """An application of 1 January with one advance of 90 %."""
    months = Months().has(apply())
    months.decide(ask(JAN))
    return months


def claims(months: Months) -> list[tuple[str, int]]:
    return [(fact.ground, fact.amount_cents) for fact in months.facts() if isinstance(fact, RecoveryOpened)]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (grant(covered=0), [("advance-not-settled", ADVANCE_CENTS)]),
        (grant(covered=ADVANCE_CENTS - 1), [("advance-not-settled", 1)]),
        (grant(covered=ADVANCE_CENTS), []),
        (grant(covered=200_000), []),
        (refuse(), [("advance-refused", ADVANCE_CENTS)]),
    ],
)
def test_what_a_decision_leaves_of_the_advances_is_claimed_with_it(command: BenefitCommand, told: list[tuple[str, int]]) -> None:
    months = advanced().has(command)

    assert claims(months) == told
    assert months.tries(command).outcome == "unchanged"


@pytest.mark.parametrize(("settled", "kind", "left"), [(26_964, "advance", ADVANCE_CENTS - 26_964), (26_964, "reserve", ADVANCE_CENTS)])
def test_what_a_month_settled_is_outstanding_no_longer(settled: int, kind: str, left: int) -> None:
    own = advanced().client().own
    fact = own.money[0].model_copy(update={"cents": 0, "parts": (Part.model_validate({"kind": kind, "ref": "", "cents": settled}),)})

    assert outstanding_cents(replace(own, money=(*own.money, fact))) == left


def test_what_was_claimed_with_the_grant_is_not_claimed_again_at_its_withdrawal() -> None:
    months = advanced().has(grant(covered=0), withdraw(JAN))

    assert months.decide(ask(FEB)).opened == ()
    assert claims(months) == [("advance-not-settled", ADVANCE_CENTS)]


@pytest.mark.parametrize(
    ("income_cents", "effective_on", "covered"),
    [
        (0, JAN, 121_964),
        (100_000, JAN, 26_964),
        (200_000, JAN, 0),
        (0, FEB, 0),
    ],
)
def test_what_a_grant_covers_is_what_its_months_give_up_to_the_decision(income_cents: int, effective_on: date, covered: int) -> None:
    own = advanced().has(earns("2024-01", income_cents)).client().own
    said = {**terms("grant", JAN).said, "effective_on": effective_on}

    assert covered_cents(NORMS, own, BenefitGranted(**said, circumstances=ALONE)) == covered


@pytest.mark.parametrize("unknown", [{"income_expected": True}, {"household_type": "couple"}])
def test_what_cannot_be_told_at_the_grant_is_left_to_the_run(unknown: dict[str, Any]) -> None:
    own = advanced().client().own

    assert covered_cents(NORMS, own, BenefitGranted(**terms("grant").said, circumstances=circumstances(**unknown))) is None


def test_a_month_that_gives_less_than_the_advance_leaves_a_claim_in_its_run_and_the_next_month_whole() -> None:
    """The Hague 2020: nightly advances beside the final grant; 192 people got both. Here every cent of an advance is settled or claimed."""
    months = advanced().has(earns("2024-01", 100_000), grant(), notify())
    due = months.decide(ask(JAN, run_ref="run-first"))
    next_due = months.decide(ask(FEB))

    assert paid(due) == []
    assert claims(months) == [("advance-not-settled", ADVANCE_CENTS - 26_964)]
    assert paid(next_due) == [("2024-02", "month", 121_964)]
    assert months.plan(ask(FEB, run_ref="run-again")).money == ()


def reclaimed(due: Plan) -> AdvancesReclaimed:
    (fact,) = (each for each in due.money if isinstance(each, AdvancesReclaimed))
    return fact


def test_a_reclaim_has_its_claim_by_name_and_says_what_it_rests_on() -> None:
    months = advanced().has(earns("2024-01", 100_000), grant(), notify())
    fact = reclaimed(months.plan(ask(JAN, run_ref="run-first")))

    assert (fact.sequence, fact.claim_ref) == (1, claim_name(CLIENT, ALKMAAR, "advances", "2024-01", 1))
    assert fact.facts_hash == facts_hash({"outstanding_cents": ADVANCE_CENTS - 26_964})


def test_a_second_reclaim_in_one_month_has_a_number_and_a_claim_of_its_own() -> None:
    months = advanced().has(earns("2024-01", 100_000), grant(), notify())
    client = months.client()
    first = reclaimed(plan(ask(JAN), client))
    told = [("2023-11", 10), ("2023-12", 10), ("2024-01", first.cents - 120)]
    money = (*client.own.money, *(first.model_copy(update={"month": month, "cents": cents}) for month, cents in told))
    second = reclaimed(plan(ask(JAN, run_ref="run-second"), replace(client, own=replace(client.own, money=money))))

    assert (second.cents, second.sequence, second.claim_ref) == (100, 2, claim_name(CLIENT, ALKMAAR, "advances", "2024-01", 2))


def test_an_advance_is_claimed_to_the_last_cent() -> None:
    months = advanced().has(earns("2024-01", 6_758), grant(), notify())
    months.decide(ask(JAN, run_ref="run-first"))

    assert claims(months) == [("advance-not-settled", 1)]


def test_rent_that_a_month_does_not_cover_keeps_no_advance_open() -> None:
    months = advanced().has(earns("2024-01", 100_000), grant(), charge(), notify())
    due = months.decide(ask(JAN, run_ref="run-first"))

    assert due.reasons == ("2024-01:charge-not-covered:ch-rent",)
    assert claims(months) == [("advance-not-settled", ADVANCE_CENTS - 26_964)]


def test_advances_wait_while_a_month_that_may_cover_them_waits() -> None:
    months = advanced().has(grant(circumstances(income_expected=True)), notify())
    waiting = months.decide(ask(JAN, run_ref="run-first"))
    months.has(earns("2024-01", 200_000))
    months.decide(ask(JAN, run_ref="run-later"))

    assert (waiting.money, waiting.reasons) == ((), ("2024-01:income-form-missing",))
    assert claims(months) == [("advance-not-settled", ADVANCE_CENTS)]


@pytest.mark.parametrize("gone", [withdraw(JAN), end(JAN)])
def test_a_benefit_that_is_gone_before_any_month_leaves_no_advance_open(gone: BenefitCommand) -> None:
    months = advanced().has(grant(), notify(), gone)
    months.decide(ask(JAN, run_ref="run-first"))

    assert outstanding_cents(months.client().own) == 0
    assert claims(months) == [("advance-not-settled", ADVANCE_CENTS)]


def test_the_ledger_moves_what_is_reclaimed_from_advances_to_claims() -> None:
    months = advanced().has(earns("2024-01", 100_000), grant(), notify())
    months.decide(ask(JAN, run_ref="run-first"))
    held = {
        each.account: each.debit_cents - each.credit_cents for each in balances(Journal().entries(months.log.scan("benefits/")), "2024-01")
    }

    assert (held.get("advances", 0), held["recovery-claims"]) == (0, ADVANCE_CENTS - 26_964)
    assert sum(held.values()) == 0


@given(incomes=st.lists(st.integers(0, 150_000), min_size=3, max_size=3), first=st.integers(1, 31), gone=st.sampled_from([None, FEB, MAR]))
@settings(max_examples=40, deadline=None)
def test_whatever_the_months_give_advances_are_settled_or_claimed_to_the_cent(incomes: list[int], first: int, gone: date | None) -> None:
    months = advanced().has(*(earns(f"2024-0{n}", cents) for n, cents in enumerate(incomes, 1)))
    months.has(grant(on=date(2024, 1, first)), notify(on=date(2024, 2, 20)), suspend(MAR))
    if gone:
        months.has(end(gone))
    for month in (FEB, MAR):
        months.decide(ask(month, decided=25))
    facts = months.facts()

    advances = sum(fact.cents for fact in facts if isinstance(fact, AdvanceDecided))
    settled = sum(part.cents for fact in facts if isinstance(fact, MonthDecided) for part in fact.parts if part.kind == "advance")
    back = sum(fact.cents for fact in facts if isinstance(fact, AdvancesReclaimed))
    assert sum(cents for _, cents in claims(months)) == back
    assert advances - settled - back == outstanding_cents(months.client().own) == 0
