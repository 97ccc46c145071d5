"""When a client is proposed for the integral route: rules, threshold, terms and what is later called a hit, as dated data."""

import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.contracts.route import SignalKind

POLICIES = Path(__file__).parents[1] / "policies"
FILES = "route*.toml"

Answer = Literal["confirm", "keep", "remove"]
RuleCode = Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,39}$")]
Months = Annotated[int, Field(ge=1, le=120)]


class RuleMissing(Exception):
    """No row holds on a day, so nothing can be decided; `what` names the table."""

    def __init__(self, what: str) -> None:
        super().__init__(f"no row of [[{what}]] holds on this day: add one with its source to services/intake/policies/route.toml")
        self.what = what


class Sourced(BaseModel):
    """A row in force from `from_on`; `assumed` where no rule of the region itself was found."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    from_on: date
    source: Annotated[str, Field(min_length=1, max_length=300)]
    assumed: bool = False


R = TypeVar("R", bound=Sourced)


class Rule(Sourced):
    """Where at least so many are seen, of those that began within the months before, `weight` is added once; weight 0 ends the rule.

    Open needs count by domain of life, active organisations by kind, all others one by one.
    """

    code: RuleCode
    kind: SignalKind
    at_least: Annotated[int, Field(ge=1, le=100)]
    weight: Annotated[int, Field(ge=0, le=1_000)]
    within_months: Months | None = None


class Threshold(Sourced):
    """The score from which a flag is proposed."""

    score: Annotated[int, Field(ge=1, le=100_000)]


class Term(Sourced):
    """How soon a proposal is answered and expires, and how soon a confirmed flag is reviewed and expires."""

    answer_days: Annotated[int, Field(ge=1, le=365)]
    proposal_months: Months
    review_months: Months
    flag_months: Months

    @model_validator(mode="after")
    def _looked_at_before_it_expires(self) -> Self:
        if self.answer_days >= self.proposal_months * 28 or self.review_months >= self.flag_months:
            raise ValueError("a flag is looked at before it expires")
        return self


class Outcome(Sourced):
    """A flag was right where so many domains were open at once within so many months; and how many households are expected to need one."""

    domains: Annotated[int, Field(ge=2, le=6)]
    within_months: Months
    flagged_per_10_000_households: Annotated[int, Field(ge=1, le=10_000)]


class Reason(Sourced):
    """A code that a person may give for an answer."""

    code: RuleCode
    answers: Annotated[tuple[Answer, ...], Field(min_length=1, strict=False)]


class RouteRules(BaseModel):
    """Every row; `version` names exactly these texts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    rules: tuple[Rule, ...]
    thresholds: tuple[Threshold, ...]
    terms: tuple[Term, ...]
    outcomes: tuple[Outcome, ...]
    reasons: tuple[Reason, ...]

    def in_force(self, on: date) -> tuple[Rule, ...]:
        """The rules of a day, in the order of the file."""
        latest = (_latest((row for row in self.rules if row.code == code), on) for code in dict.fromkeys(row.code for row in self.rules))
        return tuple(row for row in latest if row is not None and row.weight)

    def threshold(self, on: date) -> Threshold:
        """The threshold of a day; raises `RuleMissing`."""
        return _held(_latest(self.thresholds, on), "thresholds")

    def term(self, on: date) -> Term:
        """The terms of a day; raises `RuleMissing`."""
        return _held(_latest(self.terms, on), "terms")

    def outcome(self, on: date) -> Outcome | None:
        """What is judged by on a day; nothing before the first row, and then nothing is scored."""
        return _latest(self.outcomes, on)

    def reasons_for(self, answer: Answer, on: date) -> tuple[str, ...]:
        """The codes that a person may give on a day."""
        latest = (
            _latest((row for row in self.reasons if row.code == code), on) for code in dict.fromkeys(row.code for row in self.reasons)
        )
        return tuple(row.code for row in latest if row is not None and answer in row.answers)

    def changed(self, rules: Sequence[Rule], threshold: Threshold) -> Self:
        """The same with other rules and another threshold, for a dry run."""
        return self.model_copy(update={"version": "trial", "rules": tuple(rules), "thresholds": (threshold,)})


def _latest(rows: Iterable[R], on: date) -> R | None:
    return max((row for row in rows if row.from_on <= on), key=lambda row: row.from_on, default=None)


def _held(row: R | None, what: str) -> R:
    if row is None:
        raise RuleMissing(what)
    return row


def parse(texts: Sequence[bytes]) -> RouteRules:
    """The rules in TOML files; raises `pydantic.ValidationError` or `tomllib.TOMLDecodeError`."""
    digest, found = sha256(), dict[str, list[object]]()
    for text in texts:
        digest.update(text)
        for name, rows in tomllib.loads(text.decode()).items():
            found.setdefault(name, []).extend(rows)
    return RouteRules.model_validate({**found, "version": f"route+{digest.hexdigest()[:8]}"})


def installed(folder: Path = POLICIES) -> RouteRules:
    """The rule files of a folder."""
    return parse([path.read_bytes() for path in sorted(folder.glob(FILES))])
