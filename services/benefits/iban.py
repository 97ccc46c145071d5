"""Accept the account numbers to which money can be sent, in the one form that payment files use."""

from typing import Literal

from schwifty import IBAN
from schwifty.exceptions import InvalidChecksumDigits, SchwiftyException

Reason = Literal["characters", "check-digits", "structure", "outside-sepa"]


class InvalidIban(ValueError):
    """An account number to which no SEPA credit transfer can be made.

    `reason` says why; neither it nor the message holds the number, which is personal data.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"not an IBAN for SEPA: {reason}")
        self.reason: Reason = reason


def normalise(text: str) -> str:
    """Return the electronic form (capitals, no spaces) of an IBAN as people write it.

    Checked are the structure of its country, the ISO 7064 check digits and that the country is in SEPA; not the
    11-test, which Dutch IBANs no longer meet. Raises `InvalidIban`.
    """
    compact = text.replace(" ", "").upper()
    # Before schwifty: `upper` turns letters such as a sharp s into two, which must not make a number valid.
    if not (text.isascii() and compact.isalnum()):
        raise InvalidIban("characters")
    return _checked(compact)


def is_normal(text: str) -> bool:
    """Say whether the text is a valid IBAN in its electronic form already."""
    try:
        return normalise(text) == text
    except InvalidIban:
        return False


def _checked(compact: str) -> str:
    # `from None`: schwifty's own messages repeat the number.
    try:
        iban = IBAN(compact)
    except InvalidChecksumDigits:
        raise InvalidIban("check-digits") from None
    except SchwiftyException:
        raise InvalidIban("structure") from None
    if not iban.in_sepa_zone:
        raise InvalidIban("outside-sepa")
    return compact
