"""What benefits takes in over HTTP, checked field by field; no message repeats what was sent."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from services.benefits import iban, schemas
from services.contracts.payouts import Ground, RecallReason
from services.contracts.run_control import RowVerdict
from services.web.body import Body, Key, Line

FIRST_DAY = date(2000, 1, 1)
MOST_CENTS = 10_000_000
MOST_BUDGET_CENTS = 100_000_000_000
"""A thousand million euros: a slip of the pen that makes euros of cents is caught for all but the smallest amounts."""

MOST_NAME = 140
MOST_HOUSEHOLDS = 2_500
"""So many references fit into one body."""


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


class BudgetBody(Body):
    """What a municipality set aside in all for a scheme and year, in euro cents, and its decision on that, such as `raad-2024-117`."""

    amount_cents: Annotated[int, Field(ge=0, le=MOST_BUDGET_CENTS)]
    decision_ref: Annotated[Key, Field(max_length=64)]


class ConfirmationBody(Body):
    """The number of an account that waits, as a second person reads it from the evidence."""

    client: PersonRef
    municipality: Municipality
    iban: Iban


class OpeningBalanceLine(Line):
    """What the system before this one paid to a household; `persons` are adults who shared in it, besides the client."""

    client: PersonRef
    household_ref: HouseholdRef
    municipality: Municipality
    scheme: Literal["energy-allowance"] = "energy-allowance"
    scheme_year: SchemeYear
    amount_cents: PaidCents
    persons: tuple[PersonRef, ...] = Field(default=(), max_length=20)


class RunBody(Body):
    """A run to prepare."""

    scheme: Literal["energy-allowance"]
    scheme_year: SchemeYear
    tranche: Annotated[int, Field(ge=1, le=99)]
    decided_on: Day
    promised_on: Day
    intake_position: Count
    dry_run: bool = False


class ApprovalBody(Body):
    """What a second person saw and stands for."""

    manifest_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    granted: Count
    total_cents: Count


class ReleaseBody(Body):
    """The day on which the bank is to pay."""

    execution_on: Day


class VerdictBody(Body):
    """What somebody found who looked into a drawn row."""

    right_ref: Annotated[str, Field(pattern=r"^r[0-9a-f]{26}$")]
    verdict: RowVerdict


class RecallBody(Body):
    """Why the bank is asked for the money of a payment."""

    attempt: Annotated[int, Field(ge=1, le=999)]
    reason_code: RecallReason


class AbortionBody(Body):
    """Why a run ends before its payments leave, as a code."""

    reason_code: Literal["wrong-facts", "wrong-rules", "wrong-dates", "sample-failed", "other"]


class PayAgainBody(Body):
    """A run that pays again what failed."""

    decided_on: Day
    promised_on: Day


class CorrectionBody(PayAgainBody):
    """A run that decides again about these households, on what intake knows by `intake_position`."""

    intake_position: Count
    households: Annotated[tuple[HouseholdRef, ...], Field(min_length=1, max_length=MOST_HOUSEHOLDS)]


class FindingBody(Body):
    """What was found out about a payment that failed, so that its right may be paid again."""

    attempt: Annotated[int, Field(ge=1, le=999)]
    ground: Ground


class CauseBody(Body):
    """What was wrong: rules, a household's fact, lines of a file by their key, a bank message, or a ground of months; exactly one."""

    rule_version: Annotated[str | None, Field(min_length=3, max_length=100)] = None
    household_ref: HouseholdRef | None = None
    source_version: Annotated[int | None, Field(ge=1)] = None
    key_prefix: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9._:/-]{3,120}$")] = None
    document_ref: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")] = None
    ground: Annotated[str | None, Field(pattern=r"^(decision|income|rule)/[A-Za-z0-9 /-]{1,80}$")] = None

    @model_validator(mode="after")
    def _one_cause(self) -> Self:
        causes = (self.rule_version, self.household_ref, self.key_prefix, self.document_ref, self.ground)
        if sum(cause is not None for cause in causes) != 1:
            raise ValueError("names exactly one of rule_version, household_ref, key_prefix, document_ref and ground")
        if (self.household_ref is None) != (self.source_version is None):
            raise ValueError("a fact is a household_ref with a source_version")
        return self

    def named(self) -> str:
        """The cause in one word, for the processing log."""
        return self.rule_version or self.household_ref or self.key_prefix or self.document_ref or self.ground or ""
