"""The people and households that the tests of intake tell of, and how they tell it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from random import Random
from typing import Any, Generic, TypeVar

import orjson

from deploy.region.identifiers import bsns
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.intake import AgeBand, HouseholdFacts, HouseholdRegistered, Member, Role
from services.eventlog.decider import Decider, Refused
from services.eventlog.handle import Work, handle
from services.eventlog.log import Answer, EventLog, Origin
from services.eventlog.memory import MemoryLog
from services.intake import likeness
from services.intake.bands import band_on
from services.intake.bodies import HouseholdBody
from services.intake.desk import Asked, Desk, Hashes
from services.intake.registration import Registration
from services.intake.term_rules import installed
from services.vault.keyed_hash import KeyedHash
from services.vault.keys import MemoryKeys
from services.vault.vault import Vault

C = TypeVar("C")
S = TypeVar("S")

NOW = datetime(2024, 2, 15, 9, 0, tzinfo=UTC)
TODAY = date(2024, 2, 15)
ON = date(2024, 1, 1)
ADULT, GROWN, MINOR = date(1980, 5, 17), date(2000, 3, 1), date(2015, 9, 30)
RULES = installed()
SIX = ("GM0361", "GM0373", "GM0383", "GM1980", "GM0399", "GM0450")


@dataclass(frozen=True)
class Story(Generic[C, S]):
    """Given facts, when a command comes, then facts follow."""

    decider: Decider[C, S]
    told: tuple[Event, ...] = ()

    def given(self, *events: Event) -> "Story[C, S]":
        return Story(self.decider, (*self.told, *events))

    def when(self, command: C) -> Sequence[Event] | Refused:
        return self.decider.decide(self.decider.fold(self.told), command)


def person(number: int) -> str:
    return f"p-{number:016x}"


def household_ref(number: int) -> str:
    return f"h-{number:016x}"


def member(number: int, role: Role = "applicant", band: AgeBand = "27-pension") -> Member:
    return Member(person_ref=person(number), role=role, age_band=band)


def facts(*members: Member, **other: Any) -> HouseholdFacts:  # noqa: ANN401 - any field that a test names
    """A single person in Heiloo, or whatever is said otherwise."""
    told: dict[str, Any] = {
        "municipality": "GM0399",
        "household_type": "single",
        "living": "independent",
        "dwelling_ref": "d-0000000000000001",
        "income_cents_per_month": 120_000,
        "income_source": "wages",
        "benefit": "none",
        "members": members or (member(1),),
    }
    return HouseholdFacts(**{**told, **other})


def family(**other: Any) -> HouseholdFacts:  # noqa: ANN401 - any field that a test names
    """Two parents and a child, persons 1, 2 and 3, born on ADULT, GROWN and MINOR."""
    members = (member(1), member(2, "partner", band_on(GROWN, ON)), member(3, "child", "0-17"))
    return facts(*members, household_type="couple-with-children", **other)


BORN = {person(1): ADULT, person(2): GROWN, person(3): MINOR}


def registered(told: HouseholdFacts, on: date = ON, number: int = 1) -> HouseholdRegistered:
    return HouseholdRegistered(household_ref=household_ref(number), on=on, facts=told)


class People:
    """BSNs that pass every check and belong to nobody, and references that can be told apart."""

    def __init__(self, seed: int = 1) -> None:
        self._bsns, self._refs = bsns(Random(seed)), count(1)

    def bsn(self) -> str:
        return next(self._bsns)

    def new_ref(self, prefix: str) -> str:
        return f"{prefix}{next(self._refs):016x}"


def new_desk(people: People) -> Desk:
    return Desk(Vault(MemoryKeys()), Hashes(KeyedHash(b"b" * 32), KeyedHash(b"a" * 32)), people.new_ref, likeness.installed())


def new_log() -> MemoryLog:
    return MemoryLog("intake", published())


def allowed(_municipality: str) -> None:
    """A caller who works for all six."""


def asked(command_id: str, at: datetime = NOW, expected: int | None = None) -> Asked:
    return Asked(Origin("s-0001", command_id, at, command_id), command_id.encode(), allowed, expected)


def address(number: int | str = 1, **other: str) -> dict[str, str]:
    return {"street": "Wilgenmeenhof", "number": str(number), "postcode": "1851 TV", "town": "Heiloo", **other}


def member_body(bsn: str, role: Role = "applicant", born: date = ADULT) -> dict[str, Any]:
    return {"bsn": bsn, "name": "Jannie Testgeval", "birth_date": born.isoformat(), "role": role, "student": False}


def household_body(*members: dict[str, Any], **other: Any) -> dict[str, Any]:  # noqa: ANN401 - any field that a test names
    """What a caller sends for a single person in Heiloo, or whatever is said otherwise."""
    told = {
        "municipality": "GM0399",
        "on": ON.isoformat(),
        "household_type": "single",
        "living": "independent",
        "address": address(),
        "income_cents_per_month": 120_000,
        "income_source": "wages",
        "benefit": "none",
        "members": list(members),
    }
    return {**told, **other}


def answer(log: EventLog, work: Work[Any, Any]) -> Answer:
    return handle(log, work).result(10)


def register(log: EventLog, desk: Desk, body: dict[str, Any], command_id: str = "register-1") -> Answer:
    household = HouseholdBody.model_validate_json(orjson.dumps(body))
    return answer(log, Registration(desk, asked(command_id), household).work())
