"""Members of one household go to live in another: two that become one, or children who go to their other parent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from services.contracts.envelope import Event
from services.contracts.intake import HouseholdEvent, HouseholdFacts, HouseholdMembersJoined, HouseholdMembersLeft, IntakeAccepted, Member
from services.eventlog.decider import Decider, Refused, refusal
from services.intake.bands import aged, crossed
from services.intake.composition import fits, led
from services.intake.consequences import followed, into_care, reached
from services.intake.household import Registered, Unknown, stream_of
from services.intake.household import evolve as evolve_household
from services.intake.household_commands import JoinHousehold
from services.intake.lives import ENDED


@dataclass(frozen=True, slots=True)
class Homes:
    """The two households, and who is in care."""

    known: Mapping[str, Registered] = field(default_factory=lambda: MappingProxyType({}))
    in_care: frozenset[str] = frozenset()


def reads(command: JoinHousehold) -> tuple[str, ...]:
    """Both households, and the intake streams of those whom it may bring into care."""
    clients = (f"intake/client/{person_ref}" for person_ref in command.born)
    return stream_of(command.household_ref), stream_of(command.to_household_ref), *clients


def decide(state: Homes, command: JoinHousehold) -> Sequence[Event] | Refused:
    """Facts on both streams, nothing where everybody lives there already, or a refusal."""
    here, there = state.known.get(command.household_ref), state.known.get(command.to_household_ref)
    if here is None or there is None:
        return Refused("unknown-household")
    if command.joiners.keys() <= _members(there.facts) and not command.joiners.keys() & _members(here.facts):
        return []
    return _unjoinable(here, there, command) or _join(here, there, command, state.in_care)


def _members(facts: HouseholdFacts) -> set[str]:
    return {member.person_ref for member in facts.members}


def _unjoinable(here: Registered, there: Registered, command: JoinHousehold) -> Refused | None:
    return refusal(
        (command.household_ref == command.to_household_ref, Refused("same-household")),
        (command.on > command.today, Refused("date-in-future")),
        (not command.joiners.keys() <= _members(here.facts), Refused("not-a-member")),
        (not there.facts.members, Refused("household-ended", "nobody lives in the household that would be joined")),
        (command.on < max(here.reported_on, there.reported_on), Refused("later-change-known", "one of the two changed on a later date")),
    )


def _join(here: Registered, there: Registered, command: JoinHousehold, in_care: frozenset[str]) -> Sequence[Event] | Refused:
    from_facts, to_facts = aged(here.facts, command.born, command.on), aged(there.facts, command.born, command.on)
    left, joined = _remaining(from_facts, command), _together(from_facts, to_facts, command)
    if isinstance(left, Refused):
        return left
    if not fits(joined.household_type, joined.members):
        return Refused("household-type-does-not-fit")
    names = tuple(command.joiners)
    leaving = HouseholdMembersLeft(
        household_ref=command.household_ref, on=command.on, facts=left, leavers=names, to_household_ref=command.to_household_ref
    )
    joining = HouseholdMembersJoined(
        household_ref=command.to_household_ref, on=command.on, facts=joined, joiners=names, from_household_ref=command.household_ref
    )
    return [
        *_aged_before(here, command.household_ref, command),
        *followed(leaving, command),
        *into_care(leaving, command.today, in_care),
        *_aged_before(there, command.to_household_ref, command),
        *followed(joining, command),
    ]


def _remaining(facts: HouseholdFacts, command: JoinHousehold) -> HouseholdFacts | Refused:
    left = tuple(member for member in facts.members if member.person_ref not in command.joiners)
    if not left:
        return facts.model_copy(update=ENDED)
    staying = led(left, command.remaining_household_type)
    if not staying:
        return Refused("no-adult", "who stays needs an adult")
    if not fits(command.remaining_household_type, staying):
        return Refused("household-type-does-not-fit")
    return facts.model_copy(update={"members": staying, "household_type": command.remaining_household_type})


def _together(from_facts: HouseholdFacts, to_facts: HouseholdFacts, command: JoinHousehold) -> HouseholdFacts:
    """What the household lives on stays as it was until it is reported."""
    coming = tuple(_in_role(member, command) for member in from_facts.members if member.person_ref in command.joiners)
    return to_facts.model_copy(update={"members": (*to_facts.members, *coming), "household_type": command.household_type})


def _in_role(member: Member, command: JoinHousehold) -> Member:
    return member.model_copy(update={"role": command.joiners[member.person_ref]})


def _aged_before(home: Registered, household_ref: str, command: JoinHousehold) -> list[Event]:
    return reached(household_ref, home.facts, crossed(command.born, home.on, command.on))


def evolve(state: Homes, event: Event) -> Homes:
    """The households after a fact of one of them."""
    if isinstance(event, IntakeAccepted):
        return replace(state, in_care=state.in_care | {event.client})
    if not isinstance(event, HouseholdEvent):
        return state
    after = evolve_household(state.known.get(event.household_ref, Unknown()), event)
    return state if isinstance(after, Unknown) else replace(state, known={**state.known, event.household_ref: after})


JOINING: Decider[JoinHousehold, Homes] = Decider(Homes(), reads, decide, evolve)
