"""The norms, limits and terms of the monthly benefit: what holds on a day, and under which version of the rules."""

import tomllib
from collections.abc import Iterable, Sequence
from datetime import date, time
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from services.benefits.allowance_rules import Sample, Signatures
from services.benefits.monthly.dated import R, Row, holding, overlapping, rows_of
from services.benefits.monthly.rounding import half_up, share
from services.benefits.monthly.rules import (
    Advances,
    AssetLimit,
    Category,
    Ceiling,
    Closing,
    CostSharing,
    Exemption,
    Fines,
    FourWeeklyMethod,
    FourWeeklyWages,
    Holiday,
    InstitutionCategory,
    Norm,
    PaymentDay,
    Protected,
    Step,
    StepName,
    Supplement,
    Term,
    TermName,
)
from services.contracts.circumstances import ExemptionKind
from services.contracts.intake import Scheme

POLICIES = Path(__file__).parent / "policies"


class Norms(BaseModel):
    """Every dated rule of the monthly benefit; `digest` names exactly this text of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: str
    digest: str
    norms: tuple[Norm, ...]
    supplements: tuple[Supplement, ...]
    exemptions: tuple[Exemption, ...]
    cost_sharing: tuple[CostSharing, ...]
    holiday: tuple[Holiday, ...]
    protected: tuple[Protected, ...]
    advances: tuple[Advances, ...]
    terms: tuple[Term, ...]
    four_weekly_wages: tuple[FourWeeklyWages, ...]
    payment_days: tuple[PaymentDay, ...]
    ceilings: tuple[Ceiling, ...]
    assets: tuple[AssetLimit, ...]
    fines: tuple[Fines, ...]
    steps: tuple[Step, ...]
    closings: tuple[Closing, ...]
    sample: Sample
    signatures: Annotated[tuple[Signatures, ...], Field(min_length=1)]
    _noted: set[str] | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _rows_agree(self) -> Self:
        """Two rows for one day, or two published amounts that do not fit each other, are a slip of the pen."""
        tables: Sequence[Sequence[object]] = [getattr(self, name) for name in TABLES]
        listed = [[row for row in rows if isinstance(row, Row)] for rows in tables]
        if double := [about for rows in listed for about in overlapping(rows)]:
            raise ValueError(f"two rows on one day: {', '.join(double)}")
        for norm in self.norms:
            if norm.without_holiday_cents not in (None, self.without_holiday(norm.with_holiday_cents, norm.begins)):
                raise ValueError(f"{norm.about} from {norm.begins}: with and without holiday allowance do not fit")
        return self

    def noting(self) -> "Norms":
        """The same rules, which note from now on what rows were looked up."""
        noting = self.model_copy()
        noting._noted = set()  # noqa: SLF001 - a copy of itself
        return noting

    @property
    def noted(self) -> tuple[str, ...]:
        """Names of the rows that were looked up, such as `norm single/2024-01-01`."""
        return tuple(sorted(self._noted or ()))

    def _held(self, rows: Iterable[R], what: str, day: date) -> R:
        row = holding(rows, what, day)
        if self._noted is not None:
            self._noted.add(row.known_as)
        return row

    def norm_cents(self, category: Category, day: date) -> int:
        """The norm in cents per month, with holiday allowance; raises `RuleMissing`."""
        return self._held(self.norms, f"norm {category}", day).with_holiday_cents

    def supplement_cents(self, category: InstitutionCategory, day: date) -> int:
        """The health supplement in an institution, in cents per month; raises `RuleMissing`."""
        return self._held(self.supplements, f"supplement {category}", day).cents_per_month

    def without_holiday(self, cents: int, day: date) -> int:
        """What is left of an amount once its holiday allowance is reserved, in cents; raises `RuleMissing`."""
        return share(cents, 100 - self._held(self.holiday, "Holiday", day).percent)

    def cost_sharing_cents(self, base: Literal["couple", "couple-pension-age"], counting: int, day: date) -> int:
        """The norm of one of `counting` adults who share a dwelling, in cents per month; raises `RuleMissing`."""
        row = self._held(self.cost_sharing, f"cost sharing {base}", day)
        percent = (row.own_percent + counting * row.each_percent) / counting
        return half_up(self.norm_cents(base, day) * percent / 100)

    def exemption(self, kind: ExemptionKind, day: date) -> Exemption:
        """The earnings exemption of a kind; raises `RuleMissing`."""
        return self._held(self.exemptions, f"exemption {kind}", day)

    def protected_percent(self, day: date) -> Fraction:
        """What must be left in hand; raises `RuleMissing`."""
        return self._held(self.protected, "Protected", day).percent

    def weeks(self, name: TermName, day: date) -> int:
        """The weeks of a term; raises `RuleMissing`."""
        return self._held(self.terms, f"term {name}", day).weeks

    def advance(self, day: date) -> Advances:
        """The rule of advances; raises `RuleMissing`."""
        return self._held(self.advances, "Advances", day)

    def four_weekly_method(self, day: date) -> FourWeeklyMethod:
        """How wages per four weeks count; raises `RuleMissing`."""
        return self._held(self.four_weekly_wages, "FourWeeklyWages", day).method

    def holiday_month(self, day: date) -> int:
        """The month in which the reserve is paid; raises `RuleMissing`."""
        return self._held(self.holiday, "Holiday", day).paid_in_month

    def payment_day(self, day: date) -> int:
        """The promised day of the month; raises `RuleMissing`."""
        return self._held(self.payment_days, "PaymentDay", day).day

    def settling_days_before(self, step: StepName, day: date) -> int:
        """How long before a promised day a step must be done; raises `RuleMissing`."""
        return self._held(self.steps, f"step {step}", day).settling_days_before

    def closing_time(self, day: date) -> time:
        """When a day ends for the steps of a run, in Dutch time; raises `RuleMissing`."""
        return self._held(self.closings, "Closing", day).at

    def asset_limit(self, household: Literal["single", "family"], day: date) -> AssetLimit:
        """What a household may own; raises `RuleMissing`."""
        return self._held(self.assets, f"assets {household}", day)

    def unprotected_months(self, day: date) -> int:
        """For how long a fine for a repeated breach knows no protected part; raises `RuleMissing`."""
        return self._held(self.fines, "Fines", day).unprotected_months

    def guards(self, scheme: Scheme, _scheme_year: int) -> bool:
        """Whether these are the rules of a run; there is one set for every month."""
        return scheme == "monthly-benefit"

    def signatures_for(self, total_cents: int) -> Signatures:
        """What a run of this total needs; above the last row what the last row says."""
        rows = sorted(self.signatures, key=lambda row: row.upto_cents)
        return next((row for row in rows if total_cents <= row.upto_cents), rows[-1])

    def ceiling(self, day: date) -> Ceiling:
        """What bounds a right and a run; raises `RuleMissing`."""
        return self._held(self.ceilings, "Ceiling", day)

    @property
    def rule_version(self) -> str:
        """What a decision rests on, such as `monthly-benefit/1+3f2a9c1b`."""
        return f"monthly-benefit/{self.version}+{self.digest[:8]}"

    def version_for(self, municipality: str) -> str:
        """The same, for one municipality of a run; all have the same rules."""
        return f"monthly-benefit/{municipality}/{self.version}+{self.digest[:8]}"


TABLES = tuple(name for name, field in Norms.model_fields.items() if "tuple" in str(field.annotation))


def parse(texts: Sequence[bytes]) -> Norms:
    """The rules in TOML files; raises `pydantic.ValidationError` or `tomllib.TOMLDecodeError`."""
    contents = [tomllib.loads(text.decode()) for text in texts]
    tables = {name: rows_of(contents, name) for name in TABLES}
    rest = {name: value for content in contents for name, value in content.items() if name not in TABLES}
    return Norms.model_validate({**rest, **tables, "digest": sha256(b"\0".join(texts)).hexdigest()})


def installed(folder: Path = POLICIES) -> Norms:
    """The rules of the files in a folder."""
    return parse([path.read_bytes() for path in sorted(folder.glob("*.toml"))])
