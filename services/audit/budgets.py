"""I4: last signatures took of budgets what was signed, never more than was set aside, and runs gave back what they did not pay."""

from collections import defaultdict
from collections.abc import Iterator

from services.audit.fact import Content, Fact, Handlers
from services.audit.finding import Tally

Budget = tuple[str, int, str]
"""Scheme, scheme year and municipality."""


class Budgets:
    """Amounts that were set and what each run holds of them; a run that was signed before budgets were kept holds nothing."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._set: dict[Budget, list[tuple[str, int]]] = defaultdict(list)
        self._held: dict[Budget, dict[str, int]] = defaultdict(dict)
        self._taken: dict[str, int] = defaultdict(int)
        self._signed: dict[str, Content] = {}
        self._ended: dict[str, int] = {}

    @property
    def handlers(self) -> Handlers:
        """What it wants to see."""
        return {
            "benefits.run-approved": self._approved,
            "benefits.budget-set": self._amount,
            "benefits.budget-reserved": self._reserved,
            "benefits.budget-released": self._released,
            "benefits.run-closed": lambda _fact, content: self._ends(content, content["paid_cents"]),
            "benefits.run-aborted": lambda _fact, content: self._ends(content, 0),
            "benefits.run-cancelled": lambda _fact, content: self._ends(content, 0),
        }

    def _approved(self, _fact: Fact, content: Content) -> None:
        if content.get("signature", 1) >= content.get("needed", 1):
            self._signed[content["run_ref"]] = content

    def _amount(self, fact: Fact, content: Content) -> None:
        budget, cents = _budget(content), content["amount_cents"]
        taken = sum(self._held[budget].values())
        self._tally.looked_at()
        self._tally.require(cents >= taken, f"{fact.name} sets {cents} cents, of which runs hold {taken}")
        self._set[budget].append((content["decided_by"], cents))

    def _reserved(self, fact: Fact, content: Content) -> None:
        budget, run = _budget(content), content["run_ref"]
        self._tally.looked_at()
        signed = self._signed.get(run)
        self._tally.require(signed, f"{fact.name} takes of a budget for {run}, which was not signed")
        self._tally.require(run not in self._held[budget], f"{fact.name} takes of a budget for {run} a second time")
        self._held[budget][run] = content["amount_cents"]
        self._taken[run] += content["amount_cents"]
        most = self._most(budget, signed["approved_by"] if signed else "")
        taken = sum(self._held[budget].values())
        self._tally.require(most is None or taken <= most, f"{fact.name}: runs take {taken} cents of a budget of {most}")

    def _most(self, budget: Budget, signer: str) -> int | None:
        """The amount in force; nobody makes room for what they sign."""
        most: int | None = None
        for by, cents in self._set[budget]:
            most = cents if most is None or by != signer else min(most, cents)
        return most

    def _released(self, fact: Fact, content: Content) -> None:
        held, run = self._held[_budget(content)], content["run_ref"]
        self._tally.looked_at()
        left = held.get(run, 0) - content["amount_cents"]
        self._tally.require(left >= 0, f"{fact.name} gives back {content['amount_cents']} cents, {run} holds {held.get(run, 0)}")
        held[run] = left

    def _ends(self, content: Content, paid_cents: int) -> None:
        self._ended[content["run_ref"]] = paid_cents

    def conclude(self) -> None:
        """Compare what every run took with what was signed, and what an ended one still holds with what it paid."""
        for run, taken in self._taken.items():
            signed = self._signed.get(run, {}).get("total_cents")
            self._tally.require(taken == signed, f"{run} took {taken} cents of budgets, {signed} were signed")
        for run, paid_cents in self._ended.items():
            held = sum(self._holds(run))
            self._tally.require(held <= paid_cents, f"{run} ended with {paid_cents} cents paid, and still holds {held} of budgets")

    def _holds(self, run: str) -> Iterator[int]:
        return (held.get(run, 0) for held in self._held.values())


def _budget(content: Content) -> Budget:
    return content["scheme"], content["scheme_year"], content["municipality"]
