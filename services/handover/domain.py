"""A client is held by one team, and the contact person is somebody who works there, at every moment."""

from collections.abc import Sequence
from typing import assert_never

from services.contracts.envelope import Event
from services.eventlog.decider import Decider, Refused
from services.handover.answering import answer
from services.handover.baton import Baton
from services.handover.commands import (
    AcceptBaton,
    AssignContactPerson,
    BatonCommand,
    Command,
    CompleteHandover,
    DeclineBaton,
    DescribeTeam,
    Escalate,
    FormTeam,
    JoinStaff,
    LeaveStaff,
    NameStaff,
    NameStandIn,
    OfferBaton,
    OpenBaton,
    PassMoment,
    ReturnStaff,
    WithdrawOffer,
)
from services.handover.escalation import change_level
from services.handover.holding import NOT_OPEN, decide_on_holder
from services.handover.offering import offer
from services.handover.passing import pass_moment
from services.handover.staffing import decide_on_staff
from services.handover.state import NOTHING, Handover, baton_stream, evolve, team_stream


def reads(command: Command) -> tuple[str, ...]:
    """The team with every command, so that who leaves at the same moment cannot become contact person."""
    match command:
        case FormTeam() | DescribeTeam() | NameStaff() | NameStandIn() | ReturnStaff():
            return (team_stream(command.team_ref),)
        case JoinStaff():
            return (team_stream(command.team_ref), *(baton_stream(waiting.client) for waiting in command.waiting))
        case LeaveStaff():
            return (team_stream(command.team_ref), *(baton_stream(client) for client in command.clients))
        case OpenBaton() | AssignContactPerson():
            return (baton_stream(command.client), team_stream(command.team_ref))
        case _:
            return _of_baton(command)


def _of_baton(command: BatonCommand) -> tuple[str, ...]:
    match command:
        case OfferBaton():
            return (baton_stream(command.client), *dict.fromkeys(map(team_stream, (command.team_ref, command.to_team_ref))))
        case WithdrawOffer() | CompleteHandover():
            return (baton_stream(command.client), team_stream(command.team_ref))
        case AcceptBaton() | DeclineBaton():
            return (baton_stream(command.client), team_stream(command.to_team_ref))
        case PassMoment() | Escalate():
            return (baton_stream(command.client),)
        case _:
            assert_never(command)


def decide(state: Handover, command: Command) -> Sequence[Event] | Refused:
    """Facts, nothing for a repeat, or a refusal with its reason."""
    match command:
        case FormTeam() | DescribeTeam() | JoinStaff() | NameStaff() | LeaveStaff() | NameStandIn() | ReturnStaff():
            return decide_on_staff(state, command)
        case OpenBaton() | AssignContactPerson():
            return decide_on_holder(state, command)
        case _:
            baton = state.batons().get(command.client)
            return NOT_OPEN if baton is None else _with_baton(state, baton, command)


def _with_baton(state: Handover, baton: Baton, command: BatonCommand) -> Sequence[Event] | Refused:
    match command:
        case OfferBaton():
            return offer(state, baton, command)
        case AcceptBaton() | DeclineBaton() | WithdrawOffer() | CompleteHandover():
            return answer(state, baton, command)
        case PassMoment():
            return pass_moment(baton, command)
        case Escalate():
            return change_level(baton, command)
        case _:
            assert_never(command)


HANDOVER: Decider[Command, Handover] = Decider(NOTHING, reads, decide, evolve)
