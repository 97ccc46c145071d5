"""Who joins a team, leaves it, is away and stands in: a client always has a contact person who works in the team that holds them."""

from collections.abc import Sequence
from typing import assert_never

from services.contracts.envelope import Event
from services.contracts.teams import StaffJoined, StaffLeft, StaffNamed, StaffReturned, StandInNamed, TeamDescribed, TeamFormed
from services.eventlog.decider import Refused, refusal
from services.handover.commands import (
    AssignContactPerson,
    DescribeTeam,
    FormTeam,
    JoinStaff,
    LeaveStaff,
    NameStaff,
    NameStandIn,
    OpenBaton,
    ReturnStaff,
    StaffCommand,
)
from services.handover.holding import NOT_IN_TEAM, TEAM_UNKNOWN, assigned, opened
from services.handover.policy import chosen_for
from services.handover.state import Handover
from services.handover.team import Absence, Team

LEFT_THE_TEAM = "left-the-team"
OVER_ALREADY = Refused("over-already", "the last day away lies behind the first, or behind today")
AWAY_ALREADY = Refused("away-already", "these days overlap an absence that was told; name its first day to change it, or let them return")
NOBODY_STANDS_IN = Refused("nobody-stands-in", "nobody of the team can stand in on all of these days; name somebody who is there")

Decision = Sequence[Event] | Refused


def decide_on_staff(state: Handover, command: StaffCommand) -> Decision:
    """Facts, nothing for a repeat, or a refusal with its reason."""
    team = state.teams.get(command.team_ref)
    if isinstance(command, FormTeam):
        return _form(team, command)
    return TEAM_UNKNOWN if team is None else _of_team(state, team, command)


def _of_team(
    state: Handover, team: Team, command: DescribeTeam | JoinStaff | NameStaff | LeaveStaff | NameStandIn | ReturnStaff
) -> Decision:
    match command:
        case DescribeTeam():
            return [_described(team, command)]
        case JoinStaff():
            return _join(state, team, command)
        case NameStaff():
            return _name(team, command)
        case LeaveStaff():
            return _leave(state, team, command)
        case NameStandIn():
            return _stand_in(team, command)
        case ReturnStaff():
            return _return(team, command)
        case _:
            assert_never(command)


def _form(team: Team | None, command: FormTeam) -> Decision:
    if team is None:
        return [TeamFormed(team_ref=command.team_ref, municipality=command.municipality, organisation=command.organisation, on=command.on)]
    if (team.municipality, team.organisation) == (command.municipality, command.organisation):
        return []
    return Refused("team-exists", "this team was formed for another municipality or organisation")


def _described(team: Team, command: DescribeTeam) -> TeamDescribed:
    return TeamDescribed(
        team_ref=command.team_ref,
        municipality=team.municipality,
        domain=command.domain,
        name=command.name,
        telephone=command.telephone,
        email=command.email,
    )


def _join(state: Handover, team: Team, command: JoinStaff) -> Decision:
    """The first to join takes who waited, in the same transaction."""
    if command.staff_ref in team.active:
        return []
    if command.on > command.today:
        return Refused("in-the-future", "a staff member joins on the day itself")
    joined = StaffJoined(team_ref=command.team_ref, municipality=team.municipality, staff_ref=command.staff_ref, on=command.on)
    there = team._replace(active=team.active | {command.staff_ref})
    batons = state.batons()
    waiting = (client for client in command.waiting if client.client not in batons)
    takes = [OpenBaton(client.client, team.municipality, command.team_ref, max(client.accepted_on, command.on)) for client in waiting]
    return [joined, *(opened(there, take) for take in takes)]


def _name(team: Team, command: NameStaff) -> Decision:
    if command.staff_ref not in team.active:
        return NOT_IN_TEAM
    named = StaffNamed(team_ref=command.team_ref, municipality=team.municipality, staff_ref=command.staff_ref, name_ref=command.name_ref)
    return [named]


def _leave(state: Handover, team: Team, command: LeaveStaff) -> Decision:
    """Every client of the leaver has another contact person before the leaver is gone, in the same transaction."""
    if command.staff_ref in team.left:
        return []
    staying = team.active - {command.staff_ref}
    refused = refusal(
        (command.staff_ref not in team.active, NOT_IN_TEAM),
        (command.on > command.today, Refused("in-the-future", "a staff member leaves on the day itself")),
        (not staying, Refused("last-of-team", "let somebody join first: a client is never without a contact person")),
    )
    if refused is not None:
        return refused
    stood_in = _others_stand_in(team, command)
    if isinstance(stood_in, Refused):
        return stood_in
    handed = (
        AssignContactPerson(
            client, command.team_ref, chosen_for(client, team.preferred(staying, command.today)), command.on, command.today, LEFT_THE_TEAM
        )
        for client, baton in state.batons().items()
        if (baton.team_ref, baton.contact_person) == (command.team_ref, command.staff_ref)
    )
    left = StaffLeft(team_ref=command.team_ref, municipality=team.municipality, staff_ref=command.staff_ref, on=command.on)
    return [*(assigned(team.municipality, assign) for assign in handed), *stood_in, left]


def _stand_in(team: Team, command: NameStandIn) -> Decision:
    """Whoever this person stood in for gets somebody else for those days, in the same transaction."""
    wanted = Absence(command.staff_ref, command.stand_in or "", command.from_on, command.until_on)
    able = team.able_to_stand_in(wanted)
    others = (absence for absence in team.absences_of(command.staff_ref) if not absence.is_same(wanted))
    refused = refusal(
        (command.staff_ref not in team.active, NOT_IN_TEAM),
        (command.until_on is not None and command.until_on < max(command.from_on, command.today), OVER_ALREADY),
        (any(absence.overlaps(wanted) for absence in others), AWAY_ALREADY),
        (not able or (command.stand_in is not None and command.stand_in not in able), NOBODY_STANDS_IN),
    )
    if refused is not None:
        return refused
    away = wanted._replace(stand_in=command.stand_in or chosen_for(command.staff_ref, able))
    if away in team.absences:
        return []
    followed_up = _others_stand_in(team.with_absence(away), command, away)
    return followed_up if isinstance(followed_up, Refused) else [*followed_up, _named(team, command.team_ref, away)]


def _others_stand_in(team: Team, command: NameStandIn | LeaveStaff, away: Absence | None = None) -> list[Event] | Refused:
    """Another stand-in for each colleague whose stand-in is gone, for good or on the days of `away`."""
    named, gone = list[Event](), command.staff_ref
    for absence in team.absences:
        if absence.stand_in != gone or absence.is_over(command.today) or (away is not None and not away.overlaps(absence)):
            continue
        able = team.able_to_stand_in(absence) - {gone}
        if not able:
            return Refused("nobody-stands-in", "this person stands in for a colleague and nobody else can; let that colleague return first")
        named.append(_named(team, command.team_ref, absence._replace(stand_in=chosen_for(absence.staff_ref, able))))
    return named


def _named(team: Team, team_ref: str, away: Absence) -> StandInNamed:
    return StandInNamed(
        team_ref=team_ref,
        municipality=team.municipality,
        staff_ref=away.staff_ref,
        stand_in=away.stand_in,
        from_on=away.from_on,
        until_on=away.until_on,
    )


def _return(team: Team, command: ReturnStaff) -> Decision:
    if command.staff_ref not in team.active:
        return NOT_IN_TEAM
    if command.on > command.today:
        return Refused("in-the-future", "a staff member returns on the day itself")
    if all(absence.from_on > command.on for absence in team.absences_of(command.staff_ref)):
        return []
    return [StaffReturned(team_ref=command.team_ref, municipality=team.municipality, staff_ref=command.staff_ref, on=command.on)]
