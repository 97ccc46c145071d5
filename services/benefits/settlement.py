"""Apply what the bank answered to the payments, once; what fits none is listed for a person."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.benefits import bank_answers, bank_reading
from services.benefits.bank_answers import Resolution, Statement, StatusReport
from services.benefits.bank_document import DOCUMENT, Document, DocumentCommand, FinishReading, ListUnmatched, Unmatched
from services.benefits.bank_lines import Kind, Told, steps
from services.benefits.debited_account import DebitedAccount
from services.benefits.payment import PAYMENT, PaymentCommand
from services.benefits.payments import Payments
from services.benefits.portions import SYSTEM, Progress, carried_out, carry_out, portions
from services.benefits.references import end_to_end_id
from services.benefits.right import Right
from services.benefits.told_twice import ToldTwice
from services.contracts.benefits import PaymentPaid, PaymentRejected, PaymentReturned
from services.contracts.payouts import PaymentRecallAnswered
from services.eventlog.handle import Work
from services.eventlog.log import Answer, EventLog, Origin
from services.vault.keyed_hash import KeyedHash

MessageKind = Literal["pain.002", "camt.053", "camt.054", "camt.029"]
FACTS: Mapping[Kind, type[PaymentPaid | PaymentReturned | PaymentRejected | PaymentRecallAnswered]] = {
    "paid": PaymentPaid,
    "returned": PaymentReturned,
    "rejected": PaymentRejected,
    "recall": PaymentRecallAnswered,
}


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where bank answers are applied."""

    log: EventLog
    payments: Payments
    fingerprints: KeyedHash
    now: Callable[[], datetime]

    def settle(self, document_ref: str, body: bytes, progress: Progress) -> None:
        """Apply a message. Raises `UnreadableAnswer`, and then nothing was applied.

        A crash half-way is mended by calling again: what was applied is answered as before, the rest follows.
        """
        answers = bank_reading.read(body)
        twice = ToldTwice(self.log, _kind(answers))
        debited = DebitedAccount(self.log, self.payments, self.fingerprints)
        found = list(steps(document_ref, answers, self.payments, debited))
        unmatched = [step for step in found if isinstance(step, Unmatched)]
        counts: Counter[Kind] = Counter()
        mentioned: set[tuple[str, int, Kind]] = set()
        told = [step for step in found if isinstance(step, Told)]
        works = (self._work(document_ref, step) for step in told)
        for step, answer in zip(told, carry_out(self.log, works, progress), strict=True):
            done = self._done_before(document_ref, step, answer, mentioned) or answer.outcome == "accepted"
            counts[step.kind] += done
            unmatched.extend(() if done or twice.excuses(step.command, answer) else _left(step, answer))
        self._finish(document_ref, _kind(answers), counts, unmatched)

    def _done_before(self, document_ref: str, told: Told, answer: Answer, mentioned: set[tuple[str, int, Kind]]) -> bool:
        """Whether this line was applied and its answer lost: its fact came back to a restored log without the command's answer."""
        about = (told.command.right_ref, told.command.attempt, told.kind)
        first = about not in mentioned
        mentioned.add(about)
        if not first or answer.reason != "already-settled":
            return False
        facts = (envelope.event for envelope in self.log.read(answer.stream))
        return any(isinstance(f, FACTS[told.kind]) and (f.attempt, f.document_ref) == (told.command.attempt, document_ref) for f in facts)

    def _work(self, document_ref: str, told: Told) -> Work[PaymentCommand, Right]:
        command_id = f"{document_ref}:{told.line}:{told.command.right_ref}"
        origin = Origin(SYSTEM, command_id, self.now(), document_ref)
        return Work(decider=PAYMENT, command=lambda _tx: told.command, origin=origin, body_hash=b"")

    def _finish(
        self,
        document_ref: str,
        kind: MessageKind,
        counts: Counter[Kind],
        unmatched: Sequence[Unmatched],
    ) -> None:
        in_order = sorted(unmatched, key=lambda each: each.line)
        lists = [ListUnmatched(document_ref, tuple(portion)) for portion in portions(in_order)]
        sums = (counts["paid"], counts["returned"], counts["rejected"], len(unmatched), counts["recall"])
        commands: list[DocumentCommand] = [*lists, FinishReading(document_ref, kind, *sums)]
        for number, command in enumerate(commands):
            carried_out(self.log, self._document_work(command, number))

    def _document_work(self, command: DocumentCommand, number: int) -> Work[DocumentCommand, Document]:
        origin = Origin(SYSTEM, f"{command.document_ref}:list-{number}", self.now(), command.document_ref)
        return Work(decider=DOCUMENT, command=lambda _tx: command, origin=origin, body_hash=b"")


def _left(told: Told, answer: Answer) -> Iterator[Unmatched]:
    if answer.outcome == "refused":
        named = end_to_end_id(told.command.right_ref, told.command.attempt)
        yield Unmatched(told.line, told.kind, named, told.amount_cents, answer.reason)


def _kind(answers: Sequence[bank_answers.Answer]) -> MessageKind:
    match answers[0]:
        case Statement(kind=kind):
            return kind
        case Resolution():
            return "camt.029"
        case StatusReport():
            return "pain.002"
