"""How a household falls apart into two, each with somebody who speaks for it."""

from services.contracts.envelope import Event
from services.contracts.intake import HouseholdFacts, HouseholdRegistered, HouseholdSplit
from services.eventlog.decider import Refused
from services.intake.composition import fits, led
from services.intake.consequences import followed, into_care, living_on
from services.intake.household_commands import SplitHousehold


def split(facts: HouseholdFacts, command: SplitHousehold, in_care: frozenset[str]) -> list[Event] | Refused:
    """Facts on both streams; `facts` is the household on the day of the split."""
    leavers = tuple(member for member in facts.members if member.person_ref in command.leavers)
    if len(leavers) < len(set(command.leavers)):
        return Refused("not-a-member")
    if len(leavers) == len(facts.members):
        return Refused("whole-household-leaves")
    staying = led(tuple(member for member in facts.members if member not in leavers), command.remaining_household_type)
    leaving = led(leavers, command.household_type)
    if not staying or not leaving:
        return Refused("no-adult", "each of the two households needs an adult")
    if not fits(command.remaining_household_type, staying) or not fits(command.household_type, leaving):
        return Refused("household-type-does-not-fit")
    remains = facts.model_copy(update={"members": staying, "household_type": command.remaining_household_type})
    return _two_households(remains, facts.model_copy(update={"members": leaving}), command, in_care)


def _two_households(remains: HouseholdFacts, left: HouseholdFacts, command: SplitHousehold, in_care: frozenset[str]) -> list[Event]:
    parted = HouseholdSplit(
        household_ref=command.household_ref,
        on=command.on,
        facts=remains,
        leavers=tuple(member.person_ref for member in left.members),
        new_household_ref=command.new_household_ref,
    )
    there = {
        "municipality": command.municipality,
        "dwelling_ref": command.dwelling_ref,
        "living": command.living,
        "household_type": command.household_type,
    }
    registered = HouseholdRegistered(
        household_ref=command.new_household_ref,
        on=command.on,
        facts=living_on(left.model_copy(update=there), command.means),
        split_from=command.household_ref,
    )
    new = [*followed(registered, command), *into_care(registered, command.today, in_care)]
    return [*followed(parted, command), *into_care(parted, command.today, in_care), *new]
