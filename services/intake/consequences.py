"""What follows from a fact about a household: ages reached since, and care for who lives on a benefit."""

from collections.abc import Sequence
from datetime import date

from services.contracts.envelope import Event
from services.contracts.intake import AgeBandReached, HouseholdEvent, HouseholdFacts, IntakeAccepted
from services.intake.bands import Crossing, crossed
from services.intake.composition import applicant_of
from services.intake.household_commands import HouseholdCommand, Means


def followed(fact: HouseholdEvent, command: HouseholdCommand) -> list[Event]:
    """A fact of an earlier day, and the ages that its members have reached since."""
    return [fact, *reached(fact.household_ref, fact.facts, crossed(command.born, fact.on, command.today))]


def reached(household_ref: str, facts: HouseholdFacts, crossings: Sequence[Crossing]) -> list[Event]:
    """A fact for each member who came into another band, in the order of `crossings`."""
    events: list[Event] = []
    for on, person_ref, band in crossings:
        if any(member.person_ref == person_ref and member.age_band != band for member in facts.members):
            members = tuple(m.model_copy(update={"age_band": band}) if m.person_ref == person_ref else m for m in facts.members)
            facts = facts.model_copy(update={"members": members})
            events.append(AgeBandReached(household_ref=household_ref, on=on, facts=facts, person_ref=person_ref, age_band=band))
    return events


def into_care(fact: HouseholdEvent, today: date, in_care: frozenset[str]) -> list[Event]:
    """Who speaks for a household on benefit is in care, by the standard route (design.md 6)."""
    if fact.facts.benefit == "none":
        return []
    client = applicant_of(fact.facts.members)
    if client in in_care:
        return []
    municipality = fact.facts.municipality
    accepted = IntakeAccepted(
        client=client, household_ref=fact.household_ref, municipality=municipality, route="standard", accepted_on=today
    )
    return [accepted]


def living_on(facts: HouseholdFacts, means: Means) -> HouseholdFacts:
    """The same household with other means."""
    return facts.model_copy(
        update={"income_cents_per_month": means.income_cents_per_month, "income_source": means.income_source, "benefit": means.benefit}
    )
