"""What can be asked about a household; the time, the references and what the vault knows of ages come with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.contracts.intake import BenefitScheme, HouseholdFacts, HouseholdType, IncomeSource, Living, Role
from services.contracts.persons import PossibleDuplicateFound


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdCommand:
    """`born` holds the birth dates of the members, for the age bands; `today` is the local day on which this is decided."""

    household_ref: str
    today: date
    born: Mapping[str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterHousehold(HouseholdCommand):
    """Make a household known as it is from `on`; `known` tells which of its members are known already, `alike` who may be."""

    on: date
    facts: HouseholdFacts
    known: frozenset[str]
    alike: tuple[PossibleDuplicateFound, ...] = ()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBirth(HouseholdCommand):
    """A child was born on `on`; `known` tells that somebody with its citizen service number is known already."""

    on: date
    person_ref: str
    household_type: HouseholdType
    known: bool
    alike: tuple[PossibleDuplicateFound, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDeath(HouseholdCommand):
    """A member died on `on`; the others form a household of this type."""

    on: date
    person_ref: str
    household_type: HouseholdType


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinHousehold(HouseholdCommand):
    """Members go to live in another household from `on`, each in a role there; the types are those of the two households after it."""

    on: date
    joiners: Mapping[str, Role]
    to_household_ref: str
    household_type: HouseholdType
    remaining_household_type: HouseholdType


Change = MoveHousehold | SplitHousehold | ReportIncome | RecordBirth | RecordDeath
Command = RegisterHousehold | Change | ReachAgeBand | RecogniseHousehold
