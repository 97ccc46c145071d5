"""What is done for each reason for which a bank refuses a payment or sends it back."""

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

# From the one that calls for most care: `stop` means that nothing of the kind is paid again before someone investigated.
Handling = Literal["stop", "suspend", "manual", "caseworker", "treasury", "contact-client", "ask-account", "technical", "close-recall"]


# reference/domain.md 2.5 (Worldline, Numeral and Lemonway lists, EPC135-18); what is not here goes to a person.
RETURN_HANDLING: Mapping[str, tuple[Handling, str]] = {
    "AC01": ("ask-account", "account identifier incorrect"),
    "AC03": ("caseworker", "wrong IBAN of creditor"),
    "AC04": ("ask-account", "account closed"),
    "AC06": ("contact-client", "account blocked, possibly seized"),
    "AG01": ("ask-account", "no transfers on this account, such as savings"),
    "AG02": ("technical", "invalid bank operation code"),
    "AM04": ("treasury", "insufficient funds on our account"),
    "AM05": ("stop", "duplicate"),
    "AM09": ("caseworker", "wrong amount"),
    "AM10": ("technical", "control sum does not match"),
    "BE04": ("caseworker", "creditor address missing"),
    "CNOR": ("ask-account", "creditor bank not registered"),
    "DUPL": ("stop", "duplicate payment"),
    "ED05": ("technical", "settlement failed"),
    "FF01": ("technical", "file format invalid"),
    "FOCR": ("close-recall", "returned at our own request"),
    "MD07": ("suspend", "end customer deceased: verify, never pay again by itself"),
    "MS02": ("contact-client", "refused by the customer, reason not given"),
    "MS03": ("manual", "reason not given by the bank"),
    "RC01": ("ask-account", "bank identifier incorrect"),
}


def handling(reason_code: str) -> tuple[Handling, str]:
    """Return what is done for a reason, and its meaning; what the table does not hold goes to a person."""
    return RETURN_HANDLING.get(reason_code, ("manual", "not in the table"))


def most_careful(reason_codes: Iterable[str]) -> str:
    """Of several reasons the one that calls for most care; empty for none."""
    return min(reason_codes, key=lambda code: get_args(Handling).index(handling(code)[0]), default="")
