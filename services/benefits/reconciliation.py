"""After a restore: do payment files, the bank's messages and the books agree with the log, and what must people bring again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from hashlib import sha256

from services.benefits.bank_document import DOCUMENT
from services.benefits.bank_document import STREAMS as DOCUMENTS
from services.benefits.jobs import BANK_DOCUMENTS, READ, WAITING, inbox_path, take_in
from services.benefits.office import Office
from services.benefits.portions import carried_out
from services.benefits.release import made_good
from services.benefits.request import known_runs
from services.benefits.run_state import Approved, Closed, Prepared, Released, Releasing, Run
from services.contracts.bank import BankLineUnmatched
from services.contracts.benefits import AccountBound, AllowanceGranted, LedgerReserved
from services.contracts.envelope import Envelope, Event
from services.contracts.runs import PaymentFileWritten
from services.eventlog.log import EventLog, Transaction
from services.eventlog.restored import Mark, mark_of
from services.recovery.restoration import Found
from services.vault.vault import SEALED

BATCH_UNKNOWN = frozenset({"unknown-batch", "batch-differs"})


def compare(office: Office) -> Found:
    """Take in what lies in the inbox, then name every difference. Raises `LogUnavailable`, `TimeoutError` and `OSError`."""
    take_in_again(office)
    office.jobs.settle_waiting()
    runs = {ref: office.run(ref) for ref in known_runs(office.log)}
    books = Books.of(office.log)
    differences = (
        *files_that_differ(office, runs),
        *files_without_fact(office, runs),
        *messages_gone(office),
        *unanswered(office, runs),
        *answered_before_it_left(office, runs),
        *unknown_to_the_log(office.log, mark_of(office.log)),
        *manifests_gone(office, runs),
        *books.torn(),
    )
    return Found(tuple(differences), tuple(accounts_without_number(office.log, books.bound)))


def make_good(office: Office) -> None:
    """Put beside the grants again what was not on Kafka, once all facts are back. Raises what `compare` raises."""
    for ref in known_runs(office.log):
        run = office.run(ref)
        if isinstance(run, Releasing | Released | Closed):
            prepared = run.run.prepared if isinstance(run, Closed) else run.prepared
            if office.manifests.whole(prepared.manifest_hash):
                made_good(office.log, office.manifests, prepared, office.now)


def take_in_again(office: Office) -> None:
    """Every message in the inbox is known as read or waits to be, in the order in which they came; a repeat changes nothing."""
    by_age = sorted(office.inbox.glob("*.xml"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    for path in by_age:
        body = path.read_bytes()
        ref = sha256(body).hexdigest()
        if path == inbox_path(office.inbox, ref):
            carried_out(office.log, take_in(office.inbox, ref, body))
    for ref, state in office.log.kept_all(BANK_DOCUMENTS):
        if state.startswith(WAITING) and _finished(office.log, ref):
            carried_out(office.log, partial(_note_read, ref))


def _note_read(ref: str, tx: Transaction) -> None:
    tx.keep(BANK_DOCUMENTS, ref, READ)


def _finished(log: EventLog, ref: str) -> bool:
    return DOCUMENT.fold(envelope.event for envelope in log.read(DOCUMENTS + ref)).finished


def _released(runs: Mapping[str, Run]) -> Iterator[Released]:
    for run in runs.values():
        if isinstance(run, Released | Closed):
            yield run.run if isinstance(run, Closed) else run


def files_that_differ(office: Office, runs: Mapping[str, Run]) -> Iterator[str]:
    """Payment files that are gone or not what was recorded."""
    for run in _released(runs):
        for file in run.files:
            path = office.bank.place(file.message_id)
            if not path.exists():
                yield f"payment file {file.message_id} is recorded and {path} is not there: put it back from a backup of bank/out"
            elif sha256(path.read_bytes()).hexdigest() != file.sha256:
                yield f"payment file {file.message_id} differs from what was recorded: put {path} back from a backup of bank/out"


def files_without_fact(office: Office, runs: Mapping[str, Run]) -> Iterator[str]:
    """Payment files that no fact names and that no run is about to write again."""
    named = {file.message_id for run in _released(runs) for file in run.files}
    for path in sorted(office.bank.place("any").parent.glob("*.xml")):
        run = runs.get(path.stem.rpartition("-")[0])
        if path.stem not in named and not _still_writes(run):
            yield (
                f"payment file {path} has no fact: it was not handed over by this service;"
                " ask the bank whether it has it, then move the file out of bank/out"
            )


def _still_writes(run: Run | None) -> bool:
    """Such a run writes the same bytes to the same place again, or stops at the difference."""
    if isinstance(run, Released):
        return sum(file.count for file in run.files) < run.released.granted
    return isinstance(run, Releasing)


def messages_gone(office: Office) -> Iterator[str]:
    """Messages of the bank that were taken in and whose file is gone."""
    read = {envelope.stream.removeprefix(DOCUMENTS) for envelope in office.log.scan(DOCUMENTS)}
    for ref in sorted(read | {ref for ref, _ in office.log.kept_all(BANK_DOCUMENTS)}):
        if not inbox_path(office.inbox, ref).exists():
            yield f"message {ref} of the bank was taken in and its file is gone: bring it again (POST /v1/bank-answers)"


def unanswered(office: Office, runs: Mapping[str, Run]) -> Iterator[str]:
    """Files that the bank was to execute before today and has not answered for, payment by payment."""
    today = office.now().date()
    for file in _handed_over(runs):
        open_ones = [each for each in office.payments.of_batch(file.message_id) if each.standing == "sent"]
        if open_ones and file.execution_on < today:
            yield (
                f"payment file {file.message_id} was handed over for {file.execution_on} and {len(open_ones)} payments have no answer:"
                " bring the statement of that day (POST /v1/bank-answers)"
            )


def _handed_over(runs: Mapping[str, Run]) -> Iterator[PaymentFileWritten]:
    return (file for run in _released(runs) for file in run.files if run.takers(file.message_id))


def answered_before_it_left(office: Office, runs: Mapping[str, Run]) -> Iterator[str]:
    """Files that the bank has answered for though no fact says that they left: they did, and must not leave again."""
    for run in _released(runs):
        for file in run.files:
            answered = [each for each in office.payments.of_batch(file.message_id) if each.standing != "sent"]
            if answered and not run.takers(file.message_id):
                yield f"the bank answered for {len(answered)} payments of {file.message_id}, which no fact says was handed over"


def unknown_to_the_log(log: EventLog, mark: Mark | None) -> Iterator[str]:
    """Lines of the bank, read since the restore, about payments of our making that the log does not know."""
    since = 0 if mark is None else mark.head
    for envelope in log.scan(DOCUMENTS):
        line = envelope.event
        if isinstance(line, BankLineUnmatched) and envelope.position > since and _ours(line):
            yield f"line {line.line} of message {line.document_ref} is about a payment that this log lacks ({line.reason_code})"


def _ours(line: BankLineUnmatched) -> bool:
    """Whether the line speaks of a payment or batch as only we name them."""
    return line.reason_code in BATCH_UNKNOWN or (line.reason_code == "unknown-payment" and line.end_to_end_id is not None)


def manifests_gone(office: Office, runs: Mapping[str, Run]) -> Iterator[str]:
    """Lines of runs that are still to be decided or paid, and cannot be read."""
    for ref, run in runs.items():
        waits = isinstance(run, Prepared | Approved | Releasing) or _still_writes(run)
        if waits and not office.manifests.whole(run.prepared.manifest_hash):  # type: ignore[union-attr]  # each of these was prepared
            yield f"the lines of run {ref} are gone: put its manifest back from a backup; what is not released may be aborted afterwards"


@dataclass
class Books:
    """Grants with what must stand beside them, from the whole log."""

    granted: dict[str, str] = field(default_factory=dict)
    reserved: set[str] = field(default_factory=set)
    bound: dict[str, tuple[str, date]] = field(default_factory=dict)

    @classmethod
    def of(cls, log: EventLog) -> "Books":
        """Read the log once."""
        books = cls()
        for envelope in log.scan("benefits/"):
            books._take(envelope)
        return books

    def _take(self, envelope: Envelope[Event]) -> None:
        match envelope.event:
            case AllowanceGranted() as grant:
                self.granted[grant.right_ref] = grant.household_ref
            case LedgerReserved() as reserved:
                self.reserved.add(reserved.right_ref)
            case AccountBound() as bound:
                self.bound[bound.client] = (bound.account_ref, bound.on)
            case _:
                pass

    def torn(self) -> Iterator[str]:
        """Grants whose reservation, of the same transaction, did not reach Kafka."""
        for right, household in sorted(self.granted.items()):
            if right not in self.reserved:
                yield f"grant {right} stands without its reservation in the ledger of {household}: facts of one transaction were lost"


def accounts_without_number(log: EventLog, bound: Mapping[str, tuple[str, date]]) -> Iterator[str]:
    """Clients whose account was bound since the backup: the number was in the vault alone. Nobody is paid on it meanwhile."""
    for client, (ref, on) in sorted(bound.items()):
        if log.kept(SEALED, ref) is None:
            yield f"client {client}: the number of the account bound on {on} is lost; bring the account again (POST /v1/accounts/_bulk)"
