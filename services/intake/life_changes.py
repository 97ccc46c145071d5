"""How births, deaths and moves into another household come in: persons are recognised, and the vault follows."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.contracts.intake import HouseholdEvent, HouseholdMemberBorn, Member
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Transaction
from services.intake.bodies import BirthBody, DeathBody, JoiningBody
from services.intake.changes import Found, of_household
from services.intake.desk import BSN, Absent, Asked, Desk, births, person_of
from services.intake.household import Registered, State, household, stream_of
from services.intake.household_commands import Command, JoinHousehold, RecordBirth, RecordDeath
from services.intake.joining import JOINING, Homes
from services.intake.likeness import Described
from services.intake.look_alikes import Somebody, found, remember
from services.intake.open_pairs import note
from services.intake.settling import keep_address, keep_households
from services.vault.vault import Unopened


def death(desk: Desk, asked: Asked, household_ref: str, body: DeathBody) -> Work[Command, State]:
    """A member died; `Absent` where the household is not known."""

    def make(found: Found) -> Command:
        return RecordDeath(
            household_ref=household_ref,
            today=asked.today,
            born=found.born,
            on=body.died_on,
            person_ref=body.person,
            household_type=body.household_type,
        )

    return of_household(desk, asked, household_ref, make)


def birth(desk: Desk, asked: Asked, household_ref: str, body: BirthBody) -> Work[Command, State]:
    """A child was born; `Absent` where the household is not known."""
    return _Birth(desk, asked, household_ref, body).work()


def joining(desk: Desk, asked: Asked, household_ref: str, body: JoiningBody) -> Work[JoinHousehold, Homes]:
    """Members go to live in another household; `Absent` where one of the two is not known."""
    return _Joining(desk, asked, household_ref, body).work()


def _home(tx: Transaction, asked: Asked, household_ref: str) -> Registered:
    state = household.fold(tx.read(stream_of(household_ref)))
    if not isinstance(state, Registered):
        raise Absent("household")
    asked.permit(state.facts.municipality)
    return state


def _address(tx: Transaction, desk: Desk, members: tuple[Member, ...]) -> Mapping[str, Any] | None:
    """Where these persons live; None where all of them were erased."""
    for member in members:
        try:
            address: Mapping[str, Any] = desk.vault.open(tx, member.person_ref)["address"]
        except Unopened as closed:
            if closed.reason == "damaged":
                raise
        else:
            return address
    return None


class _Birth:
    """A birth on its way into the log; the child's reference is drawn there."""

    def __init__(self, desk: Desk, asked: Asked, household_ref: str, body: BirthBody) -> None:
        self._desk, self._asked, self._household_ref, self._body = desk, asked, household_ref, body
        self._born: dict[str, date] = {}
        self._address: Mapping[str, Any] | None = None

    def work(self) -> Work[Command, State]:
        """For the log."""
        asked = self._asked
        return Work(household, self._command, asked.origin, asked.body_hash, asked.expected, self._beside, _child)

    def _command(self, tx: Transaction) -> Command:
        home, body = _home(tx, self._asked, self._household_ref), self._body
        known = None if body.bsn is None else person_of(tx, self._desk.hashes, body.bsn)
        child = known or self._desk.new_ref("p-")
        self._address = _address(tx, self._desk, home.facts.members)
        self._born = {**births(tx, self._desk.vault, home.facts.members), child: body.birth_date}
        return RecordBirth(
            household_ref=self._household_ref,
            today=self._asked.today,
            born=self._born,
            on=body.birth_date,
            person_ref=child,
            household_type=body.household_type,
            known=known is not None,
            alike=tuple(found(tx, self._desk, self._somebody(child, home), frozenset(_members(home)))),
        )

    def _somebody(self, child: str, home: Registered) -> Somebody:
        described = Described(self._body.name, self._body.birth_date, home.facts.dwelling_ref)
        return Somebody(child, described, home.facts.municipality, self._body.bsn is not None)

    def _beside(self, tx: Transaction, recorded: Recorded) -> None:
        envelope = next(each for each in recorded if isinstance(each.event, HouseholdMemberBorn))
        child, body = _child(recorded)["person_ref"], self._body
        told = {"bsn": body.bsn, "name": body.name, "birth_date": body.birth_date.isoformat(), "address": self._address}
        self._desk.vault.seal(tx, child, child, envelope.event_id, told)
        if body.bsn is not None:
            tx.keep(BSN, self._desk.hashes.bsn.of(body.bsn), child.encode())
        remember(tx, self._desk.hashes, child, body.birth_date, has_bsn=body.bsn is not None)
        keep_households(tx, recorded, self._born, self._asked.today)
        note(tx, recorded)


def _members(home: Registered) -> tuple[str, ...]:
    return tuple(member.person_ref for member in home.facts.members)


def _child(recorded: Recorded) -> dict[str, str]:
    born = next(each.event for each in recorded if isinstance(each.event, HouseholdMemberBorn))
    return {"household_ref": born.household_ref, "person_ref": born.person_ref}


class _Joining:
    """A move into another household on its way into the log."""

    def __init__(self, desk: Desk, asked: Asked, household_ref: str, body: JoiningBody) -> None:
        self._desk, self._asked, self._household_ref, self._body = desk, asked, household_ref, body
        self._born: Mapping[str, date] = {}
        self._address: Mapping[str, Any] | None = None

    def work(self) -> Work[JoinHousehold, Homes]:
        """For the log."""
        asked = self._asked
        return Work(JOINING, self._command, asked.origin, asked.body_hash, asked.expected, self._beside, _both)

    def _command(self, tx: Transaction) -> JoinHousehold:
        here, there = (_home(tx, self._asked, ref) for ref in (self._household_ref, self._body.to_household))
        self._born = births(tx, self._desk.vault, (*here.facts.members, *there.facts.members))
        self._address = _address(tx, self._desk, there.facts.members)
        return JoinHousehold(
            household_ref=self._household_ref,
            today=self._asked.today,
            born=self._born,
            on=self._body.on,
            joiners={joiner.person: joiner.role for joiner in self._body.joiners},
            to_household_ref=self._body.to_household,
            household_type=self._body.household_type,
            remaining_household_type=self._body.remaining_household_type,
        )

    def _beside(self, tx: Transaction, recorded: Recorded) -> None:
        keep_households(tx, recorded, self._born, self._asked.today)
        if self._address is not None:
            keep_address(tx, self._desk, recorded, self._address)


def _both(recorded: Recorded) -> dict[str, str]:
    named = dict.fromkeys(each.event.household_ref for each in recorded if isinstance(each.event, HouseholdEvent))
    return dict(zip(("household_ref", "to_household_ref"), named, strict=False))
