"""A municipality sets its budget as often as it decides so, never below what runs took, and nobody makes room for what they sign."""

from typing import Any

import pytest

from services.benefits.municipal_budget import MUNICIPAL_BUDGET, MunicipalBudget, SetBudget
from services.contracts.run_control import BudgetReleased, BudgetReserved, BudgetSet
from services.eventlog.decider import Refused
from tests.benefits.sentences import Given

ABOUT: dict[str, Any] = {"scheme": "monthly-benefit", "scheme_year": 2024, "municipality": "GM0361"}
SET = SetBudget(**ABOUT, amount_cents=900_000, decision_ref="raad-1", decided_by="s-manager")
AMOUNT = BudgetSet(**ABOUT, amount_cents=900_000, decision_ref="raad-1", decided_by="s-manager")
TAKEN = [BudgetReserved(**ABOUT, run_ref="run-1", amount_cents=500_000), BudgetReleased(**ABOUT, run_ref="run-1", amount_cents=100_000)]


def anew(cents: int, ref: str = "raad-2", by: str = "s-manager") -> BudgetSet:
    return AMOUNT.model_copy(update={"amount_cents": cents, "decision_ref": ref, "decided_by": by})


def test_a_budget_is_set() -> None:
    assert Given(MUNICIPAL_BUDGET, []).when(SET) == [AMOUNT]


def test_the_same_decision_again_changes_nothing() -> None:
    assert Given(MUNICIPAL_BUDGET, [AMOUNT, anew(950_000)]).when(SET) == []


def test_one_decision_sets_one_amount() -> None:
    then = Given(MUNICIPAL_BUDGET, [anew(800_000, "raad-1")]).when(SET)

    assert then == Refused("decision-differs", "another amount stands under this decision: name the decision that changes it")


@pytest.mark.parametrize(("cents", "outcome"), [(400_000, list), (399_999, Refused)])
def test_a_budget_is_not_set_below_what_runs_took(cents: int, outcome: type[object]) -> None:
    lower = SetBudget(**ABOUT, amount_cents=cents, decision_ref="raad-2", decided_by="s-manager")

    assert isinstance(Given(MUNICIPAL_BUDGET, [AMOUNT, *TAKEN]).when(lower), outcome)


def test_a_refused_amount_says_what_was_taken() -> None:
    lower = SetBudget(**ABOUT, amount_cents=1, decision_ref="raad-2", decided_by="s-manager")

    assert Given(MUNICIPAL_BUDGET, TAKEN).when(lower) == Refused("less-than-is-taken", "runs took 400000 cents of it already")


@pytest.mark.parametrize(
    ("by_rules", "amounts", "signer", "limit"),
    [
        (None, [], "s-approver", None),
        (700, [], "s-approver", 700),
        (700, [anew(900)], "s-approver", 900),
        (700, [anew(900, by="s-approver")], "s-approver", 700),
        (700, [anew(600, by="s-approver")], "s-approver", 600),
        (None, [anew(900, by="s-approver")], "s-approver", 900),
        (None, [anew(800), anew(900, by="s-approver"), anew(850, "raad-3")], "s-approver", 850),
        (None, [anew(800), anew(900, "raad-3", "s-approver")], "s-approver", 800),
    ],
)
def test_the_last_amount_counts_but_none_that_the_signer_raised(
    by_rules: int | None, amounts: list[BudgetSet], signer: str, limit: int
) -> None:
    assert MUNICIPAL_BUDGET.fold(amounts).limit_cents(by_rules, signer) == limit


def test_a_municipality_that_set_nothing_has_taken_nothing() -> None:
    assert (MunicipalBudget().taken_cents, MUNICIPAL_BUDGET.fold(TAKEN).taken_cents) == (0, 400_000)


def test_a_budget_is_read_from_its_own_stream() -> None:
    assert MUNICIPAL_BUDGET.reads(SET) == ("benefits/budget/monthly-benefit/2024/GM0361",)
