"""Figures of budgets for operations: what each municipality set aside for a year, and what runs took of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.benefits.run_book import RunBook
from services.contracts.intake import Scheme
from services.metrics import PAYOUT_BUDGET


@dataclass(frozen=True, slots=True)
class BudgetFigures:
    """`by_rules` gives what the rules say was set aside for a scheme, year and municipality, in cents, or None."""

    book: RunBook
    by_rules: Callable[[Scheme, int, str], int | None]
    now: Callable[[], datetime]

    def take(self) -> None:
        """Take them of this year and the year before; of a budget without a limit only what was taken."""
        for (scheme, year, code), budget in self.book.budgets.items():
            if year < self.now().year - 1:
                continue
            limit_cents = budget.limit_cents(self.by_rules(scheme, year, code))
            PAYOUT_BUDGET.labels(scheme, code, str(year), "taken").set(budget.taken_cents)
            if limit_cents is not None:
                PAYOUT_BUDGET.labels(scheme, code, str(year), "set").set(limit_cents)
