"""The part of the region that lives on a monthly benefit: who they are, on which account they are paid, and what their year brings."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from deploy.region.cases import Case, Standing
from deploy.region.chance import Lottery, dice
from deploy.region.courses import COURSES, Course
from deploy.region.household import Terms, household
from deploy.region.lines import AccountLine, HouseholdLine
from deploy.region.municipalities import allot
from deploy.region.norms import INCOME_LIMIT_PERCENT, NORM_CENTS_2023_07_01
from deploy.region.people import years_before
from deploy.region.plan import Draft, Slot
from deploy.region.registrar import Registrar

NEW_IN_A_YEAR = 0.25
"""Inflow of about a quarter of the caseload (domain.md 7.2)."""

_KINDS: Lottery[Case | None] = Lottery({None: 94, Case.AGE_18_20: 4, Case.INSTITUTION: 2})
_SHARERS = Lottery({0: 85, 1: 10, 2: 4, 3: 1})
_ACCOUNTS = {
    Course.ACCOUNT_CLOSED: Case.ACCOUNT_CLOSED,
    Course.ACCOUNT_INCORRECT: Case.ACCOUNT_INCORRECT,
    Course.DECEASED: Case.HOLDER_DECEASED,
}
"""Of whom the simulated bank sends the money back or refuses it."""


@dataclass(frozen=True, slots=True)
class BenefitClient:
    """A household with its account and circumstances (as benefits takes them in), and its year.

    `starts` is the month of the application and `turns` that of what the course is about, both counted from 0; of
    `third` are the accounts of third parties.
    """

    household: HouseholdLine
    account: AccountLine
    circumstances: dict[str, Any]
    course: Course
    starts: int
    turns: int
    third: str


def benefit_clients(number: int, seed: int, first: date, months: int) -> Iterator[BenefitClient]:
    """So many clients, always the same for a seed, from the first day of the first month on."""
    registrar = Registrar(seed)
    terms = Terms(first, NORM_CENTS_2023_07_01, INCOME_LIMIT_PERCENT)
    codes = [code for code, share in sorted(allot(number).items()) for _ in range(share)]
    dice(seed, "benefit/municipalities").shuffle(codes)
    courses = _courses(number, dice(seed, "benefit/courses"))
    for place, (code, course) in enumerate(zip(codes, courses, strict=True)):
        yield _client(Slot(Draft(Standing.BENEFIT), code, None), course, terms, months, registrar, dice(seed, f"benefit/{place}"))


def _courses(number: int, chance: Random) -> list[Course]:
    """One of each that fits, in order, and the rest as often as their weight says."""
    lottery = Lottery({course: weight for course, (weight, _) in COURSES.items()})
    once = list(COURSES)[:number]
    return [*once, *(lottery.draw(chance) for _ in range(number - len(once)))]


def _client(slot: Slot, course: Course, terms: Terms, months: int, registrar: Registrar, chance: Random) -> BenefitClient:
    case = None if course is not Course.SETTLED else _KINDS.draw(chance)
    line = household(Slot(Draft(Standing.BENEFIT, case), slot.municipality, None), None, terms, registrar, chance)
    adults = [member for member in line["members"] if member["role"] in ("applicant", "partner")]
    iban_case = _ACCOUNTS.get(course)
    account: AccountLine = {
        "id": registrar.line_id("acc"),
        "bsn": adults[0]["bsn"],
        "iban": registrar.iban(iban_case),
        "holder_name": adults[0]["name"],
    }
    turns = months // 2 if course is Course.MISTAKEN else min(months - 1, 1 + chance.randrange(max(1, months - 2)))
    begins_new = course.is_new or (course is Course.SETTLED and chance.random() < NEW_IN_A_YEAR)
    starts = turns if begins_new else 0
    return BenefitClient(line, account, _circumstances(line, course, terms.reference, chance), course, starts, turns, registrar.iban(None))


def _circumstances(line: HouseholdLine, course: Course, day: date, chance: Random) -> dict[str, Any]:
    """What the amount rests on; children do not count, and nobody with income expected is left out of a form."""
    adults = [member for member in line["members"] if member["role"] in ("applicant", "partner")]
    bands = [_band(date.fromisoformat(member["birth_date"]), day) for member in adults]
    young = "18-20" in bands or line["living"] == "institution"
    said: dict[str, Any] = {
        "household_type": line["household_type"],
        "age_bands": bands,
        "living": "institution" if line["living"] == "institution" else "independent",
        "cost_sharers": 0 if young else _SHARERS.draw(chance),
    }
    return {**said, **COURSES[course][1]}


def _band(born: date, day: date) -> str:
    """The age band on a day; nobody in the region is within a year of the pension age."""
    for years, band in ((67, "pension"), (27, "27-pension"), (21, "21-26"), (18, "18-20")):
        if born <= years_before(day, years):
            return band
    return "0-17"
