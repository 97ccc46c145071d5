"""What lies beside the facts of offers: their moments for the clock, which stand, and what each team must know of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

import orjson

from services.contracts.envelope import Envelope, Event, Published
from services.contracts.handover import BatonDueNeared, BatonDuePassed, BatonOffered, OfferClosed, OfferEvent
from services.eventlog.log import Due, EventLog, Transaction
from services.handover.commands import Moment
from services.handover.state import baton_stream

OPEN = "open-offers"
OF_TEAM = "offers-of-team/"
MOMENTS: tuple[Moment, ...] = get_args(Moment)
CLOSED: tuple[type[Event], ...] = get_args(OfferClosed)


class OpenOffer(Published):
    """An offer that stands: `state` is offered, near or late; moments in UTC."""

    client: str
    offer: int
    municipality: str
    from_team_ref: str
    to_team_ref: str
    state: str
    offered_at: datetime
    due_at: datetime
    fall_back_at: datetime


def open_offers(log: EventLog) -> list[OpenOffer]:
    """Every offer that stands, by client."""
    return [OpenOffer.model_validate_json(value) for _, value in log.kept_all(OPEN)]


def of_team(log: EventLog, team_ref: str) -> list[dict[str, Any]]:
    """The last offer of each client that a team sent or received, and how it stands or ended; so is the sender told."""
    return [orjson.loads(value) for _, value in log.kept_all(OF_TEAM + team_ref)]


def note(tx: Transaction, recorded: Sequence[Envelope[Event]]) -> None:
    """Keep moments and lists right, in the transaction of the facts."""
    for envelope in recorded:
        event = envelope.event
        if not isinstance(event, OfferEvent):
            continue
        _tell_teams(tx, envelope, event)
        if isinstance(event, BatonOffered):
            _stands(tx, envelope, event)
        elif isinstance(event, CLOSED):
            _is_over(tx, event)
        elif isinstance(event, BatonDueNeared | BatonDuePassed):
            _moves_on(tx, event)


def _stands(tx: Transaction, envelope: Envelope[Event], event: BatonOffered) -> None:
    at: dict[Moment, datetime] = {"near": event.near_at, "due": event.due_at, "fall-back": event.fall_back_at}
    for moment in MOMENTS:
        tx.schedule(Due(baton_stream(event.client), kind_of(moment, event.offer), at[moment]))
    offer = OpenOffer(
        client=event.client,
        offer=event.offer,
        municipality=event.municipality,
        from_team_ref=event.from_team_ref,
        to_team_ref=event.to_team_ref,
        state="offered",
        offered_at=envelope.recorded_at,
        due_at=event.due_at,
        fall_back_at=event.fall_back_at,
    )
    tx.keep(OPEN, event.client, offer.model_dump_json().encode())


def _is_over(tx: Transaction, event: OfferEvent) -> None:
    for moment in MOMENTS:
        tx.unschedule(baton_stream(event.client), kind_of(moment, event.offer))
    tx.drop(OPEN, event.client)


def _moves_on(tx: Transaction, event: OfferEvent) -> None:
    kept = tx.kept(OPEN, event.client)
    if kept is None:
        return  # of an offer that was lost before a restore
    state = "near" if isinstance(event, BatonDueNeared) else "late"
    tx.keep(OPEN, event.client, orjson.dumps({**orjson.loads(kept), "state": state}))


def _tell_teams(tx: Transaction, envelope: Envelope[Event], event: OfferEvent) -> None:
    row = {
        "client": event.client,
        "offer": event.offer,
        "from_team_ref": event.from_team_ref,
        "to_team_ref": event.to_team_ref,
        "last": event.TYPE.split(".")[3],
        "at": envelope.recorded_at,
    }
    if isinstance(event, BatonOffered | BatonDueNeared | BatonDuePassed):
        row["due_at"] = event.due_at
    for team_ref in {event.from_team_ref, event.to_team_ref}:
        tx.keep(OF_TEAM + team_ref, event.client, orjson.dumps(row))


def kind_of(moment: Moment, offer: int) -> str:
    """Kind of due moment, such as `near-3`: a moment of one offer is never taken for that of the next."""
    return f"{moment}-{offer}"


def moment_of(kind: str) -> tuple[Moment, int]:
    """Moment and number of an offer from a kind of due moment."""
    moment, _, offer = kind.rpartition("-")
    return next(known for known in MOMENTS if known == moment), int(offer)
