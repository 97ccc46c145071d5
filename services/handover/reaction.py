"""An accepted intake opens the baton of the client."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.contracts.envelope import Envelope, Event
from services.contracts.intake import IntakeAccepted
from services.eventlog.log import Answer, Origin, Transaction
from services.eventlog.reactor import React
from services.handover.commands import Waiting
from services.handover.work import Asked, opening

ACTOR = "reactor:handover"


def react(now: Callable[[], datetime]) -> React:
    """What handover does with the facts of others."""

    def reaction(envelope: Envelope[Event]) -> Sequence[Callable[[Transaction], Answer]]:
        event = envelope.event
        if not isinstance(event, IntakeAccepted):
            return []
        command_id = f"{envelope.event_id}:open-baton"
        origin = Origin(ACTOR, command_id, now(), envelope.correlation_id, envelope.event_id)
        return [opening(event.municipality, Waiting(event.client, event.accepted_on), Asked(origin, envelope.event_id.encode()))]

    return reaction
