"""Who pays: the region, on behalf of each municipality and from the account of that municipality."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from services.benefits.iban import normalise


@dataclass(frozen=True, slots=True)
class DebtorAccount:
    """An account that is paid from, with the BIC of its bank where that bank asks for it."""

    iban: str
    bic: str | None = None


@dataclass(frozen=True, slots=True)
class Debtor:
    """The region by `name`, and by municipality code the name and the account of each on whose behalf it pays.

    A municipality without an account of its `own` pays from the region's, `iban`.
    """

    name: str
    iban: str
    bic: str | None
    ultimate_debtors: Mapping[str, str]
    own: Mapping[str, DebtorAccount] = field(default_factory=lambda: MappingProxyType({}))

    def account_of(self, municipality: str) -> DebtorAccount:
        """The account that the payments of a municipality (by code) leave from."""
        return self.own.get(municipality) or DebtorAccount(self.iban, self.bic)


def accounts(text: str) -> dict[str, DebtorAccount]:
    """By municipality what is written as `GM0361=NL44RABO0123456789,GM0373=NL20INGB0001234567/INGBNL2A`.

    Raises `InvalidIban`, and `ValueError` for a part that is not of this form or a municipality that is named twice.
    """
    found: dict[str, DebtorAccount] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        municipality, separator, account = part.partition("=")
        iban, _, bic = account.partition("/")
        if not separator or municipality in found:
            raise ValueError("write each municipality once, as GM0361=IBAN or GM0361=IBAN/BIC")
        found[municipality] = DebtorAccount(normalise(iban), bic or None)
    return found
