"""What the monthly benefit takes in over HTTP; no message repeats what was sent."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.benefits.bodies import Day, HolderName, HouseholdRef, Iban, Municipality, PersonRef
from services.contracts.circumstances import ExemptionKind, IncomeKind
from services.contracts.intake import AgeBand, HouseholdType
from services.contracts.monthly import ObjectionOutcome
from services.web.body import Body

MOST_CENTS = 10_000_000
MOST_OWNED_CENTS = 1_000_000_000
Reason = Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,39}$")]
FreeText = Annotated[str, Field(min_length=1, max_length=20_000)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
DecisionRef = Annotated[str, Field(pattern=r"^dec-[0-9a-f]{16}$")]
TakenRef = Annotated[str, Field(pattern=r"^(dec|cl)-[0-9a-f]{16}$")]
"""A decision, or a recovery claim, which is one as well."""
Cents = Annotated[int, Field(ge=1, le=MOST_CENTS)]
MonthName = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]


class CircumstancesBody(Body):
    """What the amount rests on; see `Circumstances`."""

    household_type: HouseholdType
    age_bands: Annotated[tuple[AgeBand, ...], Field(min_length=1, max_length=2)]
    living: Literal["independent", "institution"] = "independent"
    cost_sharers: Annotated[int, Field(ge=0, le=20)] = 0
    partner: PersonRef | None = None
    exemption: ExemptionKind | None = None
    income_expected: bool = False
    holiday: Literal["reserved", "monthly"] = "reserved"


class ApplicationBody(Body):
    """An application for the monthly benefit; `search_waived` for the vulnerable under 27."""

    household_ref: HouseholdRef
    municipality: Municipality
    reported_on: Day
    applied_on: Day
    declared: CircumstancesBody
    search_waived: bool = False


class DecisionBody(Body):
    """A decision: from when, why as a code, and the motive in words, which goes into the vault.

    `municipality` says on whose right, of a client who moved; without it that of the caller's where the client applied last.
    """

    effective_on: Day
    reason_code: Reason
    motive: FreeText | None = None
    municipality: Municipality | None = None


class CircumstancesDecisionBody(DecisionBody):
    """A decision that says on which circumstances."""

    circumstances: CircumstancesBody


class AssetsBody(Body):
    """What the household owns less its debts, and an own home less its mortgage, in cents."""

    assets_cents: Annotated[int, Field(ge=0, le=MOST_OWNED_CENTS)]
    home_cents: Annotated[int, Field(ge=0, le=MOST_OWNED_CENTS)] = 0


class GrantBody(CircumstancesDecisionBody):
    """A grant; with `assets` these are held against the limits of the first day."""

    assets: AssetsBody | None = None


class SuspensionBody(DecisionBody):
    """A suspension with its recovery term."""

    recover_by: Day


class MeasureBody(DecisionBody):
    """A measure."""

    percent: Annotated[int, Field(ge=1, le=100)]
    months: Annotated[int, Field(ge=1, le=36)]


class PayeeBody(DecisionBody):
    """A decision that pays somebody else, on this account."""

    name: Name
    iban: Iban
    holder_name: HolderName


class FixedChargeBody(PayeeBody):
    """A fixed charge, by a name of its own for this client."""

    cents_per_month: Cents


class AttachmentBody(PayeeBody):
    """An attachment, by a name of its own for this client."""

    claimed_cents: Cents


class NamedBody(DecisionBody):
    """A decision on a fixed charge or attachment that is there."""

    name: Name


class IncomeLineBody(Body):
    """One slip of income."""

    kind: IncomeKind
    period: Literal["month", "four-weeks"]
    net_cents: Annotated[int, Field(ge=0, le=MOST_CENTS)]


class IncomeBody(Body):
    """The income of a month, by the form that it came with; `municipality` as with a decision."""

    month: MonthName
    source_ref: Name
    lines: Annotated[tuple[IncomeLineBody, ...], Field(max_length=20)]
    municipality: Municipality | None = None


class NotificationBody(Body):
    """The letter of a decision left on a day."""

    decision_ref: TakenRef
    notified_on: Day


class ObjectionBody(Body):
    """An objection to a decision, with its grounds for the vault."""

    decision_ref: TakenRef
    objection_ref: Name
    lodged_on: Day
    grounds: FreeText | None = None


class OutcomeBody(Body):
    """What an objection comes to."""

    objection_ref: Name
    outcome: ObjectionOutcome


class ReopeningBody(Body):
    """Why a decision may be taken again; `source` names the ruling or the finding."""

    decision_ref: TakenRef
    ground: Literal["ruling", "new-facts", "own-mistake"]
    source: Annotated[str, Field(pattern=r"^[A-Za-z0-9:./-]{1,80}$")]


class RecoveryBody(Body):
    """A claim on a client."""

    client: PersonRef
    ground: Literal["paid-too-much", "duty-to-inform", "withdrawn", "fine"]
    amount_cents: Cents
    decision_ref: DecisionRef
    repeated: bool = False

    @model_validator(mode="after")
    def _only_a_fine_is_repeated(self) -> Self:
        if self.repeated and self.ground != "fine":
            raise ValueError("only a fine is for a repeated breach")
        return self


class RepaymentBody(Body):
    """What a client paid back, by the bank's line."""

    amount_cents: Cents
    received_on: date
    source_ref: Name


class SetOffBody(Body):
    """A right that was paid, and came back."""

    right_ref: Annotated[str, Field(pattern=r"^r[0-9a-f]{26}$")]


class ReductionBody(Body):
    """What is claimed from now on, nothing for 0."""

    to_cents: Annotated[int, Field(ge=0, le=MOST_CENTS)]
    reason_code: Reason
    motive: FreeText | None = None


class WriteOffBody(Body):
    """What is not claimed any more."""

    amount_cents: Cents
    reason_code: Reason
    motive: FreeText | None = None
