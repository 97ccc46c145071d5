"""Where every right and payment stands, kept in memory from the log: for totals, exceptions and batches of the bank."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Literal

import orjson

from services.contracts.benefits import (
    AllowanceGranted,
    AllowanceRefused,
    AllowanceWithheld,
    PaymentInstructed,
    PaymentPaid,
    PaymentRejected,
    PaymentReturned,
)
from services.contracts.codec import Record
from services.eventlog.log import EventLog

RECORDS_A_READ = 5_000
Standing = Literal["granted", "refused", "withheld", "sent", "paid", "rejected", "returned"]
STANDINGS: dict[str, Standing] = {
    AllowanceGranted.TYPE: "granted",
    AllowanceRefused.TYPE: "refused",
    AllowanceWithheld.TYPE: "withheld",
    PaymentInstructed.TYPE: "sent",
    PaymentPaid.TYPE: "paid",
    PaymentRejected.TYPE: "rejected",
    PaymentReturned.TYPE: "returned",
}
EXCEPTIONS: frozenset[Standing] = frozenset({"granted", "withheld", "rejected", "returned"})
"""What is decided and not on its way: granted without a payment, withheld, or come back."""


@dataclass(frozen=True, slots=True)
class Position:
    """One right and its last attempt (0 before the first), in euro cents."""

    right_ref: str
    client: str
    household_ref: str
    municipality: str
    run_ref: str
    amount_cents: int
    standing: Standing
    reason: str = ""
    attempt: int = 0
    message_id: str = ""

    @property
    def payment_info_id(self) -> str:
        """Name of the batch that holds the payment, as the file writer names it."""
        return f"{self.message_id}-{self.municipality}"


class Payments:
    """One position per right. Nothing here is a counter: sums are taken from the positions when somebody asks."""

    def __init__(self, log: EventLog) -> None:
        self._log, self._lock, self._upto = log, Lock(), 0
        self._positions: dict[str, Position] = {}
        self._runs: dict[str, set[str]] = defaultdict(set)
        self._batches: dict[str, set[str]] = defaultdict(set)

    def of_run(self, run_ref: str) -> list[Position]:
        """Every position of a run as of now."""
        return list(self._now(self._runs, run_ref))

    def of_batch(self, name: str) -> list[Position]:
        """Every position whose last payment stands in this file (message id) or batch (payment information id)."""
        found = self._now(self._batches, name)
        return [position for position in found if name in (position.message_id, position.payment_info_id)]

    def _now(self, index: dict[str, set[str]], key: str) -> Iterator[Position]:
        with self._lock:
            self._catch_up()
            return iter([self._positions[ref] for ref in sorted(index.get(key, ()))])

    def _catch_up(self) -> None:
        while records := self._log.after(self._upto, RECORDS_A_READ):
            for record in records:
                if record.type in STANDINGS:
                    self._take(record)
            self._upto = records[-1].position

    def _take(self, record: Record) -> None:
        told = orjson.loads(record.data)
        standing = STANDINGS[record.type]
        position = _moved(self._positions.get(told["right_ref"]), standing, told)
        self._positions[position.right_ref] = position
        self._runs[position.run_ref].add(position.right_ref)
        if standing == "sent":
            self._batches[position.message_id].add(position.right_ref)
            self._batches[position.payment_info_id].add(position.right_ref)


def _moved(before: Position | None, standing: Standing, told: dict[str, Any]) -> Position:
    if before is None:
        return Position(
            right_ref=told["right_ref"],
            client=told["client"],
            household_ref=told["household_ref"],
            municipality=told["municipality"],
            run_ref=told["run_ref"],
            amount_cents=told["amount_cents"],
            standing=standing,
            reason=",".join(told["reasons"]),
        )
    return replace(
        before,
        standing=standing,
        reason=told.get("reason_code", ""),
        attempt=told["attempt"],
        message_id=told.get("message_id", before.message_id),
    )


def cents_by_standing(positions: list[Position]) -> dict[Standing, int]:
    """Sums in euro cents."""
    sums: dict[Standing, int] = dict.fromkeys(STANDINGS.values(), 0)
    for position in positions:
        sums[position.standing] += position.amount_cents
    return sums
