"""What a municipality set aside for a scheme and year: who set it, what runs took of it, and what is left."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import assert_never, cast

from services.contracts.envelope import Event
from services.contracts.intake import Scheme
from services.contracts.run_control import BudgetReleased, BudgetReserved, BudgetSet, budget_stream
from services.eventlog.decider import Decider, Refused, refusal

BudgetFact = BudgetSet | BudgetReserved | BudgetReleased


@dataclass(frozen=True, slots=True)
class MunicipalBudget:
    """The amounts that were set, the last one last, and what each run took and did not give back, in euro cents."""

    amounts: tuple[BudgetSet, ...] = ()
    reserved: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def taken_cents(self) -> int:
        """Paid by runs, or still to be paid."""
        return sum(self.reserved.values())

    def limit_cents(self, by_rules_cents: int | None, signer: str = "") -> int | None:
        """What runs may take in all; None where nobody set a limit.

        Nobody makes room for what they sign: an amount that the signer set counts only where it leaves less.
        """
        limit = by_rules_cents
        for each in self.amounts:
            if each.decided_by != signer or limit is None or each.amount_cents < limit:
                limit = each.amount_cents
        return limit


@dataclass(frozen=True, slots=True)
class SetBudget:
    """From here on the municipality has set so much aside, by a decision of its own."""

    scheme: Scheme
    scheme_year: int
    municipality: str
    amount_cents: int
    decision_ref: str
    decided_by: str


def evolve(state: MunicipalBudget, fact: BudgetFact) -> MunicipalBudget:
    """The budget after one more fact."""
    match fact:
        case BudgetSet():
            return replace(state, amounts=(*state.amounts, fact))
        case BudgetReserved() | BudgetReleased():
            sign = 1 if isinstance(fact, BudgetReserved) else -1
            cents = state.reserved.get(fact.run_ref, 0) + sign * fact.amount_cents
            return replace(state, reserved={**state.reserved, fact.run_ref: cents})
        case _:
            assert_never(fact)


def _decide(state: MunicipalBudget, command: SetBudget) -> list[Event] | Refused:
    known = next((each for each in state.amounts if each.decision_ref == command.decision_ref), None)
    if known is not None:
        same = known.amount_cents == command.amount_cents
        return [] if same else Refused("decision-differs", "another amount stands under this decision: name the decision that changes it")
    taken_cents = state.taken_cents
    refused = refusal(
        (command.amount_cents < taken_cents, Refused("less-than-is-taken", f"runs took {taken_cents} cents of it already")),
    )
    return [_set(command)] if refused is None else refused


def _set(command: SetBudget) -> BudgetSet:
    return BudgetSet(
        scheme=command.scheme,
        scheme_year=command.scheme_year,
        municipality=command.municipality,
        amount_cents=command.amount_cents,
        decision_ref=command.decision_ref,
        decided_by=command.decided_by,
    )


MUNICIPAL_BUDGET: Decider[SetBudget, MunicipalBudget] = Decider(
    initial=MunicipalBudget(),
    reads=lambda command: (budget_stream(command.scheme, command.scheme_year, command.municipality),),
    decide=_decide,
    evolve=lambda state, event: evolve(state, cast("BudgetFact", event)),
)
