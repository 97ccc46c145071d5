"""A client who has been paid a benefit for months: every fact of it, as the product's own deciders gave them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal

from services.benefits.account import ACCOUNT, BindAccount
from services.benefits.monthly.ask import Ask
from services.benefits.monthly.benefit import BENEFIT
from services.benefits.monthly.client_book import CARRIED, ClientBook, carried_on
from services.benefits.monthly.commands import (
    ApplyForBenefit,
    ArrangeFixedCharge,
    GrantBenefit,
    NotifyDecision,
    Payee,
    ReportIncome,
    Terms,
    Whose,
)
from services.benefits.monthly.entitling import ENTITLING, DecideEntitlement
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.periods import months, named
from services.benefits.monthly.preparing import dues
from services.benefits.monthly.recovery import RECOVERY, OpenRecovery
from services.benefits.payment import PAYMENT, BookPayment, InstructPayment
from services.contracts.circumstances import Circumstances, IncomeLine
from services.contracts.codec import Record, published
from services.contracts.monthly_money import MonthlyRightGranted
from services.eventlog.decider import Decider
from services.eventlog.handle import Work
from services.eventlog.log import Origin
from services.eventlog.memory import MemoryLog

FIRST: Final = date(2024, 1, 1)
MUNICIPALITY: Final = "GM0361"
WORKER: Final = "s-bench"
CLAIMED_CENTS, CHARGE_CENTS, WAGE_CENTS = 1_000_000, 40_000, 30_000
WEEKS: Final = 8
ANSWER_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What is special about a client: a form of income each month, something owed and taken monthly, a third party that is paid."""

    earns: bool = False
    owes: bool = False
    charged: bool = False

    @property
    def circumstances(self) -> Circumstances:
        """Who owes something has the holiday allowance along with each month, as only then it leaves something to take."""
        holiday: Literal["monthly", "reserved"] = "monthly" if self.owes else "reserved"
        return Circumstances(household_type="single", age_bands=("27-pension",), income_expected=self.earns, holiday=holiday)


KINDS: Final = (*[Kind()] * 6, *[Kind(earns=True)] * 2, Kind(owes=True), Kind(charged=True))
"""Of ten clients (assumed)."""


@dataclass(slots=True)
class Life:
    """The client of a number, lived through on a log of its own; every command is a minute later than the one before."""

    number: int
    kind: Kind
    norms: Norms
    log: MemoryLog = field(default_factory=lambda: MemoryLog("benefits", published()))
    commands: int = 0

    @property
    def ref(self) -> str:
        """What all names of the client end in."""
        return f"{self.number:016x}"

    @property
    def whose(self) -> Whose:
        """The client with household and municipality."""
        return Whose(f"p-{self.ref}", f"h-{self.ref}", MUNICIPALITY)

    @property
    def accounts(self) -> tuple[Payee, Payee]:
        """The client's own account, and that of a third party."""
        return Payee(f"acc-own-{self.ref}", f"fp-own-{self.ref}"), Payee(f"acc-third-{self.ref}", f"fp-third-{self.ref}")

    def lived(self, until: date) -> list[Record]:
        """Every fact before the run of the month that begins on `until`; the income of that month is reported."""
        self._begins()
        for month in months(FIRST, until - timedelta(days=1)):
            self._reports(month)
            self._is_paid(month)
        self._reports(until)
        return self.log.after(0, self.log.head())

    def carried(self) -> bytes | None:
        """What the last run carried forward."""
        return self.log.kept(CARRIED, self.whose.client)

    def _begins(self) -> None:
        client, circumstances, own = self.whose.client, self.kind.circumstances, self.accounts[0]
        self._does(ACCOUNT, BindAccount(client, MUNICIPALITY, own.account_ref, own.account_fingerprint, FIRST))
        self._does(BENEFIT, ApplyForBenefit(self.whose, circumstances, FIRST, FIRST, WEEKS))
        self._does(BENEFIT, GrantBenefit(self._terms("grant"), circumstances, f"cl-grant-{self.ref}", None))
        self._does(BENEFIT, NotifyDecision(self.whose, self._terms("grant").decision_ref, f"t-{self.ref}", FIRST, WEEKS))
        if self.kind.owes:
            claim = OpenRecovery(f"cl-{self.ref}", client, MUNICIPALITY, "paid-too-much", CLAIMED_CENTS, FIRST, WORKER, "earlier")
            self._does(RECOVERY, claim)
        if self.kind.charged:
            self._does(BENEFIT, ArrangeFixedCharge(self._terms("charge"), f"ch-{self.ref}", CHARGE_CENTS, self.accounts[1]))

    def _reports(self, month: date) -> None:
        if self.kind.earns:
            wages = (IncomeLine(kind="wages", period="month", net_cents=WAGE_CENTS),)
            self._does(BENEFIT, ReportIncome(self.whose, named(month), wages, month.replace(day=10), f"form-{month}"))

    def _is_paid(self, month: date) -> None:
        run, book = Ask(f"run-{month:%Y-%m}", month, month.replace(day=20), month.replace(day=28), self.norms), ClientBook(self.log)
        ((page, due),) = dues(run, book)
        book.keep(carried_on(run, page))
        self._does(ENTITLING, DecideEntitlement(self.whose, run.run_ref, page.client.own.version, due))
        for right in due.rights:
            self._is_booked(right, run)

    def _is_booked(self, right: MonthlyRightGranted, run: Ask) -> None:
        file = f"{run.run_ref}-001"
        self._does(PAYMENT, InstructPayment(right.right_ref, 1, file, run.promised_on))
        self._does(PAYMENT, BookPayment(right.right_ref, 1, right.amount_cents, run.promised_on, file))

    def _terms(self, what: str) -> Terms:
        said = {"decision_ref": f"dec-{what}-{self.ref}", "decided_by": WORKER, "reason_code": "entitled"}
        return Terms(**self.whose.said, **said, effective_on=FIRST, decided_on=FIRST, rule_version=self.norms.rule_version)

    def _does(self, decider: Decider[Any, Any], command: object) -> None:
        self.commands += 1
        at, name = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=self.commands), f"c-{self.commands}"
        answer = self.log.submit(Work(decider, lambda _tx: command, Origin(WORKER, name, at, name), b"")).result(ANSWER_SECONDS)
        if answer.outcome != "accepted":
            raise RuntimeError(f"{type(command).__name__} was {answer.outcome}: {answer.reason}")
