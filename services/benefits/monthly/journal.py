"""The general ledger of the monthly benefit: every fact about money as entries that balance, by municipality and account."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from services.contracts.benefits import PaymentPaid, PaymentReturned
from services.contracts.envelope import Envelope, Event
from services.contracts.monthly_money import (
    AdvanceDecided,
    BenefitTakenOver,
    EntitlementDecided,
    HolidayAllowanceDecided,
    MonthDecided,
    MonthlyRightGranted,
    RecoveryOpened,
    RecoveryReduced,
    RecoveryRepaid,
    RecoveryWrittenOff,
    RefundDecided,
)

Account = Literal[
    "benefit-cost", "payable", "holiday-reserve", "advances", "recovery-claims", "fines", "written-off", "bank", "opening-balance"
]
PARTS: dict[str, Account] = {
    "client": "payable",
    "fixed-charge": "payable",
    "attachment": "payable",
    "recovery": "recovery-claims",
    "advance": "advances",
    "reserve": "holiday-reserve",
}


Recovery = RefundDecided | RecoveryOpened | RecoveryRepaid | RecoveryWrittenOff | RecoveryReduced


@dataclass(frozen=True, slots=True)
class Entry:
    """So many cents on an account of a municipality, debit above zero and credit below; `position` is that of its fact."""

    period: str
    municipality: str
    account: Account
    cents: int
    position: int


class Journal:
    """Takes the facts of benefits in order of position; what they say of the monthly benefit comes out as entries."""

    def __init__(self) -> None:
        self._months: dict[tuple[str, str, str], tuple[int, int]] = {}
        self._monthly: set[str] = set()
        self._booked: set[str] = set()
        self._fines: set[str] = set()

    def entries(self, facts: Iterable[Envelope[Event]]) -> Iterator[Entry]:
        """The entries of each fact, which come to nothing together; its period is the month in which it was recorded."""
        for fact in facts:
            period = f"{fact.recorded_at:%Y-%m}"
            for account, cents in self._sums(fact.event).items():
                if cents:
                    yield Entry(period, str(fact.municipality), account, cents, fact.position)

    def _sums(self, event: Event) -> dict[Account, int]:
        match event:
            case MonthDecided() | HolidayAllowanceDecided() | AdvanceDecided():
                return self._decided(event)
            case BenefitTakenOver():
                return {"opening-balance": event.reserve_cents, "holiday-reserve": -event.reserve_cents}
            case MonthlyRightGranted():
                self._monthly.add(event.right_ref)
                return {}
            case PaymentPaid() | PaymentReturned() if event.right_ref in self._monthly:
                return self._at_the_bank(event)
            case RefundDecided() | RecoveryOpened() | RecoveryRepaid() | RecoveryWrittenOff() | RecoveryReduced():
                return self._recovered(event)
            case _:
                return {}

    def _against(self, claim_ref: str) -> Account:
        """What a claim that was reduced had been booked against."""
        return "fines" if claim_ref in self._fines else "benefit-cost"

    def _recovered(self, event: Recovery) -> dict[Account, int]:
        match event:
            case RefundDecided():
                return {"payable": -event.cents, self._against(event.claim_ref): event.cents}
            case RecoveryReduced():
                return {"recovery-claims": -event.amount_cents, self._against(event.claim_ref): event.amount_cents}
            case RecoveryRepaid() if event.right_ref:
                owed_cents = event.amount_cents + event.refund_cents
                return {"payable": owed_cents, "recovery-claims": -event.amount_cents, "benefit-cost": -event.refund_cents}
            case RecoveryOpened(ground="fine"):
                self._fines.add(event.claim_ref)
                return {"recovery-claims": event.amount_cents, "fines": -event.amount_cents}
            case _:
                return _recovered(event)

    def _decided(self, event: EntitlementDecided) -> dict[Account, int]:
        sums: dict[Account, int] = defaultdict(int)
        for part in event.parts:
            sums[PARTS[part.kind]] -= part.cents
        match event:
            case MonthDecided():
                month = event.client, str(event.municipality), event.month
                total_cents, reserved_cents = self._months.get(month, (0, 0))
                sums["benefit-cost"] += event.amounts.total_cents - total_cents
                sums["recovery-claims"] += event.too_much_cents
                lowered = max(0, reserved_cents - event.amounts.reserved_cents)
                sums["holiday-reserve"] += lowered - event.reserve_claimed_cents
                self._months[month] = (event.amounts.total_cents, event.amounts.reserved_cents)
            case HolidayAllowanceDecided():
                sums["holiday-reserve"] += event.cents
            case AdvanceDecided():
                sums["advances"] += event.cents
            case _:
                raise AssertionError(f"{type(event).__name__} decides no money")
        return sums

    def _at_the_bank(self, event: PaymentPaid | PaymentReturned) -> dict[Account, int]:
        """A return may come without its payment having been booked: then nothing ever left."""
        if isinstance(event, PaymentPaid):
            self._booked.add(event.end_to_end_id)
            return {"payable": event.amount_cents, "bank": -event.amount_cents}
        if event.end_to_end_id not in self._booked:
            return {}
        return {"bank": event.amount_cents, "payable": -event.amount_cents}


def _recovered(event: RecoveryOpened | RecoveryRepaid | RecoveryWrittenOff) -> dict[Account, int]:
    """A claim on what a month came to less is in the entries of that month already."""
    cents = event.amount_cents
    match event:
        case RecoveryOpened(ground="advance-refused" | "advance-not-settled"):
            return {"recovery-claims": cents, "advances": -cents}
        case RecoveryOpened() if "/" in event.decision_ref:
            return {}
        case RecoveryOpened():
            return {"recovery-claims": cents, "benefit-cost": -cents}
        case RecoveryRepaid():
            return {"bank": cents, "recovery-claims": -cents}
        case RecoveryWrittenOff():
            return {"written-off": cents, "recovery-claims": -cents}


@dataclass(frozen=True, slots=True)
class Balance:
    """One account of a municipality over a period, in cents, with the last position that it rests on."""

    municipality: str
    account: Account
    debit_cents: int
    credit_cents: int
    position: int


def balances(entries: Iterable[Entry], period: str) -> list[Balance]:
    """The ledger of a period; debit and credit of each municipality are equal."""
    debit: dict[tuple[str, Account], int] = defaultdict(int)
    credit: dict[tuple[str, Account], int] = defaultdict(int)
    upto: dict[tuple[str, Account], int] = {}
    for entry in entries:
        if entry.period == period:
            place = (entry.municipality, entry.account)
            debit[place] += max(0, entry.cents)
            credit[place] += max(0, -entry.cents)
            upto[place] = entry.position
    return [Balance(*place, debit[place], credit[place], upto[place]) for place in sorted(upto)]
