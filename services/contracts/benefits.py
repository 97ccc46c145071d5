"""What benefits tells: what it knows of households and accounts, rights and payments, and ledgers."""

from datetime import date
from typing import Literal

from services.contracts.bank import BankAnswerRead, BankLineUnmatched
from services.contracts.envelope import Event, Home
from services.contracts.intake import Cents, Count, HouseholdFacts, Municipality, Scheme, SchemeYear, Tranche
from services.contracts.runs import (
    FileHandedOver,
    PaymentFileWritten,
    RunAborted,
    RunApproved,
    RunClosed,
    RunPrepared,
    RunReleased,
    RunReleaseOrdered,
)

NoteCause = Literal[
    "registered",
    "moved",
    "split",
    "income-reported",
    "age-band-reached",
    "member-born",
    "member-died",
    "members-left",
    "members-joined",
]


class HouseholdNoted(Event):
    """Benefits knows a household as it is from `on`, after version `source_version` of intake's stream."""

    TYPE = "nl.sociaaldomein.benefits.household-noted.v1"

    household_ref: str
    on: date
    cause: NoteCause
    facts: HouseholdFacts
    source_version: Count
    split_from: str | None = None

    def home(self) -> Home:
        """Benefits' own stream of the household."""
        return Home(f"benefits/household/{self.household_ref}", self.household_ref, self.facts.municipality)


class ApplicationNoted(Event):
    """Benefits knows that a client of a household applied for a scheme."""

    TYPE = "nl.sociaaldomein.benefits.application-noted.v1"

    household_ref: str
    client: str
    municipality: Municipality
    application_ref: str
    scheme: Scheme
    scheme_year: SchemeYear
    received_on: date

    def home(self) -> Home:
        """Benefits' own stream of the household."""
        return Home(f"benefits/household/{self.household_ref}", self.household_ref, self.municipality)


class AccountBound(Event):
    """A client is paid on this account from `on`; the number is in the vault, `fingerprint` is a keyed hash of it."""

    TYPE = "nl.sociaaldomein.benefits.account-bound.v1"

    client: str
    municipality: Municipality
    account_ref: str
    fingerprint: str
    on: date

    def home(self) -> Home:
        """The client's account stream."""
        return Home(f"benefits/account/{self.client}", self.client, self.municipality, self.client)


class LedgerEvent(Event):
    """A fact in the ledger of one household for one scheme year, over all runs and tranches."""

    household_ref: str
    municipality: Municipality
    scheme: Scheme
    scheme_year: SchemeYear
    right_ref: str
    amount_cents: Cents

    def home(self) -> Home:
        """The household's ledger of the scheme year."""
        return Home(f"benefits/ledger/{self.scheme_year}/{self.household_ref}", self.household_ref, self.municipality)


class OpeningBalanceRecorded(LedgerEvent):
    """The system before this one paid this amount already; `source_ref` names its record there."""

    TYPE = "nl.sociaaldomein.benefits.opening-balance-recorded.v1"

    source_ref: str


class LedgerReserved(LedgerEvent):
    """An amount of the scheme year is taken by a right."""

    TYPE = "nl.sociaaldomein.benefits.ledger-reserved.v1"

    run_ref: str


class ClaimReserved(Event):
    """An adult shared in an allowance of the scheme year through this household, and cannot through another."""

    TYPE = "nl.sociaaldomein.benefits.claim-reserved.v1"

    person_ref: str
    household_ref: str
    municipality: Municipality
    scheme: Scheme
    scheme_year: SchemeYear
    right_ref: str

    def home(self) -> Home:
        """The person's claim of the scheme year."""
        return Home(f"benefits/claim/{self.scheme_year}/{self.person_ref}", self.person_ref, self.municipality)


class RightEvent(Event):
    """A fact about one right: scheme + household + scheme year + tranche + sequence. Money in euro cents."""

    right_ref: str
    client: str
    household_ref: str
    municipality: Municipality
    run_ref: str
    amount_cents: Cents

    def home(self) -> Home:
        """The right's own stream, with the client as its key."""
        return Home(f"benefits/right/{self.right_ref}", self.client, self.municipality, self.client)


class DecidedEvent(RightEvent):
    """A decision on a right, with the rule version and a hash of the facts that it rested on."""

    scheme: Scheme
    scheme_year: SchemeYear
    tranche: Tranche
    sequence: Count
    reasons: tuple[str, ...]
    rule_version: str
    facts_hash: str
    decided_on: date


class AllowanceGranted(DecidedEvent):
    """The allowance was granted, to be paid on the bound account by `promised_on`."""

    TYPE = "nl.sociaaldomein.benefits.allowance-granted.v1"

    account_ref: str
    account_fingerprint: str
    promised_on: date


class AllowanceRefused(DecidedEvent):
    """The allowance was refused for these reasons; the amount is nil."""

    TYPE = "nl.sociaaldomein.benefits.allowance-refused.v1"


class AllowanceWithheld(DecidedEvent):
    """A line of an approved run was not granted at release, as its household or an adult had the money already."""

    TYPE = "nl.sociaaldomein.benefits.allowance-withheld.v1"


class PaymentEvent(RightEvent):
    """A fact about one payment: right + attempt, known at the bank by `end_to_end_id`."""

    attempt: Count
    end_to_end_id: str


class PaymentInstructed(PaymentEvent):
    """The payment stands in payment file `message_id`, on the account bound to the decision."""

    TYPE = "nl.sociaaldomein.benefits.payment-instructed.v1"

    message_id: str
    account_ref: str
    account_fingerprint: str
    execution_on: date


class PaymentPaid(PaymentEvent):
    """The bank booked the payment on `booked_on`, in the answer `document_ref`."""

    TYPE = "nl.sociaaldomein.benefits.payment-paid.v1"

    booked_on: date
    document_ref: str


class PaymentRejected(PaymentEvent):
    """The bank refused the payment with an ISO 20022 reason code; it was never booked."""

    TYPE = "nl.sociaaldomein.benefits.payment-rejected.v1"

    reason_code: str
    document_ref: str


class PaymentReturned(PaymentEvent):
    """The money came back on `booked_on` with an ISO 20022 reason code."""

    TYPE = "nl.sociaaldomein.benefits.payment-returned.v1"

    reason_code: str
    booked_on: date
    document_ref: str


BenefitsEvent = (
    HouseholdNoted
    | ApplicationNoted
    | AccountBound
    | OpeningBalanceRecorded
    | LedgerReserved
    | ClaimReserved
    | AllowanceGranted
    | AllowanceRefused
    | AllowanceWithheld
    | PaymentInstructed
    | PaymentPaid
    | PaymentRejected
    | PaymentReturned
    | RunPrepared
    | RunApproved
    | RunReleaseOrdered
    | RunReleased
    | PaymentFileWritten
    | FileHandedOver
    | RunClosed
    | RunAborted
    | BankLineUnmatched
    | BankAnswerRead
)
