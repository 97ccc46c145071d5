"""Budgets hold what was signed and no more than was set aside; a planted fault is told by its name."""

from typing import Any

import orjson
import pytest

from services.audit.budgets import Budgets
from services.audit.fact import Fact, kind
from services.audit.finding import Tally
from services.contracts.envelope import Event
from services.contracts.run_control import BudgetReleased, BudgetReserved, BudgetSet
from services.contracts.runs import RunAborted, RunApproved, RunClosed
from tests.audit.world import GM, RUN, World

ABOUT: dict[str, Any] = {"scheme": "monthly-benefit", "scheme_year": 2024, "municipality": GM}
SIGNED = RunApproved(run_ref=RUN, manifest_hash="ef" * 32, granted=2, total_cents=900, approved_by="s-4")
HALF = SIGNED.model_copy(update={"signature": 1, "needed": 2})
CLOSED = RunClosed(run_ref=RUN, granted_cents=900, paid_cents=600, returned_cents=300, rejected_cents=0, closed_by="s-3")
ABORTED = RunAborted(run_ref=RUN, reason_code="wrong-facts", aborted_by="s-3")


def amount(cents: int, by: str = "s-7", ref: str = "raad-1") -> BudgetSet:
    return BudgetSet(**ABOUT, amount_cents=cents, decision_ref=ref, decided_by=by)


def takes(cents: int, run: str = RUN) -> BudgetReserved:
    return BudgetReserved(**ABOUT, run_ref=run, amount_cents=cents)


def gives_back(cents: int) -> BudgetReleased:
    return BudgetReleased(**ABOUT, run_ref=RUN, amount_cents=cents)


def judged(told: list[Event]) -> str:
    """What the book of budgets says of these facts, the first at position 1."""
    tally = Tally("I4", "nothing to say")
    book = Budgets(tally)
    for position, event in enumerate(told, start=1):
        data = event.model_dump_json().encode()
        fact = Fact("benefits", position, "", event.home().stream, position, event.TYPE, "", None, GM, "", "", "", "", None, "", data)
        book.handlers[kind(event.TYPE)](fact, orjson.loads(data))
    book.conclude()
    return tally.finding().detail


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ([takes(900)], "takes of a budget for run-00000000000000c1, which was not signed"),
        ([HALF, takes(900)], "takes of a budget for run-00000000000000c1, which was not signed"),
        ([SIGNED, takes(900), takes(900)], "a second time"),
        ([SIGNED, takes(899)], "took 899 cents of budgets, 900 were signed"),
        ([amount(899), SIGNED, takes(900)], "runs take 900 cents of a budget of 899"),
        ([amount(899), amount(900, "s-4", "raad-2"), SIGNED, takes(900)], "runs take 900 cents of a budget of 899"),
        ([SIGNED, takes(900), amount(899)], "sets 899 cents, of which runs hold 900"),
        ([SIGNED, takes(900), gives_back(901)], "gives back 901 cents, run-00000000000000c1 holds 900"),
        ([SIGNED, takes(900), ABORTED], "ended with 0 cents paid, and still holds 900 of budgets"),
        ([SIGNED, takes(900), CLOSED, gives_back(299)], "ended with 600 cents paid, and still holds 601 of budgets"),
    ],
)
def test_a_budget_that_cannot_be_is_seen(told: list[Event], said: str) -> None:
    assert said in judged(told)


@pytest.mark.parametrize(
    "told",
    [
        [amount(900), SIGNED, takes(900)],
        [amount(899), amount(900, "s-7", "raad-2"), SIGNED, takes(900)],
        [SIGNED, takes(900), gives_back(900), ABORTED],
        [SIGNED, takes(900), gives_back(300), CLOSED],
    ],
)
def test_a_budget_that_holds_what_was_signed_is_nobodys_fault(told: list[Event]) -> None:
    assert judged(told) == "nothing to say"


def test_an_audit_looks_at_budgets(bare: World) -> None:
    bare.record("benefits", takes(900))

    assert "takes of a budget for run-00000000000000c1, which was not signed" in bare.verdict()["I4"].detail
