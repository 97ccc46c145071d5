"""What must hold of payments at every prefix: a next attempt only where the one before came back whole; each run counts everybody."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from deploy.simulation.commands import Violated
from services.contracts.benefits import PaymentInstructed, PaymentRejected, PaymentReturned
from services.contracts.envelope import Event
from services.contracts.monthly import BenefitApplied
from services.contracts.payouts import PaymentWithdrawn
from services.contracts.runs import RunPrepared

BACK = PaymentRejected | PaymentReturned | PaymentWithdrawn


@dataclass
class Attempt:
    """One payment of a right, in cents: what was sent, and what never arrived or came back."""

    sent_cents: int
    back_cents: int = 0

    @property
    def is_back(self) -> bool:
        """Whether it failed in full."""
        return self.back_cents == self.sent_cents


class Payments:
    """Follows the facts of benefits in their order; `households_at` is how many intake knew at a position of its log."""

    def __init__(self, households_at: Callable[[int], int]) -> None:
        self._households_at = households_at
        self._attempts: dict[str, list[Attempt]] = defaultdict(list)
        self._applied: set[tuple[str, str]] = set()

    def follow(self, events: Iterable[Event]) -> None:
        """Raises `Violated`."""
        for event in events:
            match event:
                case PaymentInstructed():
                    self._instructed(event)
                case PaymentRejected() | PaymentReturned() | PaymentWithdrawn():
                    self._came_back(event)
                case RunPrepared():
                    self._counted(event)
                case BenefitApplied():
                    self._applied.add((event.client, event.municipality))
                case _:
                    pass

    def _instructed(self, event: PaymentInstructed) -> None:
        before = self._attempts[event.right_ref]
        if event.attempt != len(before) + 1:
            raise Violated("I2", f"attempt {event.attempt} of {event.right_ref} comes after {len(before)}")
        if before and not before[-1].is_back:
            raise Violated(
                "I2", f"{event.right_ref} is paid again, and of attempt {len(before)} only {before[-1].back_cents} cents are back"
            )
        before.append(Attempt(event.amount_cents))

    def _came_back(self, event: BACK) -> None:
        self._attempts[event.right_ref][event.attempt - 1].back_cents += event.amount_cents

    def _counted(self, event: RunPrepared) -> None:
        """I4: of what failed where it pays again, of a month at most who ever applied, else every household of its position of intake."""
        if event.kind == "pay-again":
            failed = sum(attempts[-1].is_back for attempts in self._attempts.values())
            if event.households > failed:
                raise Violated("I4", f"{event.run_ref} pays {event.households} rights again, of which {failed} failed")
        elif event.kind == "month":
            if event.households > len(self._applied):
                raise Violated("I4", f"{event.run_ref} pays {event.households} clients, of whom {len(self._applied)} ever applied")
        elif event.households != self._households_at(event.intake_position):
            wanted = self._households_at(event.intake_position)
            raise Violated("I4", f"{event.run_ref} accounts for {event.households} households, intake knew {wanted}")
