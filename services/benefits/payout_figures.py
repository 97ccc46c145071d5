"""Figures of money for operations: where every cent stands, whether runs add up, and what waits too long."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event as Signal

from services.benefits import bank_calendar
from services.benefits.budget_figures import BudgetFigures
from services.benefits.manifest import ManifestChanged
from services.benefits.monthly.punctuality import Timetable
from services.benefits.office import Office
from services.benefits.payments import STANDINGS, Payments
from services.benefits.payout_sums import PayoutSums
from services.benefits.promise_figures import PromiseFigures
from services.benefits.request import PROBLEMS
from services.benefits.run_book import RunBook
from services.benefits.run_state import Prepared
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

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PayoutFigures:
    """Where the figures come from. What they cost grows with what is open, and not with what was paid before."""

    log: EventLog
    payments: Payments
    book: RunBook
    promises: PromiseFigures
    budgets: BudgetFigures
    now: Callable[[], datetime]

    def run(self, stop: Signal) -> None:
        """Take the figures until `stop`; lines of a run that cannot be read show in the moment of the last ones."""
        while not stop.is_set():
            try:
                self.take()
            except (OSError, ManifestChanged) as wrong:
                logger.warning("figures of promises could not be taken: %s", type(wrong).__name__)
            stop.wait(EVERY_SECONDS)

    def take(self) -> None:
        """Take every figure once; raises `OSError` or `ManifestChanged` where the lines of a run cannot be read."""
        self.book.catch_up()
        self.payments.summed(self._sums)
        PAYOUT_UNMATCHED_LINES.set(self.book.unmatched)
        RUNS_STUCK.set(len(self.log.kept_all(PROBLEMS)))
        RUNS_UNSIGNED.set(sum(isinstance(run, Prepared) and run.safeguards.escalated > 0 for run in self.book.runs.values()))
        self.budgets.take()
        self.promises.take()
        PAYOUT_PROGRESS.set_to_current_time()

    def _sums(self, sums: PayoutSums) -> None:
        for standing in STANDINGS.values():
            PAYOUT_CENTS.labels(standing).set(sums.cents[standing])
            PAYOUT_RIGHTS.labels(standing).set(sums.rights[standing])
        PAYOUT_CONSERVATION_DIFF.set(sum(abs(cents - sums.of_run[run]) for run, cents in self.book.released_cents.items()))
        PAYOUT_DUPLICATES.set(len(sums.twice))
        PAYOUT_OLDEST_PENDING.set(self._oldest(sums.since["granted"]))
        PAYOUT_OLDEST_UNKNOWN.set(self._oldest(sums.since["sent"]))

    def _oldest(self, since: dict[str, str]) -> float:
        first = min(since.values(), default=None)
        return 0.0 if first is None else max(0.0, (self.now() - datetime.fromisoformat(first)).total_seconds())


def payout_figures(office: Office) -> PayoutFigures:
    """The figures of an office."""
    book, timetable = RunBook(office.log), Timetable(office.norms, bank_calendar.installed())
    promises = PromiseFigures(book, office.payments, office.manifests, timetable, office.now)
    budgets = BudgetFigures(book, office.budget_by_rules, office.now)
    return PayoutFigures(office.log, office.payments, book, promises, budgets, office.now)
