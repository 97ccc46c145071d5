"""What the topic `contact-view` tells of a client to whoever reads it without a purpose: who, what is open and by when, never what about.

It tells all clients alike: were only care and youth left out, their absence would give them away.
"""

from collections.abc import Callable, Mapping
from typing import Any

from streams.special_parts import ABOUT
from streams.view import Row


def told(view: Row) -> dict[str, Any]:
    """The view as it is published: matters and needs by state and day, contacts, call-backs and offers without what they are about."""
    still_open, baton = view["open"], view.get("baton")
    parts = {
        "timeline": [_mute(entry) for entry in view["timeline"]],
        "call_backs": _each(_mute, view.get("call_backs", {})),
        "matters": _each(_matter, view.get("matters", {})),
        "needs": _each(_need, view.get("needs", {})),
        "baton": None if baton is None else _baton(baton),
    }
    opened = {name: _each(_OPEN[name], part) if name in _OPEN else part for name, part in still_open.items()}
    offer = None if still_open["offer"] is None else _mute(still_open["offer"])
    shown = {name: value for name, value in view.items() if name != "held_domains"}
    return {**shown, **{name: part for name, part in parts.items() if name in view}, "open": {**opened, "offer": offer}}


def _mute(entry: Row) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in ABOUT}


def _each(shown: Callable[[Row], dict[str, Any]], rows: Mapping[str, Row]) -> dict[str, Any]:
    return {ref: shown(row) for ref, row in rows.items()}


def _matter(matter: Row) -> dict[str, Any]:
    """Its state, and the first day by which something is due; the step, or the papers awaited, would tell the kind of matter."""
    due = [term["due_on"] for term in matter["terms"].values() if term["state"] != "done"]
    return {"state": matter["state"], "due_on": min([*due, *filter(None, [matter["recover_by"]])], default=None)}


def _need(need: Row) -> dict[str, Any]:
    return {"state": need["state"]}


def _baton(baton: Row) -> dict[str, Any]:
    return {name: _mute(part) if isinstance(part, Mapping) else part for name, part in baton.items()}


_OPEN = {"matters": _matter, "needs": _need, "call_backs": _mute}
