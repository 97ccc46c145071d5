"""What the bank answers: which payments it refused, which it made and which came back, and why."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.benefits import schemas
from services.contracts.payouts import RecallOutcome

NOT_STATED = "NOT-STATED"


class UnreadableAnswer(schemas.UnreadableXml):
    """A body that is no answer of a bank, of which nothing may be applied; `reason` holds nothing of its content."""


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A line that is not ours to apply, kept for a person: its place in the file, the bank's reference and why."""

    line: int
    why: str
    bank_reference: str | None
    direction: str | None
    amount_cents: int | None
    booked_on: date | None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A payment that the bank refused; it was never booked. The amount only where the bank repeats it."""

    end_to_end_id: str
    status: str
    reason_code: str
    amount_cents: int | None


@dataclass(frozen=True, slots=True)
class PaymentInfoStatus:
    """How far a batch is; `RJCT` refuses every payment in it, listed or not."""

    payment_info_id: str
    status: str | None
    reason_code: str


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What a pain.002 says about payment file `original_message_id`; group status `RJCT` refuses the whole file.

    Except after AM05 or DUPL: then the bank had the file before, and those payments may well be made. `undecided` counts
    payments with any other status: that one was made stands in a statement only.
    """

    message_id: str
    original_message_id: str
    group_status: str | None
    group_reason_code: str
    payment_info_statuses: tuple[PaymentInfoStatus, ...]
    rejections: tuple[Rejection, ...]
    undecided: int
    unrecognised: tuple[Unrecognised, ...]


@dataclass(frozen=True, slots=True)
class Debit:
    """A batch booked as one total. `listed` payments of it follow as `Payment`: the same money, not more."""

    message_id: str | None
    payment_info_id: str | None
    count: int
    total_cents: int
    listed: int
    booked_on: date


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment that left the account."""

    end_to_end_id: str
    amount_cents: int
    booked_on: date


@dataclass(frozen=True, slots=True)
class Return:
    """One payment that came back."""

    end_to_end_id: str
    amount_cents: int
    reason_code: str
    booked_on: date


Entry = Debit | Payment | Return | Unrecognised


@dataclass(frozen=True, slots=True)
class Statement:
    """What was booked on one account, from a camt.053, or from a camt.054, whose bookings a camt.053 repeats."""

    kind: Literal["camt.053", "camt.054"]
    message_id: str
    statement_id: str
    account_iban: str | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class RecallAnswer:
    """What becomes of a recall: of one payment, or of every one in `batch`, which is the name of a batch or file; one of both is empty."""

    end_to_end_id: str
    batch: str
    outcome: RecallOutcome
    reason_code: str
    amount_cents: int | None


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a camt.029 says of payments that were asked back."""

    message_id: str
    lines: tuple[RecallAnswer | Unrecognised, ...]


Answer = StatusReport | Statement | Resolution
