"""What the amount of a monthly benefit rests on: how somebody lives, what comes in, and what is owned."""

from typing import Annotated, Literal

from pydantic import Field

from services.contracts.envelope import Published
from services.contracts.intake import AgeBand, Cents, HouseholdType

ExemptionKind = Literal["first-months", "single-parent", "medically-limited"]
IncomeKind = Literal["wages", "self-employed", "pension", "benefit", "maintenance", "other"]


class Circumstances(Published):
    """What the amount of a benefit rests on. `age_bands` are those of applicant and partner, in that order.

    `cost_sharers` counts the other adults in the dwelling who share its cost; `income_expected` says that a month is
    not worked out without a report of its income; `holiday` whether the allowance is reserved or paid along each month.
    """

    household_type: HouseholdType
    age_bands: tuple[AgeBand, ...]
    living: Literal["independent", "institution"] = "independent"
    cost_sharers: Annotated[int, Field(ge=0, le=99)] = 0
    partner: str | None = None
    exemption: ExemptionKind | None = None
    income_expected: bool = False
    holiday: Literal["reserved", "monthly"] = "reserved"


class AssetsTested(Published):
    """What was owned less debts, and the worth of an own home less its mortgage, in cents, each with its limit on the first day."""

    assets_cents: Cents
    limit_cents: Cents
    home_cents: Cents
    home_limit_cents: Cents


class IncomeLine(Published):
    """One slip of income, net and with the holiday allowance in it, in cents per month or per four weeks."""

    kind: IncomeKind
    period: Literal["month", "four-weeks"]
    net_cents: Cents
