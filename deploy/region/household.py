"""Makes one household line: who lives there, on what, where."""

from dataclasses import dataclass
from datetime import date
from random import Random

from deploy.region import people
from deploy.region.addresses import Address
from deploy.region.cases import TWO_HOUSEHOLDS_ONE_PERSON, Case, Standing
from deploy.region.chance import Lottery
from deploy.region.lines import Benefit, HouseholdLine, IncomeSource, MemberLine, Role
from deploy.region.norms import NormTable
from deploy.region.plan import Slot
from deploy.region.profiles import PENSION_AGE, Profile, draw, income_cents
from deploy.region.registrar import Registrar

_CHILDREN = Lottery({1: 45, 2: 38, 3: 13, 4: 4})
_NAMES = {Case.NAME_CHARACTERS: people.UNPRINTABLE_IN_SEPA, Case.NAME_LENGTH: people.LONGER_THAN_SEPA}


@dataclass(frozen=True, slots=True)
class Terms:
    """What the caller fixes for the whole region: the day of the facts (Europe/Amsterdam) and the income limit."""

    reference: date
    norm_cents: NormTable
    income_limit_percent: int


def household(slot: Slot, earlier: HouseholdLine | None, terms: Terms, registrar: Registrar, chance: Random) -> HouseholdLine:
    """Return the line for this slot; `earlier` is the line before it, which the second of a case borrows from."""
    draft = slot.draft
    profile = draw(draft, terms.norm_cents, terms.income_limit_percent, chance)
    income = income_cents(draft, profile, terms.norm_cents, terms.income_limit_percent, chance)
    return {
        "id": registrar.line_id("h"),
        "municipality": slot.municipality,
        "on": terms.reference.isoformat(),
        "household_type": profile.household_type,
        "living": profile.living,
        "address": _address(slot, earlier, registrar, chance),
        "income_cents_per_month": income,
        "income_source": _source(draft.standing, profile, chance) if income else "none",
        "benefit": _benefit(draft.standing, profile, chance),
        "members": _members(slot, profile, earlier, terms.reference, registrar, chance),
    }


def _address(slot: Slot, earlier: HouseholdLine | None, registrar: Registrar, chance: Random) -> Address:
    if slot.draft.case is Case.ONE_ADDRESS and slot.draft.place == 1 and earlier is not None:
        return earlier["address"]
    return registrar.addresses.issue(slot.municipality, chance)


def _source(standing: Standing, profile: Profile, chance: Random) -> IncomeSource:
    if standing is Standing.BENEFIT:
        return "benefit"
    if profile.student:
        return "student-finance"
    if profile.age >= PENSION_AGE:
        return "pension"
    return "self-employed" if chance.random() < 0.12 else "wages"


def _benefit(standing: Standing, profile: Profile, chance: Random) -> Benefit:
    if standing is not Standing.BENEFIT:
        return "none"
    if profile.age >= PENSION_AGE:
        return "aio"
    lot = chance.random()
    if profile.age >= 55 and lot < 0.15:
        return "ioaw" if lot < 0.12 else "ioaz"
    return "bbz" if lot > 0.97 else "pw"


def _members(
    slot: Slot, profile: Profile, earlier: HouseholdLine | None, reference: date, registrar: Registrar, chance: Random
) -> list[MemberLine]:
    family = people.surname(chance)
    members = [_applicant(slot, family, profile, reference, registrar, chance)]
    if profile.adults == 2:
        members.append(_partner(slot, profile, earlier, reference, registrar, chance))
    if profile.has_children:
        oldest = min(17, profile.age - 20)
        members += [_new("child", family, chance.randint(0, oldest), reference, registrar, chance) for _ in range(_CHILDREN.draw(chance))]
    elif profile.adults == 1 and slot.draft.case is None and chance.random() < 0.05:
        members.append(_new("resident", people.surname(chance), chance.randint(22, 65), reference, registrar, chance))
    return members


def _applicant(slot: Slot, family: str, profile: Profile, reference: date, registrar: Registrar, chance: Random) -> MemberLine:
    member = _new("applicant", family, profile.age, reference, registrar, chance)
    case = slot.draft.case
    if case is Case.AGE_21_TODAY:
        member["birth_date"] = people.years_before(reference, 21).isoformat()
    if case in _NAMES:
        member["name"] = _NAMES[case]
    member["student"] = profile.student
    return member


def _partner(
    slot: Slot, profile: Profile, earlier: HouseholdLine | None, reference: date, registrar: Registrar, chance: Random
) -> MemberLine:
    if slot.draft.case in TWO_HOUSEHOLDS_ONE_PERSON and slot.draft.place == 1 and earlier is not None:
        return {**earlier["members"][0], "role": "partner"}
    youngest, oldest = (PENSION_AGE + 1, 95) if profile.age >= PENSION_AGE else (22, PENSION_AGE - 2)
    age = min(oldest, max(youngest, profile.age + chance.randint(-6, 6)))
    return _new("partner", people.surname(chance), age, reference, registrar, chance)


def _new(role: Role, family: str, age: int, reference: date, registrar: Registrar, chance: Random) -> MemberLine:
    return {
        "bsn": registrar.bsn(),
        "name": people.full_name(family, chance),
        "birth_date": people.born(age, reference, chance).isoformat(),
        "role": role,
        "student": False,
    }
