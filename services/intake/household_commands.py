"""What can be asked about a household; the time, the references and what the vault knows of ages come with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.contracts.intake import BenefitScheme, HouseholdFacts, HouseholdType, IncomeSource, Living


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdCommand:
    """`born` holds the birth dates of the members, for the age bands; `today` is the local day on which this is decided."""

    household_ref: str
    today: date
    born: Mapping[str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterHousehold(HouseholdCommand):
    """Make a household known as it is from `on`; `known` tells which of its members are known already."""

    on: date
    facts: HouseholdFacts
    known: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveHousehold(HouseholdCommand):
    """The whole household lives elsewhere from `on`."""

    on: date
    municipality: str
    dwelling_ref: str
    living: Living


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Income and benefit, in cents per month, net and without holiday allowance."""

    income_cents_per_month: int
    income_source: IncomeSource
    benefit: BenefitScheme


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitHousehold(HouseholdCommand):
    """`leavers` form a household of their own from `on`; what they live on there is theirs, the rest keeps what it had."""

    on: date
    leavers: tuple[str, ...]
    new_household_ref: str
    municipality: str
    dwelling_ref: str
    living: Living
    household_type: HouseholdType
    remaining_household_type: HouseholdType
    means: Means


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportIncome(HouseholdCommand):
    """Income or benefit is another one from `on`."""

    on: date
    means: Means


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachAgeBand(HouseholdCommand):
    """Record who came into another age band since the last fact, up to and including `today`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniseHousehold(HouseholdCommand):
    """The household is one that is known already, and whose members were lost from the vault by a restore."""


Change = MoveHousehold | SplitHousehold | ReportIncome
Command = RegisterHousehold | Change | ReachAgeBand | RecogniseHousehold
