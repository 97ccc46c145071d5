"""What a notification of the day and the statement after it both tell is one movement of money; anything else a person sees."""

from dataclasses import replace

import pytest

from services.benefits.payment import BankCommand, BookPayment, RejectPayment, ReturnPayment
from services.benefits.references import right_stream
from services.benefits.told_twice import ToldTwice
from services.contracts.bank import BankAnswerRead
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.eventlog.decider import Decider
from services.eventlog.handle import Work
from services.eventlog.log import Answer, Origin
from services.eventlog.memory import MemoryLog
from tests.benefits.a_region import NOW
from tests.benefits.facts import BOOKED, DOCUMENT, RIGHT, granted, instructed, paid, returned

SETTLED = Answer("refused", "s", 1, 1, "already-settled")
BOOK = BookPayment(RIGHT, 1, 130_000, BOOKED, "e" * 64)
BACK = ReturnPayment(RIGHT, 1, 130_000, "AC04", BOOKED, "e" * 64)
READ = BankAnswerRead(document_ref=DOCUMENT, kind="camt.054", paid=1, returned=0, rejected=0, unmatched=0, recalls=0)


def log(*facts: Event) -> MemoryLog:
    """A log in which these facts stand, as if somebody had decided them."""
    made = MemoryLog("benefits", published())
    for number, fact in enumerate((granted(), instructed(), *facts)):
        saying: Decider[Event, None] = Decider(None, lambda asked: (asked.home().stream,), lambda _s, asked: [asked], lambda _s, _f: None)
        origin = Origin("s-1", f"c-{number}", NOW, "c")
        assert made.submit(Work(saying, lambda _tx, told=fact: told, origin, b"")).result(5).outcome == "accepted"  # type: ignore[misc]  # binds the loop
    return made


@pytest.mark.parametrize(
    ("facts", "kind", "command", "answer", "excused"),
    [
        ((paid(), READ), "camt.053", BOOK, SETTLED, True),
        ((paid(), READ), "camt.054", BOOK, SETTLED, False),
        ((paid(),), "camt.053", BOOK, SETTLED, False),
        ((paid(), READ), "camt.053", replace(BOOK, amount_cents=1), SETTLED, False),
        ((paid(), READ), "camt.053", replace(BOOK, booked_on=NOW.date().replace(day=28)), SETTLED, False),
        ((paid(), READ), "camt.053", BACK, SETTLED, False),
        ((paid(), returned(), READ), "camt.053", BACK, SETTLED, True),
        ((paid(), READ), "camt.053", BOOK, replace(SETTLED, reason="amount-differs"), False),
        ((paid(), READ), "camt.053", RejectPayment(RIGHT, 1, 130_000, "AC01", DOCUMENT), SETTLED, False),
    ],
)
def test_a_line_is_excused_where_the_other_kind_of_message_said_the_same(
    facts: tuple[Event, ...], kind: str, command: BankCommand, answer: Answer, *, excused: bool
) -> None:
    assert ToldTwice(log(*facts), kind).excuses(command, answer) is excused


def test_each_movement_is_excused_once_and_payment_and_return_apart() -> None:
    twice = ToldTwice(log(paid(), returned(), READ), "camt.053")

    assert [twice.excuses(each, SETTLED) for each in (BOOK, BACK, BOOK, BACK)] == [True, True, False, False]


def test_what_was_said_of_another_attempt_excuses_nothing() -> None:
    told = log(paid(), READ)

    assert len(told.read(right_stream(RIGHT))) == 3
    with pytest.raises(IndexError):
        ToldTwice(told, "camt.053").excuses(replace(BOOK, attempt=2), SETTLED)
