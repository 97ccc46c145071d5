from collections.abc import Sequence

import pytest

from services.benefits.payment import (
    PAYMENT,
    AllowPayAgain,
    BankCommand,
    BookInBatch,
    BookPayment,
    InstructPayment,
    RejectInBatch,
    RejectPayment,
    ReturnPayment,
)
from services.contracts.envelope import Event
from services.contracts.payouts import Ground
from services.eventlog.decider import Refused
from tests.benefits.facts import (
    BOOKED,
    DOCUMENT,
    EXECUTED,
    RIGHT,
    account_replaced,
    allowed,
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
def test_a_payment_that_failed_wholly_is_made_again_on_another_account(ended: list[Event]) -> None:
    again = InstructPayment(RIGHT, 2, "m-002", EXECUTED, ("acc-2", "other-print"))
    on_other = instructed(2, "m-002").model_copy(update={"account_ref": "acc-2", "account_fingerprint": "other-print"})

    assert Given(PAYMENT, [*SENT, *ended]).when(again) == [account_replaced(), on_other]


@pytest.mark.parametrize("ended", [rejected(), returned()])
def test_a_closed_account_is_not_paid_on_again(ended: Event) -> None:
    assert Given(PAYMENT, [*SENT, ended]).when(instruct(2, "m-002")) == Refused("other-account-needed")


def test_an_account_that_took_the_place_of_the_first_is_the_decisions_own() -> None:
    third = [*SENT, returned(), account_replaced(), instructed(2, "m-002"), returned(2, "AM04"), allowed("cause-mended", 2)]
    paid_on = Given(PAYMENT, third).when(instruct(3, "m-003"))

    assert isinstance(paid_on, list)
    assert [getattr(fact, "account_ref", None) for fact in paid_on] == ["acc-2"]


@pytest.mark.parametrize(("reason", "ground"), [("AM05", "investigated"), ("MD07", "not-deceased"), ("MS02", "client-confirmed")])
def test_what_a_person_found_out_lets_a_payment_be_made_again(reason: str, ground: Ground) -> None:
    failed = [*SENT, returned(reason=reason)]

    assert Given(PAYMENT, failed).when(AllowPayAgain(RIGHT, 1, ground, "s-1")) == [allowed(ground)]
    assert isinstance(Given(PAYMENT, failed).when(instruct(2, "m-002")), Refused)
    assert Given(PAYMENT, [*failed, allowed(ground)]).when(instruct(2, "m-002")) == [instructed(2, "m-002")]


def test_the_same_finding_again_changes_nothing() -> None:
    found = [*SENT, returned(reason="AM05"), allowed("investigated")]

    assert Given(PAYMENT, found).when(AllowPayAgain(RIGHT, 1, "investigated", "s-2")) == []


@pytest.mark.parametrize(
    ("happened", "attempt", "reason"),
    [
        ([], 1, "unknown-payment"),
        ([granted()], 1, "unknown-payment"),
        (SENT, 1, "not-failed"),
        ([*SENT, paid()], 1, "not-failed"),
        ([*SENT, returned(reason="AM05")], 2, "unknown-payment"),
        ([*SENT, returned(reason="AC04")], 1, "other-ground-needed"),
        ([*SENT, returned(reason="MD07")], 1, "other-ground-needed"),
    ],
)
def test_a_finding_is_about_the_last_payment_and_fits_its_reason(happened: list[Event], attempt: int, reason: str) -> None:
    refused_with = Given(PAYMENT, happened).when(AllowPayAgain(RIGHT, attempt, "investigated", "s-1"))

    assert isinstance(refused_with, Refused)
    assert refused_with.reason == reason


def test_a_finding_does_not_help_the_attempt_after_it() -> None:
    second_failed = [*SENT, returned(reason="AM05"), allowed("investigated"), instructed(2, "m-002"), returned(2, "AM05")]

    assert Given(PAYMENT, second_failed).when(instruct(3, "m-003")) == Refused("investigation-needed")


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
