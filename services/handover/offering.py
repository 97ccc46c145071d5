"""The baton is offered to another team: nothing moves, and the policy says until when an answer is due."""

from collections.abc import Sequence

from services.contracts.envelope import Event
from services.contracts.handover import BatonOffered
from services.eventlog.decider import Refused, refusal
from services.handover.answering import NOT_YOURS, acts
from services.handover.baton import Baton
from services.handover.commands import OfferBaton
from services.handover.due_times import Moments, moments
from services.handover.holding import NO_STAFF, NOT_THE_HOLDER, OTHER_MUNICIPALITY, TEAM_UNKNOWN
from services.handover.rules import TermKind
from services.handover.sharing import may_share
from services.handover.state import Handover
from services.handover.team import Team

Decision = Sequence[Event] | Refused


def offer(state: Handover, baton: Baton, command: OfferBaton) -> Decision:
    """An offer within what the policies allow."""
    sender, receiver = state.teams.get(command.team_ref), state.teams.get(command.to_team_ref)
    if sender is None or receiver is None:
        return TEAM_UNKNOWN
    refused = _may_offer(baton, sender, receiver, command) or may_share(sender, receiver, command)
    if refused is not None:
        return refused
    kind = _kind(sender, receiver, command)
    term = command.rules.term(kind, command.acting.today)
    if term is None:
        return Refused("no-term", f"no policy gives a term for a handover {kind} on this day; add a row to policies/terms.toml")
    due = moments(command.rules, term, command.acting.at)
    return [_offered((baton, sender, receiver), command, kind, due)]


def _may_offer(baton: Baton, sender: Team, receiver: Team, command: OfferBaton) -> Refused | None:
    return refusal(
        (baton.team_ref != command.team_ref, NOT_THE_HOLDER),
        (not acts(sender, command.acting), NOT_YOURS),
        (baton.offer is not None, Refused("offer-open", "an offer of this client stands; withdraw it first")),
        (
            command.to_team_ref == baton.team_ref,
            Refused("already-the-holder", "this team holds the client; assign another contact person instead"),
        ),
        (receiver.municipality != baton.municipality, OTHER_MUNICIPALITY),
        (not receiver.active, NO_STAFF),
    )


def _kind(sender: Team, receiver: Team, command: OfferBaton) -> TermKind:
    if command.urgent:
        return "urgent"
    return "within-organisation" if sender.organisation == receiver.organisation else "between-organisations"


def _offered(parties: tuple[Baton, Team, Team], command: OfferBaton, kind: TermKind, due: Moments) -> BatonOffered:
    baton, sender, receiver = parties
    return BatonOffered(
        client=command.client,
        municipality=baton.municipality,
        offer=baton.offers + 1,
        from_team_ref=command.team_ref,
        to_team_ref=command.to_team_ref,
        from_organisation=sender.organisation,
        to_organisation=receiver.organisation,
        kind=kind,
        purpose=command.purpose,
        legal_basis=command.legal_basis,
        domain_from=sender.domain,
        domain_to=receiver.domain,
        shares=command.shares,
        keeps_quality=command.keeps_quality,
        keeps_coherence=command.keeps_coherence,
        keeps_contact=command.keeps_contact,
        near_at=due.near_at,
        due_at=due.due_at,
        fall_back_at=due.fall_back_at,
        rule_version=command.rules.version,
        offered_by=command.acting.staff_ref,
        consent_ref=command.consent_ref,
        text_ref=command.text_ref,
    )
