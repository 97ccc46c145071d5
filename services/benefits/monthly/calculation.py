"""What the benefit of one month comes to: the norm by days, less income and measures, with its holiday allowance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from services.benefits.monthly.income import Income, income
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.periods import days_in
from services.benefits.monthly.rounding import half_up, share
from services.benefits.monthly.rules import InstitutionCategory
from services.benefits.norm_category import PENSION, YOUNG, norm_category
from services.contracts.circumstances import Circumstances, IncomeLine


class NotWorkedOut(Exception):
    """No amount can be given; `reason` is a code that people see beside the client."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Stretch:
    """So many days of a month on the same circumstances."""

    circumstances: Circumstances
    days: int


@dataclass(frozen=True, slots=True)
class Amounts:
    """One month, in cents. `total_cents` is what the month gives with its holiday allowance, of which `reserved_cents` waits."""

    norm_cents: int
    supplement_cents: int
    received_cents: int
    exempt_cents: int
    measure_cents: int
    total_cents: int
    reserved_cents: int

    @property
    def due_cents(self) -> int:
        """What the month gives now."""
        return self.total_cents - self.reserved_cents

    @property
    def income_cents(self) -> int:
        """Everything there is to live on in the month, holiday allowance included."""
        return self.total_cents + self.received_cents


NOTHING = Amounts(0, 0, 0, 0, 0, 0, 0)


def amounts(norms: Norms, month: date, stretches: Sequence[Stretch], lines: Sequence[IncomeLine] | None, measure_percent: int) -> Amounts:
    """The month that begins on `month`; days on no stretch have no right. `lines` is None where no income was reported.

    Income and measure count against the whole month. Raises `NotWorkedOut`, and `RuleMissing` for a period without rules.
    """
    if not stretches:
        return NOTHING
    last = stretches[-1].circumstances
    if lines is None and last.income_expected:
        raise NotWorkedOut("income-form-missing")
    norm_cents = _by_days(month, [(norm_of(norms, s.circumstances, month), s.days) for s in stretches])
    supplement_cents = _by_days(month, [(_supplement(norms, s.circumstances, month), s.days) for s in stretches])
    earned = income(norms, month, lines or (), last.exemption)
    return _put_together(norms, month, (norm_cents, supplement_cents), earned, (measure_percent, last.holiday))


def _put_together(
    norms: Norms, month: date, per_month: tuple[int, int], earned: Income, terms: tuple[int, Literal["reserved", "monthly"]]
) -> Amounts:
    (norm_cents, supplement_cents), (measure_percent, holiday) = per_month, terms
    before_cents = max(0, norm_cents - earned.counted_cents)
    measure_cents = min(before_cents, share(norm_cents, Fraction(measure_percent)))
    benefit_cents = before_cents - measure_cents
    reserved_cents = benefit_cents - norms.without_holiday(benefit_cents, month) if holiday == "reserved" else 0
    return Amounts(
        norm_cents=norm_cents,
        supplement_cents=supplement_cents,
        received_cents=earned.received_cents,
        exempt_cents=earned.exempt_cents,
        measure_cents=measure_cents,
        total_cents=benefit_cents + supplement_cents,
        reserved_cents=reserved_cents,
    )


def _by_days(month: date, parts: Sequence[tuple[int, int]]) -> int:
    """Cents per month for so many days of it: by calendar days (assumed), rounded once."""
    return half_up(sum((Fraction(cents * days, days_in(month)) for cents, days in parts), Fraction(0)))


def norm_of(norms: Norms, circumstances: Circumstances, month: date) -> int:
    """The norm in cents per month, with holiday allowance; raises `NotWorkedOut` and `RuleMissing`."""
    bands = circumstances.age_bands
    category = norm_category(circumstances.household_type, bands)
    if category is None or "0-17" in bands:
        raise NotWorkedOut("household-contradictory")
    if circumstances.living == "institution":
        return norms.norm_cents(_institution(circumstances), month)
    if circumstances.cost_sharers and YOUNG not in bands:
        return _shared(norms, circumstances, month)
    return norms.norm_cents(category, month)


def _shared(norms: Norms, circumstances: Circumstances, month: date) -> int:
    """Art. 22a: everybody in the dwelling counts, a partner too; a couple has the norm of two of them (assumed)."""
    bands = circumstances.age_bands
    base: Literal["couple", "couple-pension-age"] = "couple-pension-age" if PENSION in bands else "couple"
    counting = len(bands) + circumstances.cost_sharers
    return len(bands) * norms.cost_sharing_cents(base, counting, month)


def _supplement(norms: Norms, circumstances: Circumstances, month: date) -> int:
    if circumstances.living != "institution":
        return 0
    return norms.supplement_cents(_institution(circumstances), month)


def _institution(circumstances: Circumstances) -> InstitutionCategory:
    return "institution-single" if len(circumstances.age_bands) == 1 else "institution-couple"
