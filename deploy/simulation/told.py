"""What a history came to, and what many of them came to together: how much was met on the way, by name."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce

from deploy.simulation.faults import KINDS
from services.eventlog.log import Answer


@dataclass(frozen=True, slots=True)
class Met:
    """What was met, each with how often. `answers` has outcomes, `refusals` the reason of each command that was refused."""

    struck: Counter[str] = field(default_factory=Counter)
    crashes: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Met") -> "Met":
        """Both together."""
        return Met(
            self.struck + other.struck,
            self.crashes + other.crashes,
            self.answers + other.answers,
            self.refusals + other.refusals,
            self.kinds + other.kinds,
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What a history came to. `digest` is the same for the same seed."""

    seed: int
    facts: int
    steps: int
    with_run: bool
    met: Met
    digest: int


def together(told: Iterable[Told]) -> Met:
    """What was met in all of them."""
    return reduce(Met.__add__, (each.met for each in told), Met())


def answers_and_refusals(answers: Iterable[Answer]) -> tuple[Counter[str], Counter[str]]:
    """Commands by what they were answered, and the refused ones by reason."""
    outcomes, refusals = Counter[str](), Counter[str]()
    for answer in answers:
        outcomes[answer.outcome] += 1
        if answer.outcome == "refused":
            refusals[answer.reason] += 1
    return outcomes, refusals


def report(told: list[Told], seconds: float) -> str:
    """For people: how many histories, how many a second of CPU time, and everything that they met."""
    met = together(told)
    facts, steps, with_run = sum(each.facts for each in told), sum(each.steps for each in told), sum(each.with_run for each in told)
    lines = [
        f"{len(told):,} histories hold: {facts:,} facts, {steps:,} steps, {with_run:,} of them with a run of payments",
        f"{len(told) / seconds:,.0f} a second of one core ({seconds:.1f} s)",
        f"facts of {len(met.kinds)} kinds: {_counted(met.kinds)}",
        f"commands: {_counted(met.answers)}",
        f"refused for {len(met.refusals)} reasons: {_counted(met.refusals)}",
        f"processes that ended: {_counted(met.crashes)}",
        *(f"{met.struck[kind]:>9,}  {kind:<18} {meaning}" for kind, meaning in KINDS.items()),
    ]
    return "\n".join(lines)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common())
