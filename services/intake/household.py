"""What can be decided about a household: that it is known, moves, splits, has another income, and that members are born, age and die."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from services.contracts.envelope import Event
from services.contracts.intake import (
    AgeBandReached,
    HouseholdEvent,
    HouseholdFacts,
    HouseholdIncomeReported,
    HouseholdMemberDied,
    HouseholdMoved,
    HouseholdRegistered,
    HouseholdSplit,
    IntakeAccepted,
)
from services.eventlog.decider import Decider, Refused, refusal
from services.intake.bands import aged, crossed
from services.intake.composition import fits
from services.intake.consequences import followed, into_care, living_on, reached
from services.intake.household_commands import (
    Change,
    Command,
    Means,
    MoveHousehold,
    ReachAgeBand,
    RecogniseHousehold,
    RecordBirth,
    RecordDeath,
    RegisterHousehold,
    ReportIncome,
    SplitHousehold,
)
from services.intake.lives import birth, death
from services.intake.splitting import split


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody registered this household."""


@dataclass(frozen=True, slots=True)
class Registered:
    """The household as its last fact left it. `on` is the latest day of any fact, `reported_on` of one that was reported."""

    facts: HouseholdFacts
    on: date
    reported_on: date
    split_off: frozenset[frozenset[str]] = frozenset()
    in_care: frozenset[str] = frozenset()
    died: frozenset[str] = frozenset()


State = Unknown | Registered


def stream_of(household_ref: str) -> str:
    """The household's own stream."""
    return f"intake/household/{household_ref}"


def reads(command: Command) -> tuple[str, ...]:
    """The household's stream, and the intake streams of those whom the command may bring into care."""
    household = stream_of(command.household_ref)
    match command:
        case ReportIncome() | SplitHousehold() | RecordDeath():
            return household, *(f"intake/client/{person_ref}" for person_ref in command.born)
        case RegisterHousehold() | MoveHousehold() | RecordBirth() | ReachAgeBand() | RecogniseHousehold():
            return (household,)
        case _:
            assert_never(command)


def decide(state: State, command: Command) -> Sequence[Event] | Refused:
    """Facts, nothing for a repeat, or a refusal."""
    match command:
        case RegisterHousehold():
            return _register(state, command)
        case ReachAgeBand():
            return _age(state, command)
        case RecogniseHousehold():
            return Refused("unknown-household") if isinstance(state, Unknown) else []
        case MoveHousehold() | SplitHousehold() | ReportIncome() | RecordBirth() | RecordDeath():
            return _change(state, command)
        case _:
            assert_never(command)


def _register(state: State, command: RegisterHousehold) -> Sequence[Event] | Refused:
    if isinstance(state, Registered):
        return [] if state.facts == command.facts else Refused("household-exists")
    if refusal := _unregistrable(command):
        return refusal
    registered = HouseholdRegistered(household_ref=command.household_ref, on=command.on, facts=command.facts)
    return [*followed(registered, command), *into_care(registered, command.today, frozenset()), *command.alike]


def _unregistrable(command: RegisterHousehold) -> Refused | None:
    members = [member.person_ref for member in command.facts.members]
    if command.known:
        return Refused("duplicate-person", "a member lives in a household that is known already")
    if len(set(members)) < len(members):
        return Refused("person-twice", "a person is a member of this household more than once")
    if command.on > command.today:
        return Refused("date-in-future")
    if any(born > command.on for born in command.born.values()):
        return Refused("born-after-date", "a member was born after the date that the household is described for")
    return None if fits(command.facts.household_type, command.facts.members) else Refused("household-type-does-not-fit")


def _age(state: State, command: ReachAgeBand) -> Sequence[Event] | Refused:
    if isinstance(state, Unknown):
        return Refused("unknown-household")
    return reached(command.household_ref, state.facts, crossed(command.born, state.on, command.today))


def _change(state: State, command: Change) -> Sequence[Event] | Refused:
    if isinstance(state, Unknown):
        return Refused("unknown-household")
    if _is_repeat(state, command):
        return []
    if command.on > command.today:
        return Refused("date-in-future")
    on = _holds_from(state, command)
    refused = refusal(
        (not state.facts.members, Refused("household-ended", "nobody lives in this household any more")),
        (on < state.reported_on, Refused("later-change-known", "a change of this household from a later date is known already")),
    )
    if refused:
        return refused
    # Ages reached since the last fact come first, so that each fact is followed only by facts of the same day or later.
    before = reached(command.household_ref, state.facts, crossed(command.born, state.on, on))
    changed = _changed(state, aged(state.facts, command.born, on), on, command)
    return changed if isinstance(changed, Refused) else [*before, *changed]


def _holds_from(state: Registered, command: Change) -> date:
    """Nobody can help it that a birth or death is told after a later change: it holds from then on. A birth tells no day."""
    match command:
        case RecordBirth():
            return max(command.on.replace(day=1), state.reported_on)
        case RecordDeath():
            return max(command.on, state.reported_on)
        case _:
            return command.on


def _is_repeat(state: Registered, command: Change) -> bool:
    facts = state.facts
    match command:
        case MoveHousehold():
            return (facts.municipality, facts.dwelling_ref, facts.living) == (command.municipality, command.dwelling_ref, command.living)
        case SplitHousehold():
            return frozenset(command.leavers) in state.split_off
        case ReportIncome():
            return command.means == _means(facts)
        case RecordBirth():
            return any(member.person_ref == command.person_ref for member in facts.members)
        case RecordDeath():
            return command.person_ref in state.died
        case _:
            assert_never(command)


def _changed(state: Registered, facts: HouseholdFacts, on: date, command: Change) -> list[Event] | Refused:
    match command:
        case MoveHousehold():
            return _moved(facts, command)
        case SplitHousehold():
            return split(facts, command, state.in_care)
        case ReportIncome():
            return _income(state, facts, command)
        case RecordBirth():
            return birth(facts, on, command)
        case RecordDeath():
            return death(facts, on, command, state.in_care)
        case _:
            assert_never(command)


def _moved(facts: HouseholdFacts, command: MoveHousehold) -> list[Event]:
    there = {"municipality": command.municipality, "dwelling_ref": command.dwelling_ref, "living": command.living}
    moved = HouseholdMoved(
        household_ref=command.household_ref,
        on=command.on,
        facts=facts.model_copy(update=there),
        from_municipality=facts.municipality,
    )
    return followed(moved, command)


def _income(state: Registered, facts: HouseholdFacts, command: ReportIncome) -> list[Event]:
    reported = HouseholdIncomeReported(household_ref=command.household_ref, on=command.on, facts=living_on(facts, command.means))
    return [*followed(reported, command), *into_care(reported, command.today, state.in_care)]


def _means(facts: HouseholdFacts) -> Means:
    return Means(income_cents_per_month=facts.income_cents_per_month, income_source=facts.income_source, benefit=facts.benefit)


def evolve(state: State, event: Event) -> State:
    """The household after a fact; facts of other streams change it only where they bring a member into care."""
    match event:
        case HouseholdEvent():
            return _with(state, event)
        case IntakeAccepted() if isinstance(state, Registered):
            return replace(state, in_care=state.in_care | {event.client})
        case _:
            return state


def _with(state: State, event: HouseholdEvent) -> Registered:
    if isinstance(state, Unknown):
        return Registered(event.facts, event.on, event.on)
    on = max(state.on, event.on)
    match event:
        case AgeBandReached():
            return replace(state, facts=event.facts, on=on)
        case HouseholdSplit():
            split_off = state.split_off | {frozenset(event.leavers)}
            return replace(state, facts=event.facts, on=on, reported_on=event.on, split_off=split_off)
        case HouseholdMemberDied():
            return replace(state, facts=event.facts, on=on, reported_on=event.on, died=state.died | {event.person_ref})
        case _:
            return replace(state, facts=event.facts, on=on, reported_on=event.on)


household: Decider[Command, State] = Decider(Unknown(), reads, decide, evolve)
