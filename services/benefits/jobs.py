"""Work in the background: what was asked for and is not there yet is found in the log and done, also after a crash."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Signal
from typing import Literal, assert_never

from services.benefits.bank_answers import UnreadableAnswer
from services.benefits.bank_document import DOCUMENT
from services.benefits.bank_document import STREAMS as DOCUMENTS
from services.benefits.cancelling import Cancellation
from services.benefits.files import FileWriter
from services.benefits.manifest import ManifestChanged, write_once
from services.benefits.monthly.preparing import PreparingMonth
from services.benefits.monthly.releasing import ReleasingMonth
from services.benefits.portions import Progress, carried_out
from services.benefits.preparation import Preparing
from services.benefits.preparing_again import PreparingAgain
from services.benefits.references import run_stream
from services.benefits.release import Releasement
from services.benefits.releasing_again import ReleasingAgain
from services.benefits.request import Interrupted, RunRequest, Stuck, known_runs, note_problem, problem, requested
from services.benefits.run import RUN
from services.benefits.run_state import Cancelling, Released, Releasing, Run, Unprepared
from services.benefits.settlement import Settlement
from services.contracts.runs import RunKind
from services.eventlog.log import Conflict, EventLog, LogUnavailable, OtherBody, Transaction

BANK_DOCUMENTS = "bank-document"
ARRIVALS = "bank-arrivals"
READ, UNREADABLE, WAITING = b"read", b"unreadable", b"waiting"
AGAIN_SECONDS = 1.0
CHANGED: dict[type[Exception], str] = {ManifestChanged: "manifest-changed", OtherBody: "recorded-otherwise", Conflict: "facts-missing"}
"""Why a run waits where something is not as it was: its lines, the settings of its files, or the facts that it rests on."""

Phase = Literal["preparing", "releasing", "writing-files", "cancelling"]
Step = Callable[[], None]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Steps:
    """What the background does, one at a time."""

    preparing: Preparing
    preparing_again: PreparingAgain
    releasement: Releasement
    writer: FileWriter
    releasing_again: ReleasingAgain
    preparing_month: PreparingMonth
    releasing_month: ReleasingMonth
    cancellation: Cancellation
    settlement: Settlement
    inbox: Path

    @property
    def log(self) -> EventLog:
        """The log that all of them work on."""
        return self.settlement.log


class Jobs:
    """One thread. Every step is idempotent and found anew each round, so that a stop at any point loses nothing."""

    def __init__(self, steps: Steps) -> None:
        self._steps, self._wake, self._stop = steps, Signal(), Signal()
        self._progress: dict[str, tuple[Phase, int]] = {}
        self._done = 0

    def wake(self) -> None:
        """Something was asked for."""
        self._wake.set()

    def progress(self, run_ref: str) -> tuple[Phase, int] | None:
        """What a run is being worked on, and how many of its lines or payments are done."""
        return self._progress.get(run_ref)

    @property
    def done(self) -> int:
        """Steps and portions finished since the start; readiness sees by it that work moves."""
        return self._done

    def waiting(self) -> int:
        """Steps that wait."""
        return sum(1 for _ in self._found())

    def run(self, stop: Signal) -> None:
        """Rounds until `stop`. What fails for want of disk or log is tried again; what is stuck waits for somebody."""
        self.heed(stop)
        while not stop.is_set():
            self._wake.clear()
            if not self.round():
                self._wake.wait(AGAIN_SECONDS)

    def heed(self, stop: Signal) -> None:
        """Let `stop` end steps half-way, and their waits."""
        self._stop = stop

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Interrupted

    def round(self) -> int:
        """Do everything that waits; how many steps were finished."""
        done = 0
        for step in list(self._found()):
            try:
                step()
                done += 1
                self._done += 1
            except Interrupted:
                break
            except (LogUnavailable, OSError, TimeoutError) as wrong:
                logger.warning("background work is tried again: %s", type(wrong).__name__)
        return done

    def _moved(self) -> None:
        self._done += 1
        self._pause(0)

    def _found(self) -> Iterator[Step]:
        log = self._steps.log
        for run_ref in known_runs(log):
            request = requested(log, run_ref) if problem(log, run_ref) is None else None
            if request is not None:
                yield from self._run_steps(request)
        yield from (self._settling(document_ref) for document_ref in self._waiting_documents())

    def _waiting_documents(self) -> list[str]:
        """In order of arrival: a return means more once the payment was booked."""
        waiting = sorted((state, ref) for ref, state in self._steps.log.kept_all(BANK_DOCUMENTS) if state.startswith(WAITING))
        return [document_ref for _, document_ref in waiting]

    def settle_waiting(self) -> None:
        """Apply the messages of the bank that wait and are there, and nothing else; for a log that was restored."""
        for document_ref in self._waiting_documents():
            if inbox_path(self._steps.inbox, document_ref).exists():
                self._settling(document_ref)()

    def _run_steps(self, request: RunRequest) -> Iterator[Step]:
        run = self._state(request.run_ref)
        if isinstance(run, Unprepared):
            yield self._guarded(request.run_ref, lambda: self._prepare(request))
        elif isinstance(run, Releasing) or (isinstance(run, Released) and not _files_complete(run)):
            yield self._guarded(request.run_ref, lambda: self._release_unless_cancelled(request.run_ref))
        elif isinstance(run, Cancelling):
            yield self._guarded(request.run_ref, lambda: self._cancel(run))

    def _state(self, run_ref: str) -> Run:
        return RUN.fold(envelope.event for envelope in self._steps.log.read(run_stream(run_ref)))

    def _guarded(self, run_ref: str, step: Step) -> Step:
        def guarded() -> None:
            try:
                step()
            except (Stuck, ManifestChanged, OtherBody, Conflict) as wrong:
                reason = wrong.reason if isinstance(wrong, Stuck) else CHANGED[type(wrong)]
                logger.warning("run %s waits for somebody: %s", run_ref, reason)
                carried_out(self._steps.log, note_problem(run_ref, reason))
            finally:
                self._progress.pop(run_ref, None)

        return guarded

    def _cancel(self, run: Cancelling) -> None:
        run_ref = run.run.prepared.run_ref
        self._steps.cancellation.cancel(run, self._told(run_ref, "cancelling"))

    def _prepare(self, request: RunRequest) -> None:
        self._told(request.run_ref, "preparing")(0)
        if request.kind == "pay-again":
            self._steps.preparing_again.prepare(request)
        elif request.kind == "month":
            self._steps.preparing_month.prepare(request)
        else:
            self._steps.preparing.prepare(request, self._pause)

    def _release_unless_cancelled(self, run_ref: str) -> None:
        """Who cancels a run while its files are written gets that, and not what the writing stumbled over."""
        try:
            self._release(run_ref)
        except Stuck:
            if not isinstance(self._state(run_ref), Cancelling):
                raise

    def _release(self, run_ref: str) -> None:
        run = self._state(run_ref)
        again = self._steps.releasing_again
        if isinstance(run, Releasing):
            self._deciding(run.prepared.kind)(run, self._told(run_ref, "releasing"))
            run = self._state(run_ref)
        assert isinstance(run, Released)
        write = again.write if run.prepared.kind == "pay-again" else self._steps.writer.write
        write(run, self._told(run_ref, "writing-files"))

    def _deciding(self, kind: RunKind) -> Callable[[Releasing, Progress], None]:
        match kind:
            case "pay-again":
                return self._steps.releasing_again.release
            case "month":
                return self._steps.releasing_month.release
            case "decide" | "dry-run" | "correction":
                return self._steps.releasement.release
            case _:
                assert_never(kind)

    def _told(self, run_ref: str, phase: Phase) -> Progress:
        def told(done: int) -> None:
            self._progress[run_ref] = (phase, done)
            self._moved()

        return told

    def _settling(self, document_ref: str) -> Step:
        def settle() -> None:
            end = READ
            try:
                body = inbox_path(self._steps.inbox, document_ref).read_bytes()
                self._steps.settlement.settle(document_ref, body, lambda _done: self._moved())
            except UnreadableAnswer as unreadable:
                logger.warning("bank answer %s cannot be read: %s", document_ref[:8], unreadable.reason)
                end = UNREADABLE
            carried_out(self._steps.log, lambda tx: tx.keep(BANK_DOCUMENTS, document_ref, end))

        return settle


def _files_complete(run: Released) -> bool:
    return sum(file.count for file in run.files) == run.released.granted


def inbox_path(inbox: Path, document_ref: str) -> Path:
    """Where a message of the bank is kept."""
    return inbox / f"{document_ref}.xml"


def take_in(inbox: Path, document_ref: str, body: bytes) -> Callable[[Transaction], bool]:
    """Keep the bytes now, and give the work for the log that has them read; true where they are new."""
    write_once(inbox_path(inbox, document_ref), body, mode=0o600)

    def note(tx: Transaction) -> bool:
        new = tx.kept(BANK_DOCUMENTS, document_ref) is None and not DOCUMENT.fold(tx.read(DOCUMENTS + document_ref)).finished
        if new:
            number = int(tx.kept(ARRIVALS, "last") or 0) + 1
            tx.keep(ARRIVALS, "last", str(number).encode())
            tx.keep(BANK_DOCUMENTS, document_ref, WAITING + f" {number:012d}".encode())
        return new

    return note
