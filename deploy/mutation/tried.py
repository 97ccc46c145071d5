"""What became of the mutants of a module, and which of those that lived nobody has explained."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

LEAST_PERCENT: Final = 90

Ending = Literal["killed", "no end", "lived"]


@dataclass(frozen=True, slots=True)
class Tried:
    """How many mutants of a module ended how, and those that no test noticed, a line each."""

    module: str
    ended: Mapping[str, int]
    survivors: Sequence[str]

    @property
    def mutants(self) -> int:
        """All of them."""
        return sum(self.ended.values())

    @property
    def percent(self) -> float:
        """The share that was noticed; one that runs for ever is noticed too."""
        return 100 * (self.mutants - len(self.survivors)) / self.mutants if self.mutants else 100.0


@dataclass(frozen=True, slots=True)
class Explained:
    """Survivors that somebody looked at, each as often as it may live."""

    mutants: Counter[str]

    def missing(self, survivors: Sequence[str]) -> Iterator[str]:
        """Survivors that stand nowhere in the list."""
        yield from (Counter(survivors) - self.mutants).elements()

    def idle(self, module: str, survivors: Sequence[str]) -> Iterator[str]:
        """Lines about a module whose mutant is killed by now, or made no longer."""
        of_module = Counter(mutant for mutant in self.mutants.elements() if mutant.startswith(f"{module} "))
        yield from (of_module - Counter(survivors)).elements()


def explained(text: str) -> Explained:
    """A list of one line per survivor with the reason behind ` # `; raises ValueError for a line without one."""
    cut = [line.rpartition(" # ") for line in text.splitlines() if line and not line.startswith("#")]
    if bare := [reason for mutant, _, reason in cut if not (mutant and reason.strip())]:
        raise ValueError(f"no reason behind « # » in: {bare[0]}")
    return Explained(Counter(mutant for mutant, _, _ in cut))
