"""One run: prepared by one person, signed by others, released, handed to the bank, and closed when it adds up."""

from typing import assert_never, cast

from services.benefits.references import run_stream
from services.benefits.run_commands import (
    AbortRun,
    ApproveRun,
    CancelRun,
    CloseRun,
    CompleteCancellation,
    CompleteRelease,
    EscalateApproval,
    HandOverFile,
    JudgeRow,
    OrderRelease,
    PrepareRun,
    RecordFile,
    RunCommand,
)
from services.benefits.run_ending import end
from services.benefits.run_signing import approve, safeguard
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
    RunFact,
    Safeguards,
    Unprepared,
    evolve,
)
from services.contracts.envelope import Event
from services.contracts.run_control import RunSampleDrawn
from services.contracts.runs import FileHandedOver, PaymentFileWritten, RunReleased, RunReleaseOrdered
from services.eventlog.decider import Decider, Refused

Decision = list[Event] | Refused


def _decide(state: Run, command: RunCommand) -> Decision:
    match command:
        case PrepareRun():
            return _prepare(command) if isinstance(state, Unprepared) else []
        case ApproveRun():
            return approve(state, command)
        case JudgeRow() | EscalateApproval():
            return safeguard(state, command)
        case OrderRelease():
            return _order(state, command)
        case CloseRun() | AbortRun() | CancelRun() | CompleteCancellation():
            return end(state, command)
        case CompleteRelease() | RecordFile() | HandOverFile():
            return _carry_out(state, command)
        case _:
            assert_never(command)


def _carry_out(state: Run, command: CompleteRelease | RecordFile | HandOverFile) -> Decision:
    match command:
        case CompleteRelease():
            return _complete(state, command)
        case RecordFile():
            return _record(state, command.file)
        case HandOverFile():
            return _hand_over(state, command)
        case _:
            assert_never(command)


def _prepare(command: PrepareRun) -> list[Event]:
    prepared = command.prepared
    if not command.rows:
        return [prepared]
    return [prepared, RunSampleDrawn(run_ref=prepared.run_ref, manifest_hash=prepared.manifest_hash, rows=command.rows)]


def _order(state: Run, command: OrderRelease) -> Decision:
    match state:
        case Approved():
            return _order_now(state.safeguards, command)
        case Releasing() | Released():
            return [] if state.ordered.execution_on == command.execution_on else Refused("released-already")
        case Unprepared() | Prepared():
            return Refused("not-approved")
        case Aborted():
            return Refused("aborted")
        case Closed():
            return Refused("closed")
        case Cancelling() | Cancelled():
            return Refused("cancelled")
        case _:
            assert_never(state)


def _order_now(safeguards: Safeguards, command: OrderRelease) -> Decision:
    if safeguards.wrong:
        return Refused("sample-failed", f"{len(safeguards.wrong)} drawn rows are wrong: abort the run and prepare it again")
    if safeguards.unjudged:
        return Refused("sample-not-judged", f"{len(safeguards.unjudged)} drawn rows have no verdict yet")
    if command.execution_on < command.today:
        return Refused("execution-in-the-past")
    if command.execution_on > command.pay_until:
        return Refused("after-the-legal-last-day")
    return [RunReleaseOrdered(run_ref=command.run_ref, ordered_by=command.ordered_by, execution_on=command.execution_on)]


def _complete(state: Run, command: CompleteRelease) -> Decision:
    match state:
        case Releasing():
            return _complete_now(state, command)
        case Released() | Closed() | Cancelling() | Cancelled():
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
    if isinstance(state, Cancelling | Cancelled):
        return Refused("cancelled")
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


RUN: Decider[RunCommand, Run] = Decider(
    initial=Unprepared(),
    reads=lambda command: (run_stream(command.run_ref),),
    decide=_decide,
    evolve=lambda state, event: evolve(state, cast("RunFact", event)),
)
