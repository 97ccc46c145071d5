"""What is written beside the facts about households: who lives where, the new address, and when to look at somebody again."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from services.contracts.intake import (
    HouseholdEvent,
    HouseholdMemberBorn,
    HouseholdMembersJoined,
    HouseholdMoved,
    HouseholdRegistered,
    Member,
)
from services.eventlog.handle import Recorded
from services.eventlog.log import Due, Transaction
from services.intake.bands import next_crossing
from services.intake.client import stream_of as client_stream
from services.intake.desk import LIVES_IN, Desk, begin_of
from services.intake.household import stream_of
from services.intake.look_alikes import remember_dwelling
from services.vault.retention import anniversary
from services.vault.vault import Unopened, Vault

AGE_BAND = "age-band"
RETENTION = "retention"
FIRST_LOOK_YEARS = 1
"""The shortest term of retention: before that no client's is over."""


def keep_households(tx: Transaction, recorded: Recorded, born: Mapping[str, date], today: date) -> None:
    """Where everyone lives after these facts, and the next birthday that matters in each household."""
    after = {e.event.household_ref: e.event for e in recorded if isinstance(e.event, HouseholdEvent)}
    for envelope in recorded:
        event = envelope.event
        if isinstance(event, HouseholdEvent):
            for person_ref in _came(event):
                tx.keep(LIVES_IN, person_ref, event.household_ref.encode())
                _await_term(tx, person_ref, today)
            remember_dwelling(tx, event.facts.dwelling_ref, tuple(member.person_ref for member in event.facts.members))
    for household_ref, fact in after.items():
        members = {member.person_ref for member in fact.facts.members}
        await_age(tx, household_ref, {ref: birth for ref, birth in born.items() if ref in members}, today)


def _await_term(tx: Transaction, person_ref: str, today: date) -> None:
    """Let the clock look whether somebody who became known is still needed; it finds the real day by itself."""
    tx.schedule(Due(client_stream(person_ref), RETENTION, begin_of(anniversary(today, FIRST_LOOK_YEARS))))


def _came(event: HouseholdEvent) -> tuple[str, ...]:
    """Who lives in the household since this fact; who died is looked for where they lived last."""
    match event:
        case HouseholdRegistered():
            return tuple(member.person_ref for member in event.facts.members)
        case HouseholdMembersJoined():
            return event.joiners
        case HouseholdMemberBorn():
            return (event.person_ref,)
        case _:
            return ()


def await_age(tx: Transaction, household_ref: str, born: Mapping[str, date], today: date) -> None:
    """Let the clock look at a household again on the first day on which a member comes into another age band."""
    following = next_crossing(born, today)
    if following is None:
        tx.unschedule(stream_of(household_ref), AGE_BAND)
    else:
        tx.schedule(Due(stream_of(household_ref), AGE_BAND, begin_of(following)))


def keep_address(tx: Transaction, desk: Desk, recorded: Recorded, address: Mapping[str, Any]) -> None:
    """Seal the new address of everyone who moved or left, for the fact that says so."""
    for envelope in recorded:
        event = envelope.event
        if isinstance(event, HouseholdMoved | HouseholdRegistered):
            _seal_address(tx, desk.vault, envelope.event_id, event.facts.members, address)
        elif isinstance(event, HouseholdMembersJoined):
            joiners = [member for member in event.facts.members if member.person_ref in event.joiners]
            _seal_address(tx, desk.vault, envelope.event_id, joiners, address)


def _seal_address(tx: Transaction, vault: Vault, event_id: str, members: Iterable[Member], address: Mapping[str, Any]) -> None:
    for member in members:
        try:
            person = vault.open(tx, member.person_ref)
        except Unopened as closed:
            if closed.reason == "damaged":
                raise
            continue
        vault.seal(tx, member.person_ref, member.person_ref, event_id, {**person, "address": address})
