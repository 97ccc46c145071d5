"""What people do before a run is released: judge the drawn rows, and sign, each for exactly what they saw."""

from typing import assert_never

from services.benefits.run_commands import ApproveRun, EscalateApproval, JudgeRow, SafeguardCommand
from services.benefits.run_state import (
    Aborted,
    Approved,
    Cancelled,
    Cancelling,
    Closed,
    Prepared,
    Released,
    Releasing,
    Run,
    Safeguards,
    Unprepared,
)
from services.contracts.envelope import Event
from services.contracts.run_control import RunApprovalEscalated, SampleRowJudged
from services.contracts.runs import RunApproved, RunPrepared
from services.eventlog.decider import Refused

Decision = list[Event] | Refused


def approve(state: Run, command: ApproveRun) -> Decision:
    """One signature more, or why not."""
    match state:
        case Unprepared():
            return Refused("not-prepared")
        case Aborted():
            return Refused("aborted")
        case Prepared(prepared, safeguards):
            return _sign(prepared, safeguards, command)
        case Approved() | Releasing() | Released():
            return _signed(state.safeguards, command)
        case Closed() | Cancelling() | Cancelled():
            return _signed(state.run.safeguards, command)
        case _:
            assert_never(state)


def _sign(prepared: RunPrepared, safeguards: Safeguards, command: ApproveRun) -> Decision:
    if any(signed.approved_by == command.approved_by for signed in safeguards.signatures):
        return []
    reason = _not_to_be_signed(prepared, safeguards, command)
    if reason:
        return Refused(reason)
    return [
        RunApproved(
            run_ref=command.run_ref,
            manifest_hash=command.manifest_hash,
            granted=command.granted,
            total_cents=command.total_cents,
            approved_by=command.approved_by,
            signature=len(safeguards.signatures) + 1,
            needed=command.needed,
        )
    ]


def _not_to_be_signed(prepared: RunPrepared, safeguards: Safeguards, command: ApproveRun) -> str:
    seen = (
        (prepared.kind != "dry-run", "dry-run"),
        (command.approved_by != prepared.prepared_by, "preparer-cannot-approve"),
        (command.manifest_hash == prepared.manifest_hash, "other-content"),
        (command.granted == prepared.granted, "other-count"),
        (command.total_cents == prepared.total_cents, "other-total"),
        (prepared.total_cents <= command.ceiling_cents, "above-run-ceiling"),
        (not safeguards.wrong, "sample-failed"),
    )
    return next((reason for holds, reason in seen if not holds), "")


def _signed(safeguards: Safeguards, command: ApproveRun) -> Decision:
    again = any(signed.approved_by == command.approved_by for signed in safeguards.signatures)
    return [] if again else Refused("approved-already")


def safeguard(state: Run, command: SafeguardCommand) -> Decision:
    """A row judged, or signatures that are late."""
    match command:
        case JudgeRow():
            return _judge(state, command)
        case EscalateApproval():
            return _escalate(state, command)
        case _:
            assert_never(command)


def _judge(state: Run, command: JudgeRow) -> Decision:
    if not isinstance(state, Prepared | Approved):
        return Refused("not-prepared" if isinstance(state, Unprepared) else "released-already")
    known = state.safeguards.verdicts.get(command.right_ref)
    if not any(row.right_ref == command.right_ref for row in state.safeguards.rows):
        return Refused("not-in-sample")
    if command.judged_by == state.prepared.prepared_by:
        return Refused("preparer-cannot-judge")
    if known is not None and known.verdict == command.verdict:
        return []
    if known is not None and known.verdict == "wrong":
        return Refused("judged-wrong", "a row that was found wrong stops the run: abort it and prepare again")
    judged = SampleRowJudged(run_ref=command.run_ref, right_ref=command.right_ref, verdict=command.verdict, judged_by=command.judged_by)
    return [judged]


def _escalate(state: Run, command: EscalateApproval) -> Decision:
    if not isinstance(state, Prepared):
        return []
    return [
        RunApprovalEscalated(
            run_ref=command.run_ref,
            level=state.safeguards.escalated + 1,
            signatures=len(state.safeguards.signatures),
            needed=command.needed,
            due_at=command.due_at,
        )
    ]
