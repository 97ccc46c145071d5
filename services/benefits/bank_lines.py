"""What each line of the bank's message says of payments of ours: a command on each, or a line that fits nothing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, assert_never

from services.benefits import bank_answers
from services.benefits.bank_answers import Debit, RecallAnswer, Rejection, Resolution, Return, Statement, StatusReport, Unrecognised
from services.benefits.bank_document import Unmatched
from services.benefits.debited_account import DebitedAccount
from services.benefits.payment import AnswerRecall, BankCommand, BookInBatch, BookPayment, RejectInBatch, RejectPayment, ReturnPayment
from services.benefits.payments import Payments, Position
from services.benefits.references import end_to_end_id, payment_of

REFUSED = "RJCT"
SENT_BEFORE = frozenset({"AM05", "DUPL"})
"""The bank had this file before: its payments may well be made, so nothing is concluded and a person looks."""

Kind = Literal["paid", "returned", "rejected", "recall"]


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the bank about one payment of ours."""

    line: int
    kind: Kind
    command: BankCommand
    amount_cents: int | None


Step = Told | Unmatched


def steps(document_ref: str, answers: Iterable[bank_answers.Answer], payments: Payments, debited: DebitedAccount) -> Iterator[Step]:
    """Every line as a step, numbered over the whole message; a statement speaks of payments from its own account only."""
    lines = ((answer, line) for answer in answers for line in _lines(answer))
    for number, (answer, line) in enumerate(lines, start=1):
        account_iban = answer.account_iban if isinstance(answer, Statement) else None
        for step in _steps(_Place(document_ref, number), line, payments):
            foreign = isinstance(step, Told) and debited.is_another(account_iban, step.command.right_ref, step.command.attempt)
            yield _of_another_account(step) if isinstance(step, Told) and foreign else step


def _of_another_account(told: Told) -> Unmatched:
    named = end_to_end_id(told.command.right_ref, told.command.attempt)
    return Unmatched(told.line, told.kind, named, told.amount_cents, "other-debtor-account")


@dataclass(frozen=True, slots=True)
class _Place:
    document_ref: str
    line: int


_OfPayment = Rejection | Return | bank_answers.Payment | RecallAnswer
KINDS: Mapping[type[_OfPayment], Kind] = {
    Rejection: "rejected",
    Return: "returned",
    bank_answers.Payment: "paid",
    RecallAnswer: "recall",
}
_WholeFile = tuple[str, str]
"""Name of a file or batch that was refused as a whole, and the reason code."""
_Line = bank_answers.Entry | Rejection | RecallAnswer | _WholeFile


def _lines(answer: bank_answers.Answer) -> Iterator[_Line]:
    if isinstance(answer, Statement):
        yield from answer.entries
        return
    if isinstance(answer, Resolution):
        yield from answer.lines
        return
    yield from answer.rejections
    yield from answer.unrecognised
    yield from _refused_batches(answer)


def _refused_batches(report: StatusReport) -> Iterator[_WholeFile]:
    if report.group_status == REFUSED:
        yield report.original_message_id, report.group_reason_code
        return
    yield from ((batch.payment_info_id, batch.reason_code) for batch in report.payment_info_statuses if batch.status == REFUSED)


def _steps(place: _Place, line: _Line, payments: Payments) -> Iterator[Step]:
    match line:
        case Rejection() | Return() | bank_answers.Payment() | RecallAnswer(batch=""):
            yield _about(place, KINDS[type(line)], line.end_to_end_id, line)
        case RecallAnswer():
            yield from _recalls_answered(place, line, payments)
        case Unrecognised():
            yield Unmatched(place.line, "unrecognised", None, line.amount_cents, "unrecognised")
        case Debit():
            yield from _batch_booked(place, line, payments)
        case (name, reason_code):
            yield from _batch_refused(place, name, reason_code, payments)
        case _:
            assert_never(line)


def _about(place: _Place, kind: Kind, reference: str, line: _OfPayment) -> Step:
    # A reference that is not of our making may hold anything, a name too: it is not repeated.
    named = payment_of(reference)
    if named is None:
        return Unmatched(place.line, kind, None, line.amount_cents, "unknown-payment")
    return Told(place.line, kind, _command(place, named, line), line.amount_cents)


def _command(place: _Place, named: tuple[str, int], line: _OfPayment) -> BankCommand:
    match line:
        case Rejection():
            return RejectPayment(*named, line.amount_cents, line.reason_code, place.document_ref)
        case Return():
            return ReturnPayment(*named, line.amount_cents, line.reason_code, line.booked_on, place.document_ref)
        case RecallAnswer():
            return AnswerRecall(*named, line.amount_cents, line.outcome, line.reason_code, place.document_ref)
        case bank_answers.Payment():
            return BookPayment(*named, line.amount_cents, line.booked_on, place.document_ref)
        case _:
            assert_never(line)


def _recalls_answered(place: _Place, line: RecallAnswer, payments: Payments) -> Iterator[Step]:
    """What is said of a whole batch or file holds for each payment in it that was asked back."""
    batch = payments.of_batch(line.batch)
    asked = [position for position in batch if payments.is_recalled(position)]
    if not asked:
        yield Unmatched(place.line, "recall", None, line.amount_cents, "not-recalled" if batch else "unknown-batch")
    for position in asked:
        command = AnswerRecall(position.right_ref, position.attempt, None, line.outcome, line.reason_code, place.document_ref)
        yield Told(place.line, "recall", command, position.amount_cents)


def _batch_booked(place: _Place, debit: Debit, payments: Payments) -> Iterator[Step]:
    """A batch booked as one total pays every payment of it that was not rejected, if the sums agree to the cent."""
    if debit.listed:
        return
    name = debit.payment_info_id or debit.message_id or ""
    booked = [position for position in payments.of_batch(name) if position.standing != "rejected"]
    if not booked:
        yield Unmatched(place.line, "paid", None, debit.total_cents, "unknown-batch")
    elif (len(booked), sum(p.amount_cents for p in booked)) != (debit.count, debit.total_cents):
        yield Unmatched(place.line, "paid", None, debit.total_cents, "batch-differs")
    else:
        for position in booked:
            command = BookInBatch(position.right_ref, position.attempt, debit.booked_on, place.document_ref)
            yield Told(place.line, "paid", command, position.amount_cents)


def _batch_refused(place: _Place, name: str, reason_code: str, payments: Payments) -> Iterator[Step]:
    refused: list[Position] = payments.of_batch(name)
    if reason_code in SENT_BEFORE or not refused:
        yield Unmatched(place.line, "rejected", None, None, reason_code if refused else "unknown-batch")
        return
    for position in refused:
        command = RejectInBatch(position.right_ref, position.attempt, reason_code, place.document_ref)
        yield Told(place.line, "rejected", command, position.amount_cents)
