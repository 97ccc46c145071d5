from collections.abc import Sequence

import pytest

from services.benefits.payment import (
    PAYMENT,
    BankCommand,
    BookInBatch,
    BookPayment,
    RejectInBatch,
    RejectPayment,
    ReturnPayment,
)
from services.contracts.envelope import Event
from services.eventlog.decider import Refused
from tests.benefits.facts import (
    BOOKED,
    DOCUMENT,
    RIGHT,
    granted,
    instruct,
    instructed,
    paid,
    refused,
    rejected,
    returned,
)
from tests.benefits.sentences import Given

BOOK = BookPayment(RIGHT, 1, 130_000, BOOKED, DOCUMENT)
BOOK_BATCH = BookInBatch(RIGHT, 1, BOOKED, DOCUMENT)
REJECT = RejectPayment(RIGHT, 1, 130_000, "AC01", DOCUMENT)
REJECT_BATCH = RejectInBatch(RIGHT, 1, "AC01", DOCUMENT)
RETURN = ReturnPayment(RIGHT, 1, 130_000, "AC04", BOOKED, DOCUMENT)
SENT = [granted(), instructed()]


def test_a_granted_right_is_instructed_on_the_account_bound_to_it() -> None:
    assert Given(PAYMENT, [granted()]).when(instruct()) == [instructed()]


def test_a_payment_instructed_again_in_its_file_changes_nothing() -> None:
    assert Given(PAYMENT, SENT).when(instruct()) == []


@pytest.mark.parametrize(
    ("happened", "attempt", "message_id", "reason"),
    [
        ([], 1, "m-001", "not-granted"),
        ([refused()], 1, "m-001", "not-granted"),
        (SENT, 1, "m-002", "already-instructed"),
        (SENT, 2, "m-002", "outcome-unknown"),
        ([*SENT, paid()], 2, "m-002", "already-paid"),
        ([granted()], 2, "m-001", "attempt-out-of-order"),
        ([*SENT, returned(), instructed(2, "m-002")], 3, "m-003", "outcome-unknown"),
    ],
)
def test_no_second_payment_while_one_is_open_or_paid(happened: Sequence[Event], attempt: int, message_id: str, reason: str) -> None:
    assert Given(PAYMENT, happened).when(instruct(attempt, message_id)) == Refused(reason)


@pytest.mark.parametrize("ended", [[rejected()], [returned()], [paid(), returned()]])
def test_a_payment_that_failed_wholly_may_be_tried_again(ended: list[Event]) -> None:
    assert Given(PAYMENT, [*SENT, *ended]).when(instruct(2, "m-002")) == [instructed(2, "m-002")]


@pytest.mark.parametrize(
    ("command", "fact"),
    [(BOOK, paid()), (BOOK_BATCH, paid()), (REJECT, rejected()), (REJECT_BATCH, rejected()), (RETURN, returned())],
)
def test_the_bank_answers_a_payment_that_was_sent(command: BankCommand, fact: Event) -> None:
    assert Given(PAYMENT, SENT).when(command) == [fact]


def test_money_that_was_paid_can_come_back() -> None:
    assert Given(PAYMENT, [*SENT, paid()]).when(RETURN) == [returned()]


@pytest.mark.parametrize(
    ("ended", "command"),
    [(paid(), BOOK), (paid(), REJECT), (rejected(), BOOK), (rejected(), RETURN), (returned(), RETURN), (returned(), BOOK)],
)
def test_a_settled_payment_is_not_settled_again(ended: Event, command: BankCommand) -> None:
    assert Given(PAYMENT, [*SENT, ended]).when(command) == Refused("already-settled")


@pytest.mark.parametrize("ended", [paid(), rejected(), returned()])
@pytest.mark.parametrize("command", [BOOK_BATCH, REJECT_BATCH])
def test_a_batch_as_a_whole_leaves_what_was_answered_before(ended: Event, command: BankCommand) -> None:
    assert Given(PAYMENT, [*SENT, ended]).when(command) == []


@pytest.mark.parametrize("command", [BOOK, BOOK_BATCH, REJECT, REJECT_BATCH, RETURN])
@pytest.mark.parametrize("happened", [[], [granted()], [refused()]])
def test_the_bank_cannot_answer_what_was_never_sent(command: BankCommand, happened: list[Event]) -> None:
    assert Given(PAYMENT, happened).when(command) == Refused("unknown-payment")


@pytest.mark.parametrize("cents", [129_999, 1_300, 13_000_000])
def test_another_amount_settles_nothing(cents: int) -> None:
    assert Given(PAYMENT, SENT).when(BookPayment(RIGHT, 1, cents, BOOKED, DOCUMENT)) == Refused("amount-differs")


def test_a_return_in_part_is_no_return() -> None:
    assert Given(PAYMENT, [*SENT, paid()]).when(ReturnPayment(RIGHT, 1, 1, "AC04", BOOKED, DOCUMENT)) == Refused("amount-differs")


def test_a_rejection_need_not_repeat_the_amount() -> None:
    assert Given(PAYMENT, SENT).when(RejectPayment(RIGHT, 1, None, "AC01", DOCUMENT)) == [rejected()]


def test_a_late_answer_to_an_earlier_attempt_does_not_touch_the_later_one() -> None:
    tried_again = [*SENT, returned(), instructed(2, "m-002")]

    assert Given(PAYMENT, tried_again).when(BOOK) == Refused("already-settled")
