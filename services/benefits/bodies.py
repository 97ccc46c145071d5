"""What benefits takes in over HTTP, checked field by field; no message repeats what was sent."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from services.benefits import iban, schemas
from services.contracts.benefits import Scheme
from services.web.body import Body, Line

FIRST_DAY = date(2000, 1, 1)
MOST_CENTS = 10_000_000
MOST_NAME = 140


def _account_number(text: str) -> str:
    try:
        return iban.normalise(text)
    except iban.InvalidIban as wrong:
        raise ValueError(f"is not an IBAN for SEPA ({wrong.reason})") from None


def _payable_name(text: str) -> str:
    if not schemas.sepa_text(text):
        raise ValueError("has no letter that a bank can print")
    return text.strip()


Iban = Annotated[str, Field(min_length=5, max_length=42), AfterValidator(_account_number)]
HolderName = Annotated[str, Field(min_length=1, max_length=MOST_NAME), AfterValidator(_payable_name)]
Municipality = Annotated[str, Field(pattern=r"^GM\d{4}$")]
PersonRef = Annotated[str, Field(pattern=r"^p-[0-9a-f]{16}$")]
HouseholdRef = Annotated[str, Field(pattern=r"^h-[0-9a-f]{16}$")]
SchemeYear = Annotated[int, Field(ge=2022, le=2100)]
Day = Annotated[date, Field(ge=FIRST_DAY)]
PaidCents = Annotated[int, Field(ge=1, le=MOST_CENTS)]
Count = Annotated[int, Field(ge=0)]


class AccountLine(Line):
    """The account of one client."""

    client: PersonRef
    municipality: Municipality
    iban: Iban
    holder_name: HolderName


class OpeningBalanceLine(Line):
    """What the system before this one paid to a household; `persons` are adults who shared in it, besides the client."""

    client: PersonRef
    household_ref: HouseholdRef
    municipality: Municipality
    scheme: Scheme = "energy-allowance"
    scheme_year: SchemeYear
    amount_cents: PaidCents
    persons: tuple[PersonRef, ...] = Field(default=(), max_length=20)


class RunBody(Body):
    """A run to prepare."""

    scheme: Scheme
    scheme_year: SchemeYear
    tranche: Annotated[int, Field(ge=1, le=99)]
    decided_on: Day
    promised_on: Day
    intake_position: Count


class ApprovalBody(Body):
    """What a second person saw and stands for."""

    manifest_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    granted: Count
    total_cents: Count


class ReleaseBody(Body):
    """The day on which the bank is to pay."""

    execution_on: Day


class AbortionBody(Body):
    """Why a run ends before release, as a code."""

    reason_code: Literal["wrong-facts", "wrong-rules", "wrong-dates", "sample-failed", "other"]
