"""Who forms a household with whom, and who speaks for it when it falls apart."""

from collections.abc import Collection, Iterable

from services.contracts.intake import HouseholdType, Member

_NEXT_TO_SPEAK = ("applicant", "partner", "resident", "child")
_COUPLES = ("couple", "couple-with-children")
_WITH_CHILDREN = ("single-parent", "couple-with-children")


def fits(household_type: HouseholdType, members: Collection[Member]) -> bool:
    """Whether the type is one that these members can form; who is 18 or older may still live in as a child."""
    partners = sum(member.role == "partner" for member in members)
    child = any(member.role == "child" for member in members)
    minor = any(member.role == "child" and member.age_band == "0-17" for member in members)
    return partners == (household_type in _COUPLES) and (child if household_type in _WITH_CHILDREN else not minor)


def applicant_of(members: Iterable[Member]) -> str:
    """Reference of the one who speaks for the household; every household has one."""
    return next(member.person_ref for member in members if member.role == "applicant")


def led(members: tuple[Member, ...], household_type: HouseholdType) -> tuple[Member, ...]:
    """The members with an applicant, and with a partner where the type asks for one; empty where no adult can be.

    Who was applicant stays it, then the partner, then another adult, in the order of the household; a minor never.
    """
    adults = sorted((m for m in members if m.age_band != "0-17"), key=lambda member: _NEXT_TO_SPEAK.index(member.role))
    if not adults:
        return ()
    applicant = adults[0].person_ref
    partner = _partner(adults, household_type)
    return tuple(_as(member, applicant, partner) for member in members)


def _partner(adults: list[Member], household_type: HouseholdType) -> str | None:
    if household_type not in _COUPLES:
        return None
    return next((member.person_ref for member in adults[1:] if member.role in {"partner", "resident"}), None)


def _as(member: Member, applicant: str, partner: str | None) -> Member:
    if member.person_ref == applicant:
        return member.model_copy(update={"role": "applicant"})
    if member.person_ref == partner:
        return member.model_copy(update={"role": "partner"})
    return member
