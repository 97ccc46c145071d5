"""Hands out every number, address and line id of a region exactly once."""

from collections import Counter

from deploy.region.addresses import AddressBook
from deploy.region.cases import Case
from deploy.region.chance import dice
from deploy.region.identifiers import BankAnswer, bsns, failing_ibans, ordinary_ibans

_FAILING: dict[Case, BankAnswer] = {
    Case.ACCOUNT_CLOSED: "account-closed",
    Case.HOLDER_DECEASED: "holder-deceased",
    Case.ACCOUNT_INCORRECT: "account-incorrect",
}


class Registrar:
    """The stock of identifiers of one region."""

    def __init__(self, seed: int) -> None:
        """Open the stock of this seed; the same calls in the same order give the same identifiers."""
        self._seed = seed
        self._bsns = bsns(dice(seed, "bsn"))
        self._ordinary = ordinary_ibans(dice(seed, "iban"))
        self._failing = {case: failing_ibans(answer, dice(seed, answer)) for case, answer in _FAILING.items()}
        self._lines: Counter[str] = Counter()
        self.addresses = AddressBook(dice(seed, "address"))

    def bsn(self) -> str:
        """Return a valid BSN that nobody in the region has yet."""
        return next(self._bsns)

    def iban(self, case: Case | None) -> str:
        """Return an IBAN of which the bank does with a payment what the case says."""
        return next(self._failing.get(case, self._ordinary) if case else self._ordinary)

    def line_id(self, mark: str) -> str:
        """Return the next id of the kind of line that `mark` stands for, for example region-7-h-000001."""
        self._lines[mark] += 1
        return f"region-{self._seed}-{mark}-{self._lines[mark]:06d}"
