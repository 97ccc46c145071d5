"""The awkward households that a region must contain, how often, and in which order a small region takes them."""

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How a household comes before the run: known by its benefit, by its application, or not at all."""

    BENEFIT = "benefit"
    APPLICANT = "applicant"
    SILENT = "silent"


class Case(StrEnum):
    """What is awkward about a household; the values are the keys of `awkward` in expected.json."""

    ACCOUNT_CLOSED = "account-closed"
    HOLDER_DECEASED = "holder-deceased"
    ACCOUNT_INCORRECT = "account-incorrect"
    ONE_ADDRESS = "two-applications-one-address"
    BOTH_PARTNERS = "both-partners-apply"
    SPLIT_BOTH_APPLY = "split-both-halves-apply"
    SPLIT_LEAVER_APPLIES = "split-on-benefit-leaver-applies"
    AGE_18_20 = "age-18-20"
    AGE_21_TODAY = "age-21-on-reference-date"
    STUDENT = "student"
    INSTITUTION = "institution"
    POSTAL_ADDRESS = "postal-address"
    INCOME_AT_LIMIT = "income-at-limit"
    INCOME_CENT_ABOVE = "income-one-cent-above-limit"
    TWICE_REGISTERED = "person-in-two-households"
    TWICE_APPLIED = "person-in-two-households-both-apply"
    MOVED_WITHIN = "moved-within-municipality"
    MOVED_BETWEEN = "moved-between-municipalities"
    MOVED_AND_APPLIES = "on-benefit-moved-and-applies"
    ALREADY_FULL = "opening-balance-full"
    NAME_CHARACTERS = "name-outside-sepa-characters"
    NAME_LENGTH = "name-longer-than-70"


AT_THE_LIMIT = frozenset({Case.INCOME_AT_LIMIT, Case.INCOME_CENT_ABOVE})
BOTH_ADULTS_APPLY = frozenset({Case.BOTH_PARTNERS, Case.SPLIT_BOTH_APPLY})
SPLITS = frozenset({Case.SPLIT_BOTH_APPLY, Case.SPLIT_LEAVER_APPLIES})
MOVES = frozenset({Case.MOVED_WITHIN, Case.MOVED_BETWEEN, Case.MOVED_AND_APPLIES})
TWO_HOUSEHOLDS_ONE_PERSON = frozenset({Case.TWICE_REGISTERED, Case.TWICE_APPLIED})
NEVER_PAID_EARLY = frozenset({
    Case.ALREADY_FULL, Case.AGE_18_20, Case.STUDENT, Case.INSTITUTION, Case.POSTAL_ADDRESS, Case.INCOME_CENT_ABOVE,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recipe:
    """One occurrence of a case takes a household per standing; it occurs at least once where it fits."""

    case: Case
    standings: tuple[Standing, ...]
    per_ten_thousand: int

    def occurrences(self, households: int) -> int:
        """Return how often the case occurs in a region of this size."""
        return max(1, round(self.per_ten_thousand * households / 10_000))


_BENEFIT, _APPLICANT, _SILENT = Standing.BENEFIT, Standing.APPLICANT, Standing.SILENT

RECIPES = (
    Recipe(Case.MOVED_BETWEEN, (_BENEFIT,), 15),
    Recipe(Case.ACCOUNT_CLOSED, (_BENEFIT,), 12),
    Recipe(Case.ONE_ADDRESS, (_APPLICANT, _APPLICANT), 10),
    Recipe(Case.ACCOUNT_CLOSED, (_APPLICANT,), 12),
    Recipe(Case.SPLIT_BOTH_APPLY, (_APPLICANT,), 10),
    Recipe(Case.AGE_18_20, (_APPLICANT,), 80),
    Recipe(Case.HOLDER_DECEASED, (_BENEFIT,), 4),
    Recipe(Case.ACCOUNT_INCORRECT, (_APPLICANT,), 9),
    Recipe(Case.INCOME_CENT_ABOVE, (_APPLICANT,), 5),
    Recipe(Case.INCOME_AT_LIMIT, (_APPLICANT,), 5),
    Recipe(Case.BOTH_PARTNERS, (_APPLICANT,), 10),
    Recipe(Case.STUDENT, (_APPLICANT,), 80),
    Recipe(Case.POSTAL_ADDRESS, (_BENEFIT,), 15),
    Recipe(Case.INSTITUTION, (_APPLICANT,), 25),
    Recipe(Case.ALREADY_FULL, (_BENEFIT,), 4),
    Recipe(Case.TWICE_REGISTERED, (_APPLICANT, _SILENT), 5),
    Recipe(Case.TWICE_APPLIED, (_APPLICANT, _APPLICANT), 3),
    Recipe(Case.MOVED_AND_APPLIES, (_BENEFIT,), 4),
    Recipe(Case.SPLIT_LEAVER_APPLIES, (_BENEFIT,), 5),
    Recipe(Case.MOVED_WITHIN, (_APPLICANT,), 30),
    Recipe(Case.AGE_21_TODAY, (_APPLICANT,), 2),
    Recipe(Case.NAME_CHARACTERS, (_BENEFIT,), 3),
    Recipe(Case.NAME_LENGTH, (_APPLICANT,), 3),
    Recipe(Case.INSTITUTION, (_BENEFIT,), 25),
    Recipe(Case.POSTAL_ADDRESS, (_APPLICANT,), 15),
)
"""The first ten households' worth is what a region of ten shows: at least six of those can be paid.

The failing accounts together are about 0.5 % of all accounts.
"""
