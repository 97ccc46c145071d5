"""Release a run that pays again: every approved line is the next payment of its right, or is withheld if that changed."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.benefits.account_now import account_now
from services.benefits.completing import complete
from services.benefits.files import Bank, Due, FileWriter, body_of
from services.benefits.manifest import AgainLine
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.still_due import StillDue, still_due
from services.benefits.payment import PAYMENT, InstructPayment, PaymentCommand
from services.benefits.payment_file import CreditTransfer
from services.benefits.portions import SYSTEM, Progress, carry_out
from services.benefits.references import end_to_end_id, message_id, right_stream
from services.benefits.right import Granted, Right
from services.benefits.run_commands import CompleteRelease
from services.benefits.run_state import Released, Releasing
from services.contracts.runs import RunPrepared
from services.eventlog.handle import Work
from services.eventlog.log import Origin, Transaction


@dataclass(frozen=True, slots=True)
class ReleasingAgain:
    """Where such a release reads and writes."""

    writer: FileWriter
    norms: Norms
    now: Callable[[], datetime]

    def release(self, run: Releasing, progress: Progress) -> None:
        """Instruct every payment that is still due. Raises `Stuck`; before anything is instructed every account was opened.

        A crash at any point: the next call gives the same commands, which are answered as before, and goes on.
        """
        lines, prepared = list(self._lines(run.prepared)), run.prepared
        places = _places(self._transfers(lines, prepared), self.writer.bank, prepared.run_ref)
        due = still_due(self.writer.log, self.norms)
        works = (self._instructing(line, places[line.right_ref], run, due) for line in lines)
        paid, withheld = [0, 0], [0, 0]
        for line, answer in zip(lines, carry_out(self.writer.log, works, progress), strict=True):
            sums = withheld if answer.outcome == "refused" else paid
            sums[0], sums[1] = sums[0] + 1, sums[1] + line.amount_cents
        complete(self.writer.log, CompleteRelease(prepared.run_ref, paid[0], 0, withheld[0], paid[1], withheld[1]), self.now())

    def write(self, run: Released, progress: Progress) -> None:
        """Write the files of what was instructed: the same payments, the same bytes at every call. Raises `Stuck`."""
        parts: dict[str, list[AgainLine]] = defaultdict(list)
        for line in self._lines(run.prepared):
            name = self._instructed_in(line)
            if name is not None and name.startswith(run.prepared.run_ref):
                parts[name].append(line)
        ordered_at = self.writer.ordered_at(run.prepared.run_ref)
        for name in sorted(parts):
            header, part = self.writer.header(run, name, ordered_at), self._transfers(parts[name], run.prepared)
            body = body_of(header, part)
            place = int(name.rpartition("-")[2]), len(parts)
            self.writer.put_down(self.writer.written(run, header, part, body, place), body)
            progress(len(part))

    def _lines(self, prepared: RunPrepared) -> Iterator[AgainLine]:
        return (line for line in self.writer.manifests.read(prepared.manifest_hash) if isinstance(line, AgainLine))

    def _transfers(self, lines: Sequence[AgainLine], prepared: RunPrepared) -> list[CreditTransfer]:
        return [self.writer.transfer(_due(line), prepared) for line in lines]

    def _instructing(self, line: AgainLine, name: str, run: Releasing, due: StillDue) -> Work[PaymentCommand, Right]:
        prepared, account = run.prepared, (line.account_ref, line.account_fingerprint)

        def command(tx: Transaction) -> PaymentCommand:
            hindered = _hindered(tx, line, due.seen_by(tx), self.now().date())
            return InstructPayment(line.right_ref, line.attempt, name, run.ordered.execution_on, account, hindered)

        command_id = f"{prepared.run_ref}:{end_to_end_id(line.right_ref, line.attempt)}:instruct"
        origin = Origin(SYSTEM, command_id, self.now(), prepared.run_ref)
        return Work(decider=PAYMENT, command=command, origin=origin, body_hash=bytes.fromhex(prepared.manifest_hash))

    def _instructed_in(self, line: AgainLine) -> str | None:
        state = PAYMENT.fold(envelope.event for envelope in self.writer.log.read(right_stream(line.right_ref)))
        made = isinstance(state, Granted) and len(state.attempts) >= line.attempt
        return state.attempts[line.attempt - 1].payment.message_id if isinstance(state, Granted) and made else None


def _hindered(tx: Transaction, line: AgainLine, due: StillDue, today: date) -> str:
    """What became otherwise since the approval, so that it is not paid now; empty for nothing."""
    right = PAYMENT.fold(tx.read(right_stream(line.right_ref)))
    if not isinstance(right, Granted):
        return ""
    account = account_now(tx.read, right.grant, today)
    if account is not None and account.fingerprint != line.account_fingerprint:
        return "account-changed"
    return due.hindrance(right.grant)


def _due(line: AgainLine) -> Due:
    return Due(line.right_ref, line.attempt, line.amount_cents, line.account_ref, line.account_fingerprint, line.municipality)


def _places(transfers: Sequence[CreditTransfer], bank: Bank, run_ref: str) -> dict[str, str]:
    """By right: the name of the file that its payment goes into."""
    parts = bank.parts(transfers)
    named = ((message_id(run_ref, number), part) for number, part in enumerate(parts, start=1))
    return {transfer.end_to_end_id.rpartition("-")[0]: name for name, part in named for transfer in part}
