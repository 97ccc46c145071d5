"""What a moment brings that passed without an answer: near, late, and in the end the offer is over and the sender holds on."""

from collections.abc import Sequence
from typing import assert_never

from services.contracts.envelope import Event
from services.contracts.handover import BatonDueNeared, BatonDuePassed, BatonFellBack
from services.handover.baton import Baton, Offer, about
from services.handover.commands import PassMoment
from services.handover.escalation import after_fall_back


def pass_moment(baton: Baton, command: PassMoment) -> Sequence[Event]:
    """Facts for an offer that still stands, nothing for one that was answered."""
    offer = baton.offer
    if offer is None or offer.number != command.offer:
        return []
    return _passed(baton, offer, command)


def _passed(baton: Baton, offer: Offer, command: PassMoment) -> Sequence[Event]:
    told = about(command.client, baton, offer)
    match command.moment:
        case "near":
            return [] if offer.neared or offer.passed else [BatonDueNeared(**told, due_at=offer.due_at)]
        case "due":
            return [] if offer.passed else [BatonDuePassed(**told, due_at=offer.due_at)]
        case "fall-back":
            return [BatonFellBack(**told, due_at=offer.due_at), *after_fall_back(baton, command)]
        case _:
            assert_never(command.moment)
