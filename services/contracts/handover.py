"""What handover tells: who holds the baton and is the contact person of a client, and what was offered."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.contracts.break_glass import BreakGlassFact
from services.contracts.envelope import Event, Home, is_untold
from services.contracts.handover_contacts import CallBackAnswered, CallBackRequested, CallBackTermPassed, ContactRecorded, Moment
from services.contracts.intake import Count, Municipality
from services.contracts.teams import Domain, TeamFact

"""Task under whose law a team works; data cross from one to another on a recorded legal basis only."""

OfferNumber = Annotated[int, Field(ge=1, le=1_000_000)]
Kept = Literal["sender", "receiver"]
"""Who keeps a duty after a handover between commissioner and contractor."""

Director = Literal["contact-person", "case-director", "process-director", "executive"]


class BatonEvent(Event):
    """A fact on the baton stream of one client."""

    client: str
    municipality: Municipality

    def home(self) -> Home:
        """The client's own baton stream."""
        return Home(f"handover/baton/{self.client}", self.client, self.municipality, self.client)


class BatonOpened(BatonEvent):
    """A team holds the client from `on`, and one of its staff is the contact person."""

    TYPE = "nl.sociaaldomein.handover.baton-opened.v1"

    organisation: str
    team_ref: str
    contact_person: str
    on: date


class ContactPersonAssigned(BatonEvent):
    """Another staff member of the holding team became the contact person; a note, if any, is in handover's vault."""

    TYPE = "nl.sociaaldomein.handover.contact-person-assigned.v1"

    team_ref: str
    contact_person: str
    on: date
    reason: str
    text_ref: str | None = Field(default=None, exclude_if=is_untold)
    reassignment_ref: str | None = Field(default=None, exclude_if=is_untold)


class OfferEvent(BatonEvent):
    """A fact about an offer of the baton; offers of a client count from 1."""

    offer: OfferNumber
    from_team_ref: str
    to_team_ref: str


class BatonOffered(OfferEvent):
    """The holder offers the baton; nothing moves. `shares` is all that the receiver gets to see; moments in UTC.

    `keeps_...` says who keeps quality, coherence and contact with the client after acceptance. The note is in the vault.
    """

    TYPE = "nl.sociaaldomein.handover.baton-offered.v1"

    from_organisation: str
    to_organisation: str
    kind: str
    purpose: str
    legal_basis: str
    domain_from: Domain
    domain_to: Domain
    shares: tuple[str, ...]
    keeps_quality: Kept
    keeps_coherence: Kept
    keeps_contact: Kept
    near_at: Moment
    due_at: Moment
    fall_back_at: Moment
    rule_version: str
    offered_by: str
    consent_ref: str | None = None
    text_ref: str | None = None


class BatonAccepted(OfferEvent):
    """The receiver holds the client from now on, and one of its staff is the contact person."""

    TYPE = "nl.sociaaldomein.handover.baton-accepted.v1"

    organisation: str
    contact_person: str
    on: date
    accepted_by: str


class BatonDeclined(OfferEvent):
    """The receiver does not take the client; the sender holds on. `reason` is a code, the note is in the vault."""

    TYPE = "nl.sociaaldomein.handover.baton-declined.v1"

    reason: str
    declined_by: str
    text_ref: str | None = None


class BatonOfferWithdrawn(OfferEvent):
    """The sender took the offer back."""

    TYPE = "nl.sociaaldomein.handover.baton-offer-withdrawn.v1"

    reason: str
    withdrawn_by: str
    text_ref: str | None = None


class BatonDueNeared(OfferEvent):
    """An answer is due soon and none came."""

    TYPE = "nl.sociaaldomein.handover.baton-due-neared.v1"

    due_at: Moment


class BatonDuePassed(OfferEvent):
    """An answer was due and none came; the offer still stands."""

    TYPE = "nl.sociaaldomein.handover.baton-due-passed.v1"

    due_at: Moment


class BatonFellBack(OfferEvent):
    """Nobody answered: the offer is over and the sender holds on."""

    TYPE = "nl.sociaaldomein.handover.baton-fell-back.v1"

    due_at: Moment


class HandoverCompleted(OfferEvent):
    """What the baton was handed over for is done; `result` is a code, the note is in the vault."""

    TYPE = "nl.sociaaldomein.handover.handover-completed.v1"

    result: str
    completed_by: str
    text_ref: str | None = None


class EscalationEvent(BatonEvent):
    """A change of level (1 to 4, after AVE), and who directs from now on."""

    level: Annotated[int, Field(ge=1, le=4)]
    reason: str
    directs: Director
    rule_version: str


class EscalationRaised(EscalationEvent):
    """Scaled up: cooperation stalls, it is more complex than thought, or safety is at risk."""

    TYPE = "nl.sociaaldomein.handover.escalation-raised.v1"


class EscalationLowered(EscalationEvent):
    """Scaled down."""

    TYPE = "nl.sociaaldomein.handover.escalation-lowered.v1"


class ReassignmentEvent(Event):
    """A fact about one reassignment of a caseload."""

    reassignment_ref: str
    team_ref: str
    municipality: Municipality

    def home(self) -> Home:
        """The stream of the reassignment."""
        return Home(f"handover/reassignment/{self.reassignment_ref}", self.reassignment_ref, self.municipality)


class CaseloadReassignmentOrdered(ReassignmentEvent):
    """Every client of `from_staff` gets another contact person out of `to_staff`; each has a fact of their own."""

    TYPE = "nl.sociaaldomein.handover.caseload-reassignment-ordered.v1"

    from_staff: str
    to_staff: tuple[str, ...]
    reason: str
    ordered_by: str


class CaseloadReassignmentCompleted(ReassignmentEvent):
    """The whole caseload of `from_staff` was gone through; so many clients went to others."""

    TYPE = "nl.sociaaldomein.handover.caseload-reassignment-completed.v1"

    from_staff: str
    clients: Count


OfferClosed = BatonAccepted | BatonDeclined | BatonOfferWithdrawn | BatonFellBack
BatonFact = (
    BatonOpened
    | ContactPersonAssigned
    | BatonOffered
    | OfferClosed
    | BatonDueNeared
    | BatonDuePassed
    | HandoverCompleted
    | EscalationRaised
    | EscalationLowered
)
ReassignmentFact = CaseloadReassignmentOrdered | CaseloadReassignmentCompleted
ContactFact = CallBackRequested | CallBackAnswered | CallBackTermPassed | ContactRecorded

HandoverEvent = TeamFact | BatonFact | ReassignmentFact | ContactFact | BreakGlassFact
