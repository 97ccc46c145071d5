"""Where one run stands, from preparation to close."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import assert_never

from services.contracts.run_control import (
    RunApprovalEscalated,
    RunCancellationOrdered,
    RunCancelled,
    RunSampleDrawn,
    SampleRow,
    SampleRowJudged,
)
from services.contracts.runs import (
    FileHandedOver,
    PaymentFileWritten,
    RunAborted,
    RunApproved,
    RunClosed,
    RunPrepared,
    RunReleased,
    RunReleaseOrdered,
)

OutsideFact = PaymentFileWritten | FileHandedOver | RunClosed | RunCancellationOrdered
RunFact = (
    RunPrepared
    | RunSampleDrawn
    | SampleRowJudged
    | RunApproved
    | RunApprovalEscalated
    | RunReleaseOrdered
    | RunReleased
    | OutsideFact
    | RunAborted
    | RunCancelled
)


@dataclass(frozen=True, slots=True)
class Unprepared:
    """Nothing was computed yet."""


@dataclass(frozen=True, slots=True)
class Safeguards:
    """What people did about a run before its release: rows judged (by right), signatures, and how often those were late."""

    rows: tuple[SampleRow, ...] = ()
    verdicts: Mapping[str, SampleRowJudged] = field(default_factory=lambda: MappingProxyType({}))
    signatures: tuple[RunApproved, ...] = ()
    escalated: int = 0

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Drawn rows without a verdict, by right."""
        return tuple(row.right_ref for row in self.rows if row.right_ref not in self.verdicts)

    @property
    def wrong(self) -> tuple[str, ...]:
        """Rows that people found wrong, by right."""
        return tuple(ref for ref, judged in self.verdicts.items() if judged.verdict == "wrong")


@dataclass(frozen=True, slots=True)
class Prepared:
    """Waits for the signatures of others than its preparer."""

    prepared: RunPrepared
    safeguards: Safeguards = field(default_factory=Safeguards)


@dataclass(frozen=True, slots=True)
class Approved:
    """Has every signature that it needs, the last one `approved`; waits for the order to release."""

    prepared: RunPrepared
    approved: RunApproved
    safeguards: Safeguards = field(default_factory=Safeguards)


@dataclass(frozen=True, slots=True)
class Releasing:
    """Its decisions are being recorded."""

    prepared: RunPrepared
    approved: RunApproved
    ordered: RunReleaseOrdered
    safeguards: Safeguards = field(default_factory=Safeguards)


@dataclass(frozen=True, slots=True)
class Released:
    """Every line is decided; files by message id, and who took each of them, in order."""

    prepared: RunPrepared
    approved: RunApproved
    ordered: RunReleaseOrdered
    released: RunReleased
    safeguards: Safeguards = field(default_factory=Safeguards)
    files: tuple[PaymentFileWritten, ...] = ()
    handovers: tuple[FileHandedOver, ...] = ()

    def file(self, message_id: str) -> PaymentFileWritten | None:
        """The file of this name."""
        return next((file for file in self.files if file.message_id == message_id), None)

    def takers(self, message_id: str) -> tuple[str, ...]:
        """Who took this file, the first first."""
        return tuple(each.handed_to for each in self.handovers if each.message_id == message_id)


@dataclass(frozen=True, slots=True)
class Closed:
    """Adds up, for ever."""

    run: Released
    closed: RunClosed


@dataclass(frozen=True, slots=True)
class Aborted:
    """Ended before release; `prepared` is None where its preparation waited for somebody."""

    prepared: RunPrepared | None
    aborted: RunAborted


@dataclass(frozen=True, slots=True)
class Cancelling:
    """Its payments are being withdrawn."""

    run: Released
    ordered: RunCancellationOrdered


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Nothing of it was paid or stands."""

    run: Released
    ordered: RunCancellationOrdered
    cancelled: RunCancelled


Run = Unprepared | Prepared | Approved | Releasing | Released | Closed | Aborted | Cancelling | Cancelled


def prepared_of(run: Run) -> RunPrepared | None:
    """What was prepared, whatever became of it; None where nothing is, or never will be."""
    match run:
        case Unprepared():
            return None
        case Closed() | Cancelling() | Cancelled():
            return run.run.prepared
        case _:
            return run.prepared


def evolve(state: Run, fact: RunFact) -> Run:
    """The run after one more fact; raises `AssertionError` for a history that no decider can have written."""
    match state, fact:
        case Unprepared(), RunPrepared():
            return Prepared(fact)
        case Prepared(), RunSampleDrawn() | SampleRowJudged() | RunApproved() | RunApprovalEscalated():
            return _before_approval(state, fact)
        case Approved(), SampleRowJudged():
            return replace(state, safeguards=_judged(state.safeguards, fact))
        case Approved(prepared, approved, safeguards), RunReleaseOrdered():
            return Releasing(prepared, approved, fact, safeguards)
        case Unprepared() | Prepared() | Approved(), RunAborted():
            return Aborted(None if isinstance(state, Unprepared) else state.prepared, fact)
        case _:
            return _from_release(state, fact)


def _from_release(state: Run, fact: RunFact) -> Run:
    match state, fact:
        case Releasing(prepared, approved, ordered, safeguards), RunReleased():
            return Released(prepared, approved, ordered, fact, safeguards)
        case Released(), PaymentFileWritten() | FileHandedOver() | RunClosed() | RunCancellationOrdered():
            return _after_release(state, fact)
        case Cancelling(run, ordered), RunCancelled():
            return Cancelled(run, ordered, fact)
        case _:
            raise AssertionError(f"{type(fact).__name__} cannot follow on {type(state).__name__}")


def _before_approval(state: Prepared, fact: RunSampleDrawn | SampleRowJudged | RunApproved | RunApprovalEscalated) -> Prepared | Approved:
    safeguards = state.safeguards
    match fact:
        case RunSampleDrawn():
            return replace(state, safeguards=replace(safeguards, rows=fact.rows))
        case SampleRowJudged():
            return replace(state, safeguards=_judged(safeguards, fact))
        case RunApproved():
            signed = replace(safeguards, signatures=(*safeguards.signatures, fact))
            return Approved(state.prepared, fact, signed) if fact.signature >= fact.needed else replace(state, safeguards=signed)
        case RunApprovalEscalated():
            return replace(state, safeguards=replace(safeguards, escalated=fact.level))
        case _:
            assert_never(fact)


def _judged(safeguards: Safeguards, fact: SampleRowJudged) -> Safeguards:
    return replace(safeguards, verdicts={**safeguards.verdicts, fact.right_ref: fact})


def _after_release(state: Released, fact: OutsideFact) -> Released | Closed | Cancelling:
    match fact:
        case PaymentFileWritten():
            return replace(state, files=(*state.files, fact))
        case FileHandedOver():
            return replace(state, handovers=(*state.handovers, fact))
        case RunClosed():
            return Closed(state, fact)
        case RunCancellationOrdered():
            return Cancelling(state, fact)
        case _:
            assert_never(fact)
