"""What stands open between a client and the house, after months that were decided once and again."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.benefits.monthly.advances import of_application
from services.benefits.monthly.balances import attached_cents, decided_months, next_sequence, reserve_cents, seizable_reserve_cents
from services.benefits.monthly.benefit import BENEFIT
from services.benefits.monthly.dossier import Dossier
from services.contracts.monthly import AttachmentServed
from services.contracts.monthly_money import AdvanceDecided, HolidayAllowanceDecided, MonthAmounts, MonthDecided, Part
from tests.benefits.monthly.people import ALKMAAR, CLIENT, HOUSEHOLD, WORKER, apply, lived

ABOUT: dict[str, Any] = {
    "client": CLIENT,
    "household_ref": HOUSEHOLD,
    "municipality": ALKMAAR,
    "run_ref": "run-1",
    "rule_version": "v",
    "facts_hash": "f",
    "decided_on": date(2024, 3, 20),
}


def month(name: str, reserved: int, sequence: int = 1, parts: tuple[Part, ...] = (), **said: Any) -> MonthDecided:  # noqa: ANN401 - any field
    nothing = dict.fromkeys(("norm_cents", "supplement_cents", "received_cents", "exempt_cents", "measure_cents"), 0)
    amounts = MonthAmounts(**nothing, total_cents=100_000, reserved_cents=reserved)
    usual = {"seizable_cents": 0, "parts": parts}
    return MonthDecided(**ABOUT, month=name, sequence=sequence, amounts=amounts, **{**usual, **said})


def holiday(cents: int, name: str = "2024-05", parts: tuple[Part, ...] = ()) -> HolidayAllowanceDecided:
    return HolidayAllowanceDecided(**ABOUT, month=name, sequence=1, cents=cents, parts=parts)


def advance(name: str = "2024-05") -> AdvanceDecided:
    return AdvanceDecided(**ABOUT, month=name, sequence=1, cents=90_000, parts=(), applied_on=date(2024, 4, 1))


def owning(*money: Any) -> Dossier:  # noqa: ANN401 - any decision about money
    return Dossier(money=money)


def test_of_a_month_the_last_decision_counts() -> None:
    first, again, other = month("2024-03", 5_000), month("2024-03", 4_000, 2), month("2024-04", 5_000)

    assert decided_months(owning(first, other, holiday(1), again)) == {"2024-03": again, "2024-04": other}


def test_decisions_on_a_month_are_counted_without_its_holiday_allowance_and_advances() -> None:
    own = owning(month("2024-05", 5_000), holiday(5_000), advance(), month("2024-04", 5_000), month("2024-05", 4_000, 2))

    assert [next_sequence(own, name) for name in ("2024-03", "2024-04", "2024-05")] == [1, 2, 3]


def test_what_was_reserved_and_not_paid_waits() -> None:
    own = owning(month("2024-03", 5_000), month("2024-04", 5_000), holiday(7_000), advance())

    assert reserve_cents(own) == 3_000


def test_holiday_allowance_that_is_claimed_back_is_not_taken_from_the_reserve_again() -> None:
    own = owning(month("2024-03", 5_000), holiday(5_000), month("2024-03", 2_000, 2, reserve_claimed_cents=3_000))

    assert reserve_cents(own) == 0


@pytest.mark.parametrize(
    ("seizable", "paid", "free"),
    [(1_000, 0, 2_000), (9_000, 0, 10_000), (5_000, 4_000, 6_000), (4_000, 4_000, 4_000), (1_000, 2_500, 0)],
)
def test_creditors_may_have_of_the_reserve_what_its_months_left_free_and_nobody_had(seizable: int, paid: int, free: int) -> None:
    months = (month("2024-03", 5_000, seizable_cents=seizable), month("2024-04", 5_000, seizable_cents=seizable))

    assert seizable_reserve_cents(owning(*months, *([holiday(paid)] if paid else []))) == free


def test_an_attachment_wants_what_was_not_paid_for_it() -> None:
    def part(kind: Any, cents: int, payee: str) -> Part:  # noqa: ANN401 - a literal
        return Part(kind=kind, ref=f"r-{cents}", cents=cents, payee=payee)

    served = AttachmentServed(
        client=CLIENT,
        household_ref=HOUSEHOLD,
        municipality=ALKMAAR,
        decision_ref="dec-1",
        effective_on=date(2024, 1, 1),
        decided_on=date(2024, 1, 1),
        decided_by=WORKER,
        rule_version="v",
        reason_code="court",
        attachment_ref="at-1",
        claimed_cents=50_000,
        account_ref="acc-b",
        account_fingerprint="b",
    )
    parts = (part("attachment", 6_000, "at-1"), part("attachment", 7_000, "at-2"), part("fixed-charge", 8_000, "at-1"))
    own = owning(month("2024-03", 5_000, parts=parts), holiday(5_000, parts=(part("attachment", 1_000, "at-1"),)))

    assert attached_cents(own, served) == 43_000


def test_advances_of_an_application_are_told_from_months_and_from_advances_of_an_earlier_one() -> None:
    applied = lived(apply(date(2024, 4, 1)))
    own = replace(
        BENEFIT.fold(applied)[CLIENT, ALKMAAR],
        money=(month("2024-03", 5_000), advance(), advance("2024-06").model_copy(update={"applied_on": date(2024, 1, 1)})),
    )

    assert of_application(own) == (advance(),)
