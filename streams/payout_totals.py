"""Counts and cents per client, household and run, never stored: summed at start and moved by each right that changes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from streams.payout_status import STATES
from streams.view import Row

Totals = Mapping[str, Mapping[str, int]]
"""Per state of a payout: how many rights (`count`) and how much (`cents`)."""

GROUPS = ("client", "household_ref", "run_ref")


class PayoutTotals:
    """Sums over rows of the payout status, and which rights a client or household has."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget everything: all rows are told anew."""
        self._sums: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: {state: [0, 0] for state in STATES})
        self._rights: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)

    def move(self, old: Row | None, new: Row) -> None:
        """A right went from one row to another."""
        if old and "state" in old:
            self._add(old, -1)
        if "state" in new:
            self._add(new, 1)
            for group in ("client", "household_ref"):
                self._rights[group, new[group]][new["right_ref"]] = new["client"]

    def _add(self, row: Row, sign: int) -> None:
        for group in GROUPS:
            count_and_cents = self._sums[group, row[group]][row["state"]]
            count_and_cents[0] += sign
            count_and_cents[1] += sign * row[f"{row['state']}_cents"]

    def of(self, group: str, ref: str) -> Totals:
        """Totals of one client, household_ref or run_ref; all states at nil for an unknown one."""
        sums = self._sums.get((group, ref), {})
        return {state: {"count": sums[state][0], "cents": sums[state][1]} if sums else {"count": 0, "cents": 0} for state in STATES}

    def rights(self, group: str, ref: str) -> Iterable[tuple[str, str]]:
        """Right and client of every right of a client or household_ref, in order of right."""
        return sorted(self._rights.get((group, ref), {}).items())
