"""A household as it was on a day, by what was known at a moment: the two times of every fact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.contracts.envelope import Envelope, Event
from services.contracts.intake import HouseholdEvent, HouseholdMembersJoined, HouseholdRegistered
from services.eventlog.log import EventLog
from services.intake.desk import household_of
from services.intake.household import stream_of


@dataclass(frozen=True, slots=True)
class Moment:
    """The day that is asked about, and up to when what was recorded counts (UTC)."""

    on: date
    known_at: datetime


def fact_on(history: Sequence[Envelope[Event]], moment: Moment) -> Envelope[Event] | None:
    """The fact that tells how the household was; of two facts from one day the later holds."""
    found = None
    for envelope in history:
        assert isinstance(envelope.event, HouseholdEvent), "a household's stream"
        is_told = envelope.recorded_at <= moment.known_at and envelope.event.on <= moment.on
        if is_told and (found is None or envelope.event.on >= found[0]):
            found = envelope.event.on, envelope
    return None if found is None else found[1]


def shown(envelope: Envelope[Event]) -> dict[str, Any]:
    """The household of a fact, without a name."""
    assert isinstance(envelope.event, HouseholdEvent), "a household's stream"
    told = envelope.event.model_dump(mode="json", include={"household_ref", "facts"})
    return {**told, "since": envelope.event.on.isoformat(), "version": envelope.version, "recorded_at": envelope.recorded_at.isoformat()}


def home_on(log: EventLog, person_ref: str, moment: Moment) -> Envelope[Event] | None:
    """The fact of the household in which a person lived on a day; None where they lived in none that is known.

    From where they live now it goes back along the households that they came from.
    """
    household_ref, seen = household_of(log, person_ref), set[str]()
    while household_ref is not None and household_ref not in seen:
        seen.add(household_ref)
        history = log.read(stream_of(household_ref))
        fact = fact_on(history, moment)
        if fact is not None and person_ref in members_of(fact):
            return fact
        household_ref = _came_from(history, person_ref)
    return None


def members_of(envelope: Envelope[Event]) -> tuple[str, ...]:
    """Who lives in the household of a fact."""
    assert isinstance(envelope.event, HouseholdEvent), "a household's stream"
    return tuple(member.person_ref for member in envelope.event.facts.members)


def _came_from(history: Sequence[Envelope[Event]], person_ref: str) -> str | None:
    for envelope in reversed(history):
        match envelope.event:
            case HouseholdMembersJoined(joiners=joiners, from_household_ref=ref) if person_ref in joiners:
                return ref
            case HouseholdRegistered(split_from=ref) if person_ref in members_of(envelope):
                return ref
            case _:
                continue
    return None
