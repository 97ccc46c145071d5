"""Where one run stands, from preparation to close."""

from dataclasses import dataclass, replace
from typing import assert_never

from services.contracts.benefits import (
    FileHandedOver,
    PaymentFileWritten,
    RunAborted,
    RunApproved,
    RunClosed,
    RunPrepared,
    RunReleased,
    RunReleaseOrdered,
)

RunFact = RunPrepared | RunApproved | RunReleaseOrdered | RunReleased | PaymentFileWritten | FileHandedOver | RunClosed | RunAborted


@dataclass(frozen=True, slots=True)
class Unprepared:
    """Nothing was computed yet."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Waits for a second person."""

    prepared: RunPrepared


@dataclass(frozen=True, slots=True)
class Approved:
    """Waits for the order to release."""

    prepared: RunPrepared
    approved: RunApproved


@dataclass(frozen=True, slots=True)
class Releasing:
    """Its decisions are being recorded."""

    prepared: RunPrepared
    approved: RunApproved
    ordered: RunReleaseOrdered


@dataclass(frozen=True, slots=True)
class Released:
    """Every line is decided; files by message id, and who took each of them, in order."""

    prepared: RunPrepared
    approved: RunApproved
    ordered: RunReleaseOrdered
    released: RunReleased
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
    """Ended before release."""

    prepared: RunPrepared
    aborted: RunAborted


Run = Unprepared | Prepared | Approved | Releasing | Released | Closed | Aborted


def evolve(state: Run, fact: RunFact) -> Run:
    """The run after one more fact; raises `AssertionError` for a history that no decider can have written."""
    match state, fact:
        case Unprepared(), RunPrepared():
            return Prepared(fact)
        case Prepared(prepared), RunApproved():
            return Approved(prepared, fact)
        case Approved(prepared, approved), RunReleaseOrdered():
            return Releasing(prepared, approved, fact)
        case Releasing(prepared, approved, ordered), RunReleased():
            return Released(prepared, approved, ordered, fact)
        case Prepared(prepared) | Approved(prepared), RunAborted():
            return Aborted(prepared, fact)
        case Released(), PaymentFileWritten() | FileHandedOver() | RunClosed():
            return _after_release(state, fact)
        case _:
            raise AssertionError(f"{type(fact).__name__} cannot follow on {type(state).__name__}")


def _after_release(state: Released, fact: PaymentFileWritten | FileHandedOver | RunClosed) -> Released | Closed:
    match fact:
        case PaymentFileWritten():
            return replace(state, files=(*state.files, fact))
        case FileHandedOver():
            return replace(state, handovers=(*state.handovers, fact))
        case RunClosed():
            return Closed(state, fact)
        case _:
            assert_never(fact)
