"""Figures of money for operations: where every cent stands, whether runs add up, and what waits too long."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Event as Signal

from services.benefits.payments import STANDINGS, Payments, Position, Standing, cents_by_standing
from services.benefits.references import run_stream
from services.benefits.request import PROBLEMS, known_runs
from services.benefits.run import RUN
from services.benefits.run_state import Closed, Prepared, Released, Run
from services.contracts.bank import BankLineUnmatched
from services.eventlog.log import EventLog
from services.metrics import (
    PAYOUT_CENTS,
    PAYOUT_CONSERVATION_DIFF,
    PAYOUT_DUPLICATES,
    PAYOUT_OLDEST_PENDING,
    PAYOUT_OLDEST_UNKNOWN,
    PAYOUT_PROGRESS,
    PAYOUT_RIGHTS,
    PAYOUT_UNMATCHED_LINES,
    RUNS_STUCK,
    RUNS_UNSIGNED,
)

EVERY_SECONDS = 15.0
UNPAID = frozenset({"refused", "withheld"})


@dataclass(frozen=True, slots=True)
class PayoutFigures:
    """Where the figures come from."""

    log: EventLog
    payments: Payments
    now: Callable[[], datetime]

    def run(self, stop: Signal) -> None:
        """Take the figures until `stop`; a log that cannot be read shows in the moment of the last ones."""
        while not stop.is_set():
            self.take()
            stop.wait(EVERY_SECONDS)

    def take(self) -> None:
        """Take every figure once."""
        positions, runs = self.payments.everything(), [self._state(ref) for ref in known_runs(self.log)]
        standings: Counter[Standing] = Counter(position.standing for position in positions)
        cents = cents_by_standing(positions)
        for standing in STANDINGS.values():
            PAYOUT_CENTS.labels(standing).set(cents[standing])
            PAYOUT_RIGHTS.labels(standing).set(standings[standing])
        PAYOUT_CONSERVATION_DIFF.set(sum(self._differs(run) for run in runs))
        PAYOUT_DUPLICATES.set(sum(count > 1 for count in self.payments.open_or_paid().values()))
        PAYOUT_OLDEST_PENDING.set(self._oldest(positions, "granted"))
        PAYOUT_OLDEST_UNKNOWN.set(self._oldest(positions, "sent"))
        PAYOUT_UNMATCHED_LINES.set(sum(isinstance(envelope.event, BankLineUnmatched) for envelope in self.log.scan("benefits/bank/")))
        RUNS_STUCK.set(len(self.log.kept_all(PROBLEMS)))
        RUNS_UNSIGNED.set(sum(isinstance(run, Prepared) and run.safeguards.escalated > 0 for run in runs))
        PAYOUT_PROGRESS.set_to_current_time()

    def _state(self, run_ref: str) -> Run:
        return RUN.fold(envelope.event for envelope in self.log.read(run_stream(run_ref)))

    def _differs(self, run: Run) -> int:
        """What the release of a run said against every right and payment of it, in cents."""
        released = run.run if isinstance(run, Closed) else run
        if not isinstance(released, Released):
            return 0
        statement = self.payments.statement(released.prepared.run_ref)
        return abs(released.released.total_cents - sum(p.amount_cents for p in statement if p.standing not in UNPAID))

    def _oldest(self, positions: Iterable[Position], standing: Standing) -> float:
        since = min((position.since for position in positions if position.standing == standing), default=None)
        return 0.0 if since is None else max(0.0, (self.now() - datetime.fromisoformat(since)).total_seconds())
