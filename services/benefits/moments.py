"""What the clock does in benefits: a run that nobody signed in time is asked for higher up, and again."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from services.benefits.guards import Guards, guards_for
from services.benefits.recording import SIGNATURES
from services.benefits.references import run_stream
from services.benefits.run import RUN
from services.benefits.run_commands import EscalateApproval, RunCommand
from services.benefits.run_state import Prepared, Run
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Answer, Due, Origin, Transaction

MOST_LEVELS = 3
"""Approvers, their manager, and the board; after that the run waits, and its metric stays up."""


def on_due(rules: Sequence[Guards]) -> Callable[[Due, Origin], Callable[[Transaction], Answer]]:
    """For the clock (services/eventlog/clock.py): the work that belongs to a moment of kind `SIGNATURES`."""

    def work_at(due: Due, origin: Origin) -> Callable[[Transaction], Answer]:
        assert due.kind == SIGNATURES
        return _escalating(rules, due, origin)

    return work_at


def _escalating(rules: Sequence[Guards], due: Due, origin: Origin) -> Work[RunCommand, Run]:
    run_ref = due.stream.removeprefix(run_stream(""))

    def command(tx: Transaction) -> RunCommand:
        state = RUN.fold(tx.read(due.stream))
        if not isinstance(state, Prepared):
            return EscalateApproval(run_ref, 0, None)
        prepared, level = state.prepared, state.safeguards.escalated + 1
        row = guards_for(rules, prepared.scheme, prepared.scheme_year).signatures_for(prepared.total_cents)
        again = due.at + timedelta(hours=row.hours) if level < MOST_LEVELS else None
        return EscalateApproval(run_ref, row.signatures, again)

    def look_again(tx: Transaction, recorded: Recorded) -> None:
        again = getattr(recorded[0].event, "due_at", None)
        if again is not None:
            tx.schedule(Due(due.stream, SIGNATURES, again))

    return Work(RUN, command, origin, origin.command_id.encode(), beside=look_again)
