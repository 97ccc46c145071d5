"""Advances [voorschotten] while an application waits: how much was advanced, and what of it is still to be settled."""

from services.benefits.monthly.condition import Applied, Reopened
from services.benefits.monthly.dossier import Dossier
from services.contracts.monthly import BenefitRefused
from services.contracts.monthly_money import AdvanceDecided


def outstanding_cents(own: Dossier) -> int:
    """What was advanced on the applications of a client and not settled with a month, in cents."""
    advanced = sum(each.cents for each in own.money if isinstance(each, AdvanceDecided))
    settled = sum(part.cents for each in own.money for part in each.parts if part.kind == "advance")
    reclaimed = sum(each.reclaimed_cents for each in own.decisions if isinstance(each, BenefitRefused))
    return advanced - settled - reclaimed


def of_application(own: Dossier) -> tuple[AdvanceDecided, ...]:
    """The advances on the application that waits, the first first."""
    if not isinstance(own.condition, Applied | Reopened):
        return ()
    applied_on = own.condition.application.applied_on
    return tuple(each for each in own.money if isinstance(each, AdvanceDecided) and each.applied_on == applied_on)
