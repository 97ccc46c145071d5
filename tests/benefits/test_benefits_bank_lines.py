"""What each line of a bank's message says of payments of ours: the command, its amount and its place, or why it fits nothing."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from services.benefits.bank_answers import (
    Answer,
    Debit,
    Entry,
    Payment,
    PaymentInfoStatus,
    RecallAnswer,
    Rejection,
    Resolution,
    Return,
    Statement,
    StatusReport,
    Unrecognised,
)
from services.benefits.bank_document import Unmatched
from services.benefits.bank_lines import Step, Told, steps
from services.benefits.debited_account import DebitedAccount
from services.benefits.payment import AnswerRecall, BookInBatch, BookPayment, RejectInBatch, RejectPayment, ReturnPayment
from services.benefits.payments import Position
from services.benefits.withdrawal import WITHDRAWAL, AskRecall
from services.eventlog.handle import Work
from tests.benefits.a_region import ALKMAAR, BERGEN, OFFICER, Home, Region, iban, region

DAY = date(2024, 2, 16)
CENTS = 130_000


@pytest.fixture
def paying(tmp_path: Path) -> Region:
    """Two households in Alkmaar and one in Bergen, their payments sent."""
    made = region(tmp_path)
    made.knows(Home(1), Home(2), Home(3, municipality=BERGEN))
    return made


@pytest.fixture
def run(paying: Region) -> str:
    return paying.pays_out()


def positions(paying: Region, run: str) -> list[Position]:
    return paying.office.payments.of_batch(f"{run}-001-{ALKMAAR}")


def told(paying: Region, *answers: Answer) -> list[Step]:
    office = paying.office
    return list(steps("doc-1", answers, office.payments, DebitedAccount(office.log, office.payments, office.fingerprints)))


def booked(*entries: Entry, account: str | None = None) -> Statement:
    return Statement("camt.053", "m-1", "s-1", account, entries)


def report(
    group: str | None = None,
    batches: Iterable[PaymentInfoStatus] = (),
    rejections: Iterable[Rejection] = (),
    original: str = "x",
    code: str = "FF01",
) -> StatusReport:
    return StatusReport("m-1", original, group, code, tuple(batches), tuple(rejections), 0, ())


def test_a_payment_booked_or_sent_back_is_a_command_on_its_attempt(paying: Region, run: str) -> None:
    first, second = positions(paying, run)
    entries = (Payment(f"{first.right_ref}-1", CENTS, DAY), Return(f"{second.right_ref}-1", CENTS, "AC04", DAY))

    assert told(paying, booked(*entries)) == [
        Told(1, "paid", BookPayment(first.right_ref, 1, CENTS, DAY, "doc-1"), CENTS),
        Told(2, "returned", ReturnPayment(second.right_ref, 1, CENTS, "AC04", DAY, "doc-1"), CENTS),
    ]


def test_a_rejection_is_a_command_with_the_amount_that_the_bank_repeats(paying: Region, run: str) -> None:
    first, second = positions(paying, run)
    said = (Rejection(f"{first.right_ref}-1", "RJCT", "AC01", CENTS), Rejection(f"{second.right_ref}-1", "RJCT", "MS03", None))

    assert told(paying, report(rejections=said)) == [
        Told(1, "rejected", RejectPayment(first.right_ref, 1, CENTS, "AC01", "doc-1"), CENTS),
        Told(2, "rejected", RejectPayment(second.right_ref, 1, None, "MS03", "doc-1"), None),
    ]


def test_an_answer_to_a_recall_is_a_command_with_its_outcome_and_reason(paying: Region, run: str) -> None:
    first, _ = positions(paying, run)
    answer = RecallAnswer(f"{first.right_ref}-1", "", "rejected", "LEGL", 5)

    assert told(paying, Resolution("m-1", (answer,))) == [
        Told(1, "recall", AnswerRecall(first.right_ref, 1, 5, "rejected", "LEGL", "doc-1"), 5)
    ]


def test_a_word_on_a_batch_is_a_command_on_each_of_it_that_was_asked_back(paying: Region, run: str) -> None:
    first, _ = positions(paying, run)
    ask = AskRecall(first.right_ref, 1, "DUPL", OFFICER)
    paying.log.submit(Work(WITHDRAWAL, lambda _tx: ask, paying.origin(), b"")).result(5)
    lines = tuple(RecallAnswer("", f"{run}-001-{code}", "pending", "", 7) for code in (ALKMAAR, BERGEN, "GM9999"))

    assert told(paying, Resolution("m-1", lines)) == [
        Told(1, "recall", AnswerRecall(first.right_ref, 1, None, "pending", "", "doc-1"), CENTS),
        Unmatched(2, "recall", None, 7, "not-recalled"),
        Unmatched(3, "recall", None, 7, "unknown-batch"),
    ]


def test_a_line_that_nobody_recognises_is_kept_with_its_amount(paying: Region) -> None:
    strange = Unrecognised(9, "no reference", "bank-1", "DBIT", 77, DAY)

    assert told(paying, booked(strange)) == [Unmatched(1, "unrecognised", None, 77, "unrecognised")]
    assert told(paying, StatusReport("m-1", "x", None, "", (), (), 0, (strange,))) == [
        Unmatched(1, "unrecognised", None, 77, "unrecognised")
    ]


def test_a_reference_of_somebody_else_is_not_repeated(paying: Region) -> None:
    assert told(paying, booked(Payment("HUUR J JANSEN", 5, DAY))) == [Unmatched(1, "paid", None, 5, "unknown-payment")]


def test_a_batch_booked_as_one_total_is_a_command_on_each_payment(paying: Region, run: str) -> None:
    by_batch = Debit(None, f"{run}-001-{ALKMAAR}", 2, 2 * CENTS, 0, DAY)
    by_file = Debit(f"{run}-001", None, 3, 3 * CENTS, 0, DAY)
    of_batch = [Told(1, "paid", BookInBatch(each.right_ref, 1, DAY, "doc-1"), CENTS) for each in positions(paying, run)]

    assert told(paying, booked(by_batch)) == of_batch
    assert [step.line for step in told(paying, booked(by_batch, by_file))] == [1, 1, 2, 2, 2]


def test_a_total_whose_payments_are_listed_says_nothing_more(paying: Region, run: str) -> None:
    assert told(paying, booked(Debit(None, f"{run}-001-{ALKMAAR}", 2, 2 * CENTS, 2, DAY))) == []


def test_a_total_that_fits_nothing_is_kept_with_its_amount(paying: Region, run: str) -> None:
    differs, unknown, unnamed = (
        Debit(None, f"{run}-001-{ALKMAAR}", 2, 2 * CENTS - 1, 0, DAY),
        Debit("m-unknown", None, 2, 2 * CENTS, 0, DAY),
        Debit(None, None, 2, 2 * CENTS, 0, DAY),
    )

    assert told(paying, booked(differs, unknown, unnamed)) == [
        Unmatched(1, "paid", None, 2 * CENTS - 1, "batch-differs"),
        Unmatched(2, "paid", None, 2 * CENTS, "unknown-batch"),
        Unmatched(3, "paid", None, 2 * CENTS, "unknown-batch"),
    ]


def test_a_refused_batch_or_file_is_a_command_on_each_of_its_payments(paying: Region, run: str) -> None:
    batches = [PaymentInfoStatus(f"{run}-001-{ALKMAAR}", "RJCT", "AC01"), PaymentInfoStatus(f"{run}-001-{BERGEN}", "ACSP", "")]
    of_batch = [Told(1, "rejected", RejectInBatch(each.right_ref, 1, "AC01", "doc-1"), CENTS) for each in positions(paying, run)]

    assert told(paying, report(batches=batches)) == of_batch
    assert [step.line for step in told(paying, report("RJCT", batches, original=f"{run}-001"))] == [1, 1, 1]


def test_a_refusal_of_what_is_not_ours_or_was_there_before_concludes_nothing(paying: Region, run: str) -> None:
    batches = [PaymentInfoStatus("unknown", "RJCT", "AM05"), PaymentInfoStatus(f"{run}-001-{ALKMAAR}", "RJCT", "DUPL")]

    assert told(paying, report(batches=batches)) == [
        Unmatched(1, "rejected", None, None, "unknown-batch"),
        Unmatched(2, "rejected", None, None, "DUPL"),
    ]


def test_what_left_another_account_is_not_applied(paying: Region, run: str) -> None:
    first, _ = positions(paying, run)
    line = Payment(f"{first.right_ref}-1", CENTS, DAY)

    assert told(paying, booked(line, account=iban(9))) == [Unmatched(1, "paid", f"{first.right_ref}-1", CENTS, "other-debtor-account")]


def test_lines_are_numbered_over_the_whole_message(paying: Region) -> None:
    strange = Unrecognised(1, "no reference", None, None, 1, None)

    assert [step.line for step in told(paying, booked(strange, strange), booked(strange))] == [1, 2, 3]
