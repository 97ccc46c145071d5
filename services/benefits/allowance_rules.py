"""The rules of an allowance as dated data: amounts, limits and dates, each with the source that it comes from."""

import tomllib
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.benefits.norm_category import NormCategory
from services.contracts.intake import Cents, Municipality, Scheme

Exclusion = Literal["age-18-20", "student-finance", "postal-address", "institution"]
POLICIES = Path(__file__).parent / "policies"


class Sourced(BaseModel):
    """A row of the rules; `assumed` where no rule of the municipality itself was found."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    source: Annotated[str, Field(min_length=1)]
    assumed: bool = False


class Amount(Sourced):
    """An amount in euro cents."""

    amount_cents: Cents


class Tranche(Amount):
    """The most that a household gets in one tranche, in euro cents."""

    tranche: Annotated[int, Field(ge=1)]


class Until(Sourced):
    """A last day."""

    on: date


class Norm(Sourced):
    """A norm, net and without holiday pay, in cents per month."""

    category: NormCategory
    cents_per_month: Cents


class Excluded(Sourced):
    """Who has no right, whatever the income."""

    reason: Exclusion


class OnePerDwelling(Sourced):
    """Whether a dwelling gets the allowance once."""

    applies: bool


class MunicipalRule(Sourced):
    """What a municipality fixes for itself: the income limit in percent of the norm, and the day that counts."""

    code: Municipality
    name: str
    income_limit_percent: Annotated[int, Field(ge=100, le=200)]
    reference_on: date


class Signatures(Sourced):
    """Up to this total a run needs so many signatures, within so many hours of its preparation."""

    upto_cents: Cents
    signatures: Annotated[int, Field(ge=1, le=9)]
    hours: Annotated[int, Field(ge=1)]


class Sample(Sourced):
    """How many rows of every municipality and decision people judge before a release."""

    rows_per_stratum: Annotated[int, Field(ge=0, le=100)]


class Budget(Amount):
    """What a municipality set aside for the scheme year, in euro cents."""

    code: Municipality


class AllowanceRules(BaseModel):
    """The rules of one scheme year; `digest` names exactly this text of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    scheme: Scheme
    scheme_year: int
    version: str
    digest: str
    year_amount: Amount
    payment_ceiling: Amount
    run_ceiling: Amount
    tranches: tuple[Tranche, ...]
    decide_until: Until
    pay_until: Until
    norms: tuple[Norm, ...]
    exclusions: tuple[Excluded, ...]
    one_per_dwelling: OnePerDwelling
    municipalities: tuple[MunicipalRule, ...]
    signatures: Annotated[tuple[Signatures, ...], Field(min_length=1)]
    sample: Sample
    budgets: tuple[Budget, ...] = ()

    @model_validator(mode="after")
    def _amounts_fit(self) -> Self:
        """A slip of the pen that makes euros of cents is caught here, before anything is computed with it."""
        if any(tranche.amount_cents > self.year_amount.amount_cents for tranche in self.tranches):
            raise ValueError("a tranche above the year amount")
        if self.year_amount.amount_cents > self.payment_ceiling.amount_cents:
            raise ValueError("the year amount is above the ceiling per payment")
        return self

    def tranche_cents(self, tranche: int) -> int:
        """The most that a household gets in a tranche, in cents."""
        rows = {row.tranche: row.amount_cents for row in self.tranches}
        return rows.get(tranche, self.year_amount.amount_cents)

    def municipality(self, code: str) -> MunicipalRule | None:
        """The rules of a municipality, if it carries the scheme out."""
        return next((row for row in self.municipalities if row.code == code), None)

    def norm_cents(self, category: NormCategory) -> int:
        """The norm of a category in cents per month; raises `KeyError`."""
        return {row.category: row.cents_per_month for row in self.norms}[category]

    def excludes(self, reason: Exclusion) -> bool:
        """Whether these rules know the exclusion."""
        return any(row.reason == reason for row in self.exclusions)

    def guards(self, scheme: Scheme, scheme_year: int) -> bool:
        """Whether these are the rules of a run."""
        return (self.scheme, self.scheme_year) == (scheme, scheme_year)

    def signatures_for(self, total_cents: int) -> Signatures:
        """What a run of this total needs; above the last row what the last row says."""
        rows = sorted(self.signatures, key=lambda row: row.upto_cents)
        return next((row for row in rows if total_cents <= row.upto_cents), rows[-1])

    def budget_cents(self, code: str) -> int | None:
        """What a municipality set aside; None where no limit is known."""
        return next((row.amount_cents for row in self.budgets if row.code == code), None)

    def rule_version(self, code: str) -> str:
        """What a decision rests on, such as `energy-allowance-2023/GM0361/1+3f2a9c1b`."""
        return f"{self.scheme}-{self.scheme_year}/{code}/{self.version}+{self.digest[:8]}"


def parse(text: bytes) -> AllowanceRules:
    """The rules in a TOML file; raises `pydantic.ValidationError` or `tomllib.TOMLDecodeError`."""
    content = tomllib.loads(text.decode())
    listed = {name: tuple(content.get(name, ())) for name in ("tranches", "norms", "exclusions", "municipalities", "signatures", "budgets")}
    return AllowanceRules.model_validate({**content, **listed, "digest": sha256(text).hexdigest()})


def installed(folder: Path = POLICIES) -> Sequence[AllowanceRules]:
    """Every rule file of a folder."""
    return [parse(path.read_bytes()) for path in sorted(folder.glob("*.toml"))]
