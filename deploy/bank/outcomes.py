"""What the bank made of all that it received, counted by itself: to be held against what the product says."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MEMORY = "received.json"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Payments and euro cents by how they ended; what came back is not in `paid`."""

    paid: int = 0
    paid_cents: int = 0
    returned: int = 0
    returned_cents: int = 0
    rejected: int = 0
    rejected_cents: int = 0

    def plus(self, other: "Outcomes") -> "Outcomes":
        """Return both together."""
        mine, others = asdict(self), asdict(other)
        return Outcomes(**{name: mine[name] + others[name] for name in mine})


def read_outcomes(out: Path) -> Outcomes:
    """Return what became of every payment of every file that the bank at `out` took in; nothing when there is no bank yet."""
    total = Outcomes()
    for received in read_memory(out).values():
        total = total.plus(Outcomes(**received["outcomes"]))
    return total


def read_memory(out: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return by message id what the bank remembers: hash of the file, outcomes, names of the answers."""
    try:
        memory: dict[str, dict[str, Any]] = json.loads((out / MEMORY).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return memory
