"""A statement is about one account: what it says of payments that left another account is not applied."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.benefits.payments import Payments
from services.benefits.references import run_of, run_stream
from services.contracts.runs import PaymentFileWritten
from services.eventlog.log import EventLog
from services.vault.keyed_hash import KeyedHash


@dataclass(slots=True)
class DebitedAccount:
    """Which account the payments of each file left, by what was recorded when the file was written."""

    log: EventLog
    payments: Payments
    fingerprints: KeyedHash
    _known: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def is_another(self, account_iban: str | None, right_ref: str, attempt: int) -> bool:
        """Whether a payment left another account than this one; files from before accounts were recorded tell nothing."""
        payment = self.payments.of_payment(right_ref, attempt)
        if account_iban is None or payment is None:
            return False
        left = self._of_run(run_of(payment.message_id)).get(payment.message_id, "")
        return left not in ("", self.fingerprints.of(account_iban))

    def _of_run(self, run_ref: str) -> Mapping[str, str]:
        """By message id the fingerprint of the account that a file of the run is debited to."""
        if run_ref not in self._known:
            told = (envelope.event for envelope in self.log.read(run_stream(run_ref)))
            self._known[run_ref] = {e.message_id: e.debtor_fingerprint for e in told if isinstance(e, PaymentFileWritten)}
        return self._known[run_ref]
