"""Every person is found by citizen service number under another secret, in one transaction, or under the old one as before."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.eventlog.log import EventLog, Transaction
from services.intake.desk import BSN
from services.vault.keyed_hash import KeyedHash, is_bound, rebind
from services.vault.vault import Unopened, Vault

ANSWER_SECONDS = 3_600.0


class NotRekeyed(Exception):
    """Nothing was changed; the text says why, without personal data."""


@dataclass(frozen=True, slots=True)
class Rekeying:
    """The index of a log that no process writes to, under its old secret and the new one."""

    log: EventLog
    vault: Vault
    old: KeyedHash
    new: KeyedHash

    def done(self) -> bool:
        """Whether the log is bound to the new secret already: the transaction was committed, and what followed it was not."""
        return is_bound(self.log, BSN, self.new)

    def rekey(self) -> int:
        """Compute every row again from the vault; how many persons there are. Raises `NotRekeyed`, `LogUnavailable`.

        A crash before the commit leaves the old index; after it, the log is bound to the new secret and says so.
        """
        if not is_bound(self.log, BSN, self.old):
            raise NotRekeyed("the secret in place is not the one that the log was written under")
        return self.log.submit(self._rekey).result(ANSWER_SECONDS)

    def _rekey(self, tx: Transaction) -> int:
        index = {bsn_hash: person.decode() for bsn_hash, person in self.log.kept_all(BSN)}
        numbers = {person: self._number(tx, bsn_hash, person) for bsn_hash, person in index.items()}
        for bsn_hash in index:
            tx.drop(BSN, bsn_hash)
        for person, number in numbers.items():
            tx.keep(BSN, self.new.of(number), person.encode())
        self._verify(tx, numbers)
        rebind(tx, BSN, self.new)
        tx.scrub()
        return len(numbers)

    def _number(self, tx: Transaction, bsn_hash: str, person: str) -> str:
        try:
            number = str(self.vault.open(tx, person)["bsn"])
        except Unopened as closed:
            raise NotRekeyed(
                f"the vault row of {person} cannot be opened ({closed.reason}): restore or erase that client first"
            ) from closed
        if self.old.of(number) != bsn_hash:
            raise NotRekeyed(f"the index leads to {person} by another number than the vault has")
        return number

    def _verify(self, tx: Transaction, numbers: Mapping[str, str]) -> None:
        found = sum(tx.kept(BSN, self.new.of(number)) == person.encode() for person, number in numbers.items())
        if found != len(numbers):
            raise NotRekeyed(f"{len(numbers) - found} of {len(numbers)} persons would not be found under the new secret")


def persons(log: EventLog) -> int:
    """How many persons can be found by number."""
    return len(log.kept_all(BSN))
