"""Every category of what we keep has a term with a source, counted to the day."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.vault.retention import Category, Retention, Term, installed

TODAY = date(2026, 11, 26)
README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize(
    ("category", "until"),
    [
        ("registration", date(2021, 2, 15)),
        ("benefit-file", date(2030, 2, 15)),
        ("payment", date(2028, 1, 1)),
        ("wmo", date(2035, 2, 15)),
        ("youth", date(2040, 2, 15)),
    ],
)
def test_a_term_ends_on_a_day(category: Category, until: date) -> None:
    assert installed().until(category, date(2020, 2, 15), TODAY) == until


def test_the_last_day_of_february_ends_on_the_first_of_march() -> None:
    assert installed().until("registration", date(2024, 2, 29), TODAY) == date(2025, 3, 1)


def test_every_row_says_where_it_comes_from() -> None:
    assert all(term.source for term in installed().terms)


def test_the_row_in_force_counts() -> None:
    old = installed().terms
    new = Term(category="registration", years=2, counted_from="last-day", from_on=date(2026, 1, 1), source="invented")
    terms = Retention(terms=(*old, new))

    assert terms.until("registration", date(2024, 1, 1), date(2025, 12, 31)) == date(2025, 1, 1)
    assert terms.until("registration", date(2024, 1, 1), TODAY) == date(2026, 1, 1)


def test_no_category_is_without_a_term() -> None:
    with pytest.raises(ValidationError, match="no term for wmo"):
        Retention(terms=tuple(term for term in installed().terms if term.category != "wmo"))


def test_the_table_in_the_readme_says_each_term() -> None:
    rows = [line.split("|")[1:4] for line in README.read_text().splitlines() if line.startswith("| ")]
    told = {
        name: (years.strip(), since.strip()) for names, years, since in rows for name in names.partition(":")[0].replace(" ", "").split(",")
    }
    since = {"last-day": "the last fact", "end-of-year": "the end of its year"}
    assert {term.category: (str(term.years), since[term.counted_from]) for term in installed().terms}.items() <= told.items()
