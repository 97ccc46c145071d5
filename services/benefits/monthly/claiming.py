"""What decided months came to less is claimed back [teruggevorderd]: a claim per ground, with each month's amount and what lowered it."""

from collections import defaultdict
from collections.abc import Iterable

from services.benefits.monthly.ask import Ask, Client
from services.benefits.monthly.balances import decided_months
from services.benefits.monthly.dossier import Dossier, Money
from services.benefits.monthly.grounds import DECISION, newly
from services.benefits.monthly.recovery import claim_name
from services.contracts.monthly import BenefitWithdrawn
from services.contracts.monthly_money import ClaimedMonth, MonthDecided, RecoveryGround, RecoveryOpened

DUTY_TO_INFORM = "duty-to-inform"


def claims(ask: Ask, client: Client, decided: Iterable[Money]) -> tuple[RecoveryOpened, ...]:
    """The claims on months that a run decides lower than they were; `client` is as before the run."""
    before, by_ground = decided_months(client.own), defaultdict[RecoveryGround, list[ClaimedMonth]](list)
    for each in decided:
        if isinstance(each, MonthDecided) and each.too_much_cents:
            because = newly(before[each.month], each)
            lowered = ClaimedMonth(month=each.month, sequence=each.sequence, cents=each.too_much_cents, because=because)
            by_ground[_ground(client.own, because)].append(lowered)
    return tuple(_opened(ask, client, ground, tuple(months)) for ground, months in by_ground.items())


def _ground(own: Dossier, because: Iterable[str]) -> RecoveryGround:
    """A breach of the duty to inform counts before a withdrawal, and that before any other change."""
    found = [own.decision(name.removeprefix(DECISION)) for name in because if name.startswith(DECISION)]
    if any(each is not None and each.reason_code == DUTY_TO_INFORM for each in found):
        return "duty-to-inform"
    return "withdrawn" if any(isinstance(each, BenefitWithdrawn) for each in found) else "paid-too-much"


def _opened(ask: Ask, client: Client, ground: RecoveryGround, months: tuple[ClaimedMonth, ...]) -> RecoveryOpened:
    first = months[0]
    return RecoveryOpened(
        claim_ref=claim_name(client.client, client.municipality, first.month, first.sequence),
        client=client.client,
        municipality=client.municipality,
        ground=ground,
        amount_cents=sum(each.cents for each in months),
        opened_on=ask.decided_on,
        opened_by=ask.run_ref,
        decision_ref=f"{first.month}/{first.sequence}",
        months=months,
    )
