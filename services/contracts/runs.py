"""What benefits tells of a run, from its preparation to its close."""

from datetime import date
from typing import Literal

from services.contracts.envelope import Event, Home
from services.contracts.intake import Cents, Count, Scheme, SchemeYear, Tranche

RunKind = Literal["decide", "dry-run", "correction", "pay-again", "month"]


class RunEvent(Event):
    """A fact about one run; totals in euro cents. Its lines are a manifest addressed by `manifest_hash`."""

    run_ref: str

    def home(self) -> Home:
        """The run's own stream."""
        return Home(f"benefits/run/{self.run_ref}", self.run_ref, None)


class RunPrepared(RunEvent):
    """A run was computed: candidates + excluded + held = the households that it looked at, as of `intake_position`.

    `corrects` is the run that a correction, or a run that pays again, is about; then, and for a month of the monthly
    benefit, `granted` counts payments. A month is scheme year and tranche, and rests on no position of intake.
    """

    TYPE = "nl.sociaaldomein.benefits.run-prepared.v1"

    scheme: Scheme
    scheme_year: SchemeYear
    tranche: Tranche
    intake_position: Count
    households: Count
    candidates: Count
    excluded: Count
    held: Count
    granted: Count
    refused: Count
    total_cents: Cents
    manifest_hash: str
    rule_versions: tuple[str, ...]
    decided_on: date
    promised_on: date
    prepared_by: str
    kind: RunKind = "decide"
    corrects: str | None = None


class RunApproved(RunEvent):
    """Somebody other than the preparer signed exactly this content, count and total; signature `signature` of `needed`."""

    TYPE = "nl.sociaaldomein.benefits.run-approved.v1"

    manifest_hash: str
    granted: Count
    total_cents: Cents
    approved_by: str
    signature: Count = 1
    needed: Count = 1


class RunReleaseOrdered(RunEvent):
    """The release began; its decisions are recorded in portions and go on after a crash."""

    TYPE = "nl.sociaaldomein.benefits.run-release-ordered.v1"

    ordered_by: str
    execution_on: date


class RunReleased(RunEvent):
    """Every line of the run has its decision; withheld lines hit a ledger or claim at release."""

    TYPE = "nl.sociaaldomein.benefits.run-released.v1"

    granted: Count
    refused: Count
    withheld: Count
    total_cents: Cents


class PaymentFileWritten(RunEvent):
    """A payment file lies ready: part `part` of the run's payments, with the hash of its bytes.

    `debtor_fingerprint` is the keyed fingerprint of the one account that it is debited to; empty in earlier facts.
    """

    TYPE = "nl.sociaaldomein.benefits.payment-file-written.v1"

    message_id: str
    part: Count
    parts: Count
    count: Count
    total_cents: Cents
    sha256: str
    execution_on: date
    debtor_fingerprint: str = ""


class FileHandedOver(RunEvent):
    """A payment file left for the bank; a second time takes another person."""

    TYPE = "nl.sociaaldomein.benefits.file-handed-over.v1"

    message_id: str
    handover: Count
    handed_to: str


class RunClosed(RunEvent):
    """The run adds up: granted = paid + returned + rejected, in cents."""

    TYPE = "nl.sociaaldomein.benefits.run-closed.v1"

    granted_cents: Cents
    paid_cents: Cents
    returned_cents: Cents
    rejected_cents: Cents
    closed_by: str


class RunAborted(RunEvent):
    """The run ended before release; nothing of it is paid."""

    TYPE = "nl.sociaaldomein.benefits.run-aborted.v1"

    reason_code: str
    aborted_by: str
