"""Where one right and its last payment stand."""

from dataclasses import dataclass
from typing import Literal

Standing = Literal["granted", "refused", "withheld", "sent", "paid", "rejected", "returned", "withdrawn", "revoked"]


@dataclass(frozen=True, slots=True)
class Position:
    """One right and its last attempt (0 before the first), in euro cents; it stands so `since` (RFC 3339).

    `promised_on` is the day by which it was granted to be paid, `booked_on` the day on which the bank last did (ISO 8601, or empty).
    """

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
    since: str = ""
    scheme: str = ""
    promised_on: str = ""
    booked_on: str = ""

    @property
    def payment_info_id(self) -> str:
        """Name of the batch that holds the payment, as the file writer names it."""
        return f"{self.message_id}-{self.municipality}"
