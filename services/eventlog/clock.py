"""Time passes through the clock: a moment that has come becomes a command, once, also after a night of downtime."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from threading import Event as Stop

from services.eventlog.log import Answer, Due, EventLog, Origin, Transaction
from services.metrics import CLOCK_DUE, CLOCK_FIRED

MOMENTS_A_ROUND = 500
IDLE_SECONDS = 0.5
ANSWER_SECONDS = 30.0

logger = logging.getLogger(__name__)

Now = Callable[[], datetime]
OnDue = Callable[[Due, Origin], Callable[[Transaction], Answer]]
"""The command, as work for the log, that belongs to a moment."""


def shifted(days: int) -> Now:
    """The system clock in UTC, shifted by whole days for a rehearsal."""
    offset = timedelta(days=days)
    return lambda: datetime.now(UTC) + offset


class JumpGuard:
    """Compares the wall clock with the monotonic one, so that a jump is seen within one process."""

    def __init__(self, now: Now, monotonic: Callable[[], float], limit_seconds: float) -> None:
        self._now, self._monotonic, self._limit = now, monotonic, limit_seconds
        self._offset = now().timestamp() - monotonic()

    def jumped(self) -> bool:
        """Whether the wall clock moved against the monotonic one by more than the limit; the jump stays until restart."""
        return abs(self._now().timestamp() - self._monotonic() - self._offset) > self._limit


class Clock:
    """Gives commands for moments that have come; the command id is stream, kind and moment, so a repeat is one command.

    A crash before the command is recorded leaves the moment due; after it, the moment is gone in the same transaction.
    A moment that was set to another one, or forgotten, while its command was on its way gives none, and the other one stands.
    """

    def __init__(self, log: EventLog, now: Now, on_due: OnDue, guard: JumpGuard) -> None:
        self._log, self._now, self._on_due, self._guard = log, now, on_due, guard
        self._failing: Sequence[Due] = ()
        self._overdue, self._fired = CLOCK_DUE.labels(log.service), CLOCK_FIRED.labels(log.service)

    def round(self) -> int:
        """Commands given for what is due now, at most `MOMENTS_A_ROUND`; none while a jump is seen."""
        if self._guard.jumped():
            logger.error("system clock jumped: no timed command until this process is restarted")
            return 0
        ripe = self._log.due(self._now(), MOMENTS_A_ROUND)
        ended = [(due, self._log.submit(self._fire(due))) for due in ripe]
        self._failing = [due for due, future in ended if self._failed(due, future)]
        fired = len(ripe) - len(self._failing)
        self._overdue.set(len(self._failing))
        self._fired.inc(fired)
        return fired

    def trouble(self) -> str | None:
        """A sentence for readiness: a jump of the system clock, or moments whose command fails and is tried again."""
        if self._guard.jumped():
            return "the system clock jumped: check it and restart"
        if self._failing:
            first = self._failing[0]
            return f"{len(self._failing)} timed commands fail, such as {first.kind} of {first.stream}: see the log of this process"
        return None

    def _failed(self, due: Due, future: Future[Answer | None]) -> bool:
        """One moment that fails, or gets no answer in time, stays due and stops nobody else."""
        try:
            wrong = future.exception(ANSWER_SECONDS)
        except TimeoutError as late:
            wrong = late
        if wrong is not None:
            logger.error("timed command %s of %s fails: %s", due.kind, due.stream, type(wrong).__name__)
        return wrong is not None

    def _fire(self, due: Due) -> Callable[[Transaction], Answer | None]:
        command_id = f"{due.stream}:{due.kind}:{due.at.isoformat()}"
        origin = Origin("clock", command_id, self._now(), command_id, None, due.at)
        command = self._on_due(due, origin)

        def fire(tx: Transaction) -> Answer | None:
            return command(tx) if tx.take_due(due) else None

        return fire

    def run(self, stop: Stop) -> None:
        """Rounds until `stop`."""
        while not stop.is_set():
            if self.round() < MOMENTS_A_ROUND:
                stop.wait(IDLE_SECONDS)


def system_guard(now: Now, limit_seconds: float) -> JumpGuard:
    """A guard on this machine's clocks."""
    return JumpGuard(now, time.monotonic, limit_seconds)
