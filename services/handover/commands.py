"""What can be asked of handover; time and references arrive in the command."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class FormTeam:
    """Form a team for a municipality."""

    team_ref: str
    municipality: str
    organisation: str
    on: date


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
class LeaveStaff:
    """Let a staff member go; `clients` are at least those whose contact person this is."""

    team_ref: str
    staff_ref: str
    on: date
    today: date
    clients: tuple[str, ...] = ()


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


Command = FormTeam | JoinStaff | LeaveStaff | OpenBaton | AssignContactPerson
