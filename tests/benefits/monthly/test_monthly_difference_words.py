"""In which words a month says what a client is paid otherwise, and from which lines of which runs it takes them."""

from typing import Any

import pytest

from services.benefits.difference import Difference
from services.benefits.manifest import EntitledLine, Line, WaitingLine
from services.benefits.monthly.month_difference import differences_of_months
from services.contracts.monthly_money import AdvanceDecided, MonthDecided, Part, RefundDecided
from tests.benefits.a_region import ALKMAAR, BERGEN, household, person
from tests.contracts.examples import EXAMPLES

MONTH = next(each for each in EXAMPLES if isinstance(each, MonthDecided))
ADVANCE = next(each for each in EXAMPLES if isinstance(each, AdvanceDecided))
REFUND = next(each for each in EXAMPLES if isinstance(each, RefundDecided))


def about(number: int = 1, municipality: str = ALKMAAR, *reasons: str) -> dict[str, Any]:
    said = {"client": person(number), "household_ref": household(number), "municipality": municipality}
    return {**said, "reasons": reasons, "rule_version": "rules/1", "facts_hash": "f"}


def decided(
    name: str = "2024-03", sequence: int = 1, *rests_on: str, received: int = 0, exempt: int = 0, parts: tuple[Part, ...] = ()
) -> MonthDecided:
    amounts = MONTH.amounts.model_copy(update={"received_cents": received, "exempt_cents": exempt})
    return MONTH.model_copy(update={"month": name, "sequence": sequence, "rests_on": rests_on, "amounts": amounts, "parts": parts})


def entitled(cents: int, *months: MonthDecided, number: int = 1, municipality: str = ALKMAAR, **more: Any) -> Line:  # noqa: ANN401 - fields of a line
    return EntitledLine(**about(number, municipality), seen_version=1, amount_cents=cents, months=months, **more)


def waiting(*reasons: str, number: int = 1) -> Line:
    return WaitingLine(**about(number, ALKMAAR, *reasons))


def part(kind: str, ref: str = "", payee: str = "") -> Part:
    return Part(kind=kind, ref=ref, cents=1, payee=payee)  # type: ignore[arg-type]  # a literal


@pytest.mark.parametrize(
    ("before", "now", "change", "why"),
    [
        ([], [entitled(5, decided("2024-03", 1, "rule/a"))], "new", ("first-seen", "rule/a")),
        ([waiting("2024-02:blocked")], [entitled(5, decided("2024-03", 1, "rule/a"))], "new", ("was/2024-02:blocked", "rule/a")),
        ([entitled(0, decided("2024-02", 1, "rule/b"))], [entitled(5, decided("2024-03", 1, "rule/a"))], "new", ("rule/a",)),
        ([entitled(5, decided("2024-02"))], [], "gone", ("not-in-this-run",)),
        ([entitled(5, decided("2024-02"))], [waiting("2024-03:blocked")], "gone", ("2024-03:blocked",)),
        (
            [entitled(5, decided("2024-02", 1, "rule/b"))],
            [entitled(6, decided("2024-03", 1, "rule/a"))],
            "higher",
            ("rule/a", "was/rule/b"),
        ),
        (
            [entitled(5, decided("2024-02", 1, "income/f-1")), waiting("2024-02:one")],
            [entitled(4, decided("2024-03", 1, "income/f-2", received=100, exempt=50))],
            "lower",
            ("income/f-2", "was/income/f-1"),
        ),
        (
            [entitled(5, decided("2024-02", 1, "income/f-1", received=100, exempt=50))],
            [entitled(6, decided("2024-03", 1, "income/f-2", received=50))],
            "higher",
            (),
        ),
        (
            [entitled(5, decided("2024-02"))],
            [
                entitled(
                    4,
                    decided(
                        "2024-03",
                        parts=(part("advance"), part("recovery", "cl-1"), part("attachment", "r-2", "bailiff"), part("client", "r-1")),
                    ),
                )
            ],
            "lower",
            ("advance-settled", "attachment/bailiff", "claim/cl-1"),
        ),
        (
            [entitled(5, decided("2024-02"))],
            [
                entitled(
                    9,
                    decided("2024-03"),
                    decided("2024-01", 1, "rule/old"),
                    decided("2024-03", 2, "rule/later"),
                    advances=(ADVANCE,),
                    refunds=(REFUND,),
                )
            ],
            "higher",
            ("advance", "month/2024-01/1", "month/2024-03/2", f"refund/{REFUND.claim_ref}"),
        ),
    ],
)
def test_a_client_in_two_months(before: list[Line], now: list[Line], change: str, why: tuple[str, ...]) -> None:
    (row,) = differences_of_months(before, now)

    assert (row.change, row.why) == (change, why)


def test_each_municipality_has_a_row_of_its_own_of_a_client_who_moved_and_each_client_one() -> None:
    before = [entitled(5, decided("2024-02")), entitled(7, decided("2024-02"), number=2)]
    now = [entitled(3, decided("2024-03"), municipality=BERGEN), entitled(7, decided("2024-03"), number=2)]

    assert list(differences_of_months(before, now)) == [
        Difference(household(1), ALKMAAR, "gone", 5, 0, ("not-in-this-run",), person(1)),
        Difference(household(1), BERGEN, "new", 0, 3, ("first-seen",), person(1)),
        Difference(household(2), ALKMAAR, "same", 7, 7, (), person(2)),
    ]
