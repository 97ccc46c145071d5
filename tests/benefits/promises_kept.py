"""I1, I2, I4 and I5 counted from the facts and files alone, for the allowance and for months; each asserts at the first that breaks it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from xml.etree import ElementTree as ET

from services.contracts.benefits import (
    AccountBound,
    AllowanceGranted,
    PaymentInstructed,
    PaymentPaid,
    PaymentRejected,
    PaymentReturned,
)
from services.contracts.envelope import Event
from services.contracts.monthly import AttachmentServed, FixedChargeArranged
from services.contracts.monthly_money import (
    HolidayAllowanceDecided,
    MonthDecided,
    MonthlyRightGranted,
    MonthlyRightSetOff,
    RecoveryOffset,
    RecoveryOpened,
    RecoveryRepaid,
)
from services.contracts.payouts import PayoutAccountReplaced
from services.contracts.runs import FileHandedOver, PaymentFileWritten, RunApproved, RunPrepared, RunReleased
from tests.benefits.a_region import KEYED, Region

OUTCOMES = {PaymentPaid: "paid", PaymentRejected: "rejected", PaymentReturned: "returned"}
OPEN_OR_PAID = {"sent", "paid"}
PAIN = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"


@dataclass
class Accounts:
    """I5: a right is decided on an account that was bound to whom it pays, and paid on that one or on its successor."""

    bound: set[tuple[str, str, str]] = field(default_factory=set)
    of_right: dict[str, tuple[str, str]] = field(default_factory=dict)

    def count(self, fact: Event) -> None:
        match fact:
            case AccountBound():
                self.bound.add((fact.client, fact.account_ref, fact.fingerprint))
            case FixedChargeArranged() | AttachmentServed():
                self.bound.add((fact.client, fact.account_ref, fact.account_fingerprint))
            case AllowanceGranted() | MonthlyRightGranted():
                assert (fact.client, fact.account_ref, fact.account_fingerprint) in self.bound
                self.of_right[fact.right_ref] = fact.account_ref, fact.account_fingerprint
            case PayoutAccountReplaced():
                self.of_right[fact.right_ref] = fact.account_ref, fact.account_fingerprint
            case PaymentInstructed():
                assert self.of_right[fact.right_ref] == (fact.account_ref, fact.account_fingerprint)
            case _:
                return


@dataclass
class MonthlyRights:
    """I1 and I2 of the monthly benefit: each cent of a right and month is somewhere, one attempt is open or paid.

    Each municipality has books of its own: what one reserved or claims, another does not pay or take.
    """

    cents: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    attempts: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    periods: set[tuple[str, str, str, str, str, int]] = field(default_factory=set)
    months: dict[tuple[str, str, str], list[MonthDecided]] = field(default_factory=lambda: defaultdict(list))
    reserves: Counter[tuple[str, str]] = field(default_factory=Counter)
    claims: dict[str, str] = field(default_factory=dict)
    given: Counter[str] = field(default_factory=Counter)
    owed: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    """What of a right that came back met a claim, or is to be given back."""

    def count(self, fact: Event) -> None:
        match fact:
            case MonthDecided():
                self._month(fact)
            case HolidayAllowanceDecided():
                self._reserves(fact, -fact.cents)
            case MonthlyRightGranted():
                self._right(fact)
            case PaymentInstructed():
                self._instructed(fact)
            case PaymentPaid() | PaymentRejected() | PaymentReturned():
                self._move(fact.right_ref, self.attempts[fact.right_ref][fact.attempt], OUTCOMES[type(fact)], fact.amount_cents)
                self.attempts[fact.right_ref][fact.attempt] = OUTCOMES[type(fact)]
            case MonthlyRightSetOff():
                self._set_off(fact)
            case RecoveryOpened() | RecoveryOffset() | RecoveryRepaid():
                self.owed[fact.claim_ref] += fact.amount_cents if isinstance(fact, RecoveryOpened) else -fact.amount_cents
                self.met.update({fact.right_ref: fact.amount_cents + fact.refund_cents} if isinstance(fact, RecoveryRepaid) else {})
                assert self.owed[fact.claim_ref] >= 0
                assert self.claims.setdefault(fact.claim_ref, fact.municipality) == fact.municipality
            case _:
                return

    def _month(self, fact: MonthDecided) -> None:
        told = self.months[fact.client, fact.municipality, fact.month]
        assert fact.sequence == len(told) + 1
        told.append(fact)
        reserved_before = told[-2].amounts.reserved_cents if len(told) > 1 else 0
        lowered = max(0, reserved_before - fact.amounts.reserved_cents) - fact.reserve_claimed_cents
        before = told[-2].amounts.total_cents if len(told) > 1 else 0
        assert before + sum(part.cents for part in fact.parts) - fact.too_much_cents - lowered == fact.amounts.total_cents
        self._reserves(fact, fact.amounts.reserved_cents - reserved_before + fact.reserve_claimed_cents)
        self.given.update({part.ref: part.cents for part in fact.parts if part.kind in ("client", "fixed-charge", "attachment")})

    def _reserves(self, fact: MonthDecided | HolidayAllowanceDecided, cents: int) -> None:
        self.reserves[fact.client, fact.municipality] += cents
        assert self.reserves[fact.client, fact.municipality] >= 0

    def _right(self, fact: MonthlyRightGranted) -> None:
        period = fact.client, fact.municipality, fact.month, fact.kind, fact.payee, fact.sequence
        assert period not in self.periods
        self.periods.add(period)
        if fact.kind in ("month", "back-payment", "fixed-charge", "attachment") and fact.right_ref in self.given:
            assert self.given[fact.right_ref] == fact.amount_cents
        self.cents[fact.right_ref].update(decided=fact.amount_cents, pending=fact.amount_cents)

    def _instructed(self, fact: PaymentInstructed) -> None:
        assert not OPEN_OR_PAID & set(self.attempts[fact.right_ref].values())
        self._move(fact.right_ref, self.attempts[fact.right_ref].get(fact.attempt - 1, "pending"), "sent", fact.amount_cents)
        self.attempts[fact.right_ref][fact.attempt] = "sent"

    def _set_off(self, fact: MonthlyRightSetOff) -> None:
        """What came back is met whole, and no payment follows: neither sent nor set off again."""
        last = self.attempts[fact.right_ref][max(self.attempts[fact.right_ref])]
        self._move(fact.right_ref, last, "set-off", fact.amount_cents)
        assert fact.amount_cents == self.met[fact.right_ref]

    def _move(self, right: str, source: str, target: str, cents: int) -> None:
        sums = self.cents[right]
        sums.update({source: -cents, target: cents})
        assert all(amount >= 0 for amount in sums.values())
        assert sums["decided"] == sum(sums[name] for name in ("pending", "sent", "paid", "rejected", "returned", "set-off"))


def files_are_what_was_signed(region: Region, facts: Iterable[Event]) -> None:
    """I4: content, count and total that another person signed are what is released, written, and handed over once."""
    prepared, signed = dict[str, RunPrepared](), dict[str, RunApproved]()
    sent, handed = defaultdict[str, dict[str, tuple[int, str]]](dict), Counter[tuple[str, int]]()
    for fact in facts:
        match fact:
            case RunPrepared():
                prepared[fact.run_ref] = fact
            case RunApproved():
                assert fact.approved_by != prepared[fact.run_ref].prepared_by
                assert fact.manifest_hash == prepared[fact.run_ref].manifest_hash
                signed[fact.run_ref] = fact
            case RunReleased():
                assert fact.granted + fact.withheld == signed[fact.run_ref].granted
            case PaymentInstructed():
                sent[fact.message_id][fact.end_to_end_id] = fact.amount_cents, fact.account_fingerprint
            case FileHandedOver():
                handed[fact.message_id, fact.handover] += 1
                assert handed[fact.message_id, fact.handover] == 1
            case PaymentFileWritten():
                assert read(region, fact) == sent[fact.message_id]
                assert (fact.count, fact.total_cents) == (len(sent[fact.message_id]), sum(c for c, _ in sent[fact.message_id].values()))
            case _:
                continue


def read(region: Region, file: PaymentFileWritten) -> dict[str, tuple[int, str]]:
    """What the bank reads in a file: cents and fingerprint of the account by end-to-end id."""
    body = region.office.bank.place(file.message_id).read_bytes()
    assert sha256(body).hexdigest() == file.sha256
    transfers = ET.fromstring(body).iter(f"{PAIN}CdtTrfTxInf")  # noqa: S314 - a file of our own
    return {
        each.findtext(f".//{PAIN}EndToEndId", ""): (
            round(100 * float(each.findtext(f".//{PAIN}InstdAmt", ""))),
            KEYED.of(each.findtext(f"{PAIN}CdtrAcct//{PAIN}IBAN", "")),
        )
        for each in transfers
    }
