"""Citizen service numbers and account numbers that pass every check and belong to nobody."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd
from operator import mul
from random import Random
from typing import Literal

from deploy.region.chance import Lottery

BankAnswer = Literal["account-closed", "holder-deceased", "account-incorrect"]

BANK_ENDINGS: dict[BankAnswer, int] = {"account-closed": 901, "holder-deceased": 902, "account-incorrect": 903}
"""Last three digits of the account number to which the simulated bank answers AC04, MD07 (returns) and AC01 (reject)."""

_BANK_WEIGHTS = {
    "INGB": 36, "RABO": 30, "ABNA": 20, "SNSB": 4, "ASNB": 4, "TRIO": 2, "KNAB": 2, "BUNQ": 1, "RBRB": 1,
}  # fmt: skip
_BANKS = Lottery(_BANK_WEIGHTS)
_ORDINARY_ENDINGS = [ending for ending in range(1000) if ending not in BANK_ENDINGS.values()]
_MIDDLES = 10_000
_NL00_DIGITS = "232100"

_BSN_TIERS = ((99_990_000, 10_000), (99_900_000, 90_000), (99_000_000, 900_000))
_BSN_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2)
_BSN_OF_EXAMPLES = ("999990342", "999999990")


@dataclass(frozen=True, slots=True)
class Shuffle:
    """A bijection on 0..size-1: numbers look drawn, never repeat, and no list of them is kept."""

    size: int
    factor: int
    shift: int

    def at(self, serial: int) -> int:
        """Return the number on place `serial`."""
        return (self.factor * serial + self.shift) % self.size


def shuffle(size: int, chance: Random) -> Shuffle:
    """Draw a bijection on 0..size-1."""
    factor = chance.randrange(1, size)
    while gcd(factor, size) != 1:
        factor = chance.randrange(1, size)
    return Shuffle(size, factor, chance.randrange(size))


def bsns(chance: Random) -> Iterator[str]:
    """Yield valid numbers, each once: about 9,090 in 9999xxxxx, then 81,800 in the rest of 999, then 818,000 in 99.

    9999xxxxx is the usual test range (domain.md 1.1); the wider ranges are our choice, as far as we know not issued.
    Numbers that documentation uses as examples are left out.
    """
    for first, size in _BSN_TIERS:
        order = shuffle(size, chance)
        for serial in range(size):
            prefix = str(first + order.at(serial))
            check = sum(map(mul, _BSN_WEIGHTS, map(int, prefix))) % 11
            if check < 10 and (bsn := f"{prefix}{check}") not in _BSN_OF_EXAMPLES:
                yield bsn


def ordinary_ibans(chance: Random) -> Iterator[str]:
    """Yield Dutch IBANs, each account number once (099xxxxxxx), none with an ending of `BANK_ENDINGS`."""
    order = shuffle(_MIDDLES * len(_ORDINARY_ENDINGS), chance)
    for serial in range(order.size):
        middle, ending = divmod(order.at(serial), len(_ORDINARY_ENDINGS))
        yield _iban(_BANKS.draw(chance), middle, _ORDINARY_ENDINGS[ending])


def failing_ibans(answer: BankAnswer, chance: Random) -> Iterator[str]:
    """Yield Dutch IBANs to which the simulated bank gives this answer, each account number once."""
    order = shuffle(_MIDDLES, chance)
    for serial in range(order.size):
        yield _iban(_BANKS.draw(chance), order.at(serial), BANK_ENDINGS[answer])


def debtor_iban(municipality: str) -> str:
    """Return the account that a municipality (CBS code) of the region pays from: at the municipalities' own bank, and nobody's."""
    return _iban("BNGH", int(municipality.removeprefix("GM")), 0)


def _iban(bank: str, middle: int, ending: int) -> str:
    account = f"099{middle:04d}{ending:03d}"
    letters = "".join(str(int(char, 36)) for char in bank)
    check = 98 - int(f"{letters}{account}{_NL00_DIGITS}") % 97
    return f"NL{check:02d}{bank}{account}"
