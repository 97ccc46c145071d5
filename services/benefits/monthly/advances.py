"""Advances [voorschotten] while an application waits: how much was advanced, what of it is still to be settled, and claimed back."""

from services.benefits.monthly.commands import Terms
from services.benefits.monthly.condition import Applied, Reopened
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.recovery import OpenRecovery, opened
from services.contracts.monthly import BenefitGranted, BenefitRefused
from services.contracts.monthly_money import AdvanceDecided, AdvancesReclaimed, RecoveryGround, RecoveryOpened


def outstanding_cents(own: Dossier) -> int:
    """What was advanced on the applications of a client, and neither settled with a month nor claimed back, in cents."""
    advanced = sum(each.cents for each in own.money if isinstance(each, AdvanceDecided))
    parts = sum(part.cents for each in own.money for part in each.parts if part.kind == "advance")
    settled = own.carried.advance_cents + parts
    reclaimed = sum(each.reclaimed_cents for each in own.decisions if isinstance(each, BenefitGranted | BenefitRefused))
    return advanced - settled - reclaimed - sum(each.cents for each in own.money if isinstance(each, AdvancesReclaimed))


def of_application(own: Dossier) -> tuple[AdvanceDecided, ...]:
    """The advances on the application that waits, the first first."""
    if not isinstance(own.condition, Applied | Reopened):
        return ()
    applied_on = own.condition.application.applied_on
    return tuple(each for each in own.money if isinstance(each, AdvanceDecided) and each.applied_on == applied_on)


def claimed_back(terms: Terms, claim_ref: str, ground: RecoveryGround, cents: int) -> list[RecoveryOpened]:
    """The claim on advances that follows on a decision; none for nothing."""
    if not cents:
        return []
    claim = OpenRecovery(
        claim_ref=claim_ref,
        client=terms.client,
        municipality=terms.municipality,
        ground=ground,
        amount_cents=cents,
        opened_on=terms.decided_on,
        opened_by=terms.decided_by,
        decision_ref=terms.decision_ref,
    )
    return [opened(claim)]
