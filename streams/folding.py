"""A portion of arrivals becomes new rows, each written once, and what must be held."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from streams.arrivals import Arrival
from streams.quarantine import BEHIND, GAP, Held, hold
from streams.view import Row, View, folded, missing, passed, place

Load = Callable[[str], Row | None]
"""The row of a key as it was before the portion."""


GivenUp = Mapping[str, Collection[int]]
"""Versions that will not come, per stream."""


@dataclass(slots=True)
class Portion:
    """What a portion changes: rows by key, and records to hold, each with its reason."""

    before: dict[str, Row | None] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    folded: list[Arrival] = field(default_factory=list)
    hopeful: set[str] = field(default_factory=set)
    repeated: int = 0
    gaps: int = 0


class Folding:
    """Folds one view. `given_up` are versions that an operator gave up, per stream: they will not come.

    `portion.hopeful` names held keys of which a readable record came; it may be the one that was missing.
    """

    def __init__(self, view: View, load: Load, held_keys: Iterable[str], given_up: GivenUp) -> None:
        self._view, self._load, self._given_up = view, load, given_up
        self._held_keys = set(held_keys)
        self.portion = Portion()

    def take(self, arrivals: Iterable[Arrival]) -> Portion:
        """Fold what can be folded, skip repeats, hold the rest."""
        for arrival in arrivals:
            if self.knows(arrival):
                self.portion.repeated += 1
            elif arrival.fact is None:
                self._hold(arrival, arrival.reason)
            else:
                self._place(arrival, self._view.row_key(arrival.fact.stream, arrival.key))
        return self.portion

    def knows(self, arrival: Arrival) -> bool:
        """Whether the rows contain this version of its stream already, or it was given up."""
        if arrival.stream is None or arrival.version is None:
            return False
        row = self._row(self._view.row_key(arrival.stream, arrival.key))
        return arrival.version in self._given_up.get(arrival.stream, ()) or place(row, arrival.stream, arrival.version) == "repeat"

    def _place(self, arrival: Arrival, key: str) -> None:
        fact, row = arrival.fact, self._row(key)
        assert fact is not None
        where = place(row, fact.stream, fact.version)
        if where == "gap" and set(missing(row, fact.stream, fact.version)) <= set(self._given_up.get(fact.stream, ())):
            row, where = passed(row, fact.stream, fact.version - 1), "next"
        if arrival.key in self._held_keys:
            self.portion.hopeful.add(arrival.key)
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


@dataclass(frozen=True, slots=True)
class Settling:
    """What comes of reading the held records of a key again: `portion` counts only where nothing is `in_the_way`."""

    portion: Portion
    in_the_way: Sequence[Held]


def settling(view: View, load: Load, held: Sequence[Arrival], given_up: GivenUp) -> Settling:
    """Read all held records of a key again, in order of version. All or nothing: a client is either held or complete.

    An unreadable record no longer stands in the way when a readable one of the same version came, or that version was given up.
    """
    folding = Folding(view, load, (), given_up)
    portion = folding.take(sorted((arrival for arrival in held if arrival.fact), key=_in_order))
    gaps = [record for record in portion.held if record.reason == GAP]
    unsolved = [hold(arrival, arrival.reason) for arrival in held if arrival.fact is None and not folding.knows(arrival)]
    return Settling(portion, sorted([*gaps, *unsolved], key=lambda record: (record.topic, record.offset)))


def _in_order(arrival: Arrival) -> tuple[str, int, int]:
    return arrival.stream or "", arrival.version or 0, arrival.record.offset
