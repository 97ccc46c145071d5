"""What benefits tells of the money of the monthly benefit: months decided, rights to pay, advances, and recovery claims."""

from datetime import date
from typing import Literal

from services.contracts.benefits import RightEvent
from services.contracts.envelope import Event, Home, Published
from services.contracts.intake import Cents, Count, Municipality
from services.contracts.monthly import BenefitFact, Month

RightKind = Literal["month", "back-payment", "holiday-allowance", "advance", "fixed-charge", "attachment", "refund"]
RecoveryGround = Literal["advance-refused", "advance-not-settled", "paid-too-much", "duty-to-inform", "withdrawn", "fine"]


class MonthAmounts(Published):
    """What a month comes to, in cents; `reserved_cents` of `total_cents` waits as holiday allowance."""

    norm_cents: Cents
    supplement_cents: Cents
    received_cents: Cents
    exempt_cents: Cents
    measure_cents: Cents
    total_cents: Cents
    reserved_cents: Cents


class Part(Published):
    """Where cents went: `ref` is a right or a recovery claim, empty for advances and the reserve; `payee` a charge or attachment."""

    kind: Literal["client", "fixed-charge", "attachment", "recovery", "advance", "reserve"]
    ref: str
    cents: Cents
    payee: str = ""


class ClaimedMonth(Published):
    """What a claim takes back of a month, in cents, by the decision `sequence` on it; `because` names what it rested on only then."""

    month: Month
    sequence: Count
    cents: Cents
    because: tuple[str, ...] = ()


class EntitlementDecided(BenefitFact):
    """Money of a benefit was decided in a run; `parts` say where every cent of it went.

    `rests_on` names what it came from: `decision/` and its reference, `income/` and the form with its day, `rule/` and the row
    of a rule with its first day, `application/` and its day, `month/` and the name and number of a decided month, `claim/` and
    the reference of a recovery claim.
    """

    run_ref: str
    month: Month
    sequence: Count
    parts: tuple[Part, ...]
    rule_version: str
    facts_hash: str
    decided_on: date
    rests_on: tuple[str, ...] = ()


class MonthDecided(EntitlementDecided):
    """A month comes to these amounts. The first time everything is in `parts`, later only what it is more.

    `too_much_cents` is what was paid too much and is claimed back, `reserve_claimed_cents` of it as holiday allowance that
    was paid already; `seizable_cents` of the reserve is free for creditors.
    """

    TYPE = "nl.sociaaldomein.benefits.month-decided.v1"

    amounts: MonthAmounts
    seizable_cents: Cents
    too_much_cents: Cents = 0
    reserve_claimed_cents: Cents = 0


class HolidayAllowanceDecided(EntitlementDecided):
    """The reserve of holiday allowance is paid, yearly or at the end of the benefit; `month` is that of payment."""

    TYPE = "nl.sociaaldomein.benefits.holiday-allowance-decided.v1"

    cents: Cents


class AdvanceDecided(EntitlementDecided):
    """An advance while an application is undecided; `sequence` counts them from 1 per application."""

    TYPE = "nl.sociaaldomein.benefits.advance-decided.v1"

    cents: Cents
    applied_on: date


class AdvancesReclaimed(EntitlementDecided):
    """What was advanced and no month of the granted benefit covers is claimed back under `claim_ref`; it has no parts."""

    TYPE = "nl.sociaaldomein.benefits.advances-reclaimed.v1"

    cents: Cents
    claim_ref: str


class RefundDecided(EntitlementDecided):
    """What came in of a claim that was reduced since is paid back; `month` is that of payment."""

    TYPE = "nl.sociaaldomein.benefits.refund-decided.v1"

    cents: Cents
    claim_ref: str


class BenefitTakenOver(BenefitFact):
    """The system before this one paid the benefit up to and including month `upto`; `source_ref` is its record.

    It reserved `reserve_cents` of holiday allowance that it did not pay.
    """

    TYPE = "nl.sociaaldomein.benefits.benefit-taken-over.v1"

    upto: Month
    reserve_cents: Cents
    source_ref: str
    recorded_by: str


class EntitlementHeld(BenefitFact):
    """Approved money was not decided at release, as the facts were others by then; it is due in the next run."""

    TYPE = "nl.sociaaldomein.benefits.entitlement-held.v1"

    run_ref: str
    reason_code: str


class MonthlyRightGranted(RightEvent):
    """A right of the monthly benefit: scheme + client + month + kind + sequence, to be paid on the bound account by `promised_on`.

    `payee` names the fixed charge or attachment that it pays; empty for the client.
    """

    TYPE = "nl.sociaaldomein.benefits.monthly-right-granted.v1"

    month: Month
    kind: RightKind
    payee: str = ""
    sequence: Count
    rule_version: str
    facts_hash: str
    decided_on: date
    account_ref: str
    account_fingerprint: str
    promised_on: date


class MonthlyRightSetOff(RightEvent):
    """A right whose payment failed is paid to nobody any more: it was set off [verrekend] whole against a claim on its own month."""

    TYPE = "nl.sociaaldomein.benefits.monthly-right-set-off.v1"

    claim_ref: str
    set_off_on: date
    set_off_by: str


class RecoveryFact(Event):
    """A fact about one recovery claim [vordering], in cents."""

    claim_ref: str
    client: str
    municipality: Municipality

    def home(self) -> Home:
        """The claim's own stream, with the client as its key."""
        return Home(f"benefits/recovery/{self.claim_ref}", self.client, self.municipality, self.client)


class RecoveryOpened(RecoveryFact):
    """So much is claimed back [teruggevorderd]; `months` say of which months where those came to less than was paid.

    A fine [bestuurlijke boete] is claimed as well; `repeated` says that it is for a breach of duty after an earlier fine [recidive].
    """

    TYPE = "nl.sociaaldomein.benefits.recovery-opened.v1"

    ground: RecoveryGround
    amount_cents: Cents
    opened_on: date
    opened_by: str
    decision_ref: str
    months: tuple[ClaimedMonth, ...] = ()
    repeated: bool = False


class RecoveryOffset(RecoveryFact):
    """So much of a claim was taken from what a client is paid in a run [verrekend]."""

    TYPE = "nl.sociaaldomein.benefits.recovery-offset.v1"

    amount_cents: Cents
    run_ref: str
    month: Month


class RecoveryRepaid(RecoveryFact):
    """A client paid so much back on `received_on`; `source_ref` is the bank's line.

    Where `right_ref` names a right, that was never paid and was set off: `refund_cents` of it were more than was open, and are still due.
    """

    TYPE = "nl.sociaaldomein.benefits.recovery-repaid.v1"

    amount_cents: Cents
    received_on: date
    source_ref: str
    right_ref: str = ""
    refund_cents: Cents = 0


class RecoveryWrittenOff(RecoveryFact):
    """So much is not claimed any more [buiten invordering gesteld], for a reason."""

    TYPE = "nl.sociaaldomein.benefits.recovery-written-off.v1"

    amount_cents: Cents
    reason_code: str
    decided_on: date
    decided_by: str
    decision_ref: str
    text_ref: str | None = None


class RecoveryReduced(RecoveryFact):
    """After an objection or ruling (`because`) a claim is `claim_cents`, 0 for withdrawn: of what was open `amount_cents` come off.

    `refund_cents` had come in, and are paid back.
    """

    TYPE = "nl.sociaaldomein.benefits.recovery-reduced.v1"

    amount_cents: Cents
    refund_cents: Cents
    claim_cents: Cents
    because: str
    reason_code: str
    decided_on: date
    decided_by: str
    decision_ref: str
    text_ref: str | None = None


MonthlyMoneyEvent = (
    MonthDecided
    | HolidayAllowanceDecided
    | AdvanceDecided
    | AdvancesReclaimed
    | RefundDecided
    | BenefitTakenOver
    | EntitlementHeld
    | MonthlyRightGranted
    | MonthlyRightSetOff
    | RecoveryOpened
    | RecoveryOffset
    | RecoveryRepaid
    | RecoveryWrittenOff
    | RecoveryReduced
)
