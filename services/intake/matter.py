"""A matter as its facts left it: what was told, which terms run, which papers are awaited, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from services.contracts.envelope import Event
from services.contracts.intake import IntakeAccepted
from services.contracts.matters import (
    MatterAbsorbed,
    MatterAdvanceFellDue,
    MatterApplied,
    MatterDecided,
    MatterEvent,
    MatterMerged,
    MatterOpened,
    MatterPapersAsked,
    MatterPapersReceived,
    MatterPapersTermPassed,
    MatterReported,
    MatterStepCompleted,
    MatterTermExtended,
    MatterTermNeared,
    MatterTermPassed,
    MatterTermResumed,
    MatterTermStarted,
    Step,
    Subject,
    Term,
)
from services.intake.matter_commands import Whose

DECISION: Step = "decision"
ADVANCE: Step = "advance"


@dataclass(frozen=True, slots=True)
class Running:
    """A term that began. `is_stretched` once days were added to it, by papers or by extension; `extended` names the weeks."""

    term: Term
    is_near: bool = False
    has_passed: bool = False
    is_completed: bool = False
    is_stretched: bool = False
    extended: int = 0


@dataclass(frozen=True, slots=True)
class Awaited:
    """Papers that were asked for and are not there yet."""

    papers: tuple[str, ...]
    asked_on: date
    recover_by: date
    suspends: bool


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Papers that were not there when their term passed."""

    papers: tuple[str, ...]
    recover_by: date


@dataclass(frozen=True, slots=True)
class Matter:
    """An open matter. `told` remembers who told what when over which channel, `papers` every paper ever asked for."""

    whose: Whose
    subject: Subject
    reported_on: date
    rule_version: str
    applied_on: date | None = None
    search_until: date | None = None
    threat: bool = False
    told: frozenset[tuple[str, str, str, date]] = frozenset()
    terms: Mapping[Step, Running] = field(default_factory=lambda: MappingProxyType({}))
    papers: frozenset[str] = frozenset()
    awaited: Awaited | None = None
    lapsed: Lapsed | None = None

    @property
    def is_suspended(self) -> bool:
        """Whether the term of decision stands still."""
        return self.awaited is not None and self.awaited.suspends


@dataclass(frozen=True, slots=True)
class Ended:
    """A matter that ended, by a decision or in another matter."""

    matter: Matter
    how: str
    into_ref: str = ""


@dataclass(frozen=True, slots=True)
class Matters:
    """The matters of the streams that were read, and who of their clients is in care."""

    known: Mapping[str, Matter | Ended] = field(default_factory=lambda: MappingProxyType({}))
    in_care: frozenset[str] = frozenset()


def matter_stream(matter_ref: str) -> str:
    """The stream of a matter."""
    return f"intake/matter/{matter_ref}"


def evolve(state: Matters, event: Event) -> Matters:
    """What is known after a fact; facts that tell nothing of a matter change nothing."""
    if isinstance(event, IntakeAccepted):
        return replace(state, in_care=state.in_care | {event.client})
    if not isinstance(event, MatterEvent):
        return state
    before = state.known.get(event.matter_ref)
    return replace(state, known={**state.known, event.matter_ref: _after(before, event)})


def _after(before: Matter | Ended | None, event: MatterEvent) -> Matter | Ended:
    if isinstance(event, MatterOpened):
        return Matter(Whose(event.client, event.household_ref, event.municipality), event.subject, event.opened_on, event.rule_version)
    assert isinstance(before, Matter), "a fact about a matter that is not open"
    return _next(before, event)


def _next(before: Matter, event: MatterEvent) -> Matter | Ended:
    match event:
        case MatterReported() | MatterApplied():
            return _told(before, event)
        case MatterPapersAsked() | MatterPapersReceived() | MatterPapersTermPassed():
            return _papers(before, event)
        case MatterDecided():
            return Ended(before, event.outcome)
        case MatterMerged():
            return Ended(before, "merged", event.into_matter_ref)
        case _:
            return _changed(before, event)


def _changed(matter: Matter, event: MatterEvent) -> Matter:
    match event:
        case MatterAbsorbed():
            return replace(matter, reported_on=min(matter.reported_on, event.reported_on))
        case MatterStepCompleted():
            return _with(matter, replace(matter.terms[event.step], is_completed=True))
        case _:
            return _termed(matter, event)


def _told(matter: Matter, event: MatterReported | MatterApplied) -> Matter:
    if isinstance(event, MatterApplied):
        told = matter.told | {("application", event.person_ref, event.channel, event.applied_on)}
        applied_on = min(matter.applied_on or event.applied_on, event.applied_on)
        return replace(matter, told=told, applied_on=applied_on, reported_on=min(matter.reported_on, event.applied_on))
    return replace(
        matter,
        told=matter.told | {("report", event.person_ref, event.channel, event.reported_on)},
        reported_on=min(matter.reported_on, event.reported_on),
        search_until=matter.search_until or event.search_until,
        threat=matter.threat or event.threat,
    )


def _papers(matter: Matter, event: MatterPapersAsked | MatterPapersReceived | MatterPapersTermPassed) -> Matter:
    match event:
        case MatterPapersAsked():
            return replace(matter, papers=matter.papers | set(event.papers), awaited=_awaited(matter.awaited, event), lapsed=None)
        case MatterPapersReceived():
            return _received(matter, event.missing)
        case MatterPapersTermPassed():
            return replace(matter, awaited=None, lapsed=Lapsed(event.missing, event.recover_by))


def _awaited(before: Awaited | None, event: MatterPapersAsked) -> Awaited:
    """Papers asked for beside others join these: the term has stood still since the first were asked for."""
    if before is None:
        return Awaited(event.papers, event.asked_on, event.recover_by, event.suspends)
    papers = tuple(dict.fromkeys((*before.papers, *event.papers)))
    return replace(before, papers=papers, recover_by=max(before.recover_by, event.recover_by))


def _received(matter: Matter, missing: tuple[str, ...]) -> Matter:
    if matter.awaited is not None:
        return replace(matter, awaited=replace(matter.awaited, papers=missing) if missing else None)
    assert matter.lapsed is not None, "papers came that nobody asked for"
    return replace(matter, lapsed=replace(matter.lapsed, papers=missing) if missing else None)


def _termed(matter: Matter, event: MatterEvent) -> Matter:
    match event:
        case MatterTermStarted():
            return _with(matter, Running(event.term))
        case MatterTermExtended():
            running = matter.terms[event.term.step]
            return _with(matter, replace(running, term=event.term, is_near=False, is_stretched=True, extended=event.weeks))
        case MatterTermResumed():
            return _with(matter, replace(matter.terms[event.term.step], term=event.term, is_near=False, is_stretched=True))
        case MatterTermNeared():
            return _with(matter, replace(matter.terms[event.step], is_near=True))
        case MatterTermPassed() | MatterAdvanceFellDue():
            return _with(matter, replace(matter.terms[ADVANCE if isinstance(event, MatterAdvanceFellDue) else event.step], has_passed=True))
        case _:
            return matter


def _with(matter: Matter, running: Running) -> Matter:
    return replace(matter, terms=MappingProxyType({**matter.terms, running.term.step: running}))
