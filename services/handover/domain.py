"""A client is held by one team, and the contact person is somebody who works there, at every moment."""

from collections.abc import Sequence
from typing import assert_never

from services.contracts.envelope import Event
from services.contracts.handover import BatonOpened, ContactPersonAssigned, StaffJoined, StaffLeft, TeamFormed
from services.eventlog.decider import Decider, Refused
from services.handover.commands import AssignContactPerson, Command, FormTeam, JoinStaff, LeaveStaff, OpenBaton
from services.handover.policy import chosen_for
from services.handover.state import Handover, Team, baton_stream, evolve, team_stream

LEFT_THE_TEAM = "left-the-team"
TEAM_UNKNOWN = Refused("team-unknown", "this team was never formed")

Decision = Sequence[Event] | Refused


def reads(command: Command) -> tuple[str, ...]:
    """The team with every command, so that who leaves at the same moment cannot become contact person."""
    match command:
        case FormTeam():
            return (team_stream(command.team_ref),)
        case JoinStaff():
            return (team_stream(command.team_ref), *(baton_stream(waiting.client) for waiting in command.waiting))
        case LeaveStaff():
            return (team_stream(command.team_ref), *(baton_stream(client) for client in command.clients))
        case OpenBaton() | AssignContactPerson():
            return (baton_stream(command.client), team_stream(command.team_ref))
        case _:
            assert_never(command)


def decide(state: Handover, command: Command) -> Decision:
    """Facts, nothing for a repeat, or a refusal with its reason."""
    match command:
        case FormTeam():
            return _form(state, command)
        case JoinStaff():
            return TEAM_UNKNOWN if state.team is None else _join(state, state.team, command)
        case LeaveStaff():
            return TEAM_UNKNOWN if state.team is None else _leave(state, state.team, command)
        case OpenBaton():
            return TEAM_UNKNOWN if state.team is None else _open(state, state.team, command)
        case AssignContactPerson():
            return TEAM_UNKNOWN if state.team is None else _assign(state, state.team, command)
        case _:
            assert_never(command)


def _form(state: Handover, command: FormTeam) -> Decision:
    if state.team is None:
        return [TeamFormed(team_ref=command.team_ref, municipality=command.municipality, organisation=command.organisation, on=command.on)]
    if (state.team.municipality, state.team.organisation) == (command.municipality, command.organisation):
        return []
    return Refused("team-exists", "this team was formed for another municipality or organisation")


def _join(state: Handover, team: Team, command: JoinStaff) -> Decision:
    """The first to join takes who waited, in the same transaction."""
    if command.staff_ref in team.active:
        return []
    if command.on > command.today:
        return Refused("in-the-future", "a staff member joins on the day itself")
    staff, opened = team.active | {command.staff_ref}, state.batons()
    joined = StaffJoined(team_ref=command.team_ref, municipality=team.municipality, staff_ref=command.staff_ref, on=command.on)
    waiting = (client for client in command.waiting if client.client not in opened)
    takes = [OpenBaton(client.client, team.municipality, command.team_ref, max(client.accepted_on, command.on)) for client in waiting]
    return [joined, *(_opened(team.organisation, staff, take) for take in takes)]


def _leave(state: Handover, team: Team, command: LeaveStaff) -> Decision:
    """Every client of the leaver has another contact person before the leaver is gone, in the same transaction."""
    if command.staff_ref in team.left:
        return []
    if command.staff_ref not in team.active:
        return Refused("not-in-team", "this person does not work in this team")
    if command.on > command.today:
        return Refused("in-the-future", "a staff member leaves on the day itself")
    staying = team.active - {command.staff_ref}
    if not staying:
        return Refused("last-of-team", "let somebody join first: a client is never without a contact person")
    orphaned = [
        client
        for client, baton in state.batons().items()
        if (baton.team_ref, baton.contact_person) == (command.team_ref, command.staff_ref)
    ]
    handed = [
        AssignContactPerson(client, command.team_ref, chosen_for(client, staying), command.on, command.today, LEFT_THE_TEAM)
        for client in orphaned
    ]
    left = StaffLeft(team_ref=command.team_ref, municipality=team.municipality, staff_ref=command.staff_ref, on=command.on)
    return [*(_assigned(team.municipality, assign) for assign in handed), left]


def _open(state: Handover, team: Team, command: OpenBaton) -> Decision:
    if command.client in state.batons():
        return []
    if team.municipality != command.municipality:
        return Refused("other-municipality", "this team works for another municipality")
    if not team.active:
        return Refused("no-staff", "nobody works in this team yet")
    return [_opened(team.organisation, team.active, command)]


def _assign(state: Handover, team: Team, command: AssignContactPerson) -> Decision:
    baton = state.batons().get(command.client)
    if baton is None:
        return Refused("baton-not-open", "nobody holds this client yet")
    if baton.team_ref != command.team_ref:
        return Refused("not-the-holder", "another team holds this client")
    if command.contact_person not in team.active:
        return Refused("not-in-team", "this person does not work in this team")
    if command.on > command.today:
        return Refused("in-the-future", "a contact person is assigned on the day itself")
    return [] if baton.contact_person == command.contact_person else [_assigned(baton.municipality, command)]


def _opened(organisation: str, staff: frozenset[str], command: OpenBaton) -> BatonOpened:
    return BatonOpened(
        client=command.client,
        municipality=command.municipality,
        organisation=organisation,
        team_ref=command.team_ref,
        contact_person=chosen_for(command.client, staff),
        on=command.on,
    )


def _assigned(municipality: str, command: AssignContactPerson) -> ContactPersonAssigned:
    return ContactPersonAssigned(
        client=command.client,
        municipality=municipality,
        team_ref=command.team_ref,
        contact_person=command.contact_person,
        on=command.on,
        reason=command.reason,
    )


HANDOVER: Decider[Command, Handover] = Decider(Handover(), reads, decide, evolve)
