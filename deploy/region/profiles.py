"""What households are like: types, ages and incomes, ordinary or bent by what is awkward about them."""

from dataclasses import dataclass, replace
from random import Random

from deploy.region.cases import AT_THE_LIMIT, BOTH_ADULTS_APPLY, SPLITS, TWO_HOUSEHOLDS_ONE_PERSON, Case, Standing
from deploy.region.chance import Lottery
from deploy.region.lines import HouseholdType, Living
from deploy.region.norms import NormTable, limit_cents, norm_category, plain_limit_category
from deploy.region.plan import Draft

PENSION_AGE = 67
"""First age in whole years at which everybody had a state pension in 2023 (from 66 years and 10 months); nobody is 66."""

_TYPES: dict[Standing, Lottery[HouseholdType]] = {
    Standing.BENEFIT: Lottery({"single": 62, "single-parent": 17, "couple": 11, "couple-with-children": 10}),
    Standing.APPLICANT: Lottery({"single": 55, "single-parent": 15, "couple": 18, "couple-with-children": 12}),
    Standing.SILENT: Lottery({"single": 45, "single-parent": 9, "couple": 26, "couple-with-children": 20}),
}
_PENSIONER_SHARE = {Standing.BENEFIT: 0.08, Standing.APPLICANT: 0.27, Standing.SILENT: 0.27}
_OVER_LIMIT_SHARE = {Standing.BENEFIT: 0.0, Standing.APPLICANT: 0.18, Standing.SILENT: 0.6}


@dataclass(frozen=True, slots=True)
class Profile:
    """Type, way of living, age of the applicant in whole years, and whether the applicant is a student."""

    household_type: HouseholdType
    age: int
    living: Living = "independent"
    student: bool = False

    @property
    def adults(self) -> int:
        """Return 2 for a couple, 1 otherwise."""
        return 2 if self.household_type.startswith("couple") else 1

    @property
    def has_children(self) -> bool:
        """Return whether minors belong to the household."""
        return self.household_type in {"single-parent", "couple-with-children"}


def draw(draft: Draft, norms: NormTable, limit_percent: int, chance: Random) -> Profile:
    """Draw a profile that fits the draft; `norms` and the limit matter only for the cases at the limit."""
    if draft.case in AT_THE_LIMIT:
        return _at_the_limit(norms, limit_percent, chance)
    ordinary = _ordinary(draft, chance)
    return ordinary if draft.case is None else _bent(ordinary, draft.case, chance)


def _bent(ordinary: Profile, case: Case, chance: Random) -> Profile:
    alone = replace(ordinary, household_type="single")
    match case:
        case Case.AGE_18_20:
            return replace(alone, age=chance.randint(18, 20))
        case Case.AGE_21_TODAY:
            return replace(alone, age=21)
        case Case.STUDENT:
            return replace(alone, age=chance.randint(22, 27), student=True)
        case Case.INSTITUTION:
            return replace(alone, living="institution")
        case Case.POSTAL_ADDRESS:
            return replace(alone, living="postal-address")
        case _:
            return ordinary


def income_cents(draft: Draft, profile: Profile, norms: NormTable, limit_percent: int, chance: Random) -> int:
    """Return the net income in cents a month: 60 to 180 % of the norm, on benefit 85 to 105 %, at times nothing."""
    norm = norms[norm_category(profile.adults, profile.age)]
    if draft.case is Case.INCOME_AT_LIMIT:
        return limit_cents(norm, limit_percent)
    if draft.case is Case.INCOME_CENT_ABOVE:
        return limit_cents(norm, limit_percent) + 1
    if draft.standing is Standing.BENEFIT:
        return norm * (10_000 if chance.random() < 0.7 else chance.randint(8_500, 10_500)) // 10_000
    if draft.case is None and chance.random() < _OVER_LIMIT_SHARE[draft.standing]:
        return norm * chance.randint(limit_percent * 100 + 50, 18_000) // 10_000
    return 0 if chance.random() < 0.02 else norm * chance.randint(6_000, limit_percent * 100 - 50) // 10_000


def _at_the_limit(norms: NormTable, limit_percent: int, chance: Random) -> Profile:
    category = plain_limit_category(norms, limit_percent)
    ages = (PENSION_AGE + 1, 85) if category.endswith("pension-age") else (25, 60)
    return Profile("couple" if category.startswith("couple") else "single", chance.randint(*ages))


def _ordinary(draft: Draft, chance: Random) -> Profile:
    kind = _kind(draft, chance)
    if kind in {"single-parent", "couple-with-children"}:
        return Profile(kind, chance.randint(23, 55))
    if chance.random() < _PENSIONER_SHARE[draft.standing]:
        return Profile(kind, chance.randint(PENSION_AGE + 1, 92))
    return Profile(kind, chance.randint(22, PENSION_AGE - 2))


def _kind(draft: Draft, chance: Random) -> HouseholdType:
    second_of_two = draft.case in TWO_HOUSEHOLDS_ONE_PERSON and draft.place == 1
    if draft.case in BOTH_ADULTS_APPLY or draft.case in SPLITS or second_of_two:
        return "couple"
    return _TYPES[draft.standing].draw(chance)
