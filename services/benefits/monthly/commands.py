"""What people may ask about a client's monthly benefit; who asks, when and under which rules comes with it."""

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal

from services.contracts.circumstances import AssetsTested, Circumstances, IncomeLine
from services.contracts.monthly import ObjectionOutcome


@dataclass(frozen=True, slots=True)
class Whose:
    """The client that a command is about."""

    client: str
    household_ref: str
    municipality: str

    @property
    def said(self) -> dict[str, Any]:
        """The fields of every fact about it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Terms:
    """What every decision says: whose benefit, from when, by whom, why, under which rules; the motive is in the vault."""

    client: str
    household_ref: str
    municipality: str
    decision_ref: str
    effective_on: date
    decided_on: date
    decided_by: str
    rule_version: str
    reason_code: str
    text_ref: str | None = None

    @property
    def said(self) -> dict[str, Any]:
        """The fields of every decision."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Payee:
    """A third party's account."""

    account_ref: str
    account_fingerprint: str


@dataclass(frozen=True, slots=True)
class ApplyForBenefit:
    """A client reported and applied on these circumstances; `weeks` is the legal term of the decision.

    `search_weeks` must have passed between the two; 0 where nobody has to search, or where that was waived.
    """

    whose: Whose
    declared: Circumstances
    reported_on: date
    applied_on: date
    weeks: int
    search_weeks: int = 0
    search_waived: bool = False


@dataclass(frozen=True, slots=True)
class GrantBenefit:
    """Grant the benefit on these circumstances, and claim back under `claim_ref` what was advanced above `covered_cents`.

    That is what the months up to that of the decision give; None where it cannot be told yet: then a run settles it.
    """

    terms: Terms
    circumstances: Circumstances
    claim_ref: str
    covered_cents: int | None
    assets: AssetsTested | None = None


@dataclass(frozen=True, slots=True)
class RefuseBenefit:
    """Refuse the benefit and claim back what was advanced, under `claim_ref`."""

    terms: Terms
    claim_ref: str


@dataclass(frozen=True, slots=True)
class StopAdvances:
    """Pay no advance on the application."""

    terms: Terms


@dataclass(frozen=True, slots=True)
class ChangeBenefit:
    """Let other circumstances hold from the effective day."""

    terms: Terms
    circumstances: Circumstances


@dataclass(frozen=True, slots=True)
class SuspendBenefit:
    """Suspend the right until what is missing is there, at the latest `recover_by`; `most_weeks` is the law's."""

    terms: Terms
    recover_by: date
    most_weeks: int


@dataclass(frozen=True, slots=True)
class ResumeBenefit:
    """Undo the suspension."""

    terms: Terms


@dataclass(frozen=True, slots=True)
class BlockPayment:
    """Pay nothing while something is investigated."""

    terms: Terms


@dataclass(frozen=True, slots=True)
class UnblockPayment:
    """Pay again."""

    terms: Terms


@dataclass(frozen=True, slots=True)
class EndBenefit:
    """End the benefit from the effective day, the first without."""

    terms: Terms


@dataclass(frozen=True, slots=True)
class WithdrawBenefit:
    """Take the grant back from the effective day."""

    terms: Terms


@dataclass(frozen=True, slots=True)
class ImposeMeasure:
    """Lower the benefit for some months."""

    terms: Terms
    percent: int
    months: int


@dataclass(frozen=True, slots=True)
class ArrangeFixedCharge:
    """Pay a third party out of the benefit."""

    terms: Terms
    charge_ref: str
    cents_per_month: int
    payee: Payee


@dataclass(frozen=True, slots=True)
class StopFixedCharge:
    """Pay a third party no longer."""

    terms: Terms
    charge_ref: str


@dataclass(frozen=True, slots=True)
class ServeAttachment:
    """A creditor attached the benefit."""

    terms: Terms
    attachment_ref: str
    claimed_cents: int
    payee: Payee


@dataclass(frozen=True, slots=True)
class LiftAttachment:
    """A creditor let go."""

    terms: Terms
    attachment_ref: str


@dataclass(frozen=True, slots=True)
class ReportIncome:
    """The income of a month came in."""

    whose: Whose
    month: str
    lines: tuple[IncomeLine, ...]
    reported_on: date
    source_ref: str


@dataclass(frozen=True, slots=True)
class TakeOverBenefit:
    """The system before this one paid the months up to and including `upto`, and left so much holiday allowance reserved, in cents."""

    whose: Whose
    upto: str
    reserve_cents: int
    source_ref: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class NotifyDecision:
    """The letter of a decision left; an objection is possible for `weeks` from then."""

    whose: Whose
    decision_ref: str
    letter_ref: str
    notified_on: date
    weeks: int

    @property
    def objection_until(self) -> date:
        """The last day of the term of objection."""
        return self.notified_on + timedelta(weeks=self.weeks)


@dataclass(frozen=True, slots=True)
class LodgeObjection:
    """The client objects to a decision; it is decided within `weeks` after the term of objection."""

    whose: Whose
    objection_ref: str
    decision_ref: str
    lodged_on: date
    weeks: int
    text_ref: str | None


@dataclass(frozen=True, slots=True)
class DecideObjection:
    """Say what an objection to `decision_ref` comes to."""

    whose: Whose
    decision_ref: str
    objection_ref: str
    outcome: ObjectionOutcome
    decided_on: date
    decided_by: str


@dataclass(frozen=True, slots=True)
class ReopenDecision:
    """Let a decision be taken again."""

    whose: Whose
    decision_ref: str
    ground: Literal["ruling", "new-facts", "own-mistake"]
    source: str
    reopened_on: date
    reopened_by: str


RightCommand = (
    GrantBenefit
    | RefuseBenefit
    | StopAdvances
    | ChangeBenefit
    | SuspendBenefit
    | ResumeBenefit
    | BlockPayment
    | UnblockPayment
    | EndBenefit
    | WithdrawBenefit
)
ShareCommand = ImposeMeasure | ArrangeFixedCharge | StopFixedCharge | ServeAttachment | LiftAttachment | ReportIncome
LegalCommand = NotifyDecision | LodgeObjection | DecideObjection | ReopenDecision
BenefitCommand = TakeOverBenefit | ApplyForBenefit | RightCommand | ShareCommand | LegalCommand
