"""What handover tells of teams and their staff."""

from datetime import date
from typing import Literal

from services.contracts.envelope import Event, Home
from services.contracts.intake import Municipality

Domain = Literal["work-income", "debt-help", "wmo", "youth", "integration", "safety"]


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


class TeamDescribed(TeamEvent):
    """Under which law a team works, what it is called and how it is reached; of the team as a whole, never of a person."""

    TYPE = "nl.sociaaldomein.handover.team-described.v1"

    domain: Domain
    name: str
    telephone: str
    email: str


class StaffJoined(TeamEvent):
    """A staff member can be a contact person from `on`."""

    TYPE = "nl.sociaaldomein.handover.staff-joined.v1"

    staff_ref: str
    on: date


class StaffNamed(TeamEvent):
    """What a staff member is called lies in handover's vault under `name_ref`."""

    TYPE = "nl.sociaaldomein.handover.staff-named.v1"

    staff_ref: str
    name_ref: str


class StaffLeft(TeamEvent):
    """A staff member left the team; their clients get another contact person."""

    TYPE = "nl.sociaaldomein.handover.staff-left.v1"

    staff_ref: str
    on: date


class StandInNamed(TeamEvent):
    """From `from_on` until and with `until_on`, or until the return, `stand_in` answers for `staff_ref`; why is nobody's business.

    Told again with the same first day it replaces what was told before.
    """

    TYPE = "nl.sociaaldomein.handover.stand-in-named.v1"

    staff_ref: str
    stand_in: str
    from_on: date
    until_on: date | None = None


class StaffReturned(TeamEvent):
    """A staff member is back from `on`: every absence that began by then is over; later ones stand."""

    TYPE = "nl.sociaaldomein.handover.staff-returned.v1"

    staff_ref: str
    on: date


TeamFact = TeamFormed | TeamDescribed | StaffJoined | StaffNamed | StaffLeft | StandInNamed | StaffReturned
