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
from services.web.problem import Problem, unavailable

RECORDS_A_READ = 5_000
UNKNOWN = "client-unknown-there"
MOMENT = "what intake recorded just now is known here within seconds"
UNHEARD_OF = f"benefits has not heard of this client; {MOMENT}: send the same again, or look whether the reference is right"
UNKNOWN_THERE = f"benefits knows this client in another municipality; {MOMENT}: if they moved just now, send the same again"
ELSEWHERE = f"benefits knows this client in another household; {MOMENT}: if that changed just now, send the same again"


@dataclass(slots=True)
class Residents:
    """The households in which each person ever stood, kept in memory from the log; how these are is read from their streams."""

    log: EventLog
    _households: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _upto: int = 0
    _lock: Lock = field(default_factory=Lock)

    def homes(self, person_ref: str, day: date) -> frozenset[str]:
        """The municipality where somebody lives on a day; all where they ever did for who stands in no household any more."""
        facts = (each.fact_at(day) or each.earliest for each in self._of(person_ref))
        there = [fact for fact in facts if fact is not None and _stands_in(fact, person_ref)]
        return frozenset([max(there, key=lambda fact: fact.on).facts.municipality]) if there else self.lived_in(person_ref)

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

    A caller says for which municipality they act: that alone would let anybody act on a client of another one. Of whom nothing is known
    yet, nothing can be said: 503, as for everything that may be sent again.
    """
    if not homes:
        raise unavailable(UNHEARD_OF)
    if municipality in homes:
        return
    if not any(map(caller.works_for, homes)):
        raise Forbidden("municipality")
    raise Problem(409, UNKNOWN, UNKNOWN_THERE)


def require_in(household: frozenset[str], person_ref: str) -> None:
    """Raises `Problem` 409 where somebody is not among those who ever stood in a household."""
    if person_ref not in household:
        raise Problem(409, UNKNOWN, ELSEWHERE)
