"""The kinds of rules of the monthly benefit: what each dated row says, and about what."""

from datetime import time
from typing import Annotated, Literal

from pydantic import Field

from services.benefits.monthly.dated import Percent, Row
from services.benefits.norm_category import NormCategory
from services.contracts.circumstances import ExemptionKind
from services.contracts.intake import Cents

InstitutionCategory = Literal["institution-single", "institution-couple"]
Category = NormCategory | InstitutionCategory
StepName = Literal["preparation", "sample", "approval", "release", "payment-file", "hand-over", "bank", "bank-booked", "pay-again"]
TermName = Literal["suspension", "decision", "objection", "search"]
FourWeeklyMethod = Literal["slips-received", "working-days"]


class Norm(Row):
    """Net cents per month with holiday allowance; `without_holiday_cents` where that was published too."""

    category: Category
    with_holiday_cents: Cents
    without_holiday_cents: Cents | None = None

    @property
    def about(self) -> str:
        """See `Row`."""
        return f"norm {self.category}"


class Supplement(Row):
    """Cents per month on top of a norm, of which no holiday allowance is reserved."""

    category: InstitutionCategory
    cents_per_month: Cents

    @property
    def about(self) -> str:
        """See `Row`."""
        return f"supplement {self.category}"


class Exemption(Row):
    """The share of earnings that is left out of account, up to an amount in cents per month."""

    kind: ExemptionKind
    percent: Percent
    most_cents_per_month: Cents

    @property
    def about(self) -> str:
        """See `Row`."""
        return f"exemption {self.kind}"


class CostSharing(Row):
    """((own + A x each) / A) x base norm, for each of A counting adults in a dwelling."""

    base: Literal["couple", "couple-pension-age"]
    own_percent: Percent
    each_percent: Percent

    @property
    def about(self) -> str:
        """See `Row`."""
        return f"cost sharing {self.base}"


class Holiday(Row):
    """The share of the benefit that is holiday allowance, and the month in which the reserve is paid."""

    percent: Percent
    paid_in_month: Annotated[int, Field(ge=1, le=12)]


class Protected(Row):
    """The share of the income, with holiday allowance, that must be left in somebody's hand."""

    percent: Percent


class Advances(Row):
    """The least share of the benefit that an advance is, and the weeks within which each one follows."""

    least_percent: Percent
    within_weeks: Annotated[int, Field(ge=1)]


class Term(Row):
    """A number of weeks for something."""

    name: TermName
    weeks: Annotated[int, Field(ge=1)]

    @property
    def about(self) -> str:
        """See `Row`."""
        return f"term {self.name}"


class FourWeeklyWages(Row):
    """How wages per four weeks count in a month: each slip in its own month, or by working days."""

    method: FourWeeklyMethod


class PaymentDay(Row):
    """The day of the month on which the benefit is promised; one that is no working day is moved to the one before."""

    day: Annotated[int, Field(ge=1, le=28)]


class Step(Row):
    """How many settling days before the promised day a step of a run must be done, so that the promise is kept."""

    name: StepName
    settling_days_before: Annotated[int, Field(ge=0)]

    @property
    def about(self) -> str:
        """See `Row`."""
        return f"step {self.name}"


class Closing(Row):
    """The time of day in the Netherlands after which no step of a run is done that day."""

    at: time


class Ceiling(Row):
    """The most that a right, all rights of a client in a run, and a run may come to, in cents: a slip that makes euros of cents stops here.

    A back-payment of years may well be above that of a client: then a row for the day of the decision alone lets it through.
    """

    right_cents: Cents
    household_cents: Cents
    run_cents: Cents


class AssetLimit(Row):
    """The most that a household may own, and own in its home, in cents; a family is a single parent or a couple."""

    household: Literal["single", "family"]
    most_cents: Cents
    home_cents: Cents

    @property
    def about(self) -> str:
        """See `Row`."""
        return f"assets {self.household}"


class Fines(Row):
    """For how many months from its day a fine for a repeated breach is taken without regard to the protected part."""

    unprotected_months: Annotated[int, Field(ge=0, le=3)]
