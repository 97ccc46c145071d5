"""What a municipality set aside for a scheme year: the last signature under a run takes its part, the end gives back what is left."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, assert_never, cast

from services.benefits import run_state
from services.benefits.references import run_stream
from services.benefits.run import RUN
from services.benefits.run_commands import AbortRun, ApproveRun, CloseRun, CompleteCancellation
from services.benefits.run_state import Run, RunFact, Unprepared
from services.contracts.envelope import Event
from services.contracts.intake import Scheme
from services.contracts.run_control import BudgetReleased, BudgetReserved
from services.contracts.runs import RunApproved
from services.eventlog.decider import Decider, Refused

BudgetFact = BudgetReserved | BudgetReleased
BudgetedRunCommand = ApproveRun | CloseRun | AbortRun | CompleteCancellation


def budget_stream(scheme_year: int, municipality: str) -> str:
    """Stream of a municipality's budget."""
    return f"benefits/budget/{scheme_year}/{municipality}"


@dataclass(frozen=True, slots=True)
class Share:
    """A municipality's part of a run in cents: what it comes to when signed, what was paid when it ends.

    `budget_cents` is None where no limit is known.
    """

    cents: int
    budget_cents: int | None = None


@dataclass(frozen=True, slots=True)
class WithBudgets:
    """A command on a run together with what it does to budgets; `shares` by municipality, of every municipality of the run."""

    command: BudgetedRunCommand
    scheme: Scheme
    scheme_year: int
    shares: Mapping[str, Share]


@dataclass(frozen=True, slots=True)
class RunWithBudgets:
    """The run, and what every run reserved, by municipality and run."""

    run: Run = field(default_factory=Unprepared)
    reserved: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))


def evolve(state: RunWithBudgets, fact: RunFact | BudgetFact) -> RunWithBudgets:
    """Run and budgets after one more fact."""
    if not isinstance(fact, BudgetReserved | BudgetReleased):
        return replace(state, run=run_state.evolve(state.run, fact))
    runs = state.reserved.get(fact.municipality, {})
    sign = 1 if isinstance(fact, BudgetReserved) else -1
    cents = runs.get(fact.run_ref, 0) + sign * fact.amount_cents
    return replace(state, reserved={**state.reserved, fact.municipality: {**runs, fact.run_ref: cents}})


def _decide(state: RunWithBudgets, command: WithBudgets) -> list[Event] | Refused:
    decision = RUN.decide(state.run, command.command)
    if isinstance(decision, Refused) or not decision:
        return decision if isinstance(decision, Refused) else []
    match command.command:
        case ApproveRun():
            return _reserve(state, command, list(decision))
        case CloseRun() | AbortRun() | CompleteCancellation():
            return [*decision, *_give_back(state, command)]
        case _:
            assert_never(command.command)


def _reserve(state: RunWithBudgets, command: WithBudgets, decision: list[Event]) -> list[Event] | Refused:
    signed = decision[0]
    assert isinstance(signed, RunApproved)
    if signed.signature < signed.needed:
        return decision
    short = sorted(code for code, share in command.shares.items() if _exceeds(state, code, share))
    if short:
        return Refused("above-municipality-budget", f"the budget of {', '.join(short)} does not hold this run")
    run_ref = command.command.run_ref
    return [
        *decision,
        *(BudgetReserved(**_about(command, code, run_ref, s.cents)) for code, s in sorted(command.shares.items()) if s.cents),
    ]


def _exceeds(state: RunWithBudgets, code: str, share: Share) -> bool:
    taken_cents = sum(state.reserved.get(code, {}).values())
    return share.budget_cents is not None and taken_cents + share.cents > share.budget_cents


def _give_back(state: RunWithBudgets, command: WithBudgets) -> list[Event]:
    run_ref, given = command.command.run_ref, list[Event]()
    for code, share in sorted(command.shares.items()):
        left_cents = state.reserved.get(code, {}).get(run_ref, 0) - share.cents
        if left_cents > 0:
            given.append(BudgetReleased(**_about(command, code, run_ref, left_cents)))
    return given


def _about(command: WithBudgets, municipality: str, run_ref: str, cents: int) -> dict[str, Any]:
    about = {"scheme": command.scheme, "scheme_year": command.scheme_year, "municipality": municipality}
    return {**about, "run_ref": run_ref, "amount_cents": cents}


def _reads(command: WithBudgets) -> tuple[str, ...]:
    budgets = (budget_stream(command.scheme_year, code) for code in sorted(command.shares))
    return (run_stream(command.command.run_ref), *budgets)


BUDGETED: Decider[WithBudgets, RunWithBudgets] = Decider(
    initial=RunWithBudgets(),
    reads=_reads,
    decide=_decide,
    evolve=lambda state, event: evolve(state, cast("RunFact | BudgetFact", event)),
)
