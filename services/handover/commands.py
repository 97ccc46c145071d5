"""What can be asked of handover; time, references and rules arrive in the command."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.contracts.handover import Kept
from services.contracts.teams import Domain
from services.handover.rules import HandoverRules

Moment = Literal["near", "due", "fall-back"]


@dataclass(frozen=True, slots=True)
class FormTeam:
    """Form a team for a municipality."""

    team_ref: str
    municipality: str
    organisation: str
    on: date


@dataclass(frozen=True, slots=True)
class DescribeTeam:
    """Say under which law a team works, what it is called and how it is reached."""

    team_ref: str
    domain: Domain
    name: str
    telephone: str
    email: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A client in care for whom no team with staff was there yet."""

    client: str
    accepted_on: date


@dataclass(frozen=True, slots=True)
class JoinStaff:
    """Let a staff member join; `waiting` are the clients of the municipality who waited for somebody."""

    team_ref: str
    staff_ref: str
    on: date
    today: date
    waiting: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True)
class NameStaff:
    """Say what a staff member is called; the name itself goes to the vault under `name_ref`."""

    team_ref: str
    staff_ref: str
    name_ref: str


@dataclass(frozen=True, slots=True)
class LeaveStaff:
    """Let a staff member go; `clients` are at least those whose contact person this is."""

    team_ref: str
    staff_ref: str
    on: date
    today: date
    clients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NameStandIn:
    """Let somebody answer for a colleague from a day until and with another, or until they return; nobody named: whoever is there."""

    team_ref: str
    staff_ref: str
    stand_in: str | None
    from_on: date
    until_on: date | None
    today: date


@dataclass(frozen=True, slots=True)
class ReturnStaff:
    """A staff member is back."""

    team_ref: str
    staff_ref: str
    on: date
    today: date


@dataclass(frozen=True, slots=True)
class OpenBaton:
    """Give a client in care to a team of the municipality."""

    client: str
    municipality: str
    team_ref: str
    on: date


@dataclass(frozen=True, slots=True)
class AssignContactPerson:
    """Make another staff member of the holding team the contact person; `reason` is a code."""

    client: str
    team_ref: str
    contact_person: str
    on: date
    today: date
    reason: str
    text_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts on an offer, at which moment (UTC), and whether as one of the team or as somebody who directs teams."""

    staff_ref: str
    at: datetime
    today: date
    directs: bool


@dataclass(frozen=True, slots=True)
class OfferBaton:
    """Offer the baton of a client to another team; `shares` names what the receiver gets to see."""

    client: str
    team_ref: str
    to_team_ref: str
    acting: Acting
    rules: HandoverRules
    purpose: str
    legal_basis: str
    shares: tuple[str, ...]
    urgent: bool = False
    keeps_quality: Kept = "receiver"
    keeps_coherence: Kept = "receiver"
    keeps_contact: Kept = "receiver"
    consent_ref: str | None = None
    text_ref: str | None = None


@dataclass(frozen=True, slots=True)
class AcceptBaton:
    """Take over a client; `contact_person` is one of the receiving team."""

    client: str
    offer: int
    to_team_ref: str
    contact_person: str
    acting: Acting


@dataclass(frozen=True, slots=True)
class DeclineBaton:
    """Do not take over a client; `reason` is a code."""

    client: str
    offer: int
    to_team_ref: str
    acting: Acting
    reason: str
    text_ref: str | None = None


@dataclass(frozen=True, slots=True)
class WithdrawOffer:
    """Take an offer back before it was answered."""

    client: str
    offer: int
    team_ref: str
    acting: Acting
    reason: str
    text_ref: str | None = None


@dataclass(frozen=True, slots=True)
class CompleteHandover:
    """Tell what came of the last handover; `result` is a code."""

    client: str
    offer: int
    team_ref: str
    acting: Acting
    result: str
    text_ref: str | None = None


@dataclass(frozen=True, slots=True)
class PassMoment:
    """A moment of an offer has come."""

    client: str
    offer: int
    moment: Moment
    today: date
    rules: HandoverRules


@dataclass(frozen=True, slots=True)
class Escalate:
    """Direct a case at another level; `reason` is a code of the policy."""

    client: str
    level: int
    reason: str
    acting: Acting
    rules: HandoverRules


@dataclass(frozen=True, slots=True)
class OrderReassignment:
    """Give every client of `from_staff` another contact person; `clients` is the first portion, `more` says whether others follow.

    `reasons` has the code of a client where it is another than `reason`; nobody in `to_staff`: whoever is there.
    """

    reassignment_ref: str
    team_ref: str
    from_staff: str
    to_staff: tuple[str, ...]
    reason: str
    ordered_by: str
    today: date
    reasons: Mapping[str, str]
    clients: tuple[str, ...] = ()
    more: bool = False
    moved: int = 0


@dataclass(frozen=True, slots=True)
class ContinueReassignment:
    """The next portion of an ordered reassignment; `moved` clients went to others before it."""

    reassignment_ref: str
    team_ref: str
    today: date
    reasons: Mapping[str, str]
    clients: tuple[str, ...]
    more: bool
    moved: int


ReassignmentCommand = OrderReassignment | ContinueReassignment
TeamCommand = DescribeTeam | JoinStaff | NameStaff | LeaveStaff | NameStandIn | ReturnStaff
StaffCommand = FormTeam | TeamCommand
BatonCommand = OfferBaton | AcceptBaton | DeclineBaton | WithdrawOffer | CompleteHandover | PassMoment | Escalate
Command = StaffCommand | OpenBaton | AssignContactPerson | BatonCommand
