"""A figure of the backbone beside its peer, and whether it reaches what was agreed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

import orjson
from rich.console import Console
from rich.table import Table

Side = Callable[[], float | None]
"""One round of one side; None where that side cannot be had here."""


@dataclass(frozen=True, slots=True)
class Target:
    """What was agreed, of the value itself or of its ratio to the peer."""

    of: Literal["value", "ratio"]
    relation: Literal["at least", "at most"]
    limit: float

    def __str__(self) -> str:
        """As people read it: `at least 8 x peer`."""
        return f"{self.relation} {self.limit:g}{' x peer' if self.of == 'ratio' else ''}"

    def met(self, value: float | None, ratio: float | None) -> bool | None:
        """Whether it is reached; None where what it is about was not measured."""
        seen = value if self.of == "value" else ratio
        if seen is None:
            return None
        return seen >= self.limit if self.relation == "at least" else seen <= self.limit


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` None: it could not be measured; `peer_value` None: there is no peer, or it could not be had here."""

    what: str
    value: float | None
    unit: str
    target: Target | None = None
    peer: str = ""
    peer_value: float | None = None

    @property
    def ratio(self) -> float | None:
        """Value by peer value."""
        return self.value / self.peer_value if self.value is not None and self.peer_value else None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without a target, or where the ratio is missing."""
        return None if self.target is None else self.target.met(self.value, self.ratio)

    def as_row(self) -> dict[str, object]:
        """The eight fields that scripts rely on."""
        return {
            "what": self.what,
            "value": _rounded(self.value),
            "unit": self.unit,
            "peer": self.peer or None,
            "peer_value": _rounded(self.peer_value),
            "ratio": _rounded(self.ratio),
            "target": None if self.target is None else str(self.target),
            "met": self.met,
        }


def medians(rounds: int, *sides: Side) -> list[float | None]:
    """The median of each side over rounds that take turns (A B A B), so that a busy moment meets all of them."""
    seen: list[list[float | None]] = [[side() for side in sides] for _ in range(rounds)]
    by_side = [[value for value in column if value is not None] for column in zip(*seen, strict=True)]
    return [median(values) if values else None for values in by_side]


def as_json(figures: Sequence[Figure]) -> str:
    """A list of rows."""
    return orjson.dumps([figure.as_row() for figure in figures], option=orjson.OPT_INDENT_2).decode()


def show(figures: Sequence[Figure], console: Console) -> None:
    """One table."""
    table = Table("what", "value", "unit", "peer", "peer value", "ratio", "target", "met")
    for figure in figures:
        numbers = (_text(figure.value), figure.unit, figure.peer, _text(figure.peer_value), _text(figure.ratio))
        verdict = {True: "yes", False: "NO", None: ""}[figure.met]
        table.add_row(figure.what, *numbers, str(figure.target or ""), verdict)
    console.print(table)


def _rounded(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.4g}")


def _text(number: float | None) -> str:
    return "" if number is None else f"{float(f'{number:.3g}'):,g}"
