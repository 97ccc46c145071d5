"""Which payments this bank makes, sends back or refuses: decided by the last three digits of the creditor's account."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a payment, and the ISO 20022 reason where it does not arrive."""

    kind: Literal["paid", "returned", "rejected"]
    reason: str | None = None


PAID = Outcome("paid")
# The synthetic region ends account numbers so, where it wants a payment to fail.
BY_LAST_THREE: Mapping[str, Outcome] = {
    "901": Outcome("returned", "AC04"),  # account closed
    "902": Outcome("returned", "MD07"),  # account holder deceased
    "903": Outcome("rejected", "AC01"),  # valid check digits, but no such account
}
WRONG_CHECK_DIGITS = Outcome("rejected", "AC01")
ON_REQUEST = Outcome("rejected", "MS03")


def outcome(end_to_end_id: str, creditor_iban: str, refused: frozenset[str]) -> Outcome:
    """Decide one payment; `refused` are the references that the caller wants to see rejected."""
    if end_to_end_id in refused:
        return ON_REQUEST
    if not _check_digits_hold(creditor_iban):
        return WRONG_CHECK_DIGITS
    return BY_LAST_THREE.get(creditor_iban[-3:], PAID)


def _check_digits_hold(iban: str) -> bool:
    """ISO 7064 mod 97-10, worked out here so that the bank does not share the product's mistakes."""
    moved = iban[4:] + iban[:4]
    return iban.isascii() and iban.isalnum() and int("".join(str(int(character, 36)) for character in moved)) % 97 == 1
