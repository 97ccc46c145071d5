"""What benefits tells of the monthly benefit: applications, decisions on it, and the facts that they rest on."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.contracts.circumstances import AssetsTested, Circumstances, IncomeLine
from services.contracts.envelope import Event, Home
from services.contracts.intake import Cents, Municipality

Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
ObjectionOutcome = Literal["upheld", "dismissed", "inadmissible"]


class BenefitFact(Event):
    """A fact about the monthly benefit of one client."""

    client: str
    household_ref: str
    municipality: Municipality

    def home(self) -> Home:
        """The client's benefit stream."""
        return Home(f"benefits/benefit/{self.client}", self.client, self.municipality, self.client)


class BenefitApplied(BenefitFact):
    """A client applied on these circumstances; the day of the report is in principle the first day, `decide_by` the legal term.

    `search_waived` says that somebody under 27 did not have to search for work for four weeks first.
    """

    TYPE = "nl.sociaaldomein.benefits.benefit-applied.v1"

    declared: Circumstances

    reported_on: date
    applied_on: date
    decide_by: date
    search_waived: bool = False


class BenefitDecision(BenefitFact):
    """A decision that holds from `effective_on`, under a version of the rules; its motive is in the vault under `text_ref`."""

    decision_ref: str
    effective_on: date
    decided_on: date
    decided_by: str
    rule_version: str
    reason_code: str
    text_ref: str | None = None


class BenefitGranted(BenefitDecision):
    """The benefit was granted on these circumstances; of what was advanced its months do not cover `reclaimed_cents`: claimed back."""

    TYPE = "nl.sociaaldomein.benefits.benefit-granted.v1"

    circumstances: Circumstances
    reclaimed_cents: Cents = 0
    assets: AssetsTested | None = None


class BenefitRefused(BenefitDecision):
    """The benefit was refused; the `reclaimed_cents` that were advanced are claimed back."""

    TYPE = "nl.sociaaldomein.benefits.benefit-refused.v1"

    reclaimed_cents: Cents = 0


class AdvancesStopped(BenefitDecision):
    """No advance is paid on the application, as art. 52 allows: data culpably missing, no cooperation, or clearly no right."""

    TYPE = "nl.sociaaldomein.benefits.advances-stopped.v1"


class BenefitChanged(BenefitDecision):
    """The circumstances are these from `effective_on`, also where months were decided on others."""

    TYPE = "nl.sociaaldomein.benefits.benefit-changed.v1"

    circumstances: Circumstances


class BenefitSuspended(BenefitDecision):
    """The right is suspended [opgeschort] from `effective_on`; what is missing must be there by `recover_by`."""

    TYPE = "nl.sociaaldomein.benefits.benefit-suspended.v1"

    recover_by: date


class BenefitResumed(BenefitDecision):
    """What was missing is there: the suspension is undone from its beginning and what was withheld is paid."""

    TYPE = "nl.sociaaldomein.benefits.benefit-resumed.v1"


class PaymentBlocked(BenefitDecision):
    """Nothing is paid while something is investigated [geblokkeerd]; the right itself goes on."""

    TYPE = "nl.sociaaldomein.benefits.payment-blocked.v1"


class PaymentUnblocked(BenefitDecision):
    """The investigation is over and what was held is paid."""

    TYPE = "nl.sociaaldomein.benefits.payment-unblocked.v1"


class BenefitEnded(BenefitDecision):
    """There is no right from `effective_on`, the first day without; the holiday reserve is paid."""

    TYPE = "nl.sociaaldomein.benefits.benefit-ended.v1"


class BenefitWithdrawn(BenefitDecision):
    """The grant is withdrawn [ingetrokken] from `effective_on`; what was paid from then on was paid too much."""

    TYPE = "nl.sociaaldomein.benefits.benefit-withdrawn.v1"


class MeasureImposed(BenefitDecision):
    """The benefit is lower [maatregel] by so many percent of the norm, for so many whole months from that of `effective_on`."""

    TYPE = "nl.sociaaldomein.benefits.measure-imposed.v1"

    percent: Annotated[int, Field(ge=1, le=100)]
    months: Annotated[int, Field(ge=1, le=36)]


class FixedChargeArranged(BenefitDecision):
    """From `effective_on` so much of the benefit goes straight to a third party, such as a landlord."""

    TYPE = "nl.sociaaldomein.benefits.fixed-charge-arranged.v1"

    charge_ref: str
    cents_per_month: Cents
    account_ref: str
    account_fingerprint: str


class FixedChargeStopped(BenefitDecision):
    """From `effective_on` a fixed charge is no longer paid for the client."""

    TYPE = "nl.sociaaldomein.benefits.fixed-charge-stopped.v1"

    charge_ref: str


class AttachmentServed(BenefitDecision):
    """A creditor attached the benefit [beslag] for `claimed_cents`; the account is that of the bailiff.

    Told again for the same attachment it is served on another account: from then on that one is paid.
    """

    TYPE = "nl.sociaaldomein.benefits.attachment-served.v1"

    attachment_ref: str
    claimed_cents: Cents
    account_ref: str
    account_fingerprint: str


class AttachmentLifted(BenefitDecision):
    """An attachment was lifted."""

    TYPE = "nl.sociaaldomein.benefits.attachment-lifted.v1"

    attachment_ref: str


class BenefitShared(BenefitFact):
    """From `on` this client shares, as partner, in the benefit of `with_client`, and has none of their own."""

    TYPE = "nl.sociaaldomein.benefits.benefit-shared.v1"

    with_client: str
    on: date


class BenefitShareEnded(BenefitFact):
    """From `on` this client shares no longer in the benefit of `with_client`."""

    TYPE = "nl.sociaaldomein.benefits.benefit-share-ended.v1"

    with_client: str
    on: date


class IncomeReported(BenefitFact):
    """The income of a month, as reported with `source_ref`; the last report of a month counts."""

    TYPE = "nl.sociaaldomein.benefits.income-reported.v1"

    month: Month
    lines: tuple[IncomeLine, ...]
    reported_on: date
    source_ref: str


class DecisionNotified(BenefitFact):
    """The letter of a decision left on `notified_on`, or of a recovery claim, which `decision_ref` then names; its text is in the vault."""

    TYPE = "nl.sociaaldomein.benefits.decision-notified.v1"

    decision_ref: str
    letter_ref: str
    notified_on: date
    objection_until: date


class ObjectionLodged(BenefitFact):
    """The client objects to a decision or a recovery claim; the grounds are in the vault under `text_ref`."""

    TYPE = "nl.sociaaldomein.benefits.objection-lodged.v1"

    objection_ref: str
    decision_ref: str
    lodged_on: date
    decide_by: date
    text_ref: str | None = None


class ObjectionDecided(BenefitFact):
    """An objection was decided; where it was upheld the decision is open again."""

    TYPE = "nl.sociaaldomein.benefits.objection-decided.v1"

    objection_ref: str
    decision_ref: str
    outcome: ObjectionOutcome
    decided_on: date
    decided_by: str


class DecisionReopened(BenefitFact):
    """A decision or claim may be taken again, also years later; `ground` is a code, `source` names a ruling where there is one."""

    TYPE = "nl.sociaaldomein.benefits.decision-reopened.v1"

    decision_ref: str
    ground: Literal["objection", "ruling", "new-facts", "own-mistake"]
    source: str
    reopened_on: date
    reopened_by: str


Decision = (
    BenefitGranted
    | BenefitRefused
    | AdvancesStopped
    | BenefitChanged
    | BenefitSuspended
    | BenefitResumed
    | PaymentBlocked
    | PaymentUnblocked
    | BenefitEnded
    | BenefitWithdrawn
    | MeasureImposed
    | FixedChargeArranged
    | FixedChargeStopped
    | AttachmentServed
    | AttachmentLifted
)
MonthlyBenefitEvent = (
    BenefitApplied
    | Decision
    | BenefitShared
    | BenefitShareEnded
    | IncomeReported
    | DecisionNotified
    | ObjectionLodged
    | ObjectionDecided
    | DecisionReopened
)
