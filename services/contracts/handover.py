"""What handover tells: teams and their staff, and who holds the baton and is the contact person of a client."""

from datetime import date

from services.contracts.envelope import Event, Home
from services.contracts.intake import Municipality


class TeamEvent(Event):
    """A fact about one team; staff are known by a pseudonymous reference."""

    team_ref: str
    municipality: Municipality

    def home(self) -> Home:
        """The team's own stream."""
        return Home(f"handover/team/{self.team_ref}", self.team_ref, self.municipality)


class TeamFormed(TeamEvent):
    """A team works for a municipality from `on`."""

    TYPE = "nl.sociaaldomein.handover.team-formed.v1"

    organisation: str
    on: date


class StaffJoined(TeamEvent):
    """A staff member can be a contact person from `on`."""

    TYPE = "nl.sociaaldomein.handover.staff-joined.v1"

    staff_ref: str
    on: date


class StaffLeft(TeamEvent):
    """A staff member left the team; their clients get another contact person."""

    TYPE = "nl.sociaaldomein.handover.staff-left.v1"

    staff_ref: str
    on: date


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
    """Another staff member of the holding team became the contact person."""

    TYPE = "nl.sociaaldomein.handover.contact-person-assigned.v1"

    team_ref: str
    contact_person: str
    on: date
    reason: str


HandoverEvent = TeamFormed | StaffJoined | StaffLeft | BatonOpened | ContactPersonAssigned
