"""What a client's view tells of care and youth, and the view without it: for who stated no purpose that opens it."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from services.access.special import OF_NEED, OF_SUBJECT
from streams.view import Row

MATTER, NEEDS = "intake/matter/", "intake/needs/"
ABOUT = frozenset({"subject", "purpose", "reason", "result", "domain_from", "domain_to"})
"""Fields of contacts, call-backs and offers that may say what they are about."""


def domains(view: Row) -> Iterator[str]:
    """The domains that a view tells of: those of its matters and needs, of teams that hold or held the client, and of the open offer."""
    yield from (_domain(matter) for matter in view.get("matters", {}).values())
    yield from (OF_NEED.get(need["domain"], "") for need in view.get("needs", {}).values())
    yield from _held(view)
    yield from _offered((view.get("baton") or {}).get("offer") or {})


def without(view: Row, left_out: AbstractSet[str]) -> dict[str, Any]:
    """The view without what is of these domains; `left_out` names them, so that nobody takes it for all there is."""
    matters = {ref: matter for ref, matter in view.get("matters", {}).items() if _domain(matter) not in left_out}
    hidden = {MATTER + ref for ref in view.get("matters", {}) if ref not in matters}
    needs = {ref: need for ref, need in view.get("needs", {}).items() if OF_NEED.get(need["domain"]) not in left_out}
    if len(needs) < len(view.get("needs", {})):
        hidden.add(NEEDS + view["client"])  # one stream for all needs, whose entries do not say of which domain they are
    timeline = [entry for entry in view["timeline"] if entry["stream"] not in hidden]
    still_open = {ref: matter for ref, matter in view["open"]["matters"].items() if ref in matters}
    shown = {**view, "timeline": timeline, "left_out": sorted(left_out)}
    shown |= {"open": {**view["open"], "matters": still_open, "needs": _still_open(view, needs)}}
    shown = _quiet(_without_offer(shown, left_out), left_out)
    slots = {stream: version for stream, version in view["slots"].items() if stream not in hidden}
    left = {"matters": matters, "needs": needs}
    return {**shown, "slots": slots, **{name: part for name, part in left.items() if name in view}}


def _held(view: Row) -> Iterator[str]:
    yield str((view.get("team") or {}).get("domain", ""))
    yield from view.get("held_domains", ())


def _offered(offer: Row) -> Iterator[str]:
    yield from (str(offer[side]) for side in ("domain_from", "domain_to") if side in offer)


def _quiet(view: Row, left_out: AbstractSet[str]) -> dict[str, Any]:
    """Where a team of these domains holds or held the client: that there were contacts and handovers, not what about."""
    told = {**view, "held_domains": [domain for domain in view.get("held_domains", ()) if domain not in left_out]}
    if left_out.isdisjoint(_held(view)):
        return told
    told |= {"timeline": [_mute(entry) for entry in view["timeline"]], "call_backs": _mute_each(view.get("call_backs", {}))}
    told |= {"open": {**view["open"], "call_backs": _mute_each(view["open"]["call_backs"])}}
    baton = view.get("baton")
    return told if baton is None else {**told, "baton": {name: _mute(part) for name, part in baton.items()}}


def _without_offer(view: Row, left_out: AbstractSet[str]) -> dict[str, Any]:
    """An offer from or to a team of these domains stands there, not what for."""
    offer = view["open"].get("offer")
    if offer is None or left_out.isdisjoint(_offered(offer)):
        return dict(view)
    muted = _mute(offer)
    return {**view, "open": {**view["open"], "offer": muted}, "baton": {**view["baton"], "offer": muted}}


def _still_open(view: Row, needs: Mapping[str, Any]) -> dict[str, Any]:
    return {ref: need for ref, need in view["open"].get("needs", {}).items() if ref in needs}


def _domain(matter: Row) -> str:
    return OF_SUBJECT.get(matter.get("subject") or "", "")


def _mute(part: Any) -> Any:  # noqa: ANN401 - a part of the view
    return {name: value for name, value in part.items() if name not in ABOUT} if isinstance(part, Mapping) else part


def _mute_each(rows: Mapping[str, Row]) -> dict[str, Any]:
    return {ref: _mute(row) for ref, row in rows.items()}
