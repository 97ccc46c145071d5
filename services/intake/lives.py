"""Births and deaths: who comes into a household with a life, and who leaves it with one."""

from datetime import date
from typing import Any

from services.contracts.envelope import Event
from services.contracts.intake import HouseholdFacts, HouseholdMemberBorn, HouseholdMemberDied, Member
from services.eventlog.decider import Refused
from services.intake.composition import fits, led
from services.intake.consequences import followed, into_care
from services.intake.household_commands import RecordBirth, RecordDeath

ENDED: dict[str, Any] = {"members": (), "income_cents_per_month": 0, "income_source": "none", "benefit": "none"}
"""What is left of a household in which nobody lives any more."""


def birth(facts: HouseholdFacts, on: date, command: RecordBirth) -> list[Event] | Refused:
    """The child's fact, which holds from the month of birth: a birth date stays in the vault."""
    if command.known:
        return Refused("duplicate-person", "somebody with this citizen service number is known already")
    child = Member(person_ref=command.person_ref, role="child", age_band="0-17")
    grown = facts.model_copy(update={"members": (*facts.members, child), "household_type": command.household_type})
    if not fits(command.household_type, grown.members):
        return Refused("household-type-does-not-fit")
    born = HouseholdMemberBorn(household_ref=command.household_ref, on=on, facts=grown, person_ref=command.person_ref)
    return [*followed(born, command), *command.alike]


def death(facts: HouseholdFacts, on: date, command: RecordDeath, in_care: frozenset[str]) -> list[Event] | Refused:
    """The household without who died; the next in line speaks for it."""
    left = tuple(member for member in facts.members if member.person_ref != command.person_ref)
    if len(left) == len(facts.members):
        return Refused("not-a-member")
    staying = led(left, command.household_type)
    if left and not staying:
        return Refused("no-adult", "let the children join the household of their guardian first")
    if left and not fits(command.household_type, staying):
        return Refused("household-type-does-not-fit")
    after = {"members": staying, "household_type": command.household_type} if left else ENDED
    died = HouseholdMemberDied(
        household_ref=command.household_ref,
        on=on,
        facts=facts.model_copy(update=after),
        person_ref=command.person_ref,
        died_on=command.on,
    )
    return [*followed(died, command), *into_care(died, command.today, in_care)]
