"""What a manager reads beside a run: each household in both runs, in words and to the cent, and what it comes to per municipality."""

from typing import Any

import pytest

from services.benefits.difference import Change, Difference, change_of, control_totals, differences, totals
from services.benefits.manifest import GrantedLine, Line, UndecidedLine
from tests.benefits.a_region import ALKMAAR, BERGEN


def paid(household: str, cents: int, municipality: str = ALKMAAR, rules: str = "rules/1", facts: str = "f-1") -> Line:
    said: dict[str, Any] = {"household_ref": household, "municipality": municipality, "rule_version": rules, "facts_hash": facts}
    account: dict[str, Any] = {"account_ref": "acc", "account_fingerprint": "print", "adults": (), "dwelling_ref": ""}
    return GrantedLine(
        **said, **account, reasons=(), right_ref="r", sequence=1, client="p", amount_cents=cents, year_amount_cents=1, ceiling_cents=1
    )


def unpaid(household: str, *reasons: str, facts: str = "f-1") -> Line:
    return UndecidedLine(
        household_ref=household, municipality=ALKMAAR, reasons=reasons, rule_version="rules/1", facts_hash=facts, standing="held"
    )


@pytest.mark.parametrize(
    ("before", "now", "change", "cents", "why"),
    [
        ([], [paid("h", 100)], "new", (0, 100), ("first-seen",)),
        ([unpaid("h", "no-account")], [paid("h", 100)], "new", (0, 100), ("was-no-account",)),
        ([unpaid("h", "no-account")], [paid("h", 100, facts="f-2")], "new", (0, 100), ("was-no-account", "facts-changed")),
        ([paid("h", 100)], [], "gone", (100, 0), ("not-in-this-run",)),
        ([paid("h", 100)], [unpaid("h", "moved", facts="f-2")], "gone", (100, 0), ("moved", "facts-changed")),
        ([paid("h", 100)], [paid("h", 101, rules="rules/2")], "higher", (100, 101), ("rules-changed",)),
        ([paid("h", 101)], [paid("h", 100, rules="rules/2", facts="f-2")], "lower", (101, 100), ("rules-changed", "facts-changed")),
        ([paid("h", 100)], [paid("h", 100)], "same", (100, 100), ()),
    ],
)
def test_a_household_in_two_runs(before: list[Line], now: list[Line], change: Change, cents: tuple[int, int], why: tuple[str, ...]) -> None:
    assert list(differences(before, now)) == [Difference("h", ALKMAAR, change, *cents, why)]


def test_who_is_paid_in_neither_is_not_told() -> None:
    assert list(differences([unpaid("h", "no-account")], [unpaid("h", "moved")])) == []
    assert change_of(0, 0) is None


ROWS = [
    Difference("h-1", ALKMAAR, "higher", 100, 150, ()),
    Difference("h-2", ALKMAAR, "higher", 1, 2, ()),
    Difference("h-3", ALKMAAR, "gone", 30, 0, ()),
    Difference("h-4", BERGEN, "new", 0, 1, ()),
]


def test_what_a_run_comes_to_otherwise_per_municipality_and_change() -> None:
    assert totals(ROWS) == [
        {"municipality": ALKMAAR, "change": "gone", "households": 1, "cents": -30},
        {"municipality": ALKMAAR, "change": "higher", "households": 2, "cents": 51},
        {"municipality": BERGEN, "change": "new", "households": 1, "cents": 1},
    ]


def test_how_many_were_paid_how_much_before_and_now() -> None:
    assert control_totals(ROWS) == [
        {"municipality": ALKMAAR, "before": 3, "before_cents": 131, "now": 2, "now_cents": 152},
        {"municipality": BERGEN, "before": 0, "before_cents": 0, "now": 1, "now_cents": 1},
    ]
