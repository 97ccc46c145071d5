"""The last signature under a run takes its part of each municipality's budget, and the end of the run gives back what is left."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, assert_never, cast

from services.benefits import municipal_budget, run_state
from services.benefits.municipal_budget import BudgetFact, MunicipalBudget
from services.benefits.references import run_stream
from services.benefits.run import RUN
from services.benefits.run_commands import AbortRun, ApproveRun, CloseRun, CompleteCancellation
from services.benefits.run_state import Run, RunFact, Unprepared
from services.contracts.envelope import Event
from services.contracts.intake import Scheme
from services.contracts.run_control import BudgetReleased, BudgetReserved, BudgetSet, budget_stream
from services.contracts.runs import RunApproved
from services.eventlog.decider import Decider, Refused

BudgetedRunCommand = ApproveRun | CloseRun | AbortRun | CompleteCancellation
NONE_SET = MunicipalBudget()


@dataclass(frozen=True, slots=True)
class Share:
    """A municipality's part of a run in cents: what it comes to when signed, what was paid when it ends.

    `budget_cents` is what the rules say was set aside; None where they say nothing.
    """

    cents: int
    budget_cents: int | None = None


@dataclass(frozen=True, slots=True)
class PaidAgain:
    """The run of which another one pays again what failed: by municipality what it paid, or may still pay, in cents."""

    run_ref: str
    cents: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class WithBudgets:
    """A command on a run together with what it does to budgets; `shares` by municipality, of every municipality of the run."""

    command: BudgetedRunCommand
    scheme: Scheme
    scheme_year: int
    shares: Mapping[str, Share]
    paid_again: PaidAgain | None = None


@dataclass(frozen=True, slots=True)
class RunWithBudgets:
    """The run, and the budgets by municipality."""

    run: Run = field(default_factory=Unprepared)
    budgets: Mapping[str, MunicipalBudget] = field(default_factory=lambda: MappingProxyType({}))

    def budget(self, municipality: str) -> MunicipalBudget:
        """The budget of a municipality, also one that never set any."""
        return self.budgets.get(municipality, NONE_SET)


def evolve(state: RunWithBudgets, fact: RunFact | BudgetFact) -> RunWithBudgets:
    """Run and budgets after one more fact."""
    if not isinstance(fact, BudgetSet | BudgetReserved | BudgetReleased):
        return replace(state, run=run_state.evolve(state.run, fact))
    budget = municipal_budget.evolve(state.budget(fact.municipality), fact)
    return replace(state, budgets={**state.budgets, fact.municipality: budget})


def _decide(state: RunWithBudgets, command: WithBudgets) -> list[Event] | Refused:
    decision = RUN.decide(state.run, command.command)
    if isinstance(decision, Refused) or not decision:
        return decision if isinstance(decision, Refused) else []
    match command.command:
        case ApproveRun():
            return _reserve(state, command, list(decision))
        case CloseRun() | AbortRun() | CompleteCancellation():
            left = {code: share.cents for code, share in command.shares.items()}
            return [*decision, *_given_back(state, command, command.command.run_ref, left)]
        case _:
            assert_never(command.command)


def _reserve(state: RunWithBudgets, command: WithBudgets, decision: list[Event]) -> list[Event] | Refused:
    """Money that came back, and is paid again, is not taken twice: the run that paid it first gives it back."""
    signed = decision[0]
    assert isinstance(signed, RunApproved)
    if signed.signature < signed.needed:
        return decision
    again = command.paid_again
    back = [] if again is None else list(_given_back(state, command, again.run_ref, again.cents))
    state = _after(state, back)
    short = [(code, lacking) for code, share in sorted(command.shares.items()) if (lacking := _lacking(state, code, share, signed)) > 0]
    if short:
        return Refused("above-municipality-budget", _way_out(short))
    run_ref, shares = command.command.run_ref, sorted(command.shares.items())
    return [*decision, *back, *(BudgetReserved(**_about(command, code, run_ref, s.cents)) for code, s in shares if s.cents)]


def _after(state: RunWithBudgets, facts: list[BudgetReleased]) -> RunWithBudgets:
    for fact in facts:
        state = evolve(state, fact)
    return state


def _lacking(state: RunWithBudgets, code: str, share: Share, signed: RunApproved) -> int:
    budget = state.budget(code)
    limit = budget.limit_cents(share.budget_cents, signed.approved_by)
    return 0 if limit is None else budget.taken_cents + share.cents - limit


def _way_out(short: list[tuple[str, int]]) -> str:
    """A right does not end with a budget (Participatiewet art. 11): who answers for the money makes room, not who signs."""
    lacking = ", ".join(f"{code} lacks {cents} cents" for code, cents in short)
    return f"{lacking}: a manager who does not sign sets the budget anew (route budgets), then sign again; or abort the run"


def _given_back(state: RunWithBudgets, command: WithBudgets, run_ref: str, kept: Mapping[str, int]) -> Iterator[BudgetReleased]:
    for code, cents in sorted(kept.items()):
        left_cents = state.budget(code).reserved.get(run_ref, 0) - cents
        if left_cents > 0:
            yield BudgetReleased(**_about(command, code, run_ref, left_cents))


def _about(command: WithBudgets, municipality: str, run_ref: str, cents: int) -> dict[str, Any]:
    about = {"scheme": command.scheme, "scheme_year": command.scheme_year, "municipality": municipality}
    return {**about, "run_ref": run_ref, "amount_cents": cents}


def _reads(command: WithBudgets) -> tuple[str, ...]:
    codes = sorted({*command.shares, *(() if command.paid_again is None else command.paid_again.cents)})
    budgets = (budget_stream(command.scheme, command.scheme_year, code) for code in codes)
    return (run_stream(command.command.run_ref), *budgets)


BUDGETED: Decider[WithBudgets, RunWithBudgets] = Decider(
    initial=RunWithBudgets(),
    reads=_reads,
    decide=_decide,
    evolve=lambda state, event: evolve(state, cast("RunFact | BudgetFact", event)),
)
