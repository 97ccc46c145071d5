"""Rules as dated rows: each holds from its first day to its last, and says where it comes from."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class RuleMissing(Exception):
    """No row holds on a day: the amount is not known, and nothing is guessed. `what` names the rule."""

    def __init__(self, what: str, day: date) -> None:
        super().__init__(f"no rule for {what} on {day}: add a row with its source to services/benefits/monthly/policies")
        self.what, self.day = what, day


class Row(BaseModel):
    """One rule from `begins` up to and including `ends`; `assumed` where somebody must confirm it, `derived` where it was computed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    begins: date
    ends: date
    source: Annotated[str, Field(min_length=1)]
    assumed: bool = False
    derived: bool = False

    @property
    def about(self) -> str:
        """What the row is about; of one thing there is one row on a day."""
        return type(self).__name__

    @property
    def known_as(self) -> str:
        """What names the row for ever, such as `norm single/2024-01-01`."""
        return f"{self.about}/{self.begins}"

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.ends < self.begins:
            raise ValueError("a rule that ends before it begins")
        return self


def _fraction(text: object) -> Fraction:
    if not isinstance(text, str):
        raise ValueError("a percentage is text, so that it is read as an exact fraction")  # noqa: TRY004 - pydantic wants ValueError
    return Fraction(text)


Percent = Annotated[Fraction, BeforeValidator(_fraction), Field(ge=0, le=100)]

R = TypeVar("R", bound=Row)


def holding(rows: Iterable[R], what: str, day: date) -> R:
    """The row about `what` that holds on a day; raises `RuleMissing`."""
    for row in rows:
        if row.about == what and row.begins <= day <= row.ends:
            return row
    raise RuleMissing(what, day)


def overlapping(rows: Sequence[Row]) -> list[str]:
    """What has two rows for one day."""
    ordered = sorted(rows, key=lambda row: (row.about, row.begins))
    pairs = itertools.pairwise(ordered)
    return [former.about for former, later in pairs if former.about == later.about and later.begins <= former.ends]


def rows_of(contents: Iterable[dict[str, Any]], name: str) -> tuple[Any, ...]:
    """The rows under a name in every file."""
    return tuple(row for content in contents for row in content.get(name, ()))
