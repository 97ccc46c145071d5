from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.benefits.monthly.balances import reserve_cents
from services.benefits.monthly.journal import Balance, Entry, Journal, balances
from services.benefits.monthly.periods import months as months_of
from services.benefits.monthly.recovery import Repay, WriteOff
from services.contracts.benefits import PaymentPaid, PaymentReturned
from services.contracts.codec import published
from services.contracts.monthly_money import MonthDecided
from tests.audit.test_audit_of_months import a_year
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, OFFICER
from tests.benefits.monthly.a_month import Months, ask
from tests.benefits.monthly.people import apply, earns, end, grant, refuse
from tests.benefits.monthly.test_monthly_entitlement import LIFE, claim, command_of, running
from tests.benefits.monthly.test_monthly_run import on_benefit, prepared

JAN, FEB, JUL = date(2024, 1, 1), date(2024, 2, 1), date(2024, 7, 1)
CODEC = published()


def entries(year: Months) -> list[Entry]:
    return list(Journal().entries(CODEC.from_record("benefits", record) for record in year.log.after(0, 10_000)))


def by_account(year: Months) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for entry in entries(year):
        sums[entry.account] += entry.cents
    return {account: cents for account, cents in sums.items() if cents}


def test_a_month_is_cost_owed_to_the_client_and_reserved() -> None:
    year = running()
    year.decide(ask(JAN))

    assert by_account(year) == {"benefit-cost": 128_383, "payable": -121_964, "holiday-reserve": -6_419}


def test_every_entry_names_the_position_of_its_fact() -> None:
    year = running()
    year.decide(ask(JAN))
    (position,) = (envelope.position for envelope in year.log.scan("benefits/") if isinstance(envelope.event, MonthDecided))

    assert {entry.position for entry in entries(year)} == {position}


def test_a_month_of_a_move_costs_each_municipality_its_own_part() -> None:
    year = running()
    year.decide(ask(JAN))
    (month,) = (envelope for envelope in year.log.scan("benefits/") if isinstance(envelope.event, MonthDecided))
    there = replace(month, event=month.event.model_copy(update={"municipality": "GM0373"}), municipality="GM0373")
    booked = [(entry.municipality, entry.cents) for entry in Journal().entries([month, there]) if entry.account == "benefit-cost"]

    assert booked == [(ALKMAAR, 128_383), ("GM0373", 128_383)]


def test_an_advance_is_no_cost_and_becomes_a_claim_after_a_refusal() -> None:
    year = Months().has(apply())
    year.decide(ask(JAN))
    year.has(refuse())

    assert by_account(year) == {"payable": -115_545, "recovery-claims": 115_545}


def test_what_was_paid_too_much_is_less_cost_and_a_claim() -> None:
    year = running()
    year.decide(ask(JAN))
    year.has(earns("2024-01", 50_000))
    year.decide(ask(FEB))

    assert by_account(year)["recovery-claims"] == 47_500


def test_a_claim_that_is_repaid_and_let_go_is_gone() -> None:
    year = running().has(
        claim(50_000), Repay("cl-1", 20_000, FEB, "bank-1"), WriteOff("cl-1", 30_000, "uncollectable", FEB, "s-1", "dec-9")
    )

    assert by_account(year) == {"benefit-cost": -50_000, "bank": 20_000, "written-off": 30_000}


def test_the_reserve_in_the_ledger_is_the_reserve_of_the_dossier() -> None:
    year = a_year()
    ended = running()
    ended.decide(ask(FEB))
    ended.has(end(JUL))

    for each in (year, ended):
        assert -by_account(each).get("holiday-reserve", 0) == reserve_cents(each.client().own)


def test_a_ledger_has_debit_and_credit_of_its_own_period_and_says_on_which_fact_it_rests() -> None:
    lines = [
        Entry("2024-02", "GM0373", "bank", -500, 9),
        Entry("2024-02", "GM0361", "payable", -700, 3),
        Entry("2024-02", "GM0361", "bank", 700, 4),
        Entry("2024-02", "GM0361", "bank", -200, 7),
        Entry("2024-02", "GM0361", "bank", 100, 8),
        Entry("2024-03", "GM0361", "bank", 40, 11),
    ]

    assert balances(lines, "2024-02") == [
        Balance("GM0361", "bank", 800, 200, 8),
        Balance("GM0361", "payable", 0, 700, 3),
        Balance("GM0373", "bank", 0, 500, 9),
    ]


def test_a_payment_that_came_back_is_owed_again_and_one_that_never_left_is_owed_still() -> None:
    year = running()
    year.decide(ask(JAN))
    right = year.rights()[0]
    said: dict[str, Any] = {
        name: getattr(right, name) for name in ("right_ref", "client", "household_ref", "municipality", "run_ref", "amount_cents")
    }
    bank: dict[str, Any] = {"document_ref": "d" * 64, "booked_on": FEB}
    paid = PaymentPaid(**said, **bank, attempt=1, end_to_end_id=f"{right.right_ref}-1")
    back = PaymentReturned(**said, **bank, attempt=1, end_to_end_id=f"{right.right_ref}-1", reason_code="AC04")
    journal, known = Journal(), [CODEC.from_record("benefits", record) for record in year.log.after(0, 10_000)]
    list(journal.entries(known))

    def told(fact: PaymentPaid | PaymentReturned) -> list[tuple[str, int]]:
        return [(entry.account, entry.cents) for entry in journal.entries([replace(known[-1], event=fact)])]

    assert told(back) == []
    assert told(paid) == [("payable", 121_964), ("bank", -121_964)]
    assert told(back) == [("bank", 121_964), ("payable", -121_964)]
    assert told(paid.model_copy(update={"right_ref": "r-of-the-allowance"})) == []


def test_an_entry_is_of_the_month_and_municipality_in_which_it_was_recorded() -> None:
    year = running()
    year.decide(ask(JAN))
    last = year.log.after(0, 10_000)[-2]

    assert {(entry.period, entry.municipality) for entry in entries(year)} == {(last.recorded_at[:7], ALKMAAR)}
    assert all(entry.cents for entry in entries(year))


def test_advances_that_no_month_covered_become_a_claim_and_no_cost() -> None:
    year = Months().has(apply())
    year.decide(ask(JAN))
    year.has(earns("2024-01", 100_000), grant()).told_of("grant")
    year.decide(ask(JAN, run_ref="run-later"))
    sums = by_account(year)

    assert (sums.get("advances", 0), sums["recovery-claims"] > 0, sum(sums.values())) == (0, True, 0)


@given(life=st.lists(LIFE, min_size=4, max_size=4))
@settings(max_examples=30, deadline=None)
def test_whatever_happens_the_ledger_balances_for_every_fact(life: list[list[tuple[str, int, int]]]) -> None:
    year, n = Months().has(apply(), grant()).told_of("grant"), 0
    for month, happens in zip(months_of(JAN, date(2024, 4, 1)), life, strict=True):
        for kind, about, value in happens:
            n += 1
            year.tries(command_of(kind, about, value, month, n))
        year.decide(ask(month))
    sums: Counter[int] = Counter()
    for entry in entries(year):
        sums[entry.position] += entry.cents

    assert set(sums.values()) <= {0}
    assert -by_account(year).get("holiday-reserve", 0) == reserve_cents(year.client().own)


def test_the_ledger_of_a_month_over_http_balances_and_shows_what_the_bank_paid(house: House, tmp_path: Path) -> None:
    officer = house.as_("payments-officer", OFFICER)
    on_benefit(house, 1)
    run = house.released(prepared(house, officer))
    house.region.hears(*house.region.bank_answers(run.rpartition("/")[2], tmp_path))
    rows = officer.get("/v1/journals/2024-02").json()["balances"]

    assert {row["municipality"] for row in rows} == {ALKMAAR}
    assert sum(row["debit_cents"] - row["credit_cents"] for row in rows) == 0
    assert next(row for row in rows if row["account"] == "bank")["credit_cents"] == 121_964
    assert balances([], "2024-02") == []
