"""What benefits tells of each message of the bank."""

from typing import Literal

from services.contracts.envelope import Event, Home
from services.contracts.intake import Count


class BankEvent(Event):
    """A fact about one message of the bank, known by the hash of its bytes."""

    document_ref: str

    def home(self) -> Home:
        """The bank message's own stream."""
        return Home(f"benefits/bank/{self.document_ref}", self.document_ref, None)


class BankLineUnmatched(BankEvent):
    """A line of the bank fits no payment, or one already settled; kept, listed, never applied."""

    TYPE = "nl.sociaaldomein.benefits.bank-line-unmatched.v1"

    line: Count
    kind: Literal["paid", "returned", "rejected", "unrecognised", "recall"]
    end_to_end_id: str | None
    amount_cents: Count | None
    reason_code: str


class BankAnswerRead(BankEvent):
    """A status report, a statement or an answer to recalls was read to its end."""

    TYPE = "nl.sociaaldomein.benefits.bank-answer-read.v1"

    kind: Literal["pain.002", "camt.053", "camt.054", "camt.029"]
    paid: Count
    returned: Count
    rejected: Count
    unmatched: Count
    recalls: Count = 0
