"""Whatever is prepared, overlapped, repeated, killed and answered: nobody is paid twice, and every cent is somewhere."""

import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule

from services.benefits.payment import PAYMENT, BookPayment, InstructPayment, RejectPayment, ReturnPayment
from services.benefits.payments import Position
from services.benefits.run_commands import CancelRun
from services.benefits.run_state import Prepared, Released
from services.contracts.benefits import (
    AllowanceGranted,
    ClaimReserved,
    LedgerReserved,
    PaymentInstructed,
    PaymentPaid,
    PaymentRejected,
    PaymentReturned,
)
from services.contracts.codec import published
from services.contracts.intake import HouseholdIncomeReported
from services.contracts.payouts import AllowanceRevoked, ClaimReleased, LedgerReleased, PaymentWithdrawn
from services.eventlog.handle import Work
from services.eventlog.log import Answer
from services.eventlog.memory import MemoryLog, MemoryTransaction
from tests.benefits.a_region import NOW, OFFICER, REFERENCE, Home, Region, region
from tests.benefits.promises_kept import Accounts, files_are_what_was_signed
from tests.benefits.test_benefits_incidents import early_tranche

T = TypeVar("T")
YEAR_CENTS, EARLY_CENTS = 130_000, 50_000
HOUSEHOLDS = 4
OUTCOMES = {PaymentPaid: "paid", PaymentRejected: "rejected", PaymentReturned: "returned"}
BEFORE_CENTS, WRITES = st.sampled_from([50_000, 80_000, 130_000]), st.one_of(st.none(), st.integers(0, 25))
CODEC = published()


class Dying(Exception):
    """The process ends in the middle."""


class Failing(MemoryLog):
    """A log whose process ends after so many writes."""

    left: int | None = None

    def submit(self, work: Callable[[MemoryTransaction], T]) -> "Future[T]":
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Dying
        return super().submit(work)


class Rights(RuleBasedStateMachine):
    """Four households of which some share an adult or a dwelling, and everything that can be asked about them."""

    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.log = Failing("benefits", CODEC)
        self.region: Region = region(self.folder, self.log, [early_tranche()], most_transfers=2)
        self.days = 0
        self.homes: dict[int, Home] = {}
        self.dwellings: dict[str, str] = {}
        self.versions = dict.fromkeys(range(1, HOUSEHOLDS + 1), 1)
        self.checked = 0
        self.rights: dict[str, Counter[str]] = defaultdict(Counter)
        self.attempts: dict[str, dict[int, str]] = defaultdict(dict)
        self.granted, self.reserved, self.early = Counter[str](), Counter[str](), Counter[str]()
        self.runs_granted = Counter[str]()
        self.holders: dict[str, set[str]] = defaultdict(set)
        self.tranches: dict[str, int] = {}
        self.accounts = Accounts()

    def teardown(self) -> None:
        """I4, once for each life."""
        try:
            files_are_what_was_signed(self.region, (CODEC.event(r.type, r.data) for r in self.log.after(0, 10_000)))
        finally:
            shutil.rmtree(self.folder)

    @initialize(
        target=runs,
        dwellings=st.lists(st.integers(1, 3), min_size=HOUSEHOLDS, max_size=HOUSEHOLDS),
        before=st.lists(st.tuples(st.integers(1, HOUSEHOLDS), BEFORE_CENTS), max_size=1),
        tranches=st.tuples(st.integers(1, 2), st.integers(1, 2)),
        writes=WRITES,
    )
    def two_runs_that_overlap(
        self, dwellings: list[int], before: list[tuple[int, int]], tranches: tuple[int, int], writes: int | None
    ) -> MultipleResults[str]:
        """Every life begins with them, the first released at once: what goes wrong, goes wrong around money that is on its way."""
        self._households(dwellings)
        for number, cents in before:
            self.was_paid_before(number, cents)
        first, second = (self._prepared_and_signed(tranche) for tranche in tranches)
        self.releases(first, writes)
        return multiple(first, second)

    def _households(self, dwellings: list[int]) -> None:
        """The second household's applicant is partner in the first and in the third."""
        partner = {1: 2, 3: 2}
        for number in range(1, HOUSEHOLDS + 1):
            persons = (number * 10, partner[number] * 10) if number in partner else (number * 10,)
            couple = number in partner
            home = Home(
                number,
                bands=("27-pension", "27-pension") if couple else ("27-pension",),
                household_type="couple" if couple else "single",
                persons=persons,
                dwelling=dwellings[number - 1],
            )
            self.homes[number], self.dwellings[home.ref] = home, home.facts.dwelling_ref
            self.region.knows(home)

    @rule(number=st.integers(1, HOUSEHOLDS), cents=BEFORE_CENTS)
    def was_paid_before(self, number: int, cents: int) -> None:
        self.region.paid_before(self.homes[number], cents, f"old-{number}")

    @rule(number=st.integers(1, HOUSEHOLDS), income_cents=st.sampled_from([90_000, 900_000]))
    def reports_income(self, number: int, income_cents: int) -> None:
        """What makes a run grant one household and the next run its neighbour."""
        self.homes[number] = replace(self.homes[number], income_cents=income_cents)
        home, self.versions[number] = self.homes[number], self.versions[number] + 1
        fact = HouseholdIncomeReported(household_ref=home.ref, on=REFERENCE, facts=home.facts)
        self.region.tells(fact, version=self.versions[number])

    @rule(target=runs, tranche=st.integers(1, 2))
    def prepares_and_approves(self, tranche: int) -> str:
        return self._prepared_and_signed(tranche)

    def _prepared_and_signed(self, tranche: int) -> str:
        """Who prepared it tries to sign first."""
        self.days += 1
        run = self.region.prepares(tranche, NOW.date() + timedelta(days=self.days))
        self.region.approves(run, OFFICER)
        if isinstance(self.region.office.run(run), Prepared):
            self.region.approves(run)
        return run

    @rule(run=runs, writes=WRITES)
    def releases(self, run: str, writes: int | None) -> None:
        """Perhaps the process ends after so many writes; the next one goes on when it has the time."""
        self.log.left = writes
        try:
            self.region.releases(run)
        except Dying:
            again = region(self.folder, self.log, [early_tranche()], most_transfers=2, vault=self.region.office.vault)
            again.told, again.positions = self.region.told, self.region.positions
            self.region = again
        finally:
            self.log.left = None

    @rule(run=runs)
    def cancels(self, run: str) -> None:
        """Refused unless its files lie here; what the bank answered already leaves it half-way, for a person."""
        self.region.commands_run(CancelRun(run, "wrong-facts", OFFICER))
        self.region.works()

    @rule()
    def works(self) -> None:
        self.region.works()

    @rule(number=st.integers(1, HOUSEHOLDS), other=st.integers(1, 2))
    def binds_another_account(self, number: int, other: int) -> None:
        self.region.binds(self.homes[number].client, number + 10 * other)

    @precondition(lambda self: self.sent())
    @rule(which=st.integers(0, 50), kind=st.sampled_from(["book", "reject", "return", "wrong"]), back=st.integers(0, 1))
    def the_bank_answers(self, which: int, kind: str, back: int) -> None:
        position = self.sent()[which % len(self.sent())]
        self.ask(_answer(position, kind, max(1, position.attempt - back)))

    @precondition(lambda self: self.sent())
    @rule(which=st.integers(0, 50), ahead=st.integers(0, 2), message=st.sampled_from(["m-1", "m-2"]), other=st.booleans())
    def pays_again(self, which: int, ahead: int, message: str, *, other: bool) -> None:
        position = self.sent()[which % len(self.sent())]
        account = ("acc-other", f"print-{position.attempt + ahead}") if other else None
        self.ask(InstructPayment(position.right_ref, position.attempt + ahead, message, NOW.date(), account))

    def sent(self) -> list[Position]:
        """Every right with a payment."""
        return [position for run in sorted(self.runs_granted) for position in self.region.office.payments.of_run(run) if position.attempt]

    def ask(self, command: InstructPayment | BookPayment | RejectPayment | ReturnPayment) -> Answer:
        return self.log.submit(Work(PAYMENT, lambda _tx: command, self.region.origin(), b"")).result(5)

    @invariant()
    def i1_every_cent_is_somewhere_and_i2_one_attempt_is_open_or_paid(self) -> None:
        """Recomputed from the facts alone, after every one of them; I5 beside it."""
        for record in self.log.after(self.checked, 10_000):
            fact = CODEC.event(record.type, record.data)
            self._count(fact)
            self.accounts.count(fact)
        self.checked = self.log.head()

    def _count(self, fact: object) -> None:
        match fact:
            case AllowanceGranted(right_ref=right, amount_cents=cents):
                self.rights[right].update(decided=cents, pending=cents)
                self.granted[fact.household_ref] += cents
                self.early[fact.household_ref] += cents if fact.tranche == 1 else 0
                self.runs_granted[fact.run_ref] += 1
                self.holders[self.dwellings[fact.household_ref]].add(fact.household_ref)
                self.tranches[right] = fact.tranche
            case LedgerReserved(household_ref=household, amount_cents=cents):
                self.reserved[household] += cents
            case ClaimReserved(person_ref=person, household_ref=household):
                self.holders[person].add(household)
            case PaymentInstructed(right_ref=right, amount_cents=cents, attempt=attempt):
                assert [o for o in self.attempts[right].values() if o in ("sent", "paid")] == []
                before = self.attempts[right].get(attempt - 1, "pending")
                source = "pending" if before == "withdrawn" else before
                self._move(right, source, "sent", cents)
                self.attempts[right][attempt] = "sent"
            case PaymentPaid() | PaymentRejected() | PaymentReturned():
                self._end(fact.right_ref, fact.attempt, OUTCOMES[type(fact)], fact.amount_cents)
            case PaymentWithdrawn(right_ref=right, amount_cents=cents, attempt=attempt):
                self._move(right, self.attempts[right][attempt], "pending", cents)
                self.attempts[right][attempt] = "withdrawn"
            case AllowanceRevoked() | LedgerReleased() | ClaimReleased():
                self._free(fact)
            case _:
                return

    def _free(self, fact: AllowanceRevoked | LedgerReleased | ClaimReleased) -> None:
        match fact:
            case AllowanceRevoked(right_ref=right, amount_cents=cents):
                self._move(right, "pending", "revoked", cents)
                self.granted[fact.household_ref] -= cents
                self.early[fact.household_ref] -= cents if self.tranches[right] == 1 else 0
            case LedgerReleased(household_ref=household, amount_cents=cents):
                self.reserved[household] -= cents
            case ClaimReleased(person_ref=person, household_ref=household):
                self.holders[person].discard(household)
                self.holders[self.dwellings[household]].discard(household)

    def _end(self, right: str, attempt: int, outcome: str, cents: int) -> None:
        self._move(right, self.attempts[right][attempt], outcome, cents)
        self.attempts[right][attempt] = outcome

    def _move(self, right: str, source: str, target: str, cents: int) -> None:
        sums = self.rights[right]
        sums.update({source: -cents, target: cents})
        assert all(amount >= 0 for amount in sums.values())
        assert sums["decided"] == sum(sums[name] for name in ("pending", "sent", "paid", "rejected", "returned", "revoked"))

    @invariant()
    def no_household_gets_more_than_the_year_amount(self) -> None:
        assert all(cents <= YEAR_CENTS for cents in self.granted.values())
        assert all(cents <= EARLY_CENTS for cents in self.early.values())

    @invariant()
    def every_grant_is_in_the_ledger(self) -> None:
        assert self.reserved == self.granted

    @invariant()
    def no_adult_and_no_dwelling_shares_in_two_households(self) -> None:
        assert all(len(households) <= 1 for households in self.holders.values())

    @invariant()
    def files_and_withheld_are_what_was_approved(self) -> None:
        self.i1_every_cent_is_somewhere_and_i2_one_attempt_is_open_or_paid()  # what the last step did is counted there
        for run in self.runs_granted:
            state = self.region.office.run(run)
            if isinstance(state, Released):
                assert self.runs_granted[run] == state.released.granted
                assert state.released.granted + state.released.withheld == state.approved.granted
                assert not state.files or sum(file.count for file in state.files) <= state.released.granted


def _answer(position: Position, kind: str, attempt: int) -> BookPayment | RejectPayment | ReturnPayment:
    right, cents, day, document = position.right_ref, position.amount_cents, NOW.date(), "d" * 64
    match kind:
        case "book":
            return BookPayment(right, attempt, cents, day, document)
        case "reject":
            return RejectPayment(right, attempt, None, "AC01", document)
        case "return":
            return ReturnPayment(right, attempt, cents, "AC04", day, document)
        case _:
            return BookPayment(right, attempt, cents + 1, day, document)


TestRights = Rights.TestCase
TestRights.settings = settings(max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
