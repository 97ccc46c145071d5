"""How a run ends: closed when it adds up, aborted before its release, or cancelled before a file of it left."""

from typing import assert_never

from services.benefits.run_commands import AbortRun, CancelRun, CloseRun, CompleteCancellation, EndCommand
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
    Unprepared,
)
from services.contracts.envelope import Event
from services.contracts.run_control import RunCancellationOrdered, RunCancelled
from services.contracts.runs import RunAborted, RunClosed
from services.eventlog.decider import Refused

Decision = list[Event] | Refused


def end(state: Run, command: EndCommand) -> Decision:
    """The end, or why it is not there yet."""
    match command:
        case CloseRun():
            return _close(state, command)
        case AbortRun():
            return _abort(state, command)
        case CancelRun():
            return _cancel(state, command)
        case CompleteCancellation():
            return _complete(state, command)
        case _:
            assert_never(command)


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
        case Unprepared() | Prepared() | Approved():
            return [RunAborted(run_ref=command.run_ref, reason_code=command.reason_code, aborted_by=command.aborted_by)]
        case Aborted():
            return []
        case Releasing() | Released() | Closed() | Cancelling() | Cancelled():
            return Refused("released-already")
        case _:
            assert_never(state)


def _cancel(state: Run, command: CancelRun) -> Decision:
    match state:
        case Released(handovers=()) if state.prepared.kind == "month" and sum(file.count for file in state.files) < state.released.granted:
            return Refused("files-not-written", "the payments of a month are withdrawn once all of them are in its files: try again")
        case Released(handovers=()):
            return [RunCancellationOrdered(run_ref=command.run_ref, reason_code=command.reason_code, ordered_by=command.ordered_by)]
        case Cancelling() | Cancelled():
            return []
        case Released() | Closed():
            return Refused("handed-over-already", "a file of it left: ask the bank to recall its payments")
        case Unprepared() | Prepared() | Approved() | Releasing() | Aborted():
            return Refused("not-released", "a run that was not released is aborted")
        case _:
            assert_never(state)


def _complete(state: Run, command: CompleteCancellation) -> Decision:
    match state:
        case Cancelling(run):
            return [RunCancelled(run_ref=command.run_ref, withdrawn=run.released.granted, total_cents=run.released.total_cents)]
        case Cancelled():
            return []
        case _:
            return Refused("not-cancelled")
