"""What benefits tells of money that did not arrive or must not leave: accounts that change, payments that are made again."""

from datetime import date
from typing import Literal

from services.contracts.benefits import LedgerEvent, PaymentEvent, RightEvent
from services.contracts.envelope import Event, Home
from services.contracts.intake import Cents, Count, Municipality, Scheme, SchemeYear

Ground = Literal["investigated", "cause-mended", "client-confirmed", "not-deceased"]
"""What a person found out before a payment that failed is made again."""


RecallOutcome = Literal["accepted", "rejected", "pending"]
RecallReason = Literal["DUPL", "TECH", "FRAD", "CUST", "AM09", "AC03"]
"""Why money is asked back (reference/domain.md 2.5)."""


class AccountChangeProposed(Event):
    """Another account was named while money for the client is near; a second person must confirm it from the evidence."""

    TYPE = "nl.sociaaldomein.benefits.account-change-proposed.v1"

    client: str
    municipality: Municipality
    account_ref: str
    fingerprint: str
    on: date
    proposed_by: str

    def home(self) -> Home:
        """The client's account stream."""
        return Home(f"benefits/account/{self.client}", self.client, self.municipality, self.client)


class PayAgainAllowed(RightEvent):
    """A person looked into attempt `attempt`, which failed, and allows that its right is paid again."""

    TYPE = "nl.sociaaldomein.benefits.pay-again-allowed.v1"

    attempt: Count
    ground: Ground
    allowed_by: str


class PayoutAccountReplaced(RightEvent):
    """From attempt `attempt` the right is paid on this account, as the approvers of that payment saw it."""

    TYPE = "nl.sociaaldomein.benefits.payout-account-replaced.v1"

    attempt: Count
    account_ref: str
    account_fingerprint: str


class PaymentWithdrawn(PaymentEvent):
    """The payment was taken back before its file left the house, so it was never made; its right is to be paid again, or revoked."""

    TYPE = "nl.sociaaldomein.benefits.payment-withdrawn.v1"

    reason_code: str


class PaymentRecallAsked(PaymentEvent):
    """The bank was asked to get the money of a payment back, for an ISO 20022 reason; what becomes of it is a return, or nothing."""

    TYPE = "nl.sociaaldomein.benefits.payment-recall-asked.v1"

    reason_code: RecallReason
    asked_by: str


class PaymentRecallAnswered(PaymentEvent):
    """The bank answered a recall: its money will come back, will not, or is still looked for. That it came back stands in a statement."""

    TYPE = "nl.sociaaldomein.benefits.payment-recall-answered.v1"

    outcome: RecallOutcome
    reason_code: str
    document_ref: str


class RecallFileHandedOver(Event):
    """File `number` of a run that asks the bank for money back left the house; a second time takes another person.

    It holds the recalls of one debtor's account that were recorded behind `after_position`, up to `upto_position`.
    """

    TYPE = "nl.sociaaldomein.benefits.recall-file-handed-over.v1"

    run_ref: str
    message_id: str
    number: Count
    after_position: Count
    upto_position: Count
    debtor_fingerprint: str
    count: Count
    total_cents: Cents
    sha256: str
    handover: Count
    handed_to: str

    def home(self) -> Home:
        """The recall files of the run."""
        return Home(f"benefits/recall-file/{self.run_ref}", self.run_ref, None)


class AllowanceRevoked(RightEvent):
    """A grant was taken back before any of it was paid; its amount is free again in the ledger."""

    TYPE = "nl.sociaaldomein.benefits.allowance-revoked.v1"

    reason_code: str


class LedgerReleased(LedgerEvent):
    """An amount of the scheme year, taken by a right that was revoked, is free again."""

    TYPE = "nl.sociaaldomein.benefits.ledger-released.v1"

    run_ref: str


class ClaimReleased(Event):
    """An adult no longer shares through this household: nothing is left of what it was granted in the scheme year."""

    TYPE = "nl.sociaaldomein.benefits.claim-released.v1"

    person_ref: str
    household_ref: str
    municipality: Municipality
    scheme: Scheme
    scheme_year: SchemeYear
    right_ref: str

    def home(self) -> Home:
        """The person's claim of the scheme year."""
        return Home(f"benefits/claim/{self.scheme_year}/{self.person_ref}", self.person_ref, self.municipality)


PayoutEvent = (
    AccountChangeProposed
    | PayAgainAllowed
    | PayoutAccountReplaced
    | PaymentWithdrawn
    | PaymentRecallAsked
    | PaymentRecallAnswered
    | RecallFileHandedOver
    | AllowanceRevoked
    | LedgerReleased
    | ClaimReleased
)
