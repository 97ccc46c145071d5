"""What people and the service may ask of a run."""

from dataclasses import dataclass
from datetime import date, datetime

from services.contracts.run_control import RowVerdict, SampleRow
from services.contracts.runs import PaymentFileWritten, RunPrepared


@dataclass(frozen=True, slots=True)
class PrepareRun:
    """Put down what was computed, with the rows that people must judge; the first preparation of a run counts."""

    prepared: RunPrepared
    rows: tuple[SampleRow, ...] = ()

    @property
    def run_ref(self) -> str:
        """The run."""
        return self.prepared.run_ref


@dataclass(frozen=True, slots=True)
class ApproveRun:
    """Somebody signs what they saw: content, number of grants and total; `ceiling_cents` bounds a run.

    `needed` is the number of signatures that its amount asks for.
    """

    run_ref: str
    manifest_hash: str
    granted: int
    total_cents: int
    approved_by: str
    ceiling_cents: int
    needed: int = 1


@dataclass(frozen=True, slots=True)
class JudgeRow:
    """Somebody says of a drawn row, by the right that it decides, whether it is right."""

    run_ref: str
    right_ref: str
    verdict: RowVerdict
    judged_by: str


@dataclass(frozen=True, slots=True)
class EscalateApproval:
    """The signatures must have been there by now; ask higher up, and again at `due_at`."""

    run_ref: str
    needed: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderRelease:
    """Let the decisions go out, to be paid on `execution_on`; `pay_until` is the legal last day."""

    run_ref: str
    ordered_by: str
    execution_on: date
    today: date
    pay_until: date


@dataclass(frozen=True, slots=True)
class CompleteRelease:
    """Every line was decided."""

    run_ref: str
    granted: int
    refused: int
    withheld: int
    total_cents: int
    withheld_cents: int


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A payment file lies ready."""

    file: PaymentFileWritten

    @property
    def run_ref(self) -> str:
        """The run."""
        return self.file.run_ref


@dataclass(frozen=True, slots=True)
class HandOverFile:
    """Somebody takes a payment file to the bank."""

    run_ref: str
    message_id: str
    handed_to: str


@dataclass(frozen=True, slots=True)
class CloseRun:
    """End the run on these sums of its payments, in cents."""

    run_ref: str
    paid_cents: int
    returned_cents: int
    rejected_cents: int
    closed_by: str


@dataclass(frozen=True, slots=True)
class AbortRun:
    """End the run before release."""

    run_ref: str
    reason_code: str
    aborted_by: str


@dataclass(frozen=True, slots=True)
class CancelRun:
    """End the run after release, before a file of it leaves."""

    run_ref: str
    reason_code: str
    ordered_by: str


@dataclass(frozen=True, slots=True)
class CompleteCancellation:
    """Everything was withdrawn."""

    run_ref: str


SafeguardCommand = JudgeRow | EscalateApproval
EndCommand = CloseRun | AbortRun | CancelRun | CompleteCancellation
FileCommand = RecordFile | HandOverFile
RunCommand = PrepareRun | ApproveRun | SafeguardCommand | OrderRelease | CompleteRelease | FileCommand | EndCommand
