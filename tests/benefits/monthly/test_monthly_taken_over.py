"""A benefit that another system paid before goes on here from the month after, with its reserve, and never a month twice."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.benefits.monthly.benefit import BENEFIT
from services.benefits.monthly.commands import BenefitCommand
from services.benefits.monthly.covering import covered_cents
from services.benefits.monthly.grounds import facts_hash
from services.benefits.monthly.roll import Roll
from services.benefits.run_book import RunBook
from services.contracts.monthly import BenefitGranted
from services.contracts.monthly_money import BenefitTakenOver, HolidayAllowanceDecided
from services.eventlog.decider import Refused
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, BERGEN, OFFICER, household, person
from tests.benefits.monthly.a_month import NORMS, Months, ask, paid
from tests.benefits.monthly.people import CLIENT, TAKE_OVER, TAKEN, apply, earns, end, grant, lived
from tests.benefits.monthly.test_monthly_entitlement import claim
from tests.benefits.monthly.test_monthly_journal import by_account

JAN, FEB, MAR, APR, MAY, JUN = (date(2024, month, 1) for month in range(1, 7))
IN_HAND, RESERVED, OPENING = 121_964, 6_419, 64_190


def running(*first: BenefitCommand) -> Months:
    """Somebody alone with a right from January, of whom something was recorded first."""
    return Months().has(*first, apply(), grant()).told_of("grant")


@pytest.mark.parametrize(
    ("before", "command", "then"),
    [
        ([], TAKE_OVER, [TAKEN]),
        ([TAKE_OVER], TAKE_OVER, []),
        ([TAKE_OVER], replace(TAKE_OVER, source_ref="old-2"), Refused("taken-over-already", "by old-1")),
        ([TAKE_OVER], replace(TAKE_OVER, upto="2024-02"), Refused("taken-over-already", "by old-1")),
        ([TAKE_OVER], replace(TAKE_OVER, reserve_cents=1), Refused("taken-over-already", "by old-1")),
        ([apply(), grant()], TAKE_OVER, [TAKEN]),
    ],
)
def test_a_benefit_is_taken_over_once(before: Sequence[BenefitCommand], command: BenefitCommand, then: object) -> None:
    assert BENEFIT.decide(BENEFIT.fold(lived(*before)), command) == then


@pytest.mark.parametrize(("upto", "outcome"), [("2023-12", "accepted"), ("2024-01", "refused"), ("2024-05", "refused")])
def test_what_was_decided_here_was_not_paid_before(upto: str, outcome: str) -> None:
    months = running()
    months.decide(ask(JAN))
    answer = months.tries(replace(TAKE_OVER, upto=upto))

    assert (answer.outcome, answer.reason) == (outcome, "decided-here-already" if outcome == "refused" else "")
    assert answer.detail == ("2024-01 was decided here: its difference is claimed or paid by a decision" if outcome == "refused" else "")


def test_months_that_were_paid_before_are_not_paid_again() -> None:
    assert paid(running(TAKE_OVER).decide(ask(APR))) == [("2024-04", "month", IN_HAND)]
    assert running(TAKE_OVER).plan(ask(MAR)).reasons == ("no-right",)


def test_what_becomes_known_of_a_month_paid_before_decides_nothing_here() -> None:
    months = running(TAKE_OVER).has(earns("2024-02", 50_000))

    assert paid(months.decide(ask(APR))) == [("2024-04", "month", IN_HAND)]
    assert months.plan(ask(APR)).opened == ()


def test_the_reserve_that_was_left_is_paid_with_the_holiday_allowance() -> None:
    months = running(TAKE_OVER)
    months.decide(ask(APR))

    assert paid(months.decide(ask(MAY))) == [("2024-05", "month", IN_HAND), ("2024-05", "holiday-allowance", OPENING + 2 * RESERVED)]
    assert paid(months.decide(ask(JUN))) == [("2024-06", "month", IN_HAND)]


def test_what_was_brought_along_is_among_what_a_holiday_allowance_rests_on() -> None:
    due = running(TAKE_OVER).has(end(APR)).plan(ask(APR))
    hashes = [fact.facts_hash for fact in due.money if isinstance(fact, HolidayAllowanceDecided)]

    assert hashes == [facts_hash({"taken-over": "old-1"})]


def test_the_reserve_that_was_left_is_paid_at_the_end_too() -> None:
    months = running(TAKE_OVER).has(end(APR))

    assert paid(months.decide(ask(APR))) == [("2024-04", "holiday-allowance", OPENING)]


def test_creditors_have_nothing_of_the_reserve_that_was_left() -> None:
    months = running(TAKE_OVER).has(claim(500_000))
    months.decide(ask(APR))
    due = months.decide(ask(MAY))
    later = [months.decide(ask(date(2024, month, 1))) for month in range(6, 13)]

    assert sum(each.amount_cents for each in due.offsets) == 2 * RESERVED
    assert paid(due)[-1] == ("2024-05", "holiday-allowance", OPENING)
    assert sum(each.amount_cents for plan in later for each in plan.offsets) == 0


def test_advances_are_covered_by_the_months_that_are_paid_here_only() -> None:
    own = BENEFIT.fold(lived(TAKE_OVER, apply()))[CLIENT, ALKMAAR]
    decided = replace(grant(), terms=replace(grant().terms, decided_on=APR))
    (fact,) = (each for each in lived(TAKE_OVER, apply(), decided) if isinstance(each, BenefitGranted))

    assert covered_cents(NORMS, own, fact) == IN_HAND


def test_the_ledger_begins_with_what_was_left() -> None:
    months = running(TAKE_OVER)
    months.decide(ask(APR))

    accounts = by_account(months)
    assert (accounts["opening-balance"], accounts["holiday-reserve"]) == (OPENING, -OPENING - RESERVED)
    assert sum(accounts.values()) == 0


def test_nobody_waits_for_a_month_that_was_paid_before() -> None:
    months = running(TAKE_OVER)
    roll, book = Roll(months.log), RunBook(months.log)
    book.catch_up()
    book.forget_before(APR)

    assert [list(roll.of(month)) for month in (MAR, APR)] == [[], [(CLIENT, ALKMAAR)]]
    assert [book.entitled[CLIENT, ALKMAAR].within(first, last) for first, last in ((MAR, date(2024, 3, 31)), (APR, date(2024, 4, 30)))] == [
        False,
        True,
    ]


def test_the_roll_learns_later_what_was_paid_before() -> None:
    months = running()
    roll = Roll(months.log)
    before = list(roll.of(MAR))
    months.has(TAKE_OVER)

    assert (before, list(roll.of(MAR)), list(roll.of(APR))) == ([(CLIENT, ALKMAAR)], [], [(CLIENT, ALKMAAR)])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.houses(1)
    yield made
    made.processing.close()


def brings(house: House, municipalities: Sequence[str] = (ALKMAAR, BERGEN), **said: Any) -> Any:  # noqa: ANN401 - JSON
    usual = {
        "id": "old-1",
        "client": person(1),
        "household_ref": household(1),
        "municipality": ALKMAAR,
        "upto": "2024-01",
        "reserve_cents": 500,
    }
    line = orjson.dumps({**usual, **said})
    answer = house.as_("payments-officer", OFFICER, municipalities).post("/v1/benefits-taken-over/_bulk", content=line)
    return {name: orjson.loads(answer.content).get(name) for name in ("outcome", "reason")}


def test_a_region_brings_its_benefits_along_line_by_line(house: House) -> None:
    first, again = brings(house), brings(house)
    other = brings(house, id="old-2")

    assert (first["outcome"], again["outcome"]) == ("accepted", "accepted")
    assert other == {"outcome": "refused", "reason": "taken-over-already"}
    assert [(fact.upto, fact.reserve_cents) for fact in house.region.facts(BenefitTakenOver)] == [("2024-01", 500)]


@pytest.mark.parametrize(
    ("municipalities", "said", "reason"),
    [
        ((BERGEN,), {}, "forbidden"),
        ((ALKMAAR,), {"household_ref": household(2)}, "client-unknown-there"),
        ((ALKMAAR,), {"upto": "2024-13"}, "invalid-input"),
        ((ALKMAAR,), {"reserve_cents": -1}, "invalid-input"),
    ],
)
def test_a_line_that_cannot_be_is_refused_by_itself(
    house: House, municipalities: tuple[str, ...], said: dict[str, Any], reason: str
) -> None:
    assert brings(house, municipalities, **said)["reason"] == reason
    assert house.region.facts(BenefitTakenOver) == []
