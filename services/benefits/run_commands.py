"""What people and the service may ask of a run."""

from dataclasses import dataclass
from datetime import date

from services.contracts.benefits import PaymentFileWritten, RunPrepared


@dataclass(frozen=True, slots=True)
class PrepareRun:
    """Put down what was computed; the first preparation of a run counts."""

    prepared: RunPrepared

    @property
    def run_ref(self) -> str:
        """The run."""
        return self.prepared.run_ref


@dataclass(frozen=True, slots=True)
class ApproveRun:
    """A second person says what they saw: content, number of grants and total; `ceiling_cents` bounds a run."""

    run_ref: str
    manifest_hash: str
    granted: int
    total_cents: int
    approved_by: str
    ceiling_cents: int


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


RunCommand = PrepareRun | ApproveRun | OrderRelease | CompleteRelease | RecordFile | HandOverFile | CloseRun | AbortRun
