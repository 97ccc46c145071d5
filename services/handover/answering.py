"""The baton moves when an offer is accepted, once; until then, and after any other answer, the sender holds it."""

from collections.abc import Sequence
from typing import assert_never

from services.contracts.envelope import Event
from services.contracts.handover import BatonAccepted, BatonDeclined, BatonOfferWithdrawn, HandoverCompleted
from services.eventlog.decider import Refused, refusal
from services.handover.baton import Baton, Ended, Offer, about
from services.handover.commands import AcceptBaton, Acting, CompleteHandover, DeclineBaton, WithdrawOffer
from services.handover.holding import TEAM_UNKNOWN
from services.handover.state import Handover
from services.handover.team import Team

OVER = {
    "accepted": Refused("already-accepted", "somebody else accepted this offer first"),
    "declined": Refused("already-declined", "this offer was declined; the sender holds the baton"),
    "withdrawn": Refused("already-withdrawn", "the sender took this offer back"),
    "fell-back": Refused("fell-back", "nobody answered in time; the sender holds the baton and may offer it again"),
}
NO_SUCH_OFFER = Refused("offer-unknown", "there is no such offer of this client")
NOT_YOURS = Refused("not-in-team", "only staff of the team that acts, or who directs teams, may do this")
OWN_OFFER = Refused("own-offer", "who offers a client does not accept it; let somebody else of the receiving team do so")
CONTACT_PERSON_ELSEWHERE = Refused("contact-person-elsewhere", "the contact person must work in the receiving team")

AnswerCommand = AcceptBaton | DeclineBaton | WithdrawOffer | CompleteHandover
Decision = Sequence[Event] | Refused


def answer(state: Handover, baton: Baton, command: AnswerCommand) -> Decision:
    """Facts, nothing for a repeat, or a refusal with its reason."""
    match command:
        case AcceptBaton():
            return _accept(state, baton, command)
        case DeclineBaton():
            return _decline(state, baton, command)
        case WithdrawOffer():
            return _withdraw(state, baton, command)
        case CompleteHandover():
            return _complete(state, baton, command)
        case _:
            assert_never(command)


def _accept(state: Handover, baton: Baton, command: AcceptBaton) -> Decision:
    """The first acceptance moves the baton; a second one learns that it came too late."""
    offer = baton.offer
    if offer is None or offer.number != command.offer:
        return [] if _accepted_so(baton, command) else _over(baton, command.offer)
    receiver = state.teams.get(offer.to_team_ref)
    if receiver is None:
        return TEAM_UNKNOWN
    refused = _may_accept(offer, receiver, command)
    if refused is not None:
        return refused
    accepted = BatonAccepted(
        **about(command.client, baton, offer),
        organisation=receiver.organisation,
        contact_person=command.contact_person,
        on=command.acting.today,
        accepted_by=command.acting.staff_ref,
    )
    return [accepted]


def _may_accept(offer: Offer, receiver: Team, command: AcceptBaton) -> Refused | None:
    return refusal(
        (not acts(receiver, command.acting), NOT_YOURS),
        (command.acting.staff_ref == offer.offered_by, OWN_OFFER),
        (command.contact_person not in receiver.active, CONTACT_PERSON_ELSEWHERE),
        (command.acting.at >= offer.fall_back_at, OVER["fell-back"]),
    )


def _accepted_so(baton: Baton, command: AcceptBaton) -> bool:
    return baton.ended == Ended(command.offer, "accepted", command.acting.staff_ref, command.contact_person)


def _decline(state: Handover, baton: Baton, command: DeclineBaton) -> Decision:
    offer = baton.offer
    if offer is None or offer.number != command.offer:
        return [] if _ended_so(baton, command.offer, "declined", command.acting) else _over(baton, command.offer)
    if not acts(state.teams.get(offer.to_team_ref), command.acting):
        return NOT_YOURS
    told, by = about(command.client, baton, offer), command.acting.staff_ref
    return [BatonDeclined(**told, reason=command.reason, declined_by=by, text_ref=command.text_ref)]


def _withdraw(state: Handover, baton: Baton, command: WithdrawOffer) -> Decision:
    offer = baton.offer
    if offer is None or offer.number != command.offer:
        return [] if _ended_so(baton, command.offer, "withdrawn", command.acting) else _over(baton, command.offer)
    if not acts(state.teams.get(offer.from_team_ref), command.acting):
        return NOT_YOURS
    told, by = about(command.client, baton, offer), command.acting.staff_ref
    return [BatonOfferWithdrawn(**told, reason=command.reason, withdrawn_by=by, text_ref=command.text_ref)]


def _complete(state: Handover, baton: Baton, command: CompleteHandover) -> Decision:
    handed = baton.handed
    if handed is None or handed.number != command.offer:
        return Refused("not-handed-over", "only the last accepted handover of a client can be completed")
    if not acts(state.teams.get(handed.to_team_ref), command.acting):
        return NOT_YOURS
    if handed.result:
        return [] if handed.result == command.result else Refused("already-completed", "another result was told of this handover")
    told = about(command.client, baton, handed)
    return [HandoverCompleted(**told, result=command.result, completed_by=command.acting.staff_ref, text_ref=command.text_ref)]


def acts(team: Team | None, acting: Acting) -> bool:
    """Whether somebody may act for a team: one of its staff, or who directs teams."""
    return acting.directs or (team is not None and acting.staff_ref in team.active)


def _ended_so(baton: Baton, offer: int, outcome: str, acting: Acting) -> bool:
    return baton.ended is not None and baton.ended[:3] == (offer, outcome, acting.staff_ref)


def _over(baton: Baton, offer: int) -> Refused:
    if baton.ended is not None and baton.ended.number == offer:
        return OVER[baton.ended.outcome]
    return NO_SUCH_OFFER if offer > baton.offers else Refused("offer-over", "this offer was answered long ago; read the client again")
