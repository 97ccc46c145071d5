"""The last line of a release is decided: that it was is recorded once, by the service itself, with what it came to."""

from datetime import datetime

from services.benefits.portions import SYSTEM, carried_out
from services.benefits.request import Stuck
from services.benefits.run import RUN
from services.benefits.run_commands import CompleteRelease, RunCommand
from services.benefits.run_state import Run
from services.eventlog.handle import Work
from services.eventlog.log import EventLog, Origin


def complete(log: EventLog, command: CompleteRelease, at: datetime) -> None:
    """Record the release as done; a repeat changes nothing. Raises `Stuck` where it comes to something else than was approved."""
    work: Work[RunCommand, Run] = Work(
        decider=RUN,
        command=lambda _tx: command,
        origin=Origin(SYSTEM, f"{command.run_ref}:complete", at, command.run_ref),
        body_hash=b"",
    )
    answer = carried_out(log, work)
    if answer.outcome == "refused":
        raise Stuck(answer.reason)
