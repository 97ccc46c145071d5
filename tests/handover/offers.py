"""Two teams, a client and an offer between them, as the examples of handovers have them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from services.contracts.envelope import Event
from services.contracts.handover import BatonAccepted, BatonDeclined, BatonFellBack, BatonOffered, BatonOfferWithdrawn
from services.contracts.teams import Domain, TeamDescribed
from services.handover.commands import AcceptBaton, Acting, CompleteHandover, DeclineBaton, Moment, OfferBaton, PassMoment, WithdrawOffer
from services.handover.rules import installed
from tests.handover.teams import ALKMAAR, TEAM, Given, formed, given, joined, opened

RULES = installed()
OTHER = "team-2"
AT = datetime(2024, 2, 15, 9, tzinfo=UTC)
TODAY = date(2024, 2, 15)
NEAR, DUE, OVER = (datetime(2024, 2, day, 9, tzinfo=UTC) for day in (21, 22, 26))
SHARES = ("reference", "contact-history")


def acting(staff_ref: str, at: datetime = AT, *, directs: bool = False) -> Acting:
    return Acting(staff_ref, at, at.date(), directs)


OFFER = OfferBaton("p-1", TEAM, OTHER, acting("s-1"), RULES, "guide-to-work", "same-task", SHARES)
ACCEPT = AcceptBaton("p-1", 1, OTHER, "s-3", acting("s-3"))
DECLINE = DeclineBaton("p-1", 1, OTHER, acting("s-3"), "no-capacity")
WITHDRAW = WithdrawOffer("p-1", 1, TEAM, acting("s-2"), "mistaken")
COMPLETE = CompleteHandover("p-1", 1, OTHER, acting("s-3"), "goal-reached")


def passing(moment: Moment, offer: int = 1) -> PassMoment:
    return PassMoment("p-1", offer, moment, TODAY, RULES)


def offered(number: int = 1, by: str = "s-1") -> BatonOffered:
    return BatonOffered(
        **told(number),
        from_organisation="werk",
        to_organisation="werk",
        kind="within-organisation",
        purpose="guide-to-work",
        legal_basis="same-task",
        domain_from="work-income",
        domain_to="work-income",
        shares=SHARES,
        keeps_quality="receiver",
        keeps_coherence="receiver",
        keeps_contact="receiver",
        near_at=NEAR,
        due_at=DUE,
        fall_back_at=OVER,
        rule_version=RULES.version,
        offered_by=by,
    )


def told(number: int = 1) -> dict[str, Any]:
    return {"client": "p-1", "municipality": ALKMAAR, "offer": number, "from_team_ref": TEAM, "to_team_ref": OTHER}


def accepted_by(staff_ref: str = "s-3", contact_person: str = "s-3") -> BatonAccepted:
    return BatonAccepted(**told(), organisation="werk", contact_person=contact_person, on=TODAY, accepted_by=staff_ref)


def declined(number: int = 1) -> BatonDeclined:
    return BatonDeclined(**told(number), reason="no-capacity", declined_by="s-3")


def withdrawn() -> BatonOfferWithdrawn:
    return BatonOfferWithdrawn(**told(), reason="mistaken", withdrawn_by="s-2")


def fell_back() -> BatonFellBack:
    return BatonFellBack(**told(), due_at=DUE)


def described(domain: Domain, team_ref: str = OTHER) -> TeamDescribed:
    return TeamDescribed(team_ref=team_ref, municipality=ALKMAAR, domain=domain, name="T", telephone="0", email="t@example.org")


HELD: tuple[Event, ...] = (
    formed(),
    joined("s-1"),
    joined("s-2"),
    formed(OTHER),
    joined("s-3", OTHER),
    joined("s-4", OTHER),
    opened("p-1", "s-1"),
)


def held(*then: Event) -> Given:
    """Team 1 holds client p-1 and s-1 is the contact person; s-3 and s-4 work in team 2."""
    return given(*HELD, *then)


def late(command: AcceptBaton, at: datetime) -> AcceptBaton:
    return replace(command, acting=replace(command.acting, at=at))
