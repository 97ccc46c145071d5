"""A whole caseload goes to others in one command: portion by portion, so that a large one is taken up again after a stop."""

from collections.abc import Sequence
from typing import NamedTuple

from services.contracts.envelope import Event
from services.contracts.handover import CaseloadReassignmentCompleted, CaseloadReassignmentOrdered
from services.eventlog.decider import Decider, Refused, refusal
from services.handover.commands import AssignContactPerson, OrderReassignment, ReassignmentCommand
from services.handover.holding import NOT_IN_TEAM, TEAM_UNKNOWN, assigned
from services.handover.policy import chosen_for
from services.handover.state import NOTHING, Handover, baton_stream, team_stream
from services.handover.state import evolve as evolve_handover
from services.handover.team import Team

NOBODY_TAKES_OVER = Refused("nobody-takes-over", "name others who work in this team, or let somebody join first")
NOT_ORDERED = Refused("reassignment-unknown", "no such reassignment was ordered")


class Reassigning(NamedTuple):
    """A reassignment, with the team and the batons of a portion."""

    handover: Handover = NOTHING
    ordered: CaseloadReassignmentOrdered | None = None
    completed: bool = False


def reassignment_stream(reassignment_ref: str) -> str:
    """Stream of a reassignment."""
    return f"handover/reassignment/{reassignment_ref}"


def reads(command: ReassignmentCommand) -> tuple[str, ...]:
    """The team too, so that who leaves at the same moment takes nobody over."""
    clients = (baton_stream(client) for client in command.clients)
    return (reassignment_stream(command.reassignment_ref), team_stream(command.team_ref), *clients)


def decide(state: Reassigning, command: ReassignmentCommand) -> Sequence[Event] | Refused:
    """Facts, nothing for a repeat, or a refusal with its reason."""
    team = state.handover.teams.get(command.team_ref)
    if team is None:
        return TEAM_UNKNOWN
    if isinstance(command, OrderReassignment):
        return [] if state.ordered is not None else _order(state, team, command)
    if state.ordered is None:
        return NOT_ORDERED
    return [] if state.completed else _portion(state, team, state.ordered, command)


def _order(state: Reassigning, team: Team, command: OrderReassignment) -> Sequence[Event] | Refused:
    others = frozenset(command.to_staff or team.active - {command.from_staff})
    refused = refusal(
        (command.from_staff not in team.active, NOT_IN_TEAM),
        (not others or command.from_staff in others or not others <= team.active, NOBODY_TAKES_OVER),
    )
    if refused is not None:
        return refused
    ordered = CaseloadReassignmentOrdered(
        reassignment_ref=command.reassignment_ref,
        team_ref=command.team_ref,
        municipality=team.municipality,
        from_staff=command.from_staff,
        to_staff=tuple(sorted(others)),
        reason=command.reason,
        ordered_by=command.ordered_by,
    )
    return [ordered, *_portion(state, team, ordered, command)]


def _portion(state: Reassigning, team: Team, ordered: CaseloadReassignmentOrdered, command: ReassignmentCommand) -> list[Event]:
    """Who meanwhile left takes nobody over; where none of those named is left, whoever is there does."""
    others = _others(team, ordered, command)
    held = state.handover.batons().items() if others else ()
    moved = [
        assigned(team.municipality, _to(chosen_for(client, others), client, ordered, command), ordered.reassignment_ref)
        for client, baton in held
        if (baton.team_ref, baton.contact_person) == (command.team_ref, ordered.from_staff)
    ]
    return [*moved] if command.more else [*moved, _completed(ordered, command.moved + len(moved))]


def _others(team: Team, ordered: CaseloadReassignmentOrdered, command: ReassignmentCommand) -> frozenset[str]:
    staying = team.active - {ordered.from_staff}
    return team.preferred((staying & frozenset(ordered.to_staff)) or staying, command.today)


def _to(person: str, client: str, ordered: CaseloadReassignmentOrdered, command: ReassignmentCommand) -> AssignContactPerson:
    reason = command.reasons.get(client, ordered.reason)
    return AssignContactPerson(client, command.team_ref, person, command.today, command.today, reason)


def _completed(ordered: CaseloadReassignmentOrdered, clients: int) -> CaseloadReassignmentCompleted:
    return CaseloadReassignmentCompleted(
        reassignment_ref=ordered.reassignment_ref,
        team_ref=ordered.team_ref,
        municipality=ordered.municipality,
        from_staff=ordered.from_staff,
        clients=clients,
    )


def evolve(state: Reassigning, event: Event) -> Reassigning:
    """The state after a fact on the stream of the reassignment, the team or a baton."""
    match event:
        case CaseloadReassignmentOrdered():
            return state._replace(ordered=event)
        case CaseloadReassignmentCompleted():
            return state._replace(completed=True)
        case _:
            return state._replace(handover=evolve_handover(state.handover, event))


REASSIGNING: Decider[ReassignmentCommand, Reassigning] = Decider(Reassigning(), reads, decide, evolve)
