"""What of the advances the months of a grant cover, and the claim on what they leave."""

from services.benefits.monthly import dossier
from services.benefits.monthly.advances import outstanding_cents
from services.benefits.monthly.ask import Ask, Client, Plan, after
from services.benefits.monthly.balances import decided_months
from services.benefits.monthly.calculation import NotWorkedOut
from services.benefits.monthly.condition import Applied, Ended, Reopened, Running, Suspended
from services.benefits.monthly.dated import RuleMissing
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.grounds import facts_hash
from services.benefits.monthly.month_plan import amounts_of
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.orders import Orders
from services.benefits.monthly.periods import months, named
from services.benefits.monthly.recovery import claim_name
from services.contracts.monthly import BenefitGranted
from services.contracts.monthly_money import AdvancesReclaimed, RecoveryOpened


def covered_cents(norms: Norms, own: Dossier, grant: BenefitGranted) -> int | None:
    """What the undecided months of a grant, up to that of its decision, give in hand; None where one cannot be worked out yet."""
    if not isinstance(own.condition, Applied | Reopened):
        return None
    then, decided = dossier.evolve(own, grant), decided_months(own)
    covering = [
        month for month in months(grant.effective_on, grant.decided_on) if named(month) not in decided and named(month) > own.paid_upto
    ]
    try:
        return sum(amounts_of(norms, then, month).due_cents for month in covering)
    except (NotWorkedOut, RuleMissing):
        return None


def left_over(ask: Ask, client: Client, due: Plan) -> Plan:
    """With the claim on advances that no month covers, once every month up to that of the run is decided.

    Later months are not drawn on: from them a claim is taken within the protected part only, as an advance would not be.
    """
    own = after(client, due).own
    cents = outstanding_cents(own)
    waits = any("charge-not-covered" not in reason for reason in due.reasons)
    if cents <= 0 or waits or not isinstance(own.condition, Running | Suspended | Ended):
        return due
    month = named(ask.month)
    sequence = 1 + sum(isinstance(each, AdvancesReclaimed) and each.month == month for each in own.money)
    claim = claim_name(client.client, client.municipality, "advances", month, sequence)
    orders = Orders(ask, client, month, sequence, facts_hash({"outstanding_cents": cents}))
    fact = AdvancesReclaimed(**orders.said, cents=cents, claim_ref=claim)
    return due.and_then(Plan((fact,), (), (), (_claim(ask, client, fact),)))


def _claim(ask: Ask, client: Client, fact: AdvancesReclaimed) -> RecoveryOpened:
    return RecoveryOpened(
        claim_ref=fact.claim_ref,
        client=client.client,
        municipality=client.municipality,
        ground="advance-not-settled",
        amount_cents=fact.cents,
        opened_on=ask.decided_on,
        opened_by=ask.run_ref,
        decision_ref=f"{fact.month}/advances-{fact.sequence}",
    )
