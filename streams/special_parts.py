"""What a client's view tells of care and youth, and the view without it: for who stated no purpose that opens it."""

from collections.abc import Collection, Iterator
from typing import Any

from services.access.special import OF_NEED, OF_SUBJECT
from streams.view import Row

MATTER, NEEDS = "intake/matter/", "intake/needs/"


def domains(view: Row) -> Iterator[str]:
    """The domains that a view tells of: those of its matters and needs, and that of the team which holds the client."""
    yield from (_domain(matter) for matter in view.get("matters", {}).values())
    yield from (OF_NEED.get(need["domain"], "") for need in view.get("needs", {}).values())
    yield str((view.get("team") or {}).get("domain", ""))


def without(view: Row, left_out: Collection[str]) -> dict[str, Any]:
    """The view without what is of these domains; `left_out` names them, so that nobody takes it for all there is."""
    matters = {ref: matter for ref, matter in view.get("matters", {}).items() if _domain(matter) not in left_out}
    hidden = {MATTER + ref for ref in view.get("matters", {}) if ref not in matters}
    needs = {ref: need for ref, need in view.get("needs", {}).items() if OF_NEED.get(need["domain"]) not in left_out}
    if len(needs) < len(view.get("needs", {})):
        hidden.add(NEEDS + view["client"])  # one stream for all needs, whose entries do not say of which domain they are
    timeline = [entry for entry in view["timeline"] if entry["stream"] not in hidden]
    call_backs = view["open"]["call_backs"]
    if (view.get("team") or {}).get("domain") in left_out:
        timeline = [_mute(entry) for entry in timeline]
        call_backs = {ref: _mute(asked) for ref, asked in call_backs.items()}
    still_open = {ref: matter for ref, matter in view["open"]["matters"].items() if ref in matters}
    shown = {**view, "timeline": timeline, "left_out": sorted(left_out)}
    shown |= {"open": {**view["open"], "matters": still_open, "needs": _still_open(view, needs), "call_backs": call_backs}}
    slots = {stream: version for stream, version in view["slots"].items() if stream not in hidden}
    left = {"matters": matters, "needs": needs}
    return {**shown, "slots": slots, **{name: part for name, part in left.items() if name in view}}


def _still_open(view: Row, needs: Collection[str]) -> dict[str, Any]:
    return {ref: need for ref, need in view["open"].get("needs", {}).items() if ref in needs}


def _domain(matter: Row) -> str:
    return OF_SUBJECT.get(matter.get("subject") or "", "")


def _mute(entry: Row) -> dict[str, Any]:
    """That there was a contact, not what about."""
    return {name: value for name, value in entry.items() if name != "subject"}
