"""Mutants that lived are told in lines that stay the same, and one that nobody explained is seen."""

from collections import Counter
from pathlib import Path

import pytest

from deploy.mutation.tried import Explained, Tried, explained

MODULE = "services/benefits/ledger.py"
LIVED = f"{MODULE} taken: left = cents - 1 => left = cents + 1"


@pytest.mark.parametrize(("ended", "percent"), [({"killed": 8, "no end": 1, "lived": 1}, 90), ({}, 100)])
def test_a_mutant_that_runs_for_ever_is_noticed_as_one_that_fails_a_test(ended: dict[str, int], percent: float) -> None:
    assert Tried(MODULE, ended, [LIVED] * ended.get("lived", 0)).percent == percent


def test_a_survivor_is_explained_as_often_as_it_stands_in_the_list() -> None:
    known = Explained(Counter([LIVED]))

    assert list(known.missing([LIVED])) == []
    assert list(known.missing([LIVED, LIVED])) == [LIVED]


def test_a_line_whose_mutant_lives_no_longer_is_told() -> None:
    known = explained(f"# what the list is\n{LIVED} # nobody asks\n")

    assert list(known.idle(MODULE, [])) == [LIVED]
    assert list(known.idle("services/benefits/right.py", [])) == []


@pytest.mark.parametrize("line", [LIVED, f"{LIVED} # "])
def test_a_line_without_a_reason_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="no reason behind"):
        explained(line)


def test_every_survivor_of_the_committed_list_has_a_reason_and_a_module() -> None:
    root = Path(__file__).parents[2]
    known = explained((root / "deploy" / "mutation" / "survivors.txt").read_text())

    assert all((root / mutant.split(" ", 1)[0]).is_file() for mutant in known.mutants)
