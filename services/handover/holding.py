"""A team takes a client, and one of its staff is the contact person."""

from collections.abc import Sequence

from services.contracts.envelope import Event
from services.contracts.handover import BatonOpened, ContactPersonAssigned
from services.eventlog.decider import Refused, refusal
from services.handover.commands import AssignContactPerson, OpenBaton
from services.handover.policy import chosen_for
from services.handover.state import Handover
from services.handover.team import Team

TEAM_UNKNOWN = Refused("team-unknown", "this team was never formed")
NOT_OPEN = Refused("baton-not-open", "nobody holds this client yet")
OTHER_MUNICIPALITY = Refused("other-municipality", "this team works for another municipality")
NO_STAFF = Refused("no-staff", "nobody works in this team yet")
NOT_IN_TEAM = Refused("not-in-team", "this person does not work in this team")
NOT_THE_HOLDER = Refused("not-the-holder", "another team holds this client")

Decision = Sequence[Event] | Refused


def decide_on_holder(state: Handover, command: OpenBaton | AssignContactPerson) -> Decision:
    """Facts, nothing for a repeat, or a refusal with its reason."""
    team = state.teams.get(command.team_ref)
    if team is None:
        return TEAM_UNKNOWN
    return _open(state, team, command) if isinstance(command, OpenBaton) else _assign(state, team, command)


def _open(state: Handover, team: Team, command: OpenBaton) -> Decision:
    if command.client in state.batons():
        return []
    if team.municipality != command.municipality:
        return OTHER_MUNICIPALITY
    if not team.active:
        return NO_STAFF
    return [opened(team, command)]


def _assign(state: Handover, team: Team, command: AssignContactPerson) -> Decision:
    baton = state.batons().get(command.client)
    if baton is None:
        return NOT_OPEN
    refused = refusal(
        (baton.team_ref != command.team_ref, NOT_THE_HOLDER),
        (command.contact_person not in team.active, NOT_IN_TEAM),
        (command.on > command.today, Refused("in-the-future", "a contact person is assigned on the day itself")),
    )
    if refused is not None:
        return refused
    return [] if baton.contact_person == command.contact_person else [assigned(baton.municipality, command)]


def opened(team: Team, command: OpenBaton) -> BatonOpened:
    """The team takes a client; the contact person is chosen among its staff."""
    return BatonOpened(
        client=command.client,
        municipality=command.municipality,
        organisation=team.organisation,
        team_ref=command.team_ref,
        contact_person=chosen_for(command.client, team.preferred(team.active, command.on)),
        on=command.on,
    )


def assigned(municipality: str, command: AssignContactPerson, reassignment_ref: str | None = None) -> ContactPersonAssigned:
    """Somebody else of the team becomes the contact person, perhaps as part of a reassignment."""
    return ContactPersonAssigned(
        client=command.client,
        municipality=municipality,
        team_ref=command.team_ref,
        contact_person=command.contact_person,
        on=command.on,
        reason=command.reason,
        text_ref=command.text_ref,
        reassignment_ref=reassignment_ref,
    )
