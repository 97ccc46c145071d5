"""A message of the bank is listed and finished once, however often its reading begins again after a crash."""

from dataclasses import replace

from services.benefits.bank_document import DOCUMENT, FinishReading, ListUnmatched, Unmatched
from services.contracts.bank import BankAnswerRead, BankLineUnmatched
from services.contracts.envelope import Event
from tests.benefits.sentences import Given

LINES = tuple(Unmatched(number, "paid", None, 100 * number, "unknown-payment") for number in (2, 5, 7))
FINISH = FinishReading("doc-1", "camt.053", paid=3, returned=1, rejected=0, unmatched=3, recalls=2)


def listed(facts: list[Event], *lines: Unmatched) -> list[int]:
    told = Given(DOCUMENT, facts).when(ListUnmatched("doc-1", lines))
    assert isinstance(told, list)
    return [fact.line for fact in told]


def facts_of(*lines: Unmatched) -> list[Event]:
    told = Given(DOCUMENT, []).when(ListUnmatched("doc-1", lines))
    return list(told) if isinstance(told, list) else []


def test_lines_that_fit_nothing_are_kept_as_they_are() -> None:
    (fact,) = facts_of(Unmatched(4, "returned", "r-1", 12, "amount-differs"))

    assert fact == BankLineUnmatched(
        document_ref="doc-1", line=4, kind="returned", end_to_end_id="r-1", amount_cents=12, reason_code="amount-differs"
    )


def test_a_list_that_was_cut_off_goes_on_behind_its_last_line() -> None:
    assert listed([], *LINES) == [2, 5, 7]
    assert listed(facts_of(*LINES[:2]), *LINES) == [7]
    assert listed(facts_of(*LINES), *LINES) == []


def test_an_end_is_told_once() -> None:
    told = Given(DOCUMENT, facts_of(*LINES)).when(FINISH)
    assert isinstance(told, list)
    (end,) = told

    assert end == BankAnswerRead(document_ref="doc-1", kind="camt.053", paid=3, returned=1, rejected=0, unmatched=3, recalls=2)
    assert Given(DOCUMENT, [*facts_of(*LINES), end]).when(replace(FINISH, paid=4)) == []
    assert listed([*facts_of(*LINES), end], *LINES) == []


def test_lines_of_an_earlier_place_leave_the_place_that_was_reached() -> None:
    assert listed(facts_of(LINES[2]) + facts_of(LINES[0]), *LINES) == []
