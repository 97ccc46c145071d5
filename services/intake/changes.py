"""How changes of a household come in: it is found, its members' ages are read, and the decision is made on it as it is now."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.access.caller import NOWHERE
from services.contracts.intake import HouseholdEvent, HouseholdFacts, HouseholdRegistered
from services.eventlog.decider import Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Transaction
from services.intake.bodies import Address, IncomeBody, MoveBody, SplitBody
from services.intake.desk import Absent, Asked, Desk, births, household_of, person_of
from services.intake.dwelling import dwelling_of
from services.intake.household import State, Unknown, household, stream_of
from services.intake.household_commands import Command, MoveHousehold, ReportIncome, SplitHousehold
from services.intake.lines import ChangeLine
from services.intake.settling import keep_address, keep_households


@dataclass(frozen=True, slots=True)
class Found:
    """A household as it is now; `persons` are those whom the caller named, if any."""

    household_ref: str
    facts: HouseholdFacts
    born: Mapping[str, date]
    persons: tuple[str, ...] = ()


Find = Callable[[Transaction], "tuple[str, tuple[str, ...]] | Refused"]
"""Reference of the household that a change is about, and the persons that were named."""
Make = Callable[[Found], "Command | Refused"]


def move(desk: Desk, asked: Asked, household_ref: str, body: MoveBody) -> Work[Command, State]:
    """A household that lives elsewhere; raises what `permit` raises for where it goes."""
    asked.permit(body.municipality)
    return _Change(desk, asked, _named(household_ref), lambda found: _move(desk, asked, found, body), body.address).work()


def split(desk: Desk, asked: Asked, household_ref: str, body: SplitBody) -> Work[Command, State]:
    """Members who leave; raises what `permit` raises for where they go."""
    asked.permit(body.municipality)
    return _Change(desk, asked, _named(household_ref), lambda found: _split(desk, asked, found, body), body.address).work()


def income(desk: Desk, asked: Asked, household_ref: str, body: IncomeBody) -> Work[Command, State]:
    """Other means."""

    def make(found: Found) -> Command:
        return ReportIncome(household_ref=household_ref, today=asked.today, born=found.born, on=body.on, means=body.means())

    return of_household(desk, asked, household_ref, make)


def of_household(desk: Desk, asked: Asked, household_ref: str, make: Make) -> Work[Command, State]:
    """A change after which everybody keeps the address that they have."""
    return _Change(desk, asked, _named(household_ref), make, None).work()


def change(desk: Desk, asked: Asked, line: ChangeLine) -> Work[Command, State]:
    """A line of a file of changes, by BSN; raises what `permit` raises for where they go."""
    asked.permit(line.municipality)

    def make(found: Found) -> Command | Refused:
        if line.kind == "split":
            return _split(desk, asked, found, _leaving(line, found))
        whole = {member.person_ref for member in found.facts.members} == set(found.persons)
        body = MoveBody(on=line.on, municipality=line.municipality, address=line.address)
        return _move(desk, asked, found, body) if whole else Refused("not-the-whole-household")

    return _Change(desk, asked, lambda tx: _living_together(tx, desk, asked, line.bsn), make, line.address).work()


class _Change:
    """A change on its way into the log."""

    def __init__(self, desk: Desk, asked: Asked, find: Find, make: Make, address: Address | None) -> None:
        self._desk, self._asked, self._find, self._make, self._address = desk, asked, find, make, address
        self._born: Mapping[str, date] = {}

    def work(self) -> Work[Command, State]:
        """For the log."""
        asked = self._asked
        return Work(household, self._command, asked.origin, asked.body_hash, asked.expected, self._beside, _refs)

    def _command(self, tx: Transaction) -> Command | Refused:
        found = self._find(tx)
        if isinstance(found, Refused):
            return found
        household_ref, persons = found
        state = household.fold(tx.read(stream_of(household_ref)))
        if isinstance(state, Unknown):
            raise Absent("household")
        self._asked.permit(state.facts.municipality)
        self._born = births(tx, self._desk.vault, state.facts.members)
        return self._make(Found(household_ref, state.facts, self._born, persons))

    def _beside(self, tx: Transaction, recorded: Recorded) -> None:
        keep_households(tx, recorded, self._born, self._asked.today)
        if self._address is not None:
            keep_address(tx, self._desk, recorded, self._address.model_dump())


def _refs(recorded: Recorded) -> Mapping[str, str]:
    facts = [envelope.event for envelope in recorded]
    first = next(fact.household_ref for fact in facts if isinstance(fact, HouseholdEvent))
    new = next((fact.household_ref for fact in facts if isinstance(fact, HouseholdRegistered)), None)
    return {"household_ref": first} if new is None else {"household_ref": first, "new_household_ref": new}


def _leaving(line: ChangeLine, found: Found) -> SplitBody:
    assert line.household_type is not None
    assert line.remaining_household_type is not None
    return SplitBody(
        on=line.on,
        leavers=found.persons,
        municipality=line.municipality,
        address=line.address,
        household_type=line.household_type,
        remaining_household_type=line.remaining_household_type,
    )


def _named(household_ref: str) -> Find:
    return lambda _tx: (household_ref, ())


def _living_together(tx: Transaction, desk: Desk, asked: Asked, bsns: Iterable[str]) -> tuple[str, tuple[str, ...]] | Refused:
    persons = [person_of(tx, desk.hashes, bsn) for bsn in bsns]
    known = tuple(person for person in persons if person is not None)
    households = {household_of(tx, person) for person in known}
    if len(known) < len(persons) or len(households) != 1 or None in households:
        asked.permit(NOWHERE)
    if len(known) < len(persons):
        return Refused("unknown-person")
    together = households.pop()
    return Refused("not-one-household") if households or together is None else (together, known)


def _move(desk: Desk, asked: Asked, found: Found, body: MoveBody) -> Command:
    return MoveHousehold(
        household_ref=found.household_ref,
        today=asked.today,
        born=found.born,
        on=body.on,
        municipality=body.municipality,
        dwelling_ref=dwelling_of(desk, body.address),
        living=body.living or found.facts.living,
    )


def _split(desk: Desk, asked: Asked, found: Found, body: SplitBody) -> Command:
    return SplitHousehold(
        household_ref=found.household_ref,
        today=asked.today,
        born=found.born,
        on=body.on,
        leavers=body.leavers,
        new_household_ref=desk.new_ref("h-"),
        municipality=body.municipality,
        dwelling_ref=dwelling_of(desk, body.address),
        living=body.living,
        household_type=body.household_type,
        remaining_household_type=body.remaining_household_type,
        means=body.means(),
    )
