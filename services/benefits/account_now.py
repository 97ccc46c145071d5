"""The account that whoever a right is for is paid on by now: the client's own, or that of what is arranged with a third party."""

from collections.abc import Callable, Iterable
from datetime import date

from services.benefits.account import ACCOUNT
from services.benefits.account import STREAMS as ACCOUNTS
from services.benefits.assessment import Account
from services.benefits.monthly.benefit import STREAMS as BENEFITS
from services.benefits.right import Grant
from services.contracts.envelope import Event
from services.contracts.monthly import AttachmentLifted, AttachmentServed, FixedChargeArranged, FixedChargeStopped
from services.contracts.monthly_money import MonthlyRightGranted
from services.eventlog.log import EventLog

Facts = Callable[[str], Iterable[Event]]
"""The facts of a stream, as the log has them or as a transaction sees them."""
Arrangement = FixedChargeArranged | AttachmentServed | FixedChargeStopped | AttachmentLifted
"""What is agreed with a third party, and the end of it."""


def facts_in(log: EventLog) -> Facts:
    """The facts of a stream outside any transaction."""
    return lambda stream: (envelope.event for envelope in log.read(stream))


def account_now(facts: Facts, grant: Grant, today: date) -> Account | None:
    """None where no account is known; a change that waits for confirmation does not count.

    What a third party is paid out of a benefit goes to the account of the last arrangement with them; the client's once that ended.
    """
    if isinstance(grant, MonthlyRightGranted) and grant.payee:
        last = _arrangement(facts, grant, today)
        if not isinstance(last, FixedChargeStopped | AttachmentLifted):
            return Account(last.account_ref, last.account_fingerprint)
    bound = ACCOUNT.fold(facts(ACCOUNTS + grant.client)).account
    return None if bound is None else Account(bound.account_ref, bound.fingerprint)


def _arrangement(facts: Facts, grant: MonthlyRightGranted, today: date) -> Arrangement:
    """The last that was arranged with the third party of a right, or its end, where that is not still to come."""
    own = [each for each in facts(BENEFITS + grant.client) if isinstance(each, Arrangement) and _is_with(each, grant)]
    ended = FixedChargeStopped | AttachmentLifted
    return [each for each in own if not isinstance(each, ended) or each.effective_on <= today][-1]


def _is_with(arranged: Arrangement, grant: MonthlyRightGranted) -> bool:
    """Whether an arrangement is with the third party of a right: of that name for the client, in the municipality that pays."""
    name = arranged.charge_ref if isinstance(arranged, FixedChargeArranged | FixedChargeStopped) else arranged.attachment_ref
    return (name, arranged.municipality) == (grant.payee, grant.municipality)
