"""A message of the bank: what could not be applied is kept line by line, and that it was read to its end."""

from dataclasses import dataclass, replace
from typing import Literal, assert_never, cast

from services.contracts.bank import BankAnswerRead, BankLineUnmatched
from services.contracts.envelope import Event
from services.eventlog.decider import Decider, Refused

STREAMS = "benefits/bank/"


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A line, counted from 1, that fits no payment; `end_to_end_id` only where it is a name that we give."""

    line: int
    kind: Literal["paid", "returned", "rejected", "unrecognised", "recall"]
    end_to_end_id: str | None
    amount_cents: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class ListUnmatched:
    """Keep these lines for a person; lists of one message come in order of line."""

    document_ref: str
    lines: tuple[Unmatched, ...]


@dataclass(frozen=True, slots=True)
class FinishReading:
    """The message was read to its end and came to this."""

    document_ref: str
    kind: Literal["pain.002", "camt.053", "camt.054", "camt.029"]
    paid: int
    returned: int
    rejected: int
    unmatched: int
    recalls: int


DocumentCommand = ListUnmatched | FinishReading
DocumentFact = BankLineUnmatched | BankAnswerRead


@dataclass(frozen=True, slots=True)
class Document:
    """Up to which line everything that fits no payment is listed, and whether the end was reached."""

    listed_upto: int = 0
    finished: bool = False


def _evolve(state: Document, fact: DocumentFact) -> Document:
    match fact:
        case BankLineUnmatched():
            return replace(state, listed_upto=max(state.listed_upto, fact.line))
        case BankAnswerRead():
            return replace(state, finished=True)
        case _:
            assert_never(fact)


def _decide(state: Document, command: DocumentCommand) -> list[Event] | Refused:
    match command:
        case ListUnmatched():
            return [_listed(command.document_ref, line) for line in command.lines if line.line > state.listed_upto]
        case FinishReading():
            return [] if state.finished else [_finished(command)]
        case _:
            assert_never(command)


def _listed(document_ref: str, line: Unmatched) -> BankLineUnmatched:
    return BankLineUnmatched(
        document_ref=document_ref,
        line=line.line,
        kind=line.kind,
        end_to_end_id=line.end_to_end_id,
        amount_cents=line.amount_cents,
        reason_code=line.reason,
    )


def _finished(command: FinishReading) -> BankAnswerRead:
    return BankAnswerRead(
        document_ref=command.document_ref,
        kind=command.kind,
        paid=command.paid,
        returned=command.returned,
        rejected=command.rejected,
        unmatched=command.unmatched,
        recalls=command.recalls,
    )


DOCUMENT: Decider[DocumentCommand, Document] = Decider(
    initial=Document(),
    reads=lambda command: (STREAMS + command.document_ref,),
    decide=_decide,
    evolve=lambda state, event: _evolve(state, cast("DocumentFact", event)),
)
