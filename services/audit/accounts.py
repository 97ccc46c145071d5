"""I5: money goes to the account that was bound to the decision, as the events say it and as the bank will read it."""

import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path

from services.audit.fact import Content, Fact, Handlers
from services.audit.finding import Tally
from services.audit.payment_file import Transfer
from services.audit.rights import UNPAID, Attempt, Rights
from services.audit.unreachable import Unreachable

SECRET_BYTES = 32


class Fingerprints:
    """The keyed hash of account numbers (HMAC-SHA-256 in hexadecimal), computed here anew from the service's secrets."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = secrets

    @classmethod
    def in_folder(cls, folder: Path) -> "Fingerprints":
        """With every secret of a folder; raises `Unreachable` where there is none to read."""
        try:
            secrets = [path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file() and path.stat().st_size == SECRET_BYTES]
        except OSError as wrong:
            raise Unreachable(f"the secret of the account fingerprints cannot be read: {type(wrong).__name__}") from wrong
        if not secrets:
            raise Unreachable("there is no secret of the account fingerprints")
        return cls(secrets)

    def fits(self, iban: str, fingerprint: str) -> bool:
        """Whether a fingerprint is that of an account."""
        return any(hmac.compare_digest(hmac.digest(s, iban.encode(), hashlib.sha256).hex(), fingerprint) for s in self._secrets)


class Accounts:
    """Accounts bound to clients, and whether grants and payments name them. Reads behind `Rights` in the same pass."""

    def __init__(self, tally: Tally, rights: Rights) -> None:
        self._tally, self._rights = tally, rights
        self._bound: dict[str, tuple[str, str]] = {}
        self._own: dict[str, str] = {}
        self._arranged: set[str] = set()
        self._replaced_by: dict[str, tuple[str, str]] = {}

    @property
    def handlers(self) -> Handlers:
        """What it wants to see."""
        return {
            "benefits.account-bound": self._account_bound,
            "benefits.fixed-charge-arranged": self._third_party,
            "benefits.attachment-served": self._third_party,
            "benefits.allowance-granted": self._granted,
            "benefits.monthly-right-granted": self._granted,
            "benefits.payout-account-replaced": self._replaced,
            "benefits.payment-instructed": self._instructed,
        }

    def _account_bound(self, _fact: Fact, content: Content) -> None:
        self._bound[content["account_ref"]] = (content["client"], content["fingerprint"])
        self._own[content["client"]] = content["fingerprint"]

    def _third_party(self, _fact: Fact, content: Content) -> None:
        """An account of somebody else, on which a part of the client's benefit is paid by a decision."""
        self._bound[content["account_ref"]] = (content["client"], content["account_fingerprint"])
        self._arranged.add(content["account_ref"])

    def _granted(self, fact: Fact, content: Content) -> None:
        self._names_bound(fact, content)
        self._names_last(fact, content)

    def _replaced(self, fact: Fact, content: Content) -> None:
        """Only where the money of the last payment is back."""
        self._names_bound(fact, content)
        right = self._rights.by_ref.get(content["right_ref"])
        failed = right is not None and right.state in UNPAID
        self._tally.require(failed, f"{fact.name} moves {content['right_ref']} to another account while its money is not back")
        self._replaced_by[content["right_ref"]] = (content["account_ref"], content["account_fingerprint"])

    def _instructed(self, fact: Fact, content: Content) -> None:
        self._names_bound(fact, content)
        right = self._rights.by_ref.get(content["right_ref"])
        first = (right.account_ref, right.fingerprint) if right else ("", "")
        decided = self._replaced_by.get(content["right_ref"], first)
        same = decided == (content["account_ref"], content["account_fingerprint"])
        self._tally.require(same, f"{fact.name} pays {content['end_to_end_id']} on another account than was decided")
        if content["attempt"] > 1:
            self._names_last(fact, content)

    def _names_last(self, fact: Fact, content: Content) -> None:
        """A client's own account must be the last that was bound; another one waits for the next run (decision record 36)."""
        last = self._own.get(content["client"]) == content["account_fingerprint"] or content["account_ref"] in self._arranged
        self._tally.require(last, f"{fact.name} is for an account of {content['client']} that had been replaced by another")

    def _names_bound(self, fact: Fact, content: Content) -> None:
        self._tally.looked_at()
        bound = self._bound.get(content["account_ref"])
        named = (content["client"], content["account_fingerprint"])
        self._tally.require(
            bound == named, f"{fact.name} names account {content['account_ref']}, which was not bound so to {content['client']}"
        )

    def in_file(self, transfer: Transfer, payment: Attempt, fingerprints: Fingerprints) -> None:
        """Compare the account that the bank will read with the one that was instructed."""
        self._tally.looked_at()
        right = fingerprints.fits(transfer.iban, payment.fingerprint)
        self._tally.require(right, f"the file {payment.message_id} pays {transfer.end_to_end_id} on another account than was decided")
