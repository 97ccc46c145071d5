"""Who was let in to a client in an emergency: kept in the row for the read API, shown to nobody and published nowhere."""

from collections.abc import Callable, Mapping
from typing import Any

from services.access.break_glass import Opening, from_json, opening_of, to_json
from services.contracts.break_glass import BreakGlassExpired, BreakGlassOpened, BreakGlassWithdrawn
from services.contracts.envelope import Event
from streams.view import Row

GLASS = "glass"
MONEY, OF_MONEY = ("payouts", "payout_cents", "account_bound_on"), ("benefits/right/", "benefits/account/")
"""Parts of a client's view, and streams behind it, that no emergency opens."""


def _opened(row: Row, fact: BreakGlassOpened) -> dict[str, Any]:
    return {GLASS: {**row.get(GLASS, {}), str(fact.opening): to_json(opening_of(fact))}}


def _over(row: Row, fact: BreakGlassWithdrawn | BreakGlassExpired) -> dict[str, Any]:
    return {GLASS: {number: opening for number, opening in row.get(GLASS, {}).items() if number != str(fact.opening)}}


GLASS_PARTS: Mapping[type[Event], Callable[[Row, Any], dict[str, Any]]] = {
    BreakGlassOpened: _opened,
    BreakGlassWithdrawn: _over,
    BreakGlassExpired: _over,
}
"""What changes by each fact; all come from one stream. What was made of an opening stands in the timeline only."""


def openings(row: Row) -> list[Opening]:
    """The openings that did not end as far as the row knows; whether they let in now is the clock's to say."""
    return [from_json(int(number), opening) for number, opening in row.get(GLASS, {}).items()]


def without_money(view: Row) -> dict[str, Any]:
    """The view without what was paid and on which account, for who reads it in an emergency; `left_out` says so."""
    kept = {name: part for name, part in view.items() if name not in MONEY}
    left: dict[str, Any] = {
        "timeline": [entry for entry in view["timeline"] if not entry["stream"].startswith(OF_MONEY)],
        "slots": {stream: version for stream, version in view["slots"].items() if not stream.startswith(OF_MONEY)},
        "open": {name: part for name, part in view["open"].items() if name != "payouts"},
        "left_out": sorted({*view.get("left_out", ()), "payouts"}),
    }
    return {**kept, **left}
