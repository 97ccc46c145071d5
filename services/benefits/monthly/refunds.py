"""What came in of claims that were reduced since is paid back [terugbetaald] in the next run, as a right of its own, once."""

from services.benefits.monthly.ask import Ask, Client, Plan
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.grounds import CLAIM, facts_hash
from services.benefits.monthly.orders import Orders
from services.benefits.monthly.periods import named
from services.benefits.monthly.recovery import Claim
from services.contracts.monthly_money import RefundDecided


def due_cents(own: Dossier, claim: Claim) -> int:
    """What is still to be paid back of a claim, in cents."""
    refunds = (each for each in own.money if isinstance(each, RefundDecided) and each.claim_ref == claim.opened.claim_ref)
    return claim.refund_cents - sum(each.cents for each in refunds)


def refunds(ask: Ask, client: Client) -> Plan:
    """A right for each claim of which something is to be paid back; whole to the client, whatever else they owe (assumed)."""
    month, due = named(ask.month), Plan()
    sequence = 1 + sum(isinstance(each, RefundDecided) and each.month == month for each in client.own.money)
    for claim in client.claims:
        cents = due_cents(client.own, claim)
        if cents:
            due = due.and_then(_refund(ask, client, claim, sequence + len(due.money), cents))
    return due


def _refund(ask: Ask, client: Client, claim: Claim, sequence: int, cents: int) -> Plan:
    rested = {"claim": claim.opened.claim_ref, "claimed": claim.claimed_cents, "came_in": claim.came_in_cents}
    orders = Orders(ask, client, named(ask.month), sequence, facts_hash(rested), (CLAIM + claim.opened.claim_ref,))
    orders.to_client("refund", cents)
    fact = RefundDecided(**orders.said, cents=cents, claim_ref=claim.opened.claim_ref)
    return Plan((fact,), tuple(orders.rights))
