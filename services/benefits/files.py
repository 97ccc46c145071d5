"""Write the payment files of a released run: every grant on the account bound to it, or no file at all."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from services.benefits import payment_file, schemas
from services.benefits.debtor import Debtor
from services.benefits.manifest import EntitledLine, GrantedLine, Line, Manifests, write_once
from services.benefits.payment import PAYMENT, InstructPayment, PaymentCommand
from services.benefits.payment_file import CreditTransfer, Header, RefusedPaymentFile
from services.benefits.portions import SYSTEM, Progress, carried_out, carry_out
from services.benefits.references import end_to_end_id, message_id, payment_of, right_stream, run_stream
from services.benefits.request import Stuck
from services.benefits.right import Grant, Right
from services.benefits.run import RUN
from services.benefits.run_commands import RecordFile, RunCommand
from services.benefits.run_state import Released, Releasing, Run
from services.contracts.benefits import PaymentInstructed
from services.contracts.intake import Scheme
from services.contracts.runs import PaymentFileWritten, RunPrepared, RunReleaseOrdered
from services.eventlog.handle import Work
from services.eventlog.log import EventLog, Origin
from services.vault.keyed_hash import KeyedHash
from services.vault.vault import Unopened

FIRST_ATTEMPT = 1
PURPOSES: Mapping[Scheme, payment_file.Purpose] = {"energy-allowance": "GOVT", "monthly-benefit": "SSBE"}
"""ISO 20022 purpose codes: a government payment, a social security benefit (domain.md 2.2)."""


class Opening(Protocol):
    """What the vault does for the file writer."""

    def open(self, source: EventLog, ref: str) -> Mapping[str, Any]:
        """The value under `ref`; raises `Unopened`."""


@dataclass(frozen=True, slots=True)
class Bank:
    """Who pays and where files for the bank lie; `most_transfers` bounds a file, as agreed with the bank."""

    debtor: Debtor
    folder: Path
    most_transfers: int

    def place(self, message: str) -> Path:
        """Where a payment file lies."""
        return self.folder / "out" / f"{message}.xml"

    def parts(self, transfers: Iterable[CreditTransfer]) -> tuple[tuple[CreditTransfer, ...], ...]:
        """Transfers over files: a file is debited to one account, whose municipalities may be several."""
        by_iban: dict[str, list[CreditTransfer]] = defaultdict(list)
        for transfer in sorted(transfers, key=lambda each: each.municipality):
            by_iban[self.debtor.account_of(transfer.municipality).iban].append(transfer)
        return tuple(part for members in by_iban.values() for part in payment_file.split(members, self.most_transfers))


@dataclass(frozen=True, slots=True)
class Due:
    """One payment to make, in euro cents, on the account that was decided or approved for it."""

    right_ref: str
    attempt: int
    amount_cents: int
    account_ref: str
    account_fingerprint: str
    municipality: str


@dataclass(frozen=True, slots=True)
class FileWriter:
    """Where files are written from; the only reader of account numbers."""

    log: EventLog
    manifests: Manifests
    vault: Opening
    fingerprints: KeyedHash
    bank: Bank
    now: Callable[[], datetime]

    def write(self, run: Released, progress: Progress) -> None:
        """Instruct every payment and write every file. Raises `Stuck`, and then nothing more was instructed.

        Content is fixed by the grants and the moment of the order, so that a crash at any point is mended by calling
        again: the same payments, the same bytes, and what was recorded stays as it was.
        """
        granted = list(self._grants(run.prepared))
        transfers = [self.transfer(_first(grant), run.prepared) for grant, _ in granted]
        parts = self.bank.parts(transfers)
        ordered_at = self.ordered_at(run.prepared.run_ref)
        headers = [self.header(run, message_id(run.prepared.run_ref, part), ordered_at) for part in range(1, len(parts) + 1)]
        bodies = [body_of(header, part) for header, part in zip(headers, parts, strict=True)]
        _require_same_files(headers, parts, {end_to_end_id(grant.right_ref, FIRST_ATTEMPT): file for grant, file in granted if file})
        self._instruct(headers, parts, progress)
        for number, (header, part, body) in enumerate(zip(headers, parts, bodies, strict=True), start=1):
            self.put_down(self.written(run, header, part, body, (number, len(parts))), body)

    def _grants(self, prepared: RunPrepared) -> Iterator[tuple[Grant, str]]:
        """Each grant, and the file that its payment was instructed in before, if it was."""
        for line in self.manifests.read(prepared.manifest_hash):
            for right in _rights(line):
                history = self.log.read(right_stream(right))
                decision = history[0].event if history else None
                if isinstance(decision, Grant) and decision.run_ref == prepared.run_ref:
                    instructed = (envelope.event for envelope in history[1:2])
                    yield decision, next((event.message_id for event in instructed if isinstance(event, PaymentInstructed)), "")

    def transfer(self, due: Due, prepared: RunPrepared) -> CreditTransfer:
        """The transfer on the account as the vault holds it; raises `Stuck` unless that is the one with this fingerprint."""
        try:
            holding = self.vault.open(self.log, due.account_ref)
        except Unopened as closed:
            raise Stuck(f"account-{closed.reason}") from None
        if self.fingerprints.of(holding["iban"]) != due.account_fingerprint:
            raise Stuck("account-differs-from-decision")
        return CreditTransfer(
            end_to_end_id=end_to_end_id(due.right_ref, due.attempt),
            amount_cents=due.amount_cents,
            creditor_name=holding["holder_name"],
            creditor_iban=holding["iban"],
            remittance=f"{_title(prepared)} kenmerk {due.right_ref}",
            municipality=due.municipality,
        )

    def ordered_at(self, run_ref: str) -> datetime:
        """When the release was ordered: files say that they were made then, whenever they are."""
        history = self.log.read(run_stream(run_ref))
        return next(e.recorded_at for e in history if isinstance(e.event, RunReleaseOrdered)).replace(microsecond=0)

    def header(self, run: Releasing | Released, name: str, created_at: datetime) -> Header:
        """The header of the run's file with this message id."""
        return Header(
            message_id=name,
            created_at=created_at,
            execution_on=run.ordered.execution_on,
            debtor=self.bank.debtor,
            purpose=PURPOSES[run.prepared.scheme],
        )

    def _instruct(self, headers: Sequence[Header], parts: Sequence[Sequence[CreditTransfer]], progress: Progress) -> None:
        works = (
            _instructing(transfer.end_to_end_id, header.message_id, header.execution_on, self.now())
            for header, part in zip(headers, parts, strict=True)
            for transfer in part
        )
        for answer in carry_out(self.log, works, progress):
            if answer.outcome == "refused":
                raise Stuck(answer.reason)

    def written(
        self, run: Released, header: Header, part: Sequence[CreditTransfer], body: bytes, place: tuple[int, int]
    ) -> PaymentFileWritten:
        """The fact about a file that is part `place[0]` of `place[1]`."""
        return PaymentFileWritten(
            run_ref=run.prepared.run_ref,
            message_id=header.message_id,
            part=place[0],
            parts=place[1],
            count=len(part),
            total_cents=sum(transfer.amount_cents for transfer in part),
            sha256=sha256(body).hexdigest(),
            execution_on=header.execution_on,
            debtor_fingerprint=self.fingerprints.of(header.debtor.account_of(part[0].municipality).iban),
        )

    def put_down(self, file: PaymentFileWritten, body: bytes) -> None:
        """The bytes first, then the fact: a file without its fact is written again, a fact without its file cannot be."""
        write_once(self.bank.place(file.message_id), body, mode=0o600)
        work: Work[RunCommand, Run] = Work(
            decider=RUN,
            command=lambda _tx: RecordFile(file),
            origin=Origin(SYSTEM, f"{file.message_id}:written", self.now(), file.run_ref),
            body_hash=bytes.fromhex(file.sha256),
        )
        answer = carried_out(self.log, work)
        if answer.outcome == "refused":
            raise Stuck(answer.reason)


def _rights(line: Line) -> tuple[str, ...]:
    """The rights that a line decides, if it is carried out."""
    match line:
        case GrantedLine():
            return (line.right_ref,)
        case EntitledLine():
            return tuple(right.right_ref for right in line.rights)
        case _:
            return ()


def _title(prepared: RunPrepared) -> str:
    """What the client reads on the statement."""
    if prepared.scheme == "monthly-benefit":
        return f"Bijstandsuitkering {prepared.scheme_year}-{prepared.tranche:02d}"
    return f"Energietoeslag {prepared.scheme_year}"


def _first(grant: Grant) -> Due:
    account = grant.account_ref, grant.account_fingerprint
    return Due(grant.right_ref, FIRST_ATTEMPT, grant.amount_cents, *account, grant.municipality)


def body_of(header: Header, part: Sequence[CreditTransfer]) -> bytes:
    """The bytes of a file. Raises `Stuck` where a bank would refuse it."""
    try:
        body = payment_file.write(header, part)
    except RefusedPaymentFile as refused:
        raise Stuck("payment-file-refused") from refused
    # What the schema cannot express was checked before writing; checking it again would double the time of a release.
    if schemas.violations(schemas.read(body, payment_file.MOST_BYTES), payment_file.MESSAGE):
        raise Stuck("payment-file-invalid")
    return body


def _require_same_files(headers: Sequence[Header], parts: Sequence[Sequence[CreditTransfer]], before: Mapping[str, str]) -> None:
    """Raises `Stuck` where a payment stands in another file than before a stop: the size of a file was set anew in between."""
    for header, part in zip(headers, parts, strict=True):
        if any(before.get(transfer.end_to_end_id, header.message_id) != header.message_id for transfer in part):
            raise Stuck("instructed-in-other-file")


def _instructing(end_to_end: str, message: str, execution_on: date, at: datetime) -> Work[PaymentCommand, Right]:
    named = payment_of(end_to_end)
    assert named is not None
    command = InstructPayment(*named, message_id=message, execution_on=execution_on)
    origin = Origin(SYSTEM, f"{end_to_end}:instruct", at, message)
    return Work(decider=PAYMENT, command=lambda _tx: command, origin=origin, body_hash=message.encode())
