"""What can be decided about a client's needs: seen, given goals that a team works on, reached or dropped, and closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Literal, assert_never

from services.contracts.envelope import Event
from services.contracts.needs import (
    GoalOutcome,
    NeedClosed,
    NeedEvent,
    NeedGoalEnded,
    NeedGoalSet,
    NeedIdentified,
    NeedWorkStarted,
)
from services.contracts.route import LifeDomain
from services.eventlog.decider import Decider, Refused, refusal
from services.intake.need_commands import CloseNeed, Command, EndGoal, IdentifyNeed, SetGoal, StartWork

Decision = Sequence[Event] | Refused
FUTURE = Refused("date-in-future")


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be reached, and who works on it; `outcome` is empty while it is open."""

    goal: str
    set_on: date
    teams: frozenset[tuple[str, str]] = frozenset()
    outcome: GoalOutcome | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class Need:
    """A need; `outcome` is empty while it is open."""

    domain: LifeDomain
    need: str
    identified_on: date
    goals: Mapping[str, Goal] = field(default_factory=lambda: MappingProxyType({}))
    outcome: str = ""


Needs = Mapping[str, Need]


def needs_stream(client: str) -> str:
    """The stream of a client's needs."""
    return f"intake/needs/{client}"


def reads(command: Command) -> tuple[str, ...]:
    """The client's needs."""
    return (needs_stream(command.whose.client),)


def decide(state: Needs, command: Command) -> Decision:
    """Facts, nothing for a repeat, or a refusal."""
    if command.on > command.today:
        return FUTURE
    if isinstance(command, IdentifyNeed):
        return _identify(state, command)
    need = state.get(command.need_ref)
    if need is None:
        return Refused("unknown-need")
    match command:
        case CloseNeed():
            return _close(need, command)
        case SetGoal():
            return _set(need, command)
        case StartWork() | EndGoal():
            return _on_goal(need, command)
        case _:
            assert_never(command)


def _said(need: Need | IdentifyNeed, command: Command) -> dict[str, Any]:
    return {**command.whose.said, "need_ref": command.need_ref, "domain": need.domain}


def _identify(state: Needs, command: IdentifyNeed) -> Decision:
    if any((each.domain, each.need, each.outcome) == (command.domain, command.need, "") for each in state.values()):
        return []
    identified = NeedIdentified(
        **_said(command, command),
        need=command.need,
        identified_on=command.on,
        identified_by=command.by,
        text_ref=command.text_ref,
    )
    return [identified]


def _set(need: Need, command: SetGoal) -> Decision:
    if any((each.goal, each.outcome) == (command.goal, "") for each in need.goals.values()):
        return []
    refused = refusal(
        (need.outcome, Refused("need-closed", "this need was closed; identify it again")),
        (command.on < need.identified_on, Refused("before-the-need")),
    )
    goal = NeedGoalSet(**_said(need, command), goal_ref=command.goal_ref, goal=command.goal, set_on=command.on, text_ref=command.text_ref)
    return refused or [goal]


def _on_goal(need: Need, command: StartWork | EndGoal) -> Decision:
    goal = need.goals.get(command.goal_ref)
    if goal is None:
        return Refused("unknown-goal")
    if command.on < goal.set_on:
        return Refused("before-the-goal")
    return _start(need, goal, command) if isinstance(command, StartWork) else _end(need, goal, command)


def _start(need: Need, goal: Goal, command: StartWork) -> Decision:
    if (command.organisation, command.team_ref) in goal.teams:
        return []
    started = NeedWorkStarted(
        **_said(need, command),
        goal_ref=command.goal_ref,
        organisation=command.organisation,
        team_ref=command.team_ref,
        started_on=command.on,
    )
    return Refused("goal-ended", f"this goal was {goal.outcome}") if goal.outcome else [started]


def _end(need: Need, goal: Goal, command: EndGoal) -> Decision:
    if goal.outcome:
        return [] if goal.outcome == command.outcome else Refused("goal-ended", f"this goal was {goal.outcome}")
    ended = NeedGoalEnded(
        **_said(need, command),
        goal_ref=command.goal_ref,
        outcome=command.outcome,
        ended_on=command.on,
        reason_code=command.reason_code,
    )
    return [ended]


def _close(need: Need, command: CloseNeed) -> Decision:
    if need.outcome:
        return [] if need.outcome == command.outcome else Refused("need-closed", f"this need was {need.outcome}")
    refused = refusal(
        (any(not goal.outcome for goal in need.goals.values()), Refused("goals-open", "end its goals first")),
        (command.on < need.identified_on, Refused("before-the-need")),
    )
    closed = NeedClosed(**_said(need, command), outcome=command.outcome, closed_on=command.on, reason_code=command.reason_code)
    return refused or [closed]


def evolve(state: Needs, event: Event) -> Needs:
    """The needs after a fact."""
    if isinstance(event, NeedIdentified):
        return {**state, event.need_ref: Need(event.domain, event.need, event.identified_on)}
    return {**state, event.need_ref: _after(state[event.need_ref], event)} if isinstance(event, NeedEvent) else state


def _after(need: Need, event: NeedEvent) -> Need:
    match event:
        case NeedGoalSet():
            return _with(need, event.goal_ref, Goal(event.goal, event.set_on))
        case NeedWorkStarted():
            goal = need.goals[event.goal_ref]
            return _with(need, event.goal_ref, replace(goal, teams=goal.teams | {(event.organisation, event.team_ref)}))
        case NeedGoalEnded():
            return _with(need, event.goal_ref, replace(need.goals[event.goal_ref], outcome=event.outcome))
        case NeedClosed():
            return replace(need, outcome=event.outcome)
        case _:
            return need


def _with(need: Need, goal_ref: str, goal: Goal) -> Need:
    return replace(need, goals=MappingProxyType({**need.goals, goal_ref: goal}))


NEEDS: Decider[Command, Needs] = Decider(MappingProxyType({}), reads, decide, evolve)
