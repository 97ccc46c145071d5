"""Where each person lives, as benefits knows it from intake: a municipality that somebody names is held against it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from threading import Lock

import orjson

from services.access.caller import Caller, Forbidden
from services.benefits.household import HOUSEHOLD, STREAMS, Household
from services.contracts.benefits import HouseholdNoted
from services.contracts.codec import Record
from services.eventlog.log import EventLog
from services.web.problem import Problem

RECORDS_A_READ = 5_000
UNKNOWN_THERE = (
    "benefits knows no such client in the municipality that was named; "
    "what intake registered or moved just now is known here within seconds: send the same again"
)


@dataclass(slots=True)
class Residents:
    """The households in which each person ever stood, kept in memory from the log; how these are is read from their streams."""

    log: EventLog
    _households: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _upto: int = 0
    _lock: Lock = field(default_factory=Lock)

    def homes(self, person_ref: str, day: date) -> frozenset[str]:
        """The municipality where somebody lives on a day; empty for who lives nowhere that is known here."""
        facts = (each.fact_at(day) or each.earliest for each in self._of(person_ref))
        there = [fact for fact in facts if fact is not None and _stands_in(fact, person_ref)]
        return frozenset([max(there, key=lambda fact: fact.on).facts.municipality] if there else [])

    def lived_in(self, person_ref: str) -> frozenset[str]:
        """Every municipality where somebody lives, lived or will live."""
        noted = (fact for each in self._of(person_ref) for fact in each.noted)
        return frozenset(fact.facts.municipality for fact in noted if _stands_in(fact, person_ref))

    def lived_together(self, household_ref: str, municipality: str) -> frozenset[str]:
        """Everybody who ever stood in a household while that was in a municipality."""
        noted = (fact.facts for fact in self._household(household_ref).noted)
        return frozenset(member.person_ref for facts in noted if facts.municipality == municipality for member in facts.members)

    def _of(self, person_ref: str) -> list[Household]:
        with self._lock:
            self._catch_up()
            refs = sorted(self._households.get(person_ref, ()))
        return [self._household(ref) for ref in refs]

    def _household(self, household_ref: str) -> Household:
        return HOUSEHOLD.fold(envelope.event for envelope in self.log.read(STREAMS + household_ref))

    def _catch_up(self) -> None:
        while records := self.log.after(self._upto, RECORDS_A_READ):
            for record in records:
                if record.type == HouseholdNoted.TYPE:
                    self._take(record)
            self._upto = records[-1].position

    def _take(self, record: Record) -> None:
        told = orjson.loads(record.data)
        for member in told["facts"]["members"]:
            self._households[member["person_ref"]].add(told["household_ref"])


def _stands_in(fact: HouseholdNoted, person_ref: str) -> bool:
    return any(member.person_ref == person_ref for member in fact.facts.members)


def require(caller: Caller, homes: frozenset[str], municipality: str) -> None:
    """Raises `Forbidden` where all `homes` of somebody are others' than the caller's, and `Problem` 409 where this is none of them.

    A caller says for which municipality they act: that alone would let anybody act on a client of another one.
    """
    if municipality in homes:
        return
    if homes and not any(map(caller.works_for, homes)):
        raise Forbidden("municipality")
    raise Problem(409, "client-unknown-there", UNKNOWN_THERE)
