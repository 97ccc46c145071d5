"""Which rows people must judge follows from the lines as a whole: whoever changes one line to keep a row out draws another sample."""

from hashlib import sha256

import pytest

from services.benefits.manifest import EntitledLine, Line
from services.benefits.sampling import draw
from services.contracts.monthly_money import MonthlyRightGranted
from tests.benefits.a_region import ALKMAAR, BERGEN
from tests.benefits.test_benefits_difference import paid, unpaid
from tests.contracts.examples import EXAMPLES

RIGHT = next(each for each in EXAMPLES if isinstance(each, MonthlyRightGranted))
GRANTED = [f"r-{number}" for number in range(40)]


def granted(right_ref: str, municipality: str = ALKMAAR) -> Line:
    return paid("h-1", 100, municipality).model_copy(update={"right_ref": right_ref})


def entitled(*rights: str) -> Line:
    return EntitledLine(
        household_ref="h-1",
        client="p-1",
        municipality=ALKMAAR,
        reasons=(),
        rule_version="rules/1",
        facts_hash="f-1",
        seen_version=1,
        amount_cents=1,
        months=(),
        rights=tuple(RIGHT.model_copy(update={"right_ref": ref}) for ref in rights),
        offsets=(),
        opened=(),
        holidays=(),
        advances=(),
    )


def by_lot(manifest_hash: str, rights: list[str]) -> list[str]:
    """In the order of the lots that the standard way of hashing gives them."""
    return sorted(rights, key=lambda ref: sha256(f"{manifest_hash}|{ref}".encode()).digest())


@pytest.mark.parametrize("manifest_hash", ["a", "b"])
def test_rows_are_drawn_by_the_hash_of_all_lines_and_their_own_right(manifest_hash: str) -> None:
    drawn = [row.right_ref for row in draw([granted(ref) for ref in GRANTED], manifest_hash, 5)]

    assert drawn == by_lot(manifest_hash, GRANTED)[:5]


def test_each_municipality_and_decision_has_rows_of_its_own() -> None:
    lines = [*(granted(ref) for ref in GRANTED), *(granted(f"b-{number}", BERGEN) for number in range(2)), unpaid("h-9", "moved")]
    drawn = [(row.municipality, row.standing, row.right_ref) for row in draw(lines, "a", 3)]

    assert drawn == [
        *((ALKMAAR, "granted", ref) for ref in by_lot("a", GRANTED)[:3]),
        *((BERGEN, "granted", ref) for ref in by_lot("a", ["b-0", "b-1"])),
    ]


def test_a_line_of_a_month_is_judged_by_its_first_right_and_one_without_a_right_is_not() -> None:
    assert [row.right_ref for row in draw([entitled("r-1", "r-2")], "a", 5)] == ["r-1"]
    assert draw([entitled()], "a", 5) == ()
