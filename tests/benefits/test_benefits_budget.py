"""The last signature under a run takes its part of each municipality's budget, and the end of the run gives back what is left."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.benefits.budget import BUDGETED, PaidAgain, RunWithBudgets, Share, WithBudgets
from services.benefits.run_commands import AbortRun, CloseRun
from services.contracts.envelope import Event
from services.contracts.run_control import BudgetReleased, BudgetReserved, BudgetSet
from services.eventlog.decider import Refused
from tests.benefits.sentences import Given
from tests.benefits.test_benefits_run import ABORTED, APPROVE, APPROVED, CLOSE, CLOSED, PREPARED, REF, TAKEN, TO_FILED

ALKMAAR, BERGEN, HEILOO = "GM0361", "GM0373", "GM0399"
ABOUT: dict[str, Any] = {"scheme": "energy-allowance", "scheme_year": 2023}
SHARES = {BERGEN: Share(130_000, 500_000), ALKMAAR: Share(260_000, 260_000), HEILOO: Share(0, 0)}


def signed(shares: dict[str, Share] | None = None, command: Any = APPROVE) -> WithBudgets:  # noqa: ANN401 - any command on a run
    return WithBudgets(command, "energy-allowance", 2023, SHARES if shares is None else shares)


def reserved(code: str, cents: int, run: str = REF) -> BudgetReserved:
    return BudgetReserved(**ABOUT, municipality=code, run_ref=run, amount_cents=cents)


def given_back(code: str, cents: int) -> BudgetReleased:
    return BudgetReleased(**ABOUT, municipality=code, run_ref=REF, amount_cents=cents)


def test_the_signature_takes_the_part_of_each_municipality_that_has_one() -> None:
    then = Given(BUDGETED, [PREPARED]).when(signed())

    assert then == [APPROVED, reserved(ALKMAAR, 260_000), reserved(BERGEN, 130_000)]


def test_a_signature_that_is_not_the_last_takes_nothing() -> None:
    then = Given(BUDGETED, [PREPARED]).when(signed(command=replace(APPROVE, needed=2)))

    assert then == [APPROVED.model_copy(update={"needed": 2})]


def test_signing_again_takes_nothing_more() -> None:
    assert Given(BUDGETED, [PREPARED, APPROVED, reserved(ALKMAAR, 260_000)]).when(signed()) == []


def test_what_the_run_refuses_is_refused() -> None:
    assert Given(BUDGETED, []).when(signed()) == Refused("not-prepared")


@pytest.mark.parametrize(("left_cents", "outcome"), [(260_000, list), (259_999, Refused)])
def test_what_other_runs_took_is_gone(left_cents: int, outcome: type[object]) -> None:
    given = [PREPARED, reserved(ALKMAAR, 200_000, "run-other"), reserved(ALKMAAR, 40_000, "run-third"), reserved(BERGEN, 9, "run-third")]

    assert isinstance(Given(BUDGETED, given).when(signed({ALKMAAR: Share(260_000, 240_000 + left_cents)})), outcome)


def test_what_another_run_gave_back_is_there_again() -> None:
    back = BudgetReleased(**ABOUT, municipality=ALKMAAR, run_ref="run-other", amount_cents=150_000)
    then = Given(BUDGETED, [PREPARED, reserved(ALKMAAR, 200_000, "run-other"), back]).when(signed({ALKMAAR: Share(260_000, 310_000)}))

    assert then == [APPROVED, reserved(ALKMAAR, 260_000)]


def test_without_a_known_limit_everything_fits() -> None:
    then = Given(BUDGETED, [PREPARED, reserved(ALKMAAR, 10**9, "run-other")]).when(signed({ALKMAAR: Share(260_000)}))

    assert then == [APPROVED, reserved(ALKMAAR, 260_000)]


TOOK: Sequence[Event] = (reserved(ALKMAAR, 260_000), reserved(BERGEN, 130_000), reserved(HEILOO, 5_000, "run-other"))


def test_a_run_that_is_closed_gives_back_what_was_not_paid() -> None:
    paid = {ALKMAAR: Share(130_000), BERGEN: Share(130_000), HEILOO: Share(0)}
    then = Given(BUDGETED, [*TO_FILED, TAKEN, *TOOK]).when(signed(paid, CLOSE))

    assert then == [CLOSED, given_back(ALKMAAR, 130_000)]


def test_a_run_that_is_aborted_gives_back_everything() -> None:
    then = Given(BUDGETED, [PREPARED, APPROVED, *TOOK]).when(
        signed({ALKMAAR: Share(0), BERGEN: Share(129_999)}, AbortRun(REF, "wrong-facts", "s-officer"))
    )

    assert then == [ABORTED, given_back(ALKMAAR, 260_000), given_back(BERGEN, 1)]


def test_a_close_that_is_refused_gives_nothing_back() -> None:
    then = Given(BUDGETED, [*TO_FILED, *TOOK]).when(signed({ALKMAAR: Share(0)}, CloseRun(REF, 1, 1, 1, "s-officer")))

    assert isinstance(then, Refused)


def test_a_command_reads_the_run_and_the_budget_of_every_municipality() -> None:
    assert BUDGETED.reads(signed()) == (f"benefits/run/{REF}", *(f"benefits/budget/2023/{code}" for code in (ALKMAAR, BERGEN, HEILOO)))


def test_budgets_are_kept_by_municipality_and_run() -> None:
    assert BUDGETED.fold([]) == RunWithBudgets()
    assert {code: each.reserved for code, each in BUDGETED.fold([*TOOK, given_back(ALKMAAR, 60_000)]).budgets.items()} == {
        ALKMAAR: {REF: 200_000},
        BERGEN: {REF: 130_000},
        HEILOO: {"run-other": 5_000},
    }


def test_what_a_manager_set_counts_instead_of_what_the_rules_say() -> None:
    amount = BudgetSet(**ABOUT, municipality=ALKMAAR, amount_cents=260_000, decision_ref="raad-1", decided_by="s-manager")
    then = Given(BUDGETED, [PREPARED, amount]).when(signed({ALKMAAR: Share(260_000, 1)}))

    assert then == [APPROVED, reserved(ALKMAAR, 260_000)]


def test_who_signs_makes_no_room_for_it() -> None:
    amount = BudgetSet(**ABOUT, municipality=ALKMAAR, amount_cents=260_000, decision_ref="raad-1", decided_by=APPROVE.approved_by)
    then = Given(BUDGETED, [PREPARED, amount]).when(signed({ALKMAAR: Share(260_000, 259_999)}))

    assert isinstance(then, Refused)
    assert (then.reason, then.detail.partition(":")[0]) == ("above-municipality-budget", "GM0361 lacks 1 cents")


OF_OTHER = [reserved(ALKMAAR, 200_000, "run-other"), reserved(BERGEN, 130_000, "run-other")]


def test_money_that_came_back_and_is_paid_again_is_taken_once() -> None:
    again = PaidAgain("run-other", {ALKMAAR: 70_000, BERGEN: 130_000})
    then = Given(BUDGETED, [PREPARED, *OF_OTHER]).when(replace(signed({ALKMAAR: Share(130_000, 200_000)}), paid_again=again))

    back = given_back(ALKMAAR, 130_000).model_copy(update={"run_ref": "run-other"})
    assert then == [APPROVED, back, reserved(ALKMAAR, 130_000)]


def test_a_run_that_is_paid_again_before_it_closes_gives_back_the_rest_at_its_close() -> None:
    given = [*TO_FILED, TAKEN, *TOOK, given_back(ALKMAAR, 130_000)]
    then = Given(BUDGETED, given).when(signed({ALKMAAR: Share(130_000), BERGEN: Share(0)}, CLOSE))

    assert then == [CLOSED, given_back(BERGEN, 130_000)]


def test_the_monthly_benefit_has_a_budget_of_its_own() -> None:
    month = WithBudgets(APPROVE, "monthly-benefit", 2024, {ALKMAAR: Share(1)})

    assert BUDGETED.reads(month) == (f"benefits/run/{REF}", "benefits/budget/monthly-benefit/2024/GM0361")


def test_a_run_that_pays_again_reads_the_budgets_of_the_run_before_it_too() -> None:
    month = WithBudgets(APPROVE, "energy-allowance", 2023, {ALKMAAR: Share(1)}, PaidAgain("run-other", {BERGEN: 0, ALKMAAR: 0}))

    assert BUDGETED.reads(month)[1:] == ("benefits/budget/2023/GM0361", "benefits/budget/2023/GM0373")
