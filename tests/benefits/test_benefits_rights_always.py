"""Whatever is prepared, overlapped, repeated, killed and answered: nobody is paid twice, and every cent is somewhere."""

import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from services.benefits.payment import PAYMENT, BookPayment, InstructPayment, RejectPayment, ReturnPayment
from services.benefits.payments import Position
from services.benefits.run_state import Approved, Prepared, Released, Releasing
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
from services.eventlog.handle import Work
from services.eventlog.log import Answer
from services.eventlog.memory import MemoryLog, MemoryTransaction
from tests.benefits.a_region import NOW, Home, Region, region
from tests.benefits.test_benefits_incidents import early_tranche

T = TypeVar("T")
YEAR_CENTS = 130_000
HOUSEHOLDS = 6
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
    """Six households of which several share an adult or a dwelling, and everything that can be asked about them."""

    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.log = Failing("benefits", CODEC)
        self.region: Region = region(self.folder, self.log, [early_tranche()], most_transfers=2)
        self.days = 0
        self.checked = 0
        self.rights: dict[str, Counter[str]] = defaultdict(Counter)
        self.attempts: dict[str, dict[int, str]] = defaultdict(dict)

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize(
        shared=st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), max_size=3),
        dwellings=st.lists(st.integers(1, 4), min_size=6, max_size=6),
    )
    def households(self, shared: list[tuple[int, int]], dwellings: list[int]) -> None:
        partner = {one: other for one, other in shared if one != other}
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
            self.region.knows(home)

    @rule(number=st.integers(1, HOUSEHOLDS), cents=st.sampled_from([50_000, 80_000, 130_000]), source=st.sampled_from("ab"))
    def paid_before(self, number: int, cents: int, source: str) -> None:
        self.region.paid_before(Home(number), cents, f"{source}-{number}-{cents}")

    @rule(target=runs, tranche=st.integers(1, 2), again=st.booleans())
    def prepares(self, tranche: int, again: bool) -> str:  # noqa: FBT001 - Hypothesis draws it
        self.days += 0 if again else 1
        promised = NOW.date().replace(month=3, day=1 + self.days % 28)
        return self.region.prepares(tranche, promised)

    @rule(run=runs)
    def approves(self, run: str) -> None:
        if isinstance(self.region.office.run(run), Prepared):
            self.region.approves(run)

    @rule(run=runs, writes=st.one_of(st.none(), st.integers(0, 25)))
    def releases(self, run: str, writes: int | None) -> None:
        if not isinstance(self.region.office.run(run), Approved | Releasing | Released):
            return
        self.log.left = writes
        try:
            self.region.releases(run)
        except Dying:
            self.region = region(self.folder, self.log, [early_tranche()], most_transfers=2, vault=self.region.office.vault)
        finally:
            self.log.left = None

    @rule()
    def works(self) -> None:
        self.region.works()

    @rule(run=runs, which=st.integers(0, 20), kind=st.sampled_from(["book", "reject", "return", "wrong"]), attempt=st.integers(1, 2))
    def the_bank_answers(self, run: str, which: int, kind: str, attempt: int) -> None:
        positions = self.region.office.payments.of_run(run)
        if positions:
            self.ask(_answer(positions[which % len(positions)], kind, attempt))

    @rule(run=runs, which=st.integers(0, 20), attempt=st.integers(1, 3), message=st.sampled_from(["m-1", "m-2"]))
    def pays_again(self, run: str, which: int, attempt: int, message: str) -> None:
        positions = self.region.office.payments.of_run(run)
        if positions:
            self.ask(InstructPayment(positions[which % len(positions)].right_ref, attempt, message, NOW.date()))

    def ask(self, command: InstructPayment | BookPayment | RejectPayment | ReturnPayment) -> Answer:
        return self.log.submit(Work(PAYMENT, lambda _tx: command, self.region.origin(), b"")).result(5)

    @invariant()
    def i1_every_cent_is_somewhere_and_i2_one_attempt_is_open_or_paid(self) -> None:
        """Recomputed from the facts alone, after every one of them."""
        for record in self.log.after(self.checked, 10_000):
            self._count(CODEC.event(record.type, record.data))
        self.checked = self.log.head()

    def _count(self, fact: object) -> None:
        match fact:
            case AllowanceGranted(right_ref=right, amount_cents=cents):
                self.rights[right].update(decided=cents, pending=cents)
            case PaymentInstructed(right_ref=right, amount_cents=cents, attempt=attempt):
                assert [o for o in self.attempts[right].values() if o in ("sent", "paid")] == []
                source = "pending" if attempt == 1 else self.attempts[right][attempt - 1]
                self._move(right, source, "sent", cents)
                self.attempts[right][attempt] = "sent"
            case PaymentPaid(right_ref=right, amount_cents=cents, attempt=attempt):
                self._end(right, attempt, "paid", cents)
            case PaymentRejected(right_ref=right, amount_cents=cents, attempt=attempt):
                self._end(right, attempt, "rejected", cents)
            case PaymentReturned(right_ref=right, amount_cents=cents, attempt=attempt):
                self._end(right, attempt, "returned", cents)
            case _:
                return

    def _end(self, right: str, attempt: int, outcome: str, cents: int) -> None:
        self._move(right, self.attempts[right][attempt], outcome, cents)
        self.attempts[right][attempt] = outcome

    def _move(self, right: str, source: str, target: str, cents: int) -> None:
        sums = self.rights[right]
        sums.update({source: -cents, target: cents})
        assert all(amount >= 0 for amount in sums.values())
        assert sums["decided"] == sum(sums[name] for name in ("pending", "sent", "paid", "rejected", "returned"))

    @invariant()
    def no_household_gets_more_than_the_year_amount(self) -> None:
        assert all(cents <= YEAR_CENTS for cents in self.region.granted_cents().values())

    @invariant()
    def every_grant_is_in_the_ledger(self) -> None:
        reserved = Counter[str]()
        for entry in self.region.facts(LedgerReserved):
            reserved[entry.household_ref] += entry.amount_cents
        assert dict(reserved) == self.region.granted_cents()

    @invariant()
    def no_adult_and_no_dwelling_shares_in_two_households(self) -> None:
        holders: dict[str, set[str]] = defaultdict(set)
        for claim in self.region.facts(ClaimReserved):
            holders[claim.person_ref].add(claim.household_ref)
        for grant in self.region.facts(AllowanceGranted):
            holders[self.region.dwelling_of(grant.household_ref)].add(grant.household_ref)
        assert all(len(households) == 1 for households in holders.values())

    @invariant()
    def files_and_withheld_are_what_was_approved(self) -> None:
        for run in {grant.run_ref for grant in self.region.facts(AllowanceGranted)}:
            state = self.region.office.run(run)
            if isinstance(state, Released) and self.region.office.jobs.waiting() == 0:
                assert sum(file.count for file in state.files) + state.released.withheld == state.approved.granted


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
TestRights.settings = settings(max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
