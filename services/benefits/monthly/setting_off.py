"""What came back of a month is set off [verrekend] against the claim on that month: nobody is asked for money that never reached them."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, cast

from services.benefits.monthly.recovery import RECOVERY, Claim, Recovery, RecoveryFact, Unopened, recovery_stream
from services.benefits.payment import PAYMENT
from services.benefits.references import right_stream
from services.benefits.right import Grant, Granted, Right, RightFact, Undecided
from services.contracts.benefits import RightEvent
from services.contracts.envelope import Event
from services.contracts.monthly_money import MonthlyRightGranted, MonthlyRightSetOff, RecoveryRepaid
from services.eventlog.decider import Decider, Refused, refusal

PARTS_OF_A_MONTH: Final = frozenset({"month", "back-payment", "fixed-charge", "attachment"})


@dataclass(frozen=True, slots=True)
class SetOff:
    """Let a payment that failed meet a claim on its month."""

    claim_ref: str
    right_ref: str
    set_off_on: date
    set_off_by: str


@dataclass(frozen=True, slots=True)
class Both:
    """The claim and the right."""

    claim: Recovery
    right: Right


def concerns(claim: Claim, grant: Grant) -> bool:
    """Whether a claim is on the month that a right pays, or on the advance: of the same client, by the same municipality."""
    opened = claim.opened
    if not isinstance(grant, MonthlyRightGranted) or (grant.client, grant.municipality) != (opened.client, opened.municipality):
        return False
    if opened.ground.startswith("advance-"):
        return grant.kind == "advance"
    months = {each.month for each in opened.months} or {opened.decision_ref.partition("/")[0]}
    return grant.kind in PARTS_OF_A_MONTH and grant.month in months


def _decide(state: Both, command: SetOff) -> list[Event] | Refused:
    claim, right = state.claim, state.right
    if not isinstance(claim, Claim):
        return Refused("unknown-claim")
    if command.right_ref in claim.came_off:
        return []
    if not isinstance(right, Granted) or not concerns(claim, right.grant):
        return Refused("not-of-this-claim", "only what a month was paid, and came back, meets the claim on that month")
    refused = refusal(
        (right.set_off is not None, Refused("set-off")),
        (not right.attempts or not right.attempts[-1].failed, Refused("not-failed")),
        (not claim.open_cents, Refused("nothing-to-settle")),
    )
    return _met(claim, right, command) if refused is None else refused


def _met(claim: Claim, right: Granted, command: SetOff) -> list[Event]:
    """The right goes whole; what is more than is open is paid to the client in the next run of a month (`refunds.py`)."""
    cents = min(claim.open_cents, right.grant.amount_cents)
    about: dict[str, Any] = {name: getattr(claim.opened, name) for name in ("claim_ref", "client", "municipality")}
    repaid = RecoveryRepaid(
        **about,
        amount_cents=cents,
        received_on=command.set_off_on,
        source_ref=command.right_ref,
        right_ref=command.right_ref,
        refund_cents=right.grant.amount_cents - cents,
    )
    said = {name: getattr(right.grant, name) for name in RightEvent.model_fields}
    gone = MonthlyRightSetOff(**said, claim_ref=command.claim_ref, set_off_on=command.set_off_on, set_off_by=command.set_off_by)
    return [repaid, gone]


def _evolve(state: Both, event: Event) -> Both:
    if isinstance(event, RightEvent):
        return replace(state, right=PAYMENT.evolve(state.right, cast("RightFact", event)))
    return replace(state, claim=RECOVERY.evolve(state.claim, cast("RecoveryFact", event)))


SETTING_OFF: Decider[SetOff, Both] = Decider(
    initial=Both(Unopened(), Undecided()),
    reads=lambda command: (recovery_stream(command.claim_ref), right_stream(command.right_ref)),
    decide=_decide,
    evolve=_evolve,
)
