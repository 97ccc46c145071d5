"""What the bank makes of an order: each transfer with what becomes of it, batch by batch."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from deploy.bank.accounts import Outcome, outcome
from deploy.bank.order import Batch, Order, Transfer

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """One transfer and what becomes of it."""

    transfer: Transfer
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class JudgedBatch:
    """One batch and what becomes of each of its transfers."""

    batch: Batch
    members: tuple[Judged, ...]

    def of(self, *kinds: str) -> tuple[Judged, ...]:
        """Return the transfers that end in one of these ways."""
        return tuple(judged for judged in self.members if judged.outcome.kind in kinds)

    @property
    def debited(self) -> tuple[Judged, ...]:
        """What leaves the account; what is returned leaves it first."""
        return self.of("paid", "returned")

    @property
    def status(self) -> str:
        """The ISO 20022 status of the batch."""
        if not self.debited:
            return "RJCT"
        return "PART" if self.of("rejected") else "ACSC"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An order and what becomes of all of it; `order.refusal` says that the bank takes nothing of it."""

    order: Order
    batches: tuple[JudgedBatch, ...]

    def of(self, *kinds: str) -> Iterator[tuple[JudgedBatch, Judged]]:
        """Yield each transfer that ends in one of these ways, with its batch."""
        return ((batch, judged) for batch in self.batches for judged in batch.of(*kinds))

    @property
    def status(self) -> str:
        """The ISO 20022 status of the whole file."""
        if self.order.refusal:
            return "RJCT"
        statuses = {batch.status for batch in self.batches}
        return statuses.pop() if len(statuses) == 1 else "PART"


def judge(order: Order, refused: frozenset[str]) -> Verdict:
    """Decide every transfer of an order; `refused` are references that the caller wants to see rejected."""
    return Verdict(order, tuple(JudgedBatch(batch, tuple(_judged(batch, refused))) for batch in order.batches))


def cents(judged: tuple[Judged, ...]) -> int:
    """Return the sum of these transfers."""
    return sum(one.transfer.amount_cents for one in judged)


def next_banking_day(day: date) -> date:
    """Return the working day on which money comes back; the bank of the rehearsal knows no other holidays."""
    following = day + timedelta(days=1)
    return following if following.weekday() < _SATURDAY else next_banking_day(following)


def _judged(batch: Batch, refused: frozenset[str]) -> Iterator[Judged]:
    for transfer in batch.transfers:
        yield Judged(transfer, outcome(transfer.end_to_end_id, transfer.creditor_iban, refused))
