"""Where every right and payment stands, kept in memory from the log: for totals, exceptions and batches of the bank."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from threading import Lock
from typing import Any, TypeVar

import orjson

from services.benefits.payout_sums import PayoutSums
from services.benefits.positions import Position, Standing
from services.benefits.references import run_of
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
from services.contracts.monthly_money import MonthlyRightGranted, MonthlyRightSetOff
from services.contracts.payouts import AllowanceRevoked, PaymentRecallAsked, PaymentWithdrawn
from services.eventlog.log import EventLog

__all__ = ["EXCEPTIONS", "NEAR", "STANDINGS", "Payments", "Position", "Standing", "cents_by_standing"]

T = TypeVar("T")
RECORDS_A_READ = 5_000
_Key = tuple[str, int]
"""Right and attempt."""
STANDINGS: dict[str, Standing] = {
    AllowanceGranted.TYPE: "granted",
    MonthlyRightGranted.TYPE: "granted",
    AllowanceRefused.TYPE: "refused",
    AllowanceWithheld.TYPE: "withheld",
    PaymentInstructed.TYPE: "sent",
    PaymentPaid.TYPE: "paid",
    PaymentRejected.TYPE: "rejected",
    PaymentReturned.TYPE: "returned",
    PaymentWithdrawn.TYPE: "withdrawn",
    AllowanceRevoked.TYPE: "revoked",
    MonthlyRightSetOff.TYPE: "revoked",
}
NEAR: frozenset[Standing] = frozenset({"granted", "sent", "rejected", "returned", "withdrawn"})
EXCEPTIONS: frozenset[Standing] = frozenset({"granted", "withheld", "rejected", "returned", "withdrawn"})
"""What is decided and not on its way: granted without a payment, withheld, or come back."""


class Payments:
    """One position per right and one per payment, and sums that each change moves; nothing of it is stored."""

    def __init__(self, log: EventLog) -> None:
        self._log, self._lock, self._upto = log, Lock(), 0
        self._rights: dict[str, Position] = {}
        self._payments: dict[_Key, Position] = {}
        self._sums = PayoutSums()
        self._of: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._in: dict[str, set[_Key]] = defaultdict(set)
        self._recalled: set[_Key] = set()

    def of_run(self, run_ref: str) -> list[Position]:
        """Every right that a run decided, or paid last, as it stands now."""
        known = self._rights_of("run", run_ref)
        return [each for each in known if run_ref in (each.run_ref, run_of(each.message_id))]

    def of_right(self, right_ref: str) -> Position | None:
        """A right as it stands now; None where nothing was decided."""
        with self._lock:
            self._catch_up()
            return self._rights.get(right_ref)

    def of_payment(self, right_ref: str, attempt: int) -> Position | None:
        """One payment of a right, as it stands now; None where it was never instructed."""
        with self._lock:
            self._catch_up()
            return self._payments.get((right_ref, attempt))

    def summed(self, read: Callable[[PayoutSums], T]) -> T:
        """What `read` takes from the sums, as they stand now."""
        with self._lock:
            self._catch_up()
            return read(self._sums)

    def undecided(self, rights: Iterable[str]) -> int:
        """How many of these rights were not granted, refused or withheld yet."""
        with self._lock:
            self._catch_up()
            return sum(right not in self._rights for right in rights)

    def of_client(self, client: str) -> list[Position]:
        """Every right of a client, as it stands now."""
        return self._rights_of("client", client)

    def money_is_near(self, client: str) -> bool:
        """Whether something was decided for a client that has not arrived, so that another account needs a second person."""
        return bool(self.near(client))

    def near(self, client: str) -> frozenset[str]:
        """The municipalities that decided something for a client that has not arrived."""
        return frozenset(each.municipality for each in self.of_client(client) if each.standing in NEAR)

    def of_batch(self, name: str) -> list[Position]:
        """Every payment that stands in this file (message id) or batch (payment information id), also one that was made again."""
        with self._lock:
            self._catch_up()
            found = [self._payments[key] for key in sorted(self._in.get(name, ()))]
        return [payment for payment in found if name in (payment.message_id, payment.payment_info_id)]

    def is_recalled(self, payment: Position) -> bool:
        """Whether the bank was asked for the money of a payment."""
        with self._lock:
            self._catch_up()
            return (payment.right_ref, payment.attempt) in self._recalled

    def statement(self, run_ref: str) -> list[Position]:
        """Every payment in the files of a run, and every right that it decided without one: what a run must add up to."""
        with self._lock:
            self._catch_up()
            own = [self._payments[key] for key in sorted(self._in.get(run_ref, ()))]
            return [*own, *(each for each in self._known("run", run_ref) if each.attempt == 0)]

    def _rights_of(self, what: str, ref: str) -> list[Position]:
        with self._lock:
            self._catch_up()
            return list(self._known(what, ref))

    def _known(self, what: str, ref: str) -> Iterator[Position]:
        return (self._rights[right] for right in sorted(self._of.get((what, ref), ())))

    def _catch_up(self) -> None:
        while records := self._log.after(self._upto, RECORDS_A_READ):
            for record in records:
                if record.type in STANDINGS:
                    self._take(record)
                elif record.type == PaymentRecallAsked.TYPE:
                    told = orjson.loads(record.data)
                    self._recalled.add((told["right_ref"], told["attempt"]))
            self._upto = records[-1].position

    def _take(self, record: Record) -> None:
        told = orjson.loads(record.data)
        before = self._rights.get(told["right_ref"])
        position = replace(_moved(before, STANDINGS[record.type], told), since=record.recorded_at)
        self._rights[position.right_ref] = position
        self._sums.right(before, position)
        self._of["run", position.run_ref].add(position.right_ref)
        self._of["client", position.client].add(position.right_ref)
        # What became of the payment of a right that was set off stays what the bank said.
        if position.attempt and record.type != MonthlyRightSetOff.TYPE:
            self._payment(position)

    def _payment(self, position: Position) -> None:
        key = position.right_ref, position.attempt
        if key not in self._payments:
            payer = run_of(position.message_id)
            self._of["run", payer].add(position.right_ref)
            for name in (position.message_id, position.payment_info_id, payer):
                self._in[name].add(key)
        self._sums.payment(self._payments.get(key), position)
        self._payments[key] = position


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
            reason=",".join(told.get("reasons", ())),
            scheme=told.get("scheme", "monthly-benefit"),
            promised_on=told.get("promised_on", ""),
        )
    return replace(
        before,
        standing=standing,
        reason=told.get("reason_code", ""),
        attempt=told.get("attempt", before.attempt),
        message_id=told.get("message_id", before.message_id),
        booked_on=told.get("booked_on", before.booked_on),
    )


def cents_by_standing(positions: list[Position]) -> dict[Standing, int]:
    """Sums in euro cents."""
    sums: dict[Standing, int] = dict.fromkeys(STANDINGS.values(), 0)
    for position in positions:
        sums[position.standing] += position.amount_cents
    return sums
