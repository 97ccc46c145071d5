"""What the system before this one paid of a client's benefit: those months are never decided here, and its reserve is paid on from here."""

from services.benefits.monthly.balances import decided_months
from services.benefits.monthly.commands import TakeOverBenefit
from services.benefits.monthly.dossier import Dossier
from services.contracts.envelope import Event
from services.contracts.monthly_money import BenefitTakenOver
from services.eventlog.decider import Refused, refusal


def decide(own: Dossier, command: TakeOverBenefit) -> list[Event] | Refused:
    """Once for each client, before any of those months was decided here."""
    taken = _taken(command)
    if own.taken_over is not None:
        return [] if _says_the_same(own.taken_over, taken) else Refused("taken-over-already", f"by {own.taken_over.source_ref}")
    here = min((month for month in {*decided_months(own), *own.carried.months} if month <= command.upto), default="")
    refused = refusal(
        (bool(here), Refused("decided-here-already", f"{here} was decided here: its difference is claimed or paid by a decision"))
    )
    return [taken] if refused is None else refused


def _taken(command: TakeOverBenefit) -> BenefitTakenOver:
    return BenefitTakenOver(
        **command.whose.said,
        upto=command.upto,
        reserve_cents=command.reserve_cents,
        source_ref=command.source_ref,
        recorded_by=command.recorded_by,
    )


def _says_the_same(before: BenefitTakenOver, now: BenefitTakenOver) -> bool:
    return (before.upto, before.reserve_cents, before.source_ref) == (now.upto, now.reserve_cents, now.source_ref)
