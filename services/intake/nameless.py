"""Clients who came back from Kafka after a restore without name and BSN, until somebody says again who they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from services.contracts.envelope import Envelope, Event
from services.contracts.intake import HouseholdEvent, HouseholdFacts, HouseholdMemberBorn, HouseholdRegistered
from services.eventlog.log import EventLog, Transaction
from services.intake.desk import BSN, Desk, births, local_day
from services.intake.household import stream_of
from services.intake.look_alikes import remember
from services.intake.settling import await_age, keep_households

NAMELESS = "nameless"
PLACES = "nameless-at"
COUNT = ("nameless-count", "all")


@dataclass(frozen=True, slots=True)
class Nameless:
    """A client without a name: the household of the first fact about them, and the id of that fact, to which the vault binds."""

    household_ref: str
    event_id: str

    def to_bytes(self) -> bytes:
        """As it is kept."""
        return f"{self.household_ref}\n{self.event_id}".encode()


def recall(desk: Desk, tx: Transaction, facts: Sequence[Envelope[Event]]) -> None:
    """What was kept beside facts that come back, made again; whom the vault does not know is noted as nameless."""
    for envelope in facts:
        event = envelope.event
        if isinstance(event, HouseholdEvent):
            if isinstance(event, HouseholdRegistered | HouseholdMemberBorn):
                _note(desk, tx, envelope, event)
            keep_households(tx, [envelope], births(tx, desk.vault, event.facts.members), local_day(envelope.recorded_at))


def _note(desk: Desk, tx: Transaction, envelope: Envelope[Event], came: HouseholdRegistered | HouseholdMemberBorn) -> None:
    unknown = [member.person_ref for member in came.facts.members if not desk.vault.knows(tx, member.person_ref)]
    unknown = [person_ref for person_ref in unknown if tx.kept(NAMELESS, person_ref) is None]
    for person_ref in unknown:
        tx.keep(NAMELESS, person_ref, Nameless(came.household_ref, envelope.event_id).to_bytes())
    if unknown and isinstance(came, HouseholdRegistered):
        place = _place(came.facts, came.on)
        tx.keep(PLACES, place, orjson.dumps([*_at(tx, place), came.household_ref]))
    if unknown:
        _count(tx, len(unknown))


def _place(facts: HouseholdFacts, on: date) -> str:
    return f"{facts.dwelling_ref}/{on.isoformat()}"


def _at(tx: Transaction, place: str) -> list[str]:
    kept = tx.kept(PLACES, place)
    return [] if kept is None else list(orjson.loads(kept))


def _count(tx: Transaction, more: int) -> None:
    tx.keep(*COUNT, str(number(tx) + more).encode())


def number(tx: Transaction) -> int:
    """How many clients are nameless now."""
    return int(tx.kept(*COUNT) or b"0")


def without_name(log: EventLog) -> list[tuple[str, str]]:
    """Every nameless client with the household of the first fact about them."""
    return [(person_ref, _read(value).household_ref) for person_ref, value in log.kept_all(NAMELESS)]


def told(log: EventLog) -> tuple[str, ...]:
    """A sentence for each nameless client, for whoever restores."""
    return tuple(
        f"client {person_ref} of household {household_ref} has no name any more: bring the household again as it was registered"
        f" (POST /v1/households), or say who it is (POST /v1/clients/{person_ref}/identities)"
        for person_ref, household_ref in without_name(log)
    )


def nameless(tx: Transaction, person_ref: str) -> Nameless | None:
    """A client, if nameless."""
    kept = tx.kept(NAMELESS, person_ref)
    return None if kept is None else _read(kept)


def _read(kept: bytes) -> Nameless:
    household_ref, _, event_id = kept.decode().partition("\n")
    return Nameless(household_ref, event_id)


def recognised(tx: Transaction, facts: HouseholdFacts, on: date) -> HouseholdRegistered | None:
    """The household of nameless clients that was registered exactly so; none where two were, as nobody could tell them apart."""
    first_facts = (tx.read(stream_of(ref))[0] for ref in _at(tx, _place(facts, on)))
    found = [fact for fact in first_facts if _same(tx, fact, facts)]
    first = found[0] if len(found) == 1 else None
    assert first is None or isinstance(first, HouseholdRegistered)
    return first


def _same(tx: Transaction, fact: Event, facts: HouseholdFacts) -> bool:
    if not isinstance(fact, HouseholdRegistered) or _anonymous(fact.facts) != _anonymous(facts):
        return False
    return all(nameless(tx, member.person_ref) is not None for member in fact.facts.members)


def _anonymous(facts: HouseholdFacts) -> HouseholdFacts:
    return facts.model_copy(update={"members": tuple(member.model_copy(update={"person_ref": ""}) for member in facts.members)})


def forget(tx: Transaction, person_ref: str) -> None:
    """Somebody who is erased needs no name any more."""
    if nameless(tx, person_ref) is not None:
        tx.drop(NAMELESS, person_ref)
        _count(tx, -1)


def name(desk: Desk, tx: Transaction, person_ref: str, personal: Mapping[str, Any], today: date) -> None:
    """Say who a nameless client is: the vault and the BSN index have them again, and birthdays are looked at."""
    whose = nameless(tx, person_ref)
    assert whose is not None, "only a nameless client is named"
    desk.vault.seal(tx, person_ref, person_ref, whose.event_id, personal)
    if personal["bsn"] is not None:
        tx.keep(BSN, desk.hashes.bsn.of(personal["bsn"]), person_ref.encode())
    remember(tx, desk.hashes, person_ref, date.fromisoformat(personal["birth_date"]), has_bsn=personal["bsn"] is not None)
    tx.drop(NAMELESS, person_ref)
    _count(tx, -1)
    last = next(fact for fact in reversed(tx.read(stream_of(whose.household_ref))) if isinstance(fact, HouseholdEvent))
    await_age(tx, whose.household_ref, births(tx, desk.vault, last.facts.members), today)
