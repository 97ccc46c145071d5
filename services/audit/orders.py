"""What the bank is really asked: every payment file on disk against the facts, one transfer at a time."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.audit.accounts import Accounts, Fingerprints
from services.audit.fact import Content
from services.audit.finding import Tally
from services.audit.payment_file import PaymentFile, Stated, Transfer
from services.audit.rights import Attempt, Rights
from services.audit.unreachable import Unreachable


@dataclass(frozen=True, slots=True)
class Tallies:
    """Of I2 (paid once), I4 (as approved) and I5 (on the bound account)."""

    once: Tally
    approved: Tally
    account: Tally


@dataclass(slots=True)
class Orders:
    """Payments by what the bank knows them by, the transfers that were found for them in files, and whose each batch is."""

    rights: Rights
    accounts: Accounts
    fingerprints: Fingerprints | None
    tallies: Tallies
    payments: dict[str, Attempt] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    batches: dict[str, str] = field(default_factory=dict)

    def conclude(self, folder: Path, recorded: Mapping[str, Content], on_disk: Collection[str]) -> None:
        """Compare every file that was recorded, by message id; `on_disk` are those that must have been."""
        instructed: dict[str, int] = defaultdict(int)
        for _, payment in self.rights.payments():
            instructed[payment.message_id] += 1
            known = self.payments.setdefault(payment.end_to_end_id, payment)
            self.tallies.once.require(known is payment, f"{payment.end_to_end_id} was instructed for two payments")
        for name in sorted(set(on_disk) - recorded.keys()):
            self.tallies.approved.fault(f"payment file {name} was recorded by nobody")
        for message_id, said in sorted(recorded.items()):
            try:
                self._file(PaymentFile(folder / f"{message_id}.xml"), message_id, said)
            except Unreachable as wrong:
                self.tallies.approved.fault(str(wrong))
            count, said_count = instructed[message_id], said["count"]
            self.tallies.approved.require(count == said_count, f"{message_id}: {count} payments were instructed, the file has {said_count}")

    def _file(self, file: PaymentFile, message_id: str, said: Content) -> None:
        self.tallies.approved.looked_at()
        self.tallies.approved.require(file.sha256 == said["sha256"], f"payment file {message_id} is not the one that was recorded")
        self._debited(file, message_id, said)
        header, batches, named = file.stated()
        self.tallies.approved.require(named == message_id, f"payment file {message_id} says that it is another message")
        count, total_cents = 0, 0
        for transfer in file.transfers():
            count, total_cents = count + 1, total_cents + transfer.amount_cents
            self._transfer(transfer, message_id)
        counted, recorded = Stated(count, total_cents), Stated(said["count"], said["total_cents"])
        summed = Stated(sum(b.count for b in batches), sum(b.total_cents for b in batches))
        for what, stated in (("its header", header), ("its batches", summed), ("the record", recorded)):
            same = stated == counted
            self.tallies.approved.require(
                same,
                f"payment file {message_id}: {what} says {stated.count} for {stated.total_cents} cents, it holds {count} for {total_cents}",
            )

    def _debited(self, file: PaymentFile, message_id: str, said: Content) -> None:
        """A file takes its money from one account, the one that was recorded; earlier records name none."""
        debited, fingerprint = file.debited(), said.get("debtor_fingerprint", "")
        self.tallies.approved.require(len(debited) == 1, f"payment file {message_id} is debited to {len(debited)} accounts")
        if self.fingerprints and fingerprint:
            right = all(self.fingerprints.fits(iban, fingerprint) for iban in debited)
            self.tallies.approved.require(right, f"payment file {message_id} is debited to another account than was recorded")

    def _transfer(self, transfer: Transfer, message_id: str) -> None:
        name, once = transfer.end_to_end_id, self.tallies.once
        once.looked_at()
        if name in self.found:
            once.fault(f"{name} stands in payment file {self.found[name]} and again in {message_id}")
        self.found[name] = message_id
        payment = self.payments.get(name)
        if payment is None:
            once.fault(f"{name} stands in payment file {message_id} and was never instructed")
            return
        same = (payment.message_id, payment.amount_cents) == (message_id, transfer.amount_cents)
        self.tallies.approved.require(same, f"payment file {message_id} pays {name} otherwise than was instructed")
        whose = self.batches.setdefault(transfer.batch, payment.municipality)
        self.tallies.approved.require(whose == payment.municipality, f"batch {transfer.batch} pays for {whose} and {payment.municipality}")
        if self.fingerprints:
            self.accounts.in_file(transfer, payment, self.fingerprints)
