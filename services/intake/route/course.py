"""The course of one client: the signals known of them, and the last integral flag."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, assert_never, cast

from services.contracts.envelope import Event
from services.contracts.route import (
    FlagFact,
    IntegralFlagConfirmed,
    IntegralFlagExpired,
    IntegralFlagProposed,
    IntegralFlagRemoved,
    IntegralFlagReviewDue,
    IntegralFlagReviewed,
    RouteFact,
    RouteSignalEnded,
    RouteSignalRecorded,
)
from services.intake.route.weighing import Signal

FlagState = Literal["proposed", "confirmed", "removed", "expired"]


@dataclass(frozen=True, slots=True)
class Flag:
    """The last flag: `told_by` is its last fact that is not of the clock, `known` are the signals that were known when it ended."""

    proposed: IntegralFlagProposed
    state: FlagState
    told_by: FlagFact
    review_on: date
    expires_on: date
    is_review_due: bool = False
    known: frozenset[str] = frozenset()

    @property
    def number(self) -> int:
        """Its number, from 1 per client."""
        return self.proposed.flag

    @property
    def stands(self) -> bool:
        """Whether it was neither removed nor expired."""
        return self.state in {"proposed", "confirmed"}


@dataclass(frozen=True, slots=True)
class Course:
    """Signals by reference as they were recorded and how they ended, and the last flag."""

    recorded: Mapping[str, RouteSignalRecorded] = field(default_factory=dict)
    ended: Mapping[str, RouteSignalEnded] = field(default_factory=dict)
    flag: Flag | None = None

    def signals(self) -> list[Signal]:
        """What was there at some time; what was a mistake never was."""
        return [_signal(told, self.ended.get(ref)) for ref, told in self.recorded.items() if not self._mistaken(ref)]

    def _mistaken(self, signal_ref: str) -> bool:
        ended = self.ended.get(signal_ref)
        return ended is not None and ended.end == "mistaken"


def _signal(told: RouteSignalRecorded, ended: RouteSignalEnded | None) -> Signal:
    return Signal(told.signal_ref, told.kind, told.domain, told.organisation, told.since, None if ended is None else ended.on)


def route_stream(client: str) -> str:
    """Stream of the route of a client."""
    return f"intake/route/{client}"


def evolve(course: Course, event: Event) -> Course:
    """The course after a fact."""
    fact = cast("RouteFact", event)
    match fact:
        case RouteSignalRecorded():
            return replace(course, recorded={**course.recorded, fact.signal_ref: fact})
        case RouteSignalEnded():
            return replace(course, ended={**course.ended, fact.signal_ref: fact})
        case IntegralFlagProposed():
            return replace(course, flag=Flag(fact, "proposed", fact, fact.review_on, fact.expires_on))
        case _:
            assert course.flag is not None, "a flag is proposed before anything is told of it"
            return replace(course, flag=_after(course, course.flag, fact))


def _after(course: Course, flag: Flag, fact: FlagFact) -> Flag:
    match fact:
        case IntegralFlagConfirmed() | IntegralFlagReviewed():
            seen = replace(flag, review_on=fact.review_on, expires_on=fact.expires_on, is_review_due=False)
            return replace(seen, state="confirmed", told_by=fact)
        case IntegralFlagReviewDue():
            return replace(flag, is_review_due=True)
        case IntegralFlagRemoved():
            return replace(flag, state="removed", told_by=fact, is_review_due=False, known=frozenset(course.recorded))
        case IntegralFlagExpired():
            return replace(flag, state="expired", is_review_due=False, known=frozenset(course.recorded))
        case IntegralFlagProposed():
            return flag
        case _:
            assert_never(fact)
