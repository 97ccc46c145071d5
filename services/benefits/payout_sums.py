"""Sums over rights and payments, moved by each that changes, so that asking for them costs what is open and not what ever was."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Literal

from services.benefits.positions import Position, Standing
from services.benefits.references import run_of

UNPAID = frozenset({"refused", "withheld"})
UNDER_WAY = frozenset({"sent", "paid"})
PROMISED = frozenset({"granted", "sent", "paid", "rejected", "returned", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where promises stand alike: of one scheme, municipality and promised day (ISO 8601); paid ones in time or late, sent ones by file."""

    scheme: str
    municipality: str
    promised_on: str
    standing: Standing | Literal["paid-late"]
    message_id: str = ""


@dataclass(slots=True)
class PayoutSums:
    """Built while the log is read from its start, then moved: new minus old. Sums that came to nothing are forgotten."""

    rights: Counter[Standing] = field(default_factory=Counter)
    cents: Counter[Standing] = field(default_factory=Counter)
    places: Counter[Place] = field(default_factory=Counter)
    since: dict[Standing, dict[str, str]] = field(default_factory=lambda: {"granted": {}, "sent": {}})
    twice: set[str] = field(default_factory=set)
    of_run: Counter[str] = field(default_factory=Counter)
    _under_way: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def right(self, old: Position | None, new: Position) -> None:
        """A right went from one position to another."""
        if old is not None:
            self._stands(old, -1)
            self.since.get(old.standing, {}).pop(old.right_ref, None)
        self._stands(new, 1)
        if new.standing in self.since:
            self.since[new.standing][new.right_ref] = new.since

    def payment(self, old: Position | None, new: Position) -> None:
        """A payment of a right did."""
        if old is not None:
            self._pays(old, -1)
        self._pays(new, 1)

    def _stands(self, at: Position, sign: int) -> None:
        self.rights[at.standing] += sign
        self.cents[at.standing] += sign * at.amount_cents
        if at.standing in PROMISED:
            _move(self.places, _place(at), sign)
        if at.attempt == 0 and at.standing not in UNPAID:
            self.of_run[at.run_ref] += sign * at.amount_cents

    def _pays(self, at: Position, sign: int) -> None:
        self.of_run[run_of(at.message_id)] += sign * at.amount_cents
        if at.standing in UNDER_WAY:
            self._under_way[at.right_ref] += sign
            (self.twice.add if self._under_way[at.right_ref] > 1 else self.twice.discard)(at.right_ref)


def _place(at: Position) -> Place:
    late = at.standing == "paid" and at.booked_on > at.promised_on
    file = at.message_id if at.standing == "sent" else ""
    return Place(at.scheme, at.municipality, at.promised_on, "paid-late" if late else at.standing, file)


def _move(places: Counter[Place], place: Place, sign: int) -> None:
    places[place] += sign
    if not places[place]:
        del places[place]
