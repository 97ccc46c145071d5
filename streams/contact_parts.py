"""What handover tells of a client, as parts of the contact view: contact person, baton, offers, call-backs, contacts, load."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from services.contracts.codec import rfc3339
from services.contracts.envelope import Event
from services.contracts.handover import (
    BatonAccepted,
    BatonDeclined,
    BatonDueNeared,
    BatonDuePassed,
    BatonFellBack,
    BatonOffered,
    BatonOfferWithdrawn,
    BatonOpened,
    ContactPersonAssigned,
    EscalationEvent,
    EscalationLowered,
    EscalationRaised,
    HandoverCompleted,
    OfferEvent,
)
from services.contracts.handover_contacts import CallBackAnswered, CallBackRequested, CallBackTermPassed, ContactRecorded
from streams.view import Row

NOTHING_TOLD: Mapping[str, Any] = {
    "contact": None,
    "baton": None,
    "call_backs": {},
    "contacts": 0,
    "handovers": 0,
    "professionals": [],
    "held_domains": [],
}
"""The parts of a client of whom handover told nothing."""

Part = Callable[[Row, Any], dict[str, Any]]


def _met(row: Row, staff: Iterable[str]) -> dict[str, Any]:
    return {"professionals": sorted({*row["professionals"], *staff})}


def _opened(row: Row, fact: BatonOpened) -> dict[str, Any]:
    baton = {"team_ref": fact.team_ref, "organisation": fact.organisation, "since": fact.on.isoformat()}
    known = {"level": 1, "directs": "contact-person", "offer": None, "last_offer": None}
    return {"contact": _contact(fact, fact.organisation), "baton": {**baton, **known}, **_met(row, [fact.contact_person])}


def _assigned(row: Row, fact: ContactPersonAssigned) -> dict[str, Any]:
    return {"contact": _contact(fact, (row["contact"] or {}).get("organisation")), **_met(row, [fact.contact_person])}


def _contact(fact: BatonOpened | ContactPersonAssigned, organisation: str | None) -> dict[str, Any]:
    return {
        "contact_person": fact.contact_person,
        "team_ref": fact.team_ref,
        "organisation": organisation,
        "since": fact.on.isoformat(),
    }


def _offered(row: Row, fact: BatonOffered) -> dict[str, Any]:
    offer = {
        "offer": fact.offer,
        "state": "offered",
        "from_team_ref": fact.from_team_ref,
        "to_team_ref": fact.to_team_ref,
        "purpose": fact.purpose,
        "domain_from": fact.domain_from,
        "domain_to": fact.domain_to,
        "due_at": rfc3339(fact.due_at),
        "fall_back_at": rfc3339(fact.fall_back_at),
    }
    return {"baton": {**(row["baton"] or {}), "offer": offer}, **_held(row, fact.domain_from)}


def _held(row: Row, domain: str | None) -> dict[str, Any]:
    """A team of this domain holds the client, or did: whose contacts tell of it for good."""
    return {"held_domains": sorted({*row.get("held_domains", ()), *filter(None, [domain])})}


def _later(state: str) -> Part:
    def later(row: Row, _fact: OfferEvent) -> dict[str, Any]:
        baton = row["baton"] or {}
        return {"baton": {**baton, "offer": {**(baton.get("offer") or {}), "state": state}}}

    return later


def _ended(state: str) -> Part:
    """The sender is told by this: the last offer of the client and how it ended."""

    def ended(row: Row, fact: OfferEvent) -> dict[str, Any]:
        last = {"offer": fact.offer, "state": state, "from_team_ref": fact.from_team_ref, "to_team_ref": fact.to_team_ref}
        reason = getattr(fact, "reason", None)
        return {"baton": {**(row["baton"] or {}), "offer": None, "last_offer": {**last, **({"reason": reason} if reason else {})}}}

    return ended


def _accepted(row: Row, fact: BatonAccepted) -> dict[str, Any]:
    on = fact.on.isoformat()
    holder = {"team_ref": fact.to_team_ref, "organisation": fact.organisation, "since": on}
    baton = _ended("accepted")(row, fact)["baton"]
    contact = {"contact_person": fact.contact_person, "team_ref": fact.to_team_ref, "organisation": fact.organisation, "since": on}
    return {
        "contact": contact,
        "baton": {**baton, **holder},
        "handovers": row["handovers"] + 1,
        **_held(row, ((row["baton"] or {}).get("offer") or {}).get("domain_to")),
        **_met(row, [fact.contact_person, fact.accepted_by]),
    }


def _completed(row: Row, fact: HandoverCompleted) -> dict[str, Any]:
    baton = row["baton"] or {}
    return {"baton": {**baton, "last_result": {"offer": fact.offer, "result": fact.result}}}


def _level(row: Row, fact: EscalationEvent) -> dict[str, Any]:
    return {"baton": {**(row["baton"] or {}), "level": fact.level, "directs": fact.directs}}


def _asked_back(row: Row, fact: CallBackRequested) -> dict[str, Any]:
    asked = {"team_ref": fact.team_ref, "channel": fact.channel, "subject": fact.subject, "due_at": rfc3339(fact.due_at), "state": "open"}
    return {"call_backs": {**row["call_backs"], fact.call_back_ref: asked}}


def _overdue(row: Row, fact: CallBackTermPassed) -> dict[str, Any]:
    asked = row["call_backs"].get(fact.call_back_ref, {})
    return {"call_backs": {**row["call_backs"], fact.call_back_ref: {**asked, "state": "overdue"}}}


def _called_back(row: Row, fact: CallBackAnswered) -> dict[str, Any]:
    left = {ref: asked for ref, asked in row["call_backs"].items() if ref != fact.call_back_ref}
    return {"call_backs": left, **_met(row, [fact.answered_by])}


def _in_touch(row: Row, fact: ContactRecorded) -> dict[str, Any]:
    return {"contacts": row["contacts"] + 1, **_met(row, [fact.staff_ref])}


PARTS: Mapping[type[Event], Part] = {
    BatonOpened: _opened,
    ContactPersonAssigned: _assigned,
    BatonOffered: _offered,
    BatonDueNeared: _later("near"),
    BatonDuePassed: _later("late"),
    BatonAccepted: _accepted,
    BatonDeclined: _ended("declined"),
    BatonOfferWithdrawn: _ended("withdrawn"),
    BatonFellBack: _ended("fell-back"),
    HandoverCompleted: _completed,
    EscalationRaised: _level,
    EscalationLowered: _level,
    CallBackRequested: _asked_back,
    CallBackTermPassed: _overdue,
    CallBackAnswered: _called_back,
    ContactRecorded: _in_touch,
}
"""What changes by each fact. A part comes from one stream, or is a sorted set or a sum: the order between streams leaves no trace."""


_OF_OFFER = ("offer", "from_team_ref", "to_team_ref")
_BESIDE: Mapping[type[Event], tuple[str, ...]] = {
    ContactRecorded: ("channel", "subject"),
    CallBackRequested: ("channel", "subject"),
    EscalationRaised: ("level", "reason"),
    EscalationLowered: ("level", "reason"),
    **dict.fromkeys((BatonOffered, BatonAccepted, BatonDeclined, BatonOfferWithdrawn, BatonFellBack), _OF_OFFER),
}
"""Which fields the timeline tells of a fact beside its name."""


def told_of(fact: Event) -> dict[str, Any]:
    """What the timeline says of a contact, an offer or a level beside its name."""
    return {name: getattr(fact, name) for name in _BESIDE.get(type(fact), ())}
