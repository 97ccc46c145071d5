"""Settled months are carried forward as sums: a run comes to what the whole past comes to, and reads next to nothing of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.benefits.account import ACCOUNT, BindAccount
from services.benefits.monthly.advances import outstanding_cents
from services.benefits.monthly.ask import Ask, Plan
from services.benefits.monthly.balances import attached_cents, reserve_cents
from services.benefits.monthly.benefit import benefit_stream
from services.benefits.monthly.client_book import CARRIED, ClientBook, Forward, Page, carried_on
from services.benefits.monthly.commands import BenefitCommand
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.entitlement import plan
from services.benefits.monthly.entitling import ENTITLING, DecideEntitlement
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.periods import next_month
from services.benefits.monthly.preparing import dues
from services.benefits.monthly.recovery import OpenRecovery
from services.contracts.monthly import AttachmentServed
from services.contracts.monthly_money import HolidayAllowanceDecided
from tests.benefits.monthly.a_month import NORMS, Months, ask
from tests.benefits.monthly.people import (
    ALKMAAR,
    CLIENT,
    apply,
    attach,
    block,
    change,
    charge,
    circumstances,
    earns,
    end,
    grant,
    measure,
    notify,
    objects,
    resume,
    suspend,
    unblock,
    whose,
)

JAN, FEB = date(2024, 1, 1), date(2024, 2, 1)
HIGHER = NORMS.model_copy(
    update={
        "version": "9",
        "norms": tuple(norm.model_copy(update={"with_holiday_cents": norm.with_holiday_cents + 10_000}) for norm in NORMS.norms),
    }
)
"""Rules by which every month comes to a hundred euros more."""
RENAMED = NORMS.model_copy(update={"version": "9"})
"""Other rules by which every month comes to the same."""


@dataclass
class Book:
    """A client, whose months are prepared and decided one after the other."""

    months: Months = field(default_factory=Months)
    month: date = JAN

    def __post_init__(self) -> None:
        self.months._submit(ACCOUNT, BindAccount(CLIENT, ALKMAAR, "acc-client", "client", JAN))
        self.months.has(apply())

    def granted(self, holiday: str = "reserved") -> "Book":
        self.months.has(grant(circumstances(holiday=holiday)), notify())
        return self

    @property
    def book(self) -> ClientBook:
        return ClientBook(self.months.log)

    def ask(self, norms: Norms = NORMS) -> Ask:
        run = ask(self.month)
        return Ask(run.run_ref, run.month, run.decided_on, run.promised_on, norms)

    def page(self) -> Page:
        (page,) = self.book.pages()
        return page

    def prepared(self, norms: Norms = NORMS) -> Plan:
        """What a run of the month comes to; what it carries forward is kept."""
        run = self.ask(norms)
        ((page, due),) = dues(run, self.book)
        self.book.keep(carried_on(run, page))
        return due

    def from_the_whole_past(self, norms: Norms = NORMS) -> Plan:
        return plan(self.ask(norms), self.book.whole(self.page()).client)

    @staticmethod
    def balances(page: Page) -> tuple[object, ...]:
        own = page.client.own
        served = [each for each in own.decisions if isinstance(each, AttachmentServed)]
        attached = tuple(attached_cents(own, each) for each in served)
        return own.version, reserve_cents(own), outstanding_cents(own), attached, replace(page.client, own=Dossier())

    def lives(self, until: date, norms: Norms = NORMS) -> "Book":
        """Every month up to, and without, that one is prepared and decided."""
        while self.month < until:
            due = self.prepared(norms)
            if due.money:
                command = DecideEntitlement(whose(), self.ask().run_ref, self.page().client.own.version, due)
                assert self.months._submit(ENTITLING, command).outcome == "accepted"
            self.month = next_month(self.month)
        return self


def happening(what: str, month: date, number: int) -> BenefitCommand:
    ref, name = f"{what}-{number}", f"{month:%Y-%m}"
    ways: dict[str, Callable[[], BenefitCommand]] = {
        "earns": lambda: earns(name, 15_000 * number, ref),
        "sharer": lambda: change(circumstances(cost_sharers=number % 3), month, ref),
        "measure": lambda: measure(month, 20, 1, ref),
        "charge": lambda: charge(month, 20_000, f"ch-{number}", ref),
        "attach": lambda: attach(month, 9_000, f"at-{number}", ref),
        "block": lambda: block(month, ref),
        "unblock": lambda: unblock(month, ref),
        "suspend": lambda: suspend(month, ref=ref),
        "resume": lambda: resume(month, ref),
        "end": lambda: end(month, ref),
    }
    return ways[what]()


WAYS = [*["earns", "sharer", "attach"] * 3, "measure", "charge", "block", "unblock", "suspend", "resume", "end"]
LIVES = st.lists(st.lists(st.tuples(st.sampled_from(WAYS), st.sampled_from([0, -2, -3])), max_size=2), min_size=6, max_size=10)


@given(
    life=LIVES,
    rules_change=st.integers(0, 12),
    holiday=st.sampled_from(["reserved", "monthly"]),
    begins=st.sampled_from(["granted", "advanced"]),
)
@settings(max_examples=100, deadline=None)
def test_what_is_carried_forward_comes_to_what_the_whole_past_comes_to(
    life: list[list[tuple[str, int]]], rules_change: int, holiday: str, begins: str
) -> None:
    """Whatever happens in a month, also to months before it, and whenever the rules get another text."""
    book = Book()
    if begins == "advanced":
        book.lives(FEB)
    book.granted(holiday)
    book.months.has(OpenRecovery("cl-1", CLIENT, ALKMAAR, "paid-too-much", 20_000, JAN, "s-1", "dec-1"))
    for number, happens in enumerate(life):
        for place, (what, back) in enumerate(happens):
            month = date(2024, max(1, book.month.month + back), 1)
            book.months.tries(happening(what, month, 10 * number + place))
        norms = NORMS if number < rules_change else HIGHER
        expected = book.from_the_whole_past(norms)
        assert book.prepared(norms) == expected
        assert book.balances(book.page()) == book.balances(book.book.whole(book.page()))
        book.lives(next_month(book.month), norms)


def test_a_run_reads_of_settled_months_their_sums_only() -> None:
    book = Book().granted().lives(date(2024, 12, 1))
    book.prepared()
    page = book.page()

    assert page.client.own.carried.months == {f"2024-{month:02d}" for month in range(1, 12)}
    assert [type(fact).__name__ for _, fact in page.told] == [
        "BenefitApplied", "BenefitGranted", "DecisionNotified", *["HolidayAllowanceDecided"] * (len(page.told) - 3),
    ]  # fmt: skip
    assert page.client.read_upto == len(book.months.log.read(benefit_stream(CLIENT)))
    assert page.client.own.version == book.book.whole(page).client.own.version


def test_a_form_for_a_month_that_was_carried_forward_has_the_month_decided_again() -> None:
    book = Book().granted().lives(date(2024, 4, 1))
    book.prepared()
    book.months.has(earns("2024-02", 50_000))
    due = book.prepared()

    assert [(month.month, month.sequence, month.too_much_cents) for month in due.money if hasattr(month, "too_much_cents")] == [
        ("2024-02", 2, 47_500), ("2024-04", 1, 0),
    ]  # fmt: skip
    assert "2024-02" not in book.page().client.own.carried.months


@pytest.mark.parametrize("later", [objects(), charge(date(2024, 4, 1)), earns("2024-04", 10_000)])
def test_what_says_nothing_of_carried_months_leaves_them_carried(later: BenefitCommand) -> None:
    book = Book().granted().lives(date(2024, 4, 1))
    book.prepared()
    book.months.has(later)

    assert book.page().client.own.carried.months == {"2024-01", "2024-02", "2024-03"}


def test_under_other_rules_every_month_is_looked_at_once_more() -> None:
    book = Book().granted().lives(date(2024, 4, 1))
    book.prepared()
    due = book.prepared(RENAMED)

    assert [month.month for month in due.money] == ["2024-04"]
    assert book.page().client.own.carried.rules == RENAMED.rule_version
    assert book.prepared(RENAMED) == due


def test_a_holiday_allowance_names_every_month_that_it_comes_from() -> None:
    book = Book().granted().lives(date(2024, NORMS.holiday_month(JAN), 1))
    due = book.prepared()
    (holiday,) = [each for each in due.money if isinstance(each, HolidayAllowanceDecided)]

    assert holiday.rests_on[0] == "month/2024-01/1"
    assert len(holiday.rests_on) == book.month.month


def test_a_reserve_that_was_paid_and_then_lowered_is_carried_forward_as_claimed() -> None:
    book = Book().granted().lives(date(2024, NORMS.holiday_month(JAN) + 1, 1))
    book.months.has(earns("2024-02", 50_000))
    book.lives(date(2024, NORMS.holiday_month(JAN) + 3, 1))
    page = book.page()

    assert "2024-02" in page.client.own.carried.months
    assert book.balances(page) == book.balances(book.book.whole(page))


def test_what_was_kept_in_another_form_is_not_read() -> None:
    book = Book().granted().lives(date(2024, 4, 1))
    book.prepared()
    kept = book.months.log.kept(CARRIED, CLIENT) or b""
    book.book.keep([(CLIENT, kept.replace(b"[2,", b"[1,", 1))])

    assert Forward.read(kept) is not None
    assert book.page().client.own.carried.months == frozenset()
    assert len(book.page().told) == len(book.months.log.read(benefit_stream(CLIENT)))


def test_a_look_that_settles_nothing_more_keeps_nothing() -> None:
    book = Book().granted().lives(date(2024, 4, 1))
    book.prepared()

    assert list(carried_on(book.ask(), book.page())) == []
