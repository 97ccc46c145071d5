"""What came back of the months that are claimed: to be set off before anybody is written to."""

from services.benefits.monthly.recovery import Claim
from services.benefits.monthly.setting_off import concerns
from services.benefits.payment import PAYMENT
from services.benefits.payments import Payments
from services.benefits.preparing_again import FAILED
from services.benefits.references import right_stream
from services.benefits.right import Granted
from services.eventlog.log import EventLog


def came_back(log: EventLog, payments: Payments, claim: Claim) -> list[str]:
    """The rights that an open claim may be met from: their last payment failed, and they were not set off."""
    failed = [each.right_ref for each in payments.of_client(claim.opened.client) if each.standing in FAILED]
    rights = ((ref, PAYMENT.fold(envelope.event for envelope in log.read(right_stream(ref)))) for ref in failed)
    return [ref for ref, right in rights if claim.open_cents and isinstance(right, Granted) and concerns(claim, right.grant)]
