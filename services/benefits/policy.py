"""What follows in benefits from what intake tells: households and applications are noted, nothing else."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.benefits.household import HOUSEHOLD, HouseholdCommand, NoteApplication, NoteHousehold
from services.contracts.benefits import NoteCause
from services.contracts.envelope import Envelope, Event
from services.contracts.intake import (
    AgeBandReached,
    ApplicationReceived,
    HouseholdEvent,
    HouseholdIncomeReported,
    HouseholdMemberBorn,
    HouseholdMemberDied,
    HouseholdMembersJoined,
    HouseholdMembersLeft,
    HouseholdMoved,
    HouseholdRegistered,
    HouseholdSplit,
)
from services.eventlog.handle import Work
from services.eventlog.log import Origin, Transaction

ACTOR = "reactor:benefits"
SEEN_AT = "intake-position"
"""Beside each noted fact: the position of intake's, so that a run can rest on a named position exactly."""

_CAUSES: dict[type[Event], NoteCause] = {
    HouseholdRegistered: "registered",
    HouseholdMoved: "moved",
    HouseholdSplit: "split",
    HouseholdIncomeReported: "income-reported",
    HouseholdMemberBorn: "member-born",
    HouseholdMemberDied: "member-died",
    HouseholdMembersLeft: "members-left",
    HouseholdMembersJoined: "members-joined",
    AgeBandReached: "age-band-reached",
}


def react(now: Callable[[], datetime]) -> Callable[[Envelope[Event]], list[Work[Any, Any]]]:
    """The commands that follow from an event of intake; recorded now, holding from when intake's fact did."""

    def reaction(envelope: Envelope[Event]) -> list[Work[Any, Any]]:
        command = _command(envelope)
        return [] if command is None else [_noting(command, envelope, now())]

    return reaction


def _command(envelope: Envelope[Event]) -> HouseholdCommand | None:
    match envelope.event:
        case HouseholdEvent() as told:
            return NoteHousehold(
                household_ref=told.household_ref,
                on=told.on,
                cause=_CAUSES[type(told)],
                facts=told.facts,
                source_version=envelope.version,
                split_from=told.split_from if isinstance(told, HouseholdRegistered) else None,
            )
        case ApplicationReceived() as told:
            return NoteApplication(
                household_ref=told.household_ref,
                client=told.client,
                municipality=told.municipality,
                application_ref=told.application_ref,
                scheme=told.scheme,
                scheme_year=told.scheme_year,
                received_on=told.received_on,
            )
        case _:
            return None


def seen_key(household_ref: str, source: int | str) -> str:
    """Where the position of a noted fact is kept: by version for a household, by reference for an application."""
    return f"{household_ref}/{source}"


def _noting(command: HouseholdCommand, envelope: Envelope[Event], at: datetime) -> Work[Any, Any]:
    source = command.source_version if isinstance(command, NoteHousehold) else command.application_ref

    def seen(tx: Transaction) -> HouseholdCommand:
        # Also where the fact is noted already: a log that was read back from Kafka has the fact, and not this.
        tx.keep(SEEN_AT, seen_key(command.household_ref, source), str(envelope.position).encode())
        return command

    return Work(
        decider=HOUSEHOLD,
        command=seen,
        origin=Origin(ACTOR, f"{envelope.event_id}:note", at, envelope.correlation_id, envelope.event_id, envelope.effective_at),
        body_hash=b"",
    )
