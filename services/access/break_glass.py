"""An opening by which somebody is let in to one client in an emergency; here is decided whether it still lets in, by our own clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.access.caller import Caller, Role
from services.contracts.break_glass import BreakGlassOpened

OPENERS: Final[tuple[Role, ...]] = ("caseworker", "coordinator")
"""Who may break the glass: whoever meets clients. Nobody who pays, manages, operates or audits."""

SKEW: Final = timedelta(seconds=5)
"""Clocks of the house may differ so much: an opening ends so much earlier where it is read than where it was made."""

PURPOSE: Final = "break-glass"
"""The purpose under which such a reading stands in the processing log."""


@dataclass(frozen=True, slots=True)
class Opening:
    """`number` counts per client; moments in UTC; `special` says whether care and youth are open too."""

    number: int
    opened_by: str
    opened_at: datetime
    expires_at: datetime
    legal_basis: str
    special: bool

    def runs(self, now: datetime) -> bool:
        """Whether it lets in now. A clock that is behind the moment of opening would let in for longer, so it does not."""
        return self.opened_at - SKEW <= now < self.expires_at - SKEW


def opening_of(fact: BreakGlassOpened) -> Opening:
    """The opening as its fact tells it."""
    moments = fact.opened_at, fact.expires_at
    return Opening(fact.opening, fact.opened_by, *moments, fact.legal_basis, fact.opens_special)


def to_json(opening: Opening) -> dict[str, Any]:
    """As it is kept where readings look for it."""
    moments = {"opened_at": opening.opened_at.isoformat(), "expires_at": opening.expires_at.isoformat()}
    return {"opened_by": opening.opened_by, **moments, "legal_basis": opening.legal_basis, "special": opening.special}


def from_json(number: int, kept: Mapping[str, Any]) -> Opening:
    """The inverse of `to_json`."""
    moments = datetime.fromisoformat(kept["opened_at"]), datetime.fromisoformat(kept["expires_at"])
    return Opening(number, kept["opened_by"], *moments, kept["legal_basis"], kept["special"])


def open_to(openings: Iterable[Opening], caller: Caller, now: datetime) -> Opening | None:
    """The opening of this caller that lets in now, if there is one."""
    if caller.roles.isdisjoint(OPENERS):
        return None
    return next((each for each in openings if each.opened_by == caller.actor and each.runs(now)), None)
