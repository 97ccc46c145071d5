"""The baton of one client: who holds it, who is the contact person, which offer is open, and at which level the case is directed."""

from datetime import date, datetime
from typing import NamedTuple, TypedDict, assert_never

from services.contracts.handover import (
    BatonAccepted,
    BatonDeclined,
    BatonDueNeared,
    BatonDuePassed,
    BatonFact,
    BatonFellBack,
    BatonOffered,
    BatonOfferWithdrawn,
    BatonOpened,
    ContactPersonAssigned,
    EscalationLowered,
    EscalationRaised,
    HandoverCompleted,
    OfferClosed,
)

LOWEST = 1


class Offer(NamedTuple):
    """An offer that stands; `neared` and `passed` once the clock told so."""

    number: int
    from_team_ref: str
    to_team_ref: str
    offered_by: str
    due_at: datetime
    fall_back_at: datetime
    neared: bool = False
    passed: bool = False


class Ended(NamedTuple):
    """The last offer that ended: how, and by whom (empty for the clock)."""

    number: int
    outcome: str
    by: str
    contact_person: str = ""


class Handed(NamedTuple):
    """The last handover that was accepted, until its result is told."""

    number: int
    from_team_ref: str
    to_team_ref: str
    result: str = ""


class Baton(NamedTuple):
    """Who holds a client, since when, and who is the contact person; at most one offer stands."""

    municipality: str
    organisation: str
    team_ref: str
    contact_person: str
    on: date
    offers: int = 0
    offer: Offer | None = None
    ended: Ended | None = None
    handed: Handed | None = None
    level: int = LOWEST

    def receiver(self, offer: int) -> str:
        """The team that answers an offer; the holder where no such offer stands, and then the answer is refused anyhow."""
        return self.offer.to_team_ref if self.offer is not None and self.offer.number == offer else self.team_ref


class About(TypedDict):
    """What every fact of an offer tells."""

    client: str
    municipality: str
    offer: int
    from_team_ref: str
    to_team_ref: str


def about(client: str, baton: Baton, offer: Offer | Handed) -> About:
    """What every fact of this offer tells."""
    return About(
        client=client,
        municipality=baton.municipality,
        offer=offer.number,
        from_team_ref=offer.from_team_ref,
        to_team_ref=offer.to_team_ref,
    )


def baton_after(baton: Baton | None, fact: BatonFact) -> Baton:
    """The baton after a fact."""
    if isinstance(fact, BatonOpened):
        return Baton(fact.municipality, fact.organisation, fact.team_ref, fact.contact_person, fact.on)
    assert baton is not None, "a baton is opened before anything is told of it"
    match fact:
        case ContactPersonAssigned():
            return baton._replace(contact_person=fact.contact_person)
        case EscalationRaised() | EscalationLowered():
            return baton._replace(level=fact.level)
        case BatonOffered() | BatonDueNeared() | BatonDuePassed():
            return baton._replace(offers=fact.offer, offer=_offer_after(baton.offer, fact))
        case HandoverCompleted():
            return baton._replace(handed=Handed(fact.offer, fact.from_team_ref, fact.to_team_ref, fact.result))
        case _:
            return _closed(baton, fact)


def _offer_after(offer: Offer | None, fact: BatonOffered | BatonDueNeared | BatonDuePassed) -> Offer:
    if isinstance(fact, BatonOffered):
        return Offer(fact.offer, fact.from_team_ref, fact.to_team_ref, fact.offered_by, fact.due_at, fact.fall_back_at)
    assert offer is not None, "the clock speaks of an offer that stands"
    return offer._replace(neared=True) if isinstance(fact, BatonDueNeared) else offer._replace(passed=True)


def _closed(baton: Baton, fact: OfferClosed) -> Baton:
    match fact:
        case BatonAccepted():
            return _moved(baton, fact)
        case BatonDeclined():
            return baton._replace(offer=None, ended=Ended(fact.offer, "declined", fact.declined_by))
        case BatonOfferWithdrawn():
            return baton._replace(offer=None, ended=Ended(fact.offer, "withdrawn", fact.withdrawn_by))
        case BatonFellBack():
            return baton._replace(offer=None, ended=Ended(fact.offer, "fell-back", ""))
        case _:
            assert_never(fact)


def _moved(baton: Baton, fact: BatonAccepted) -> Baton:
    return baton._replace(
        organisation=fact.organisation,
        team_ref=fact.to_team_ref,
        contact_person=fact.contact_person,
        on=fact.on,
        offer=None,
        ended=Ended(fact.offer, "accepted", fact.accepted_by, fact.contact_person),
        handed=Handed(fact.offer, fact.from_team_ref, fact.to_team_ref),
    )
