"""What benefits knows of a household on any day: who lived there, on what, and who of them applied."""

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never, cast

from services.contracts.benefits import ApplicationNoted, HouseholdNoted, NoteCause
from services.contracts.envelope import Event
from services.contracts.intake import HouseholdFacts, Member, Scheme
from services.eventlog.decider import Decider, Refused

STREAMS = "benefits/household/"


@dataclass(frozen=True, slots=True)
class NoteHousehold:
    """Intake told how a household is from `on`, in version `source_version` of its stream."""

    household_ref: str
    on: date
    cause: NoteCause
    facts: HouseholdFacts
    source_version: int
    split_from: str | None


@dataclass(frozen=True, slots=True)
class NoteApplication:
    """Intake told that a client of a household applied."""

    household_ref: str
    client: str
    municipality: str
    application_ref: str
    scheme: Scheme
    scheme_year: int
    received_on: date


HouseholdCommand = NoteHousehold | NoteApplication
HouseholdFact = HouseholdNoted | ApplicationNoted


@dataclass(frozen=True, slots=True)
class Household:
    """Everything noted, in the order in which it came; what holds on a day is asked by `at`."""

    noted: tuple[HouseholdNoted, ...] = ()
    applications: tuple[ApplicationNoted, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every version of intake's stream was noted, so that nothing is decided on half a history."""
        return sorted(fact.source_version for fact in self.noted) == list(range(1, len(self.noted) + 1))

    def at(self, day: date) -> HouseholdFacts | None:
        """The household as it was on a day; None before its first fact and once nobody lives there.

        Of two facts from one day the later holds.
        """
        fact = self.fact_at(day)
        return fact.facts if fact is not None and fact.facts.members else None

    def fact_at(self, day: date) -> HouseholdNoted | None:
        """The fact that tells how the household was on a day."""
        return max((fact for fact in self.noted if fact.on <= day), key=_moment, default=None)

    @property
    def earliest(self) -> HouseholdNoted | None:
        """The fact that tells how the household was at the beginning."""
        return min(self.noted, key=_moment, default=None)

    def first(self) -> HouseholdFacts | None:
        """The household as it was at the beginning."""
        return self.earliest.facts if self.earliest is not None else None

    def applied(self, scheme: Scheme, scheme_year: int) -> tuple[ApplicationNoted, ...]:
        """Its applications, the earliest first."""
        about = [a for a in self.applications if (a.scheme, a.scheme_year) == (scheme, scheme_year)]
        return tuple(sorted(about, key=lambda a: (a.received_on, a.application_ref)))


def _moment(fact: HouseholdNoted) -> tuple[date, int]:
    return fact.on, fact.source_version


def partners(facts: HouseholdFacts) -> tuple[Member, ...]:
    """The applicant and the partner, in that order."""
    return tuple(sorted((m for m in facts.members if m.role in ("applicant", "partner")), key=lambda m: m.role))


def adults(facts: HouseholdFacts) -> tuple[str, ...]:
    """Everybody of 18 and older, by reference: each shares in an allowance once a scheme year (design.md section 6)."""
    return tuple(sorted(m.person_ref for m in facts.members if m.age_band != "0-17"))


def evolve(state: Household, fact: HouseholdFact) -> Household:
    """The household after one more fact."""
    match fact:
        case HouseholdNoted():
            return replace(state, noted=(*state.noted, fact))
        case ApplicationNoted():
            return replace(state, applications=(*state.applications, fact))
        case _:
            assert_never(fact)


def _decide(state: Household, command: HouseholdCommand) -> list[Event] | Refused:
    match command:
        case NoteHousehold():
            return _note(state, command)
        case NoteApplication():
            return _note_application(state, command)
        case _:
            assert_never(command)


def _note(state: Household, command: NoteHousehold) -> list[Event]:
    if any(fact.source_version == command.source_version for fact in state.noted):
        return []
    return [
        HouseholdNoted(
            household_ref=command.household_ref,
            on=command.on,
            cause=command.cause,
            facts=command.facts,
            source_version=command.source_version,
            split_from=command.split_from,
        )
    ]


def _note_application(state: Household, command: NoteApplication) -> list[Event]:
    if any(known.application_ref == command.application_ref for known in state.applications):
        return []
    return [
        ApplicationNoted(
            household_ref=command.household_ref,
            client=command.client,
            municipality=command.municipality,
            application_ref=command.application_ref,
            scheme=command.scheme,
            scheme_year=command.scheme_year,
            received_on=command.received_on,
        )
    ]


HOUSEHOLD: Decider[HouseholdCommand, Household] = Decider(
    initial=Household(),
    reads=lambda command: (STREAMS + command.household_ref,),
    decide=_decide,
    evolve=lambda state, event: evolve(state, cast("HouseholdFact", event)),
)
