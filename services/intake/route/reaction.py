"""What others tell that rules may see: money that came back, and a baton that nobody took."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from services.contracts.benefits import PaymentReturned
from services.contracts.envelope import Envelope, Event
from services.contracts.handover import BatonFellBack
from services.contracts.route import SignalKind, SignalSource
from services.eventlog.decider import Refused
from services.eventlog.log import Origin, Transaction
from services.eventlog.reactor import React
from services.intake.desk import Asked, household_of, local_day
from services.intake.route.commands import Command, RecordSignal
from services.intake.route.rules import RouteRules
from services.intake.route.work import RouteWork, of_client

ACTOR = "reactor:intake"
FOLLOWED = (PaymentReturned.TYPE, BatonFellBack.TYPE)
UNKNOWN = Refused("unknown-client", "intake does not know this client")


class Heard(NamedTuple):
    """A signal as another service tells it; two of a kind on one day are one."""

    client: str
    kind: SignalKind
    source: SignalSource
    since: date


def react(rules: RouteRules, now: Callable[[], datetime]) -> React:
    """What the route does with the facts of others."""

    def reaction(envelope: Envelope[Event]) -> Sequence[RouteWork]:
        heard = _heard(envelope)
        return [] if heard is None else [_recording(envelope, heard, rules, now())]

    return reaction


def _heard(envelope: Envelope[Event]) -> Heard | None:
    event = envelope.event
    if isinstance(event, PaymentReturned):
        return Heard(event.client, "returned-payment", "benefits", event.booked_on)
    if isinstance(event, BatonFellBack):
        return Heard(event.client, "fallen-baton", "handover", local_day(envelope.recorded_at))
    return None


def _recording(envelope: Envelope[Event], heard: Heard, rules: RouteRules, at: datetime) -> RouteWork:
    origin = Origin(ACTOR, f"{envelope.event_id}:route-signal", at, envelope.correlation_id, envelope.event_id)
    asked = Asked(origin, envelope.event_id.encode(), lambda _municipality: None)
    ref = f"sg-{sha256(envelope.event_id.encode()).hexdigest()[:16]}"

    def make(who: dict[str, Any]) -> RecordSignal:
        told: dict[str, Any] = {"kind": heard.kind, "source": heard.source, "since": min(heard.since, asked.today)}
        return RecordSignal(**who, **told, domain=None, organisation=None, signal_ref=ref, recorded_by=ACTOR)

    work = of_client(heard.client, rules, make, asked)

    def of_known(tx: Transaction) -> Command | Refused:
        return UNKNOWN if household_of(tx, heard.client) is None else work.command(tx)

    return replace(work, command=of_known)
