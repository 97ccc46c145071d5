"""Whether a payment that failed may be made again, by the reason of the bank and by what people found out."""

from collections.abc import Mapping

from services.benefits.reason_codes import Handling, handling
from services.benefits.right import Granted
from services.contracts.payouts import Ground

# Peers retry AM05 and ignore MS03 by themselves (reference/domain.md, trap 5). Here a person looks first, always.
GROUNDS: Mapping[Handling, tuple[Ground, ...]] = {
    "stop": ("investigated",),
    "suspend": ("not-deceased",),
    "manual": ("investigated", "cause-mended"),
    "caseworker": ("investigated", "cause-mended"),
    "treasury": ("cause-mended",),
    "contact-client": ("client-confirmed",),
    "ask-account": (),
    "technical": ("cause-mended",),
    "close-recall": ("investigated",),
}
"""What must have been found out; nothing helps where another account is needed."""

NEEDS: Mapping[Handling, str] = {
    "stop": "investigation-needed",
    "suspend": "life-to-be-verified",
    "manual": "investigation-needed",
    "caseworker": "caseworker-needed",
    "treasury": "treasury-needed",
    "contact-client": "client-to-be-contacted",
    "ask-account": "other-account-needed",
    "technical": "cause-to-be-mended",
    "close-recall": "investigation-needed",
}


def grounds(reason_code: str) -> tuple[Ground, ...]:
    """What a person may have found out about a payment that failed for this reason."""
    return GROUNDS[handling(reason_code)[0]]


def hindrance(state: Granted, fingerprint: str) -> str:
    """Why the last payment, which failed, may not be made again on the account with this fingerprint; empty where it may.

    A right that was set off is paid to nobody.
    """
    if state.set_off is not None:
        return "set-off"
    answered = [attempt for attempt in state.attempts if attempt.outcome != "withdrawn"]
    last = answered[-1] if answered else None
    if last is None:
        return ""
    what = handling(last.reason_code)[0]
    if what == "ask-account":
        return NEEDS[what] if fingerprint == last.payment.account_fingerprint else ""
    return "" if last.allowed is not None and last.allowed.ground in GROUNDS[what] else NEEDS[what]
