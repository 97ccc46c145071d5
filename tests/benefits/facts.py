"""Facts and commands of one household's right, as ordinary as can be; a test says what is not."""

from datetime import date
from typing import Any

from services.benefits.decision import GrantAllowance, RefuseAllowance, Terms
from services.benefits.payment import InstructPayment
from services.contracts.benefits import (
    AllowanceGranted,
    AllowanceRefused,
    AllowanceWithheld,
    ClaimReserved,
    LedgerReserved,
    OpeningBalanceRecorded,
    PaymentInstructed,
    PaymentPaid,
    PaymentRejected,
    PaymentReturned,
)
from services.contracts.payouts import Ground, PayAgainAllowed, PayoutAccountReplaced

RIGHT, RUN, OTHER_RUN = "r" + "a" * 26, "run-" + "1" * 16, "run-" + "2" * 16
HOUSEHOLD, NEIGHBOUR = "h-" + "1" * 16, "h-" + "2" * 16
CLIENT, PARTNER = "p-" + "1" * 16, "p-" + "2" * 16
DECIDED, PROMISED, EXECUTED, BOOKED = date(2024, 2, 15), date(2024, 3, 1), date(2024, 2, 20), date(2024, 2, 20)
DOCUMENT = "d" * 64

_WHOSE: dict[str, Any] = {"right_ref": RIGHT, "client": CLIENT, "household_ref": HOUSEHOLD, "municipality": "GM0361"}
_PERIOD: dict[str, Any] = {"scheme": "energy-allowance", "scheme_year": 2023}
_TERMS: dict[str, Any] = {**_WHOSE, **_PERIOD, "tranche": 1, "sequence": 1, "rule_version": "v", "facts_hash": "f", "decided_on": DECIDED}


def terms(**said: Any) -> Terms:  # noqa: ANN401 - any field
    return Terms(**{**_TERMS, "run_ref": RUN, **said})


def grant(run_ref: str = RUN, approved_sequence: int = 1, **said: Any) -> GrantAllowance:  # noqa: ANN401 - any field
    usual: dict[str, Any] = {
        "amount_cents": 130_000,
        "account_ref": "acc-1",
        "account_fingerprint": "print",
        "promised_on": PROMISED,
        "adults": (CLIENT, PARTNER),
        "year_amount_cents": 130_000,
        "ceiling_cents": 130_000,
        "dwelling_held_by": "",
        "fingerprint_now": "",
    }
    sequence = said.pop("sequence", 1)
    return GrantAllowance(terms=terms(run_ref=run_ref, sequence=sequence), approved_sequence=approved_sequence, **{**usual, **said})


def refuse(run_ref: str = RUN, reasons: tuple[str, ...] = ("income-above-limit",)) -> RefuseAllowance:
    return RefuseAllowance(terms(run_ref=run_ref), reasons)


def granted(run_ref: str = RUN, cents: int = 130_000) -> AllowanceGranted:
    account: dict[str, Any] = {"account_ref": "acc-1", "account_fingerprint": "print", "promised_on": PROMISED}
    return AllowanceGranted(**{**_TERMS, **account, "run_ref": run_ref, "amount_cents": cents, "reasons": ()})


def refused(run_ref: str = RUN, reasons: tuple[str, ...] = ("income-above-limit",)) -> AllowanceRefused:
    return AllowanceRefused(**{**_TERMS, "run_ref": run_ref, "amount_cents": 0, "reasons": reasons})


def withheld(reason: str, sequence: int = 1, cents: int = 130_000) -> AllowanceWithheld:
    return AllowanceWithheld(**{**_TERMS, "sequence": sequence, "run_ref": RUN, "amount_cents": cents, "reasons": (reason,)})


def reserved(cents: int = 130_000, run_ref: str = RUN) -> LedgerReserved:
    return LedgerReserved(**_PERIOD, household_ref=HOUSEHOLD, municipality="GM0361", right_ref=RIGHT, amount_cents=cents, run_ref=run_ref)


def opening(cents: int, source: str = "old-1") -> OpeningBalanceRecorded:
    home: dict[str, Any] = {"household_ref": HOUSEHOLD, "municipality": "GM0361", "right_ref": RIGHT}
    return OpeningBalanceRecorded(**_PERIOD, **home, amount_cents=cents, source_ref=source)


def claimed(person_ref: str, household_ref: str = HOUSEHOLD) -> ClaimReserved:
    return ClaimReserved(**_PERIOD, person_ref=person_ref, household_ref=household_ref, municipality="GM0361", right_ref=RIGHT)


def instruct(attempt: int = 1, message_id: str = "m-001") -> InstructPayment:
    return InstructPayment(RIGHT, attempt, message_id, EXECUTED)


def _payment(attempt: int) -> dict[str, Any]:
    return {**_WHOSE, "run_ref": RUN, "amount_cents": 130_000, "attempt": attempt, "end_to_end_id": f"{RIGHT}-{attempt}"}


def instructed(attempt: int = 1, message_id: str = "m-001") -> PaymentInstructed:
    account: dict[str, Any] = {"account_ref": "acc-1", "account_fingerprint": "print", "execution_on": EXECUTED}
    return PaymentInstructed(**_payment(attempt), **account, message_id=message_id)


def paid(attempt: int = 1) -> PaymentPaid:
    return PaymentPaid(**_payment(attempt), booked_on=BOOKED, document_ref=DOCUMENT)


def rejected(attempt: int = 1, reason: str = "AC01") -> PaymentRejected:
    return PaymentRejected(**_payment(attempt), reason_code=reason, document_ref=DOCUMENT)


def returned(attempt: int = 1, reason: str = "AC04") -> PaymentReturned:
    return PaymentReturned(**_payment(attempt), reason_code=reason, booked_on=BOOKED, document_ref=DOCUMENT)


def account_replaced(attempt: int = 2) -> PayoutAccountReplaced:
    whose = {**_WHOSE, "run_ref": RUN, "amount_cents": 130_000}
    return PayoutAccountReplaced(**whose, attempt=attempt, account_ref="acc-2", account_fingerprint="other-print")


def allowed(ground: Ground, attempt: int = 1) -> PayAgainAllowed:
    return PayAgainAllowed(**_WHOSE, run_ref=RUN, amount_cents=130_000, attempt=attempt, ground=ground, allowed_by="s-1")
