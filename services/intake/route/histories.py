"""What was told of the route of each client, read from the log of intake up to a position."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple, cast

from services.contracts.envelope import Envelope, Event
from services.contracts.route import (
    FlagFact,
    IntegralFlagConfirmed,
    IntegralFlagExpired,
    IntegralFlagProposed,
    IntegralFlagRemoved,
    RouteFact,
    RouteSignalEnded,
    RouteSignalRecorded,
)
from services.eventlog.log import EventLog
from services.intake.desk import local_day
from services.intake.route.course import route_stream
from services.intake.route.weighing import UNWEIGHED, Signal

Recorded = Envelope[Event]


class Need(NamedTuple):
    """An open need in a domain of life, where the client lived when it was told."""

    signal: Signal
    municipality: str


class FlagHistory(NamedTuple):
    """A flag from its proposal to its end, and what people made of it."""

    on: date
    municipality: str
    ended_on: date | None = None
    is_confirmed: bool = False
    is_removed: bool = False


class History(NamedTuple):
    """One client: needs that were no mistake and may be weighed, and every flag. Household and municipality are those told last."""

    client: str
    household_ref: str
    municipality: str
    needs: tuple[Need, ...]
    flags: tuple[FlagHistory, ...]


class Reading(NamedTuple):
    """The facts of each client up to `position`; `as_of` is the local day on which that fact was recorded."""

    position: int
    as_of: date
    clients: tuple[tuple[Recorded, ...], ...]


def read(log: EventLog) -> Reading | None:
    """What the log tells now; nothing where it is empty."""
    position = log.head()
    if not position:
        return None
    last = log.after(position - 1, 1)[0]
    facts = (fact for fact in log.scan(route_stream("")) if fact.position <= position)
    clients = tuple(tuple(group) for _, group in groupby(facts, key=lambda fact: fact.stream))
    return Reading(position, local_day(datetime.fromisoformat(last.recorded_at)), clients)


def history(facts: Sequence[Recorded]) -> History:
    """The history of one client."""
    told = [cast("RouteFact", fact.event) for fact in facts]
    last = told[-1]
    return History(last.client, last.household_ref, last.municipality, tuple(_needs(told)), tuple(_flags(told)))


def _needs(told: Sequence[RouteFact]) -> Iterator[Need]:
    ended = {fact.signal_ref: fact for fact in told if isinstance(fact, RouteSignalEnded)}
    for fact in told:
        if isinstance(fact, RouteSignalRecorded) and fact.domain is not None and fact.domain not in UNWEIGHED:
            end = ended.get(fact.signal_ref)
            if end is None or end.end != "mistaken":
                on = None if end is None else end.on
                yield Need(Signal(fact.signal_ref, fact.kind, fact.domain, fact.organisation, fact.since, on), fact.municipality)


def _flags(told: Iterable[RouteFact]) -> list[FlagHistory]:
    flags: list[FlagHistory] = []
    for fact in told:
        if isinstance(fact, IntegralFlagProposed):
            flags.append(FlagHistory(fact.on, fact.municipality))
        elif flags and not isinstance(fact, RouteSignalRecorded | RouteSignalEnded):
            flags[-1] = _after(flags[-1], fact)
    return flags


def _after(flag: FlagHistory, fact: FlagFact) -> FlagHistory:
    match fact:
        case IntegralFlagConfirmed():
            return flag._replace(is_confirmed=True)
        case IntegralFlagRemoved():
            return flag._replace(ended_on=fact.on, is_removed=True)
        case IntegralFlagExpired():
            return flag._replace(ended_on=fact.on)
        case _:
            return flag
