"""What a municipality delivers: the lines of its five files, each with an id of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from deploy.region.addresses import Address

HouseholdType = Literal["single", "single-parent", "couple", "couple-with-children"]
Living = Literal["independent", "institution", "postal-address"]
IncomeSource = Literal["benefit", "wages", "pension", "self-employed", "student-finance", "none"]
Benefit = Literal["none", "pw", "ioaw", "ioaz", "bbz", "aio"]
Role = Literal["applicant", "partner", "child", "resident"]
Channel = Literal["desk", "telephone", "web-form", "post", "partner"]
Tranche = Literal["early", "full-year"]


class MemberLine(TypedDict):
    """Somebody who lives in the household; dates are ISO 8601."""

    bsn: str
    name: str
    birth_date: str
    role: Role
    student: bool


class HouseholdLine(TypedDict):
    """A household as it was on the date `on`; income is net, without holiday pay, of the month before."""

    id: str
    municipality: str
    on: str
    household_type: HouseholdType
    living: Living
    address: Address
    income_cents_per_month: int
    income_source: IncomeSource
    benefit: Benefit
    members: list[MemberLine]


class AccountLine(TypedDict):
    """The account of the person with this BSN."""

    id: str
    bsn: str
    iban: str
    holder_name: str


class _Application(TypedDict):
    id: str
    bsn: str
    scheme: Literal["energy-allowance"]
    scheme_year: int
    channel: Channel
    received_on: str


class ApplicationLine(_Application, total=False):
    """An application by the person with this BSN; `note` is free text and may be absent."""

    note: str


class OpeningBalanceLine(TypedDict):
    """What the old system has paid to the household of the person with this BSN."""

    id: str
    bsn: str
    scheme_year: int
    tranche: Tranche
    amount_cents: int


class MoveLine(TypedDict):
    """The people with these BSNs, a whole household, live elsewhere from the date `on`."""

    id: str
    kind: Literal["move"]
    on: str
    bsn: list[str]
    municipality: str
    address: Address


class SplitLine(TypedDict):
    """The people with these BSNs leave their household on the date `on` and form one of `household_type`."""

    id: str
    kind: Literal["split"]
    on: str
    bsn: list[str]
    municipality: str
    address: Address
    household_type: HouseholdType
    remaining_household_type: HouseholdType


ChangeLine = MoveLine | SplitLine
Line = HouseholdLine | AccountLine | ApplicationLine | OpeningBalanceLine | ChangeLine

FILES = ("households", "accounts", "applications", "opening_balances", "changes")


@dataclass(frozen=True, slots=True)
class Dossier:
    """One household and every line in the other files that is about it."""

    household: HouseholdLine
    accounts: list[AccountLine] = field(default_factory=list)
    applications: list[ApplicationLine] = field(default_factory=list)
    opening_balances: list[OpeningBalanceLine] = field(default_factory=list)
    changes: list[ChangeLine] = field(default_factory=list)

    def lines(self) -> Iterator[tuple[str, Line]]:
        """Yield each line with the name of its file (one of `FILES`)."""
        files: tuple[Sequence[Line], ...] = (
            [self.household], self.accounts, self.applications, self.opening_balances, self.changes,
        )  # fmt: skip
        for name, lines in zip(FILES, files, strict=True):
            for line in lines:
                yield name, line
