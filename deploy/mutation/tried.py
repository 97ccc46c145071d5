"""What became of the mutants of a module, as mutmut noted it down, and which of those that lived nobody has explained."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import ndiff
from itertools import islice
from pathlib import Path
from typing import Final, Literal

PLACE: Final = Path("mutants")
"""Where mutmut works, in the checkout."""

LEAST_PERCENT: Final = 90

Ending = Literal["killed", "no end", "lived"]
_ENDINGS: Final[Mapping[int | None, Ending]] = {
    **dict.fromkeys((1, 3), "killed"),  # a test failed, or pytest itself did
    **dict.fromkeys((24, 36, 152, 255, -24, -9), "no end"),  # stopped at the limit of time
}
"""By the exit code of pytest; any other lived, also where no test reaches it (33)."""


@dataclass(frozen=True, slots=True)
class Tried:
    """How many mutants of a module ended how, and what those are that no test noticed."""

    module: Path
    ended: Counter[Ending]
    survivors: Sequence[str]

    @property
    def mutants(self) -> int:
        """All of them."""
        return self.ended.total()

    @property
    def percent(self) -> float:
        """The share that was noticed; one that runs for ever is noticed too."""
        return 100 * (self.mutants - self.ended["lived"]) / self.mutants if self.mutants else 100.0


def tried(module: Path) -> Tried:
    """What mutmut noted down about a module."""
    noted = json.loads((PLACE / f"{module}.meta").read_text(encoding="utf-8"))["exit_code_by_key"]
    ended = {name.rpartition(".")[2]: _ENDINGS.get(code, "lived") for name, code in noted.items()}
    return Tried(module, Counter(ended.values()), [said(module, name) for name, ending in ended.items() if ending == "lived"])


def said(module: Path, name: str) -> str:
    """A mutant in one line that stays the same while other code changes: file, function, what was and what came in its place."""
    function, _, _number = name.rpartition("__mutmut_")
    changes = list(ndiff(_lines(module, f"{function}__mutmut_orig"), _lines(module, name)))
    was, became = (" / ".join(line[2:].strip() for line in changes if line.startswith(sign)) for sign in "-+")
    return f"{module} {'.'.join(function.split('ǁ')[1:]) or function[2:]}: {was} => {became or 'nothing'}"


def _lines(module: Path, name: str) -> list[str]:
    """The lines of one function that mutmut wrote, without the line that has its name."""
    first, last = json.loads((PLACE / f"{module}.spans").read_text(encoding="utf-8"))["spans"][name]
    with (PLACE / module).open(encoding="utf-8") as written:
        return [line for line in islice(written, first - 1, last) if f"def {name}(" not in line]


@dataclass(frozen=True, slots=True)
class Explained:
    """Survivors that somebody looked at, each as often as it may live."""

    mutants: Counter[str]

    def missing(self, survivors: Sequence[str]) -> Iterator[str]:
        """Survivors that stand nowhere in the list."""
        yield from (Counter(survivors) - self.mutants).elements()

    def idle(self, module: Path, survivors: Sequence[str]) -> Iterator[str]:
        """Lines about a module whose mutant is killed by now, or made no longer."""
        of_module = Counter(mutant for mutant in self.mutants.elements() if mutant.startswith(f"{module} "))
        yield from (of_module - Counter(survivors)).elements()


def explained(text: str) -> Explained:
    """A list of one line per survivor with the reason behind ` # `; raises ValueError for a line without one."""
    cut = [line.rpartition(" # ") for line in text.splitlines() if line and not line.startswith("#")]
    if bare := [reason for mutant, _, reason in cut if not (mutant and reason.strip())]:
        raise ValueError(f"no reason behind « # » in: {bare[0]}")
    return Explained(Counter(mutant for mutant, _, _ in cut))
