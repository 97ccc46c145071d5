"""How long what we know of a client is kept: dated terms with a source per row, counted from the last recorded fact."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

RULES = Path(__file__).parent / "policies" / "retention.toml"
Category = Literal[
    "registration",
    "application-refused",
    "benefit-file",
    "payment",
    "work-income",
    "debt-help",
    "wmo",
    "youth",
    "integration",
    "safety",
]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Term(_Strict):
    """A category is kept for so many years; the row is in force from `from_on`."""

    category: Category
    years: Annotated[int, Field(ge=1, le=100)]
    counted_from: Literal["last-day", "end-of-year"]
    from_on: date
    source: Annotated[str, Field(min_length=1)]
    assumed: bool = False

    def until(self, last_day: date) -> date:
        """The first day on which it is no longer kept."""
        return anniversary(date(last_day.year + 1, 1, 1) if self.counted_from == "end-of-year" else last_day, self.years)


class Retention(_Strict):
    """Every term; no category is without one."""

    terms: tuple[Term, ...]

    @model_validator(mode="after")
    def _each_has_a_term(self) -> "Retention":
        missing = set(get_args(Category)) - {term.category for term in self.terms}
        if missing:
            raise ValueError(f"no term for {', '.join(sorted(missing))}")
        return self

    def until(self, category: Category, last_day: date, today: date) -> date:
        """The first day on which a category is no longer kept, by the row in force today, or else by the first that comes."""
        rows = sorted((term for term in self.terms if term.category == category), key=lambda term: term.from_on)
        in_force = [term for term in rows if term.from_on <= today]
        return (in_force[-1] if in_force else rows[0]).until(last_day)


def anniversary(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def installed(path: Path = RULES) -> Retention:
    """The terms of a file; raises `pydantic.ValidationError` or `tomllib.TOMLDecodeError`."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["term"]
    return Retention(terms=tuple(Term(**row) for row in rows))
