"""Nobody has two benefits on one day: not in two municipalities, and not as the partner in somebody else's."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.benefits.monthly.commands import GrantBenefit, LegalCommand, LodgeObjection, Terms
from services.benefits.monthly.dossier import Dossier
from services.contracts.envelope import Event
from services.contracts.monthly import BenefitShared, BenefitShareEnded
from services.eventlog.decider import Refused, refusal

Dossiers = Mapping[tuple[str, str], Dossier]
"""By client and municipality: each municipality decides on a right of its own. Those of who is decided on, and those of a partner."""


def dossier_in(state: Dossiers, client: str, municipality: str) -> Dossier:
    """What is known of a client's benefit in a municipality; empty where nothing is."""
    return state.get((client, municipality), Dossier())


def all_of(state: Dossiers, client: str) -> list[Dossier]:
    """The client's dossiers, one for each municipality that told something."""
    return [own for (whom, _), own in state.items() if whom == client]


def elsewhere(state: Dossiers, command: GrantBenefit) -> Refused | None:
    """Why a benefit cannot be granted from that day because of another one."""
    terms = command.terms
    reason = partner_elsewhere(state, terms, command.circumstances.partner)
    shares = any(own.shares_with is not None or own.shared_until > terms.effective_on for own in all_of(state, terms.client))
    others = (own for (whom, where), own in state.items() if whom == terms.client and where != terms.municipality)
    until = max((span.until for own in others for span in own.spans), default=date.min)
    return refusal(
        (reason, Refused(reason)),
        (shares, Refused("shares-in-another-benefit")),
        (until > terms.effective_on, Refused("benefit-elsewhere", "another municipality has a right on that day: it ends first")),
    )


def lodged_elsewhere(state: Dossiers, command: LegalCommand) -> Refused | None:
    """An objection is found by its name, which another municipality may not have given already."""
    if not isinstance(command, LodgeObjection):
        return None
    whose = command.whose
    others = (own for (whom, where), own in state.items() if whom == whose.client and where != whose.municipality)
    known = any(each.objection_ref == command.objection_ref for own in others for each in own.objections)
    return Refused("objection-elsewhere", "another municipality has an objection of this name") if known else None


def partner_elsewhere(state: Dossiers, terms: Terms, partner: str | None) -> str:
    """Why somebody cannot be the partner in this benefit from the day of a decision, empty for nothing."""
    if partner is None:
        return ""
    if partner == terms.client:
        return "partner-of-oneself"
    known = all_of(state, partner)
    if any(span.until > terms.effective_on for own in known for span in own.spans):
        return "partner-has-a-benefit"
    return "partner-shares-elsewhere" if any(own.shares_with not in (None, terms.client) for own in known) else ""


def sharing(terms: Terms, before: str | None, after: str | None) -> list[Event]:
    """What the partners' own streams are told, so that nobody shares in two benefits."""
    about: dict[str, Any] = {"household_ref": terms.household_ref, "municipality": terms.municipality}
    about |= {"with_client": terms.client, "on": terms.effective_on}
    if before == after:
        return []
    gone = [BenefitShareEnded(client=before, **about)] if before is not None else []
    return [*gone, *([BenefitShared(client=after, **about)] if after is not None else [])]
