"""What whoever meets a client must know at once: the contact person, who holds the client, what is open, what was paid."""

from bisect import insort
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from services.contracts.benefits import AccountBound, RightEvent
from services.contracts.codec import rfc3339
from services.contracts.envelope import Envelope, Event
from services.contracts.erasure import ClientErased
from services.contracts.intake import ApplicationReceived, IntakeAccepted
from services.contracts.topics import EVENT_TOPICS
from streams.contact_matters import MATTER_PARTS, open_matters
from streams.contact_needs import NEED_PARTS, open_needs
from streams.contact_parts import NOTHING_TOLD, PARTS, told_of
from streams.glass_parts import GLASS, GLASS_PARTS
from streams.payout_status import RIGHTS, after, is_of_right, is_open
from streams.route_parts import ROUTE_PARTS, is_integral
from streams.view import Row, View

KNOWN_ALREADY = ("client", "household_ref", "municipality")
"""Fields of a payout that the contact view has once for all."""

BOOKKEEPING = ("slots", "seen")
"""What a row has besides what it shows."""

"""What is summed over the payouts of a client, and the state whose cents these are."""


def _start(fact: Envelope[Event]) -> dict[str, Any]:
    return {
        "client": fact.key,
        "municipality": fact.municipality,
        "as_of": ["", "", 0],
        "household_ref": None,
        "route": None,
        "accepted_on": None,
        **NOTHING_TOLD,
        "account_bound_on": None,
        "applications": {},
        "matters": {},
        "needs": {},
        "payouts": {},
        "timeline": [],
    }


def _applied(row: Row, fact: ApplicationReceived) -> dict[str, Any]:
    application = {
        "scheme": fact.scheme,
        "scheme_year": fact.scheme_year,
        "channel": fact.channel,
        "received_on": fact.received_on.isoformat(),
    }
    return {"household_ref": fact.household_ref, "applications": {**row["applications"], fact.application_ref: application}}


def _accepted(_row: Row, fact: IntakeAccepted) -> dict[str, Any]:
    return {"household_ref": fact.household_ref, "route": fact.route, "accepted_on": fact.accepted_on.isoformat()}


def _bound(_row: Row, fact: AccountBound) -> dict[str, Any]:
    return {"account_bound_on": fact.on.isoformat()}


def _of_right(row: Row, fact: RightEvent) -> dict[str, Any]:
    payout = after(row["payouts"].get(fact.right_ref, {}), fact)
    for name in KNOWN_ALREADY:
        del payout[name]
    return {"payouts": {**row["payouts"], fact.right_ref: payout}}


_KNOWN: Mapping[type[Event], Callable[[Row, Any], dict[str, Any]]] = {
    ApplicationReceived: _applied,
    IntakeAccepted: _accepted,
    AccountBound: _bound,
    **PARTS,
    **MATTER_PARTS,
    **ROUTE_PARTS,
    **NEED_PARTS,
    **GLASS_PARTS,
}


def _part(row: Row, event: Event) -> dict[str, Any]:
    """What changes by an event; one that is new to this view stands in the timeline only."""
    known: Callable[[Row, Any], dict[str, Any]] | None = _of_right if is_of_right(event) else _KNOWN.get(type(event))
    return {} if known is None else known(row, event)


def _entry(fact: Envelope[Event], recorded: str) -> dict[str, Any]:
    event = fact.event
    entry = {
        "recorded": recorded,
        "stream": fact.stream,
        "version": fact.version,
        "what": type(event).TYPE.split(".")[3],
        "on": fact.effective_at.date().isoformat(),
        **told_of(event),
    }
    return {**entry, "amount_cents": event.amount_cents} if is_of_right(event) else entry  # type: ignore[attr-defined]  # is_of_right


def _order(entry: Row) -> tuple[str, str, int]:
    return entry["recorded"], entry["stream"], entry["version"]


def _gone(row: Row | None, fact: Envelope[Event]) -> dict[str, Any]:
    """All that stays of an erased client is what tells a repeat from a new fact, in whatever order the services told."""
    kept = {name: value for name, value in (row or {}).items() if name in BOOKKEEPING}
    told = {**(row or {}), **fact.event.model_dump(mode="json")} if isinstance(fact.event, ClientErased) else (row or {})
    return {"client": fact.key, "municipality": told["municipality"], "erased_on": told["erased_on"], **kept}


def is_erased(row: Row) -> bool:
    """Whether the client was erased."""
    return "erased_on" in row


def _fold(row: Row | None, fact: Envelope[Event]) -> dict[str, Any]:
    if isinstance(fact.event, ClientErased) or (row is not None and is_erased(row)):
        return _gone(row, fact)
    before = row if row and "timeline" in row else {**_start(fact), **(row or {})}
    entry = _entry(fact, rfc3339(fact.recorded_at))
    place = list(_order(entry))
    timeline = [*before["timeline"], entry]
    if place > before["as_of"]:
        return {**before, **_part(before, fact.event), "as_of": place, "municipality": fact.municipality, "timeline": timeline}
    insort(timeline, timeline.pop(), key=_order)
    return {**before, **_part(before, fact.event), "timeline": timeline}


VIEW = View(
    name="contact-view",
    topics=EVENT_TOPICS,
    streams=(
        *("intake/client/", "intake/matter/", "intake/needs/", "intake/route/", "intake/erasure/"),
        *("handover/baton/", "handover/contacts/", "handover/call-back/", "handover/break-glass/", "handover/erasure/"),
        *("benefits/account/", "benefits/erasure/", RIGHTS),
    ),
    row_key=lambda _stream, key: key,
    fold=_fold,
)
"""One row per client, who is the Kafka key of all these streams.

Each part comes from one stream, or is sorted: the order between streams leaves no trace.
"""


def shown(row: Row) -> dict[str, Any]:
    """The row as staff applications get it, with what is open and by when, sums of the payouts in cents, and the coordination load."""
    payouts = row.get("payouts", {})
    seen = {
        **row,
        "integral": is_integral(row),
        "flag": row.get("flag"),
        "open": _open(row),
        "payout_cents": _sums(payouts.values()),
        "load": {
            "professionals": len(row.get("professionals", ())),
            "handovers": row.get("handovers", 0),
            "contacts": row.get("contacts", 0),
        },
    }
    del seen["seen"]
    for name in ("as_of", GLASS):
        seen.pop(name, None)
    return seen


def _open(row: Row) -> dict[str, Any]:
    """Applications and matters without a decision, needs, payouts not yet paid, the offer that stands, call-backs; each with its term."""
    payouts, applications = row.get("payouts", {}), row.get("applications", {})
    decided = {(payout["scheme"], payout["scheme_year"]) for payout in payouts.values() if "scheme" in payout}
    waiting = {ref: asked for ref, asked in applications.items() if (asked["scheme"], asked["scheme_year"]) not in decided}
    unpaid = sorted(ref for ref, payout in payouts.items() if is_open(payout))
    offer = (row.get("baton") or {}).get("offer")
    return {
        "applications": waiting,
        "payouts": unpaid,
        "offer": offer,
        "call_backs": row.get("call_backs", {}),
        "matters": open_matters(row),
        "needs": open_needs(row),
    }


def _sums(payouts: Iterable[Row]) -> dict[str, int]:
    """Promised, paid and returned, in cents over all payouts; promised is what was granted, and is neither withdrawn nor set off."""
    told = list(payouts)
    promised = (each for each in told if "set_off_against" not in each)
    return {
        "promised": sum(each.get("decided_cents", 0) - each.get("withdrawn_cents", 0) for each in promised),
        "paid": sum(each.get("paid_cents", 0) for each in told),
        "returned": sum(each.get("returned_cents", 0) for each in told),
    }
