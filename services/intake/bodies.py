"""What intake takes in over HTTP, checked field by field; no message repeats what was sent."""

import unicodedata
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from stdnum.nl import bsn as bsn_number

from services.contracts.intake import BenefitScheme, Channel, HouseholdType, IncomeSource, Living, Role
from services.intake.client import Route, Scheme
from services.intake.household_commands import Means
from services.web.body import Body

FIRST_DAY = date(2000, 1, 1)
FIRST_BIRTH = date(1900, 1, 1)
MOST_INCOME_CENTS = 10_000_000


def _bsn(digits: str) -> str:
    """Nine digits that pass the eleven test; eight are read with the leading zero that they lost (domain.md 1.1)."""
    number = digits.zfill(9)
    if int(number) == 0 or bsn_number.checksum(number) != 0:
        raise ValueError("is not a citizen service number")
    return number


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a character that cannot be printed")
    return unicodedata.normalize("NFC", text.strip())


def _written(text: str) -> str:
    """Free text may have several lines, nothing else that cannot be seen."""
    _printable(" ".join(text.split()))
    return text


def somebody(persons: tuple[str, ...]) -> tuple[str, ...]:
    """At least one person; checked afterwards, as a `min_length` would count a wrong item as missing and say so too."""
    if not persons:
        raise ValueError("names nobody")
    return persons


Bsn = Annotated[str, Field(pattern=r"^[0-9]{8,9}$"), AfterValidator(_bsn)]
MunicipalityCode = Literal["GM0361", "GM0373", "GM0383", "GM1980", "GM0399", "GM0450"]
"""Alkmaar, Bergen (NH), Castricum, Dijk en Waard, Heiloo, Uitgeest: CBS codes of the six (design.md 1)."""
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable), Field(min_length=1)]
Note = Annotated[str, Field(min_length=1, max_length=4_000), AfterValidator(_written)]
Day = Annotated[date, Field(ge=FIRST_DAY)]
IncomeCents = Annotated[int, Field(ge=0, le=MOST_INCOME_CENTS)]
PersonRef = Annotated[str, Field(pattern=r"^p-[0-9a-f]{16}$")]


class Address(Body):
    """A Dutch address; postcode and number with its addition tell the dwelling."""

    street: Text
    number: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,4}( ?[A-Za-z]{1,4})?([ -][A-Za-z0-9]{1,6}){0,2}$")]
    postcode: Annotated[str, Field(pattern=r"^[1-9][0-9]{3} ?[A-Z]{2}$")]
    town: Text


class MemberBody(Body):
    """A person of a household; who has no citizen service number, or not yet, is told apart by a person (see look_alikes)."""

    bsn: Bsn | None = None
    name: Text
    birth_date: Annotated[date, Field(ge=FIRST_BIRTH)]
    role: Role
    student: bool = False


class IdentityBody(Body):
    """Who a client is."""

    bsn: Bsn
    name: Text
    birth_date: Annotated[date, Field(ge=FIRST_BIRTH)]
    address: Address

    def personal(self) -> dict[str, object]:
        """As the vault holds it."""
        return personal(self.bsn, self.name, self.birth_date, self.address)


def personal(bsn: str | None, name: str, birth_date: date, address: Address) -> dict[str, object]:
    """What the vault holds of a person."""
    return {"bsn": bsn, "name": name, "birth_date": birth_date.isoformat(), "address": address.model_dump()}


def _spoken_for(members: tuple[MemberBody, ...]) -> tuple[MemberBody, ...]:
    roles = [member.role for member in members]
    if roles.count("applicant") != 1:
        raise ValueError("exactly one member is the applicant")
    if roles.count("partner") > 1:
        raise ValueError("at most one member is the partner")
    return members


class HouseholdBody(Body):
    """A household as it is from `on`; income is net, without holiday allowance, in cents per month."""

    municipality: MunicipalityCode
    on: Day
    household_type: HouseholdType
    living: Living
    address: Address
    income_cents_per_month: IncomeCents
    income_source: IncomeSource
    benefit: BenefitScheme
    members: Annotated[tuple[MemberBody, ...], Field(max_length=30), AfterValidator(_spoken_for)]


class BirthBody(Body):
    """A child that was born, and the type of the household with it; the number may come later."""

    bsn: Bsn | None = None
    name: Text
    birth_date: Annotated[date, Field(ge=FIRST_BIRTH)]
    household_type: HouseholdType


class DeathBody(Body):
    """A member who died, and the type of the household without them."""

    person: PersonRef
    died_on: Day
    household_type: HouseholdType


class JoinerBody(Body):
    """Who comes to live in a household, and as what."""

    person: PersonRef
    role: Literal["partner", "child", "resident"]


def _joining(joiners: tuple[JoinerBody, ...]) -> tuple[JoinerBody, ...]:
    somebody(tuple(joiner.person for joiner in joiners))
    return joiners


class JoiningBody(Body):
    """Members go to live in another household from `on`; the types are those of the two after it."""

    on: Day
    to_household: Annotated[str, Field(pattern=r"^h-[0-9a-f]{16}$")]
    joiners: Annotated[tuple[JoinerBody, ...], Field(max_length=30), AfterValidator(_joining)]
    household_type: HouseholdType
    remaining_household_type: HouseholdType = "single"


class MoveBody(Body):
    """The household lives elsewhere from `on`; without `living` it goes on as it was."""

    on: Day
    municipality: MunicipalityCode
    address: Address
    living: Living | None = None


class IncomeBody(Body):
    """Income or benefit is another one from `on`."""

    on: Day
    income_cents_per_month: IncomeCents
    income_source: IncomeSource
    benefit: BenefitScheme

    def means(self) -> Means:
        """What the household lives on."""
        return Means(income_cents_per_month=self.income_cents_per_month, income_source=self.income_source, benefit=self.benefit)


class SplitBody(Body):
    """Members leave and form a household of their own from `on`; what they live on there is nothing until it is said."""

    on: Day
    leavers: Annotated[tuple[PersonRef, ...], Field(max_length=30), AfterValidator(somebody)]
    municipality: MunicipalityCode
    address: Address
    living: Living = "independent"
    household_type: HouseholdType
    remaining_household_type: HouseholdType
    income_cents_per_month: IncomeCents = 0
    income_source: IncomeSource = "none"
    benefit: BenefitScheme = "none"

    def means(self) -> Means:
        """What those who leave live on."""
        return Means(income_cents_per_month=self.income_cents_per_month, income_source=self.income_source, benefit=self.benefit)


class ApplicationContent(Body):
    """An application, whoever makes it."""

    scheme: Scheme
    scheme_year: Annotated[int, Field(ge=2022, le=2099)]
    channel: Channel
    received_on: Day
    note: Note | None = None


class ApplicationBody(ApplicationContent):
    """An application by a client who is known."""

    client: PersonRef


class AcceptanceBody(Body):
    """The client is in care from `accepted_on`."""

    route: Route
    accepted_on: Day


class SearchBody(Body):
    """Whom to look for."""

    bsn: Bsn
