"""A portion of arrivals becomes new rows, each written once, and what must be held."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from streams.arrivals import Arrival
from streams.quarantine import BEHIND, GAP, Held, hold
from streams.view import Row, View, folded, passed, place

Load = Callable[[str], Row | None]
"""The row of a key as it was before the portion."""


@dataclass(slots=True)
class Portion:
    """What a portion changes: rows by key, and records to hold, each with its reason."""

    before: dict[str, Row | None] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    folded: list[Arrival] = field(default_factory=list)
    repeated: int = 0
    gaps: int = 0


class Folding:
    """Folds one view. `given_up` are versions that an operator gave up, per stream, so that a gap up to them is none."""

    def __init__(self, view: View, load: Load, held_keys: Iterable[str], given_up: Mapping[str, int] | None = None) -> None:
        self._view, self._load, self._given_up = view, load, given_up or {}
        self._held_keys = set(held_keys)
        self.portion = Portion()

    def take(self, arrivals: Sequence[Arrival]) -> Portion:
        """Fold what can be folded, skip repeats, hold the rest."""
        for arrival in arrivals:
            self._place(arrival)
        return self.portion

    def give_up(self, arrival: Arrival) -> tuple[str, int] | None:
        """Go on as if everything before the arrival had come, and itself too where it is unreadable; stream and version."""
        if arrival.stream is None or arrival.version is None or not arrival.stream.startswith(self._view.streams):
            return None
        upto = arrival.version if arrival.fact is None else arrival.version - 1
        key = self._view.row_key(arrival.stream, arrival.key)
        row = self._row(key)
        if place(row, arrival.stream, upto) != "repeat":
            self.portion.rows[key] = passed(row, arrival.stream, upto)
        return arrival.stream, upto

    def _place(self, arrival: Arrival) -> None:
        fact = arrival.fact
        if fact is None:
            self._hold(arrival, arrival.reason)
            return
        key = self._view.row_key(fact.stream, arrival.key)
        row = self._row(key)
        where = place(row, fact.stream, fact.version)
        if where == "gap" and self._given_up.get(fact.stream, 0) >= fact.version - 1:
            row, where = passed(row, fact.stream, fact.version - 1), "next"
        if where == "repeat":
            self.portion.repeated += 1
        elif arrival.key in self._held_keys:
            self._hold(arrival, BEHIND)
        elif where == "gap":
            self.portion.gaps += 1
            self._hold(arrival, GAP)
        else:
            self.portion.rows[key] = folded(self._view, row, fact)
            self.portion.folded.append(arrival)

    def _row(self, key: str) -> Row | None:
        if key in self.portion.rows:
            return self.portion.rows[key]
        if key not in self.portion.before:
            self.portion.before[key] = self._load(key)
        return self.portion.before[key]

    def _hold(self, arrival: Arrival, reason: str) -> None:
        self._held_keys.add(arrival.key)
        self.portion.held.append(hold(arrival, reason))
