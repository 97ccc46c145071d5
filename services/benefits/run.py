"""One run: prepared by one person, approved by another, released, handed to the bank, and closed when it adds up."""

from typing import assert_never, cast

from services.benefits.references import run_stream
from services.benefits.run_commands import (
    AbortRun,
    ApproveRun,
    CloseRun,
    CompleteRelease,
    HandOverFile,
    OrderRelease,
    PrepareRun,
    RecordFile,
    RunCommand,
)
from services.benefits.run_state import (
    Aborted,
    Approved,
    Closed,
    Prepared,
    Released,
    Releasing,
    Run,
    RunFact,
    Unprepared,
    evolve,
)
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
from services.contracts.envelope import Event
from services.eventlog.decider import Decider, Refused

Decision = list[Event] | Refused


def _decide(state: Run, command: RunCommand) -> Decision:
    match command:
        case PrepareRun():
            return [command.prepared] if isinstance(state, Unprepared) else []
        case ApproveRun():
            return _approve(state, command)
        case OrderRelease():
            return _order(state, command)
        case AbortRun():
            return _abort(state, command)
        case CompleteRelease() | RecordFile() | HandOverFile() | CloseRun():
            return _carry_out(state, command)
        case _:
            assert_never(command)


def _carry_out(state: Run, command: CompleteRelease | RecordFile | HandOverFile | CloseRun) -> Decision:
    match command:
        case CompleteRelease():
            return _complete(state, command)
        case RecordFile():
            return _record(state, command.file)
        case HandOverFile():
            return _hand_over(state, command)
        case CloseRun():
            return _close(state, command)
        case _:
            assert_never(command)


def _approve(state: Run, command: ApproveRun) -> Decision:
    match state:
        case Unprepared():
            return Refused("not-prepared")
        case Aborted():
            return Refused("aborted")
        case Prepared(prepared):
            return _judge(prepared, command)
        case Approved() | Releasing() | Released():
            return _judged(state.approved, command)
        case Closed():
            return _judged(state.run.approved, command)
        case _:
            assert_never(state)


def _judge(prepared: RunPrepared, command: ApproveRun) -> Decision:
    if command.approved_by == prepared.prepared_by:
        return Refused("preparer-cannot-approve")
    if command.manifest_hash != prepared.manifest_hash:
        return Refused("other-content")
    if command.granted != prepared.granted:
        return Refused("other-count")
    if command.total_cents != prepared.total_cents:
        return Refused("other-total")
    if prepared.total_cents > command.ceiling_cents:
        return Refused("above-run-ceiling")
    return [
        RunApproved(
            run_ref=command.run_ref,
            manifest_hash=command.manifest_hash,
            granted=command.granted,
            total_cents=command.total_cents,
            approved_by=command.approved_by,
        )
    ]


def _judged(approved: RunApproved, command: ApproveRun) -> Decision:
    return [] if approved.approved_by == command.approved_by else Refused("approved-already")


def _order(state: Run, command: OrderRelease) -> Decision:
    match state:
        case Approved():
            return _order_now(command)
        case Releasing() | Released():
            return [] if state.ordered.execution_on == command.execution_on else Refused("released-already")
        case Unprepared() | Prepared():
            return Refused("not-approved")
        case Aborted():
            return Refused("aborted")
        case Closed():
            return Refused("closed")
        case _:
            assert_never(state)


def _order_now(command: OrderRelease) -> Decision:
    if command.execution_on < command.today:
        return Refused("execution-in-the-past")
    if command.execution_on > command.pay_until:
        return Refused("after-the-legal-last-day")
    return [RunReleaseOrdered(run_ref=command.run_ref, ordered_by=command.ordered_by, execution_on=command.execution_on)]


def _complete(state: Run, command: CompleteRelease) -> Decision:
    match state:
        case Releasing():
            return _complete_now(state, command)
        case Released() | Closed():
            return []
        case Unprepared() | Prepared() | Approved() | Aborted():
            return Refused("not-released")
        case _:
            assert_never(state)


def _complete_now(state: Releasing, command: CompleteRelease) -> Decision:
    approved = state.approved
    decided_cents = command.total_cents + command.withheld_cents
    if (command.granted + command.withheld, decided_cents) != (approved.granted, approved.total_cents):
        return Refused("differs-from-approval")
    if command.refused != state.prepared.refused:
        return Refused("differs-from-preparation")
    return [
        RunReleased(
            run_ref=command.run_ref,
            granted=command.granted,
            refused=command.refused,
            withheld=command.withheld,
            total_cents=command.total_cents,
        )
    ]


def _record(state: Run, file: PaymentFileWritten) -> Decision:
    if isinstance(state, Closed):
        return _record(state.run, file)
    if not isinstance(state, Released):
        return Refused("not-released")
    known = state.file(file.message_id)
    if known is not None:
        return [] if known.sha256 == file.sha256 else Refused("file-differs")
    files = (*state.files, file)
    count, cents = sum(each.count for each in files), sum(each.total_cents for each in files)
    whole = (state.released.granted, state.released.total_cents)
    too_much = count > whole[0] or cents > whole[1]
    if too_much or (len(files) == file.parts and (count, cents) != whole):
        return Refused("differs-from-release")
    return [file]


def _hand_over(state: Run, command: HandOverFile) -> Decision:
    run = state.run if isinstance(state, Closed) else state
    if not isinstance(run, Released) or run.file(command.message_id) is None:
        return Refused("unknown-file")
    takers = run.takers(command.message_id)
    if command.handed_to in takers:
        return Refused("handed-over-already", "a second time takes another person")
    if isinstance(state, Closed):
        return Refused("closed")
    return [
        FileHandedOver(
            run_ref=command.run_ref,
            message_id=command.message_id,
            handover=len(takers) + 1,
            handed_to=command.handed_to,
        )
    ]


def _close(state: Run, command: CloseRun) -> Decision:
    if isinstance(state, Closed):
        return []
    if not isinstance(state, Released):
        return Refused("not-released")
    settled_cents = command.paid_cents + command.returned_cents + command.rejected_cents
    if settled_cents != state.released.total_cents:
        return Refused("not-settled", f"{state.released.total_cents - settled_cents} cents are open")
    return [
        RunClosed(
            run_ref=command.run_ref,
            granted_cents=state.released.total_cents,
            paid_cents=command.paid_cents,
            returned_cents=command.returned_cents,
            rejected_cents=command.rejected_cents,
            closed_by=command.closed_by,
        )
    ]


def _abort(state: Run, command: AbortRun) -> Decision:
    match state:
        case Prepared() | Approved():
            return [RunAborted(run_ref=command.run_ref, reason_code=command.reason_code, aborted_by=command.aborted_by)]
        case Aborted():
            return []
        case Unprepared():
            return Refused("not-prepared")
        case Releasing() | Released() | Closed():
            return Refused("released-already")
        case _:
            assert_never(state)


RUN: Decider[RunCommand, Run] = Decider(
    initial=Unprepared(),
    reads=lambda command: (run_stream(command.run_ref),),
    decide=_decide,
    evolve=lambda state, event: evolve(state, cast("RunFact", event)),
)
