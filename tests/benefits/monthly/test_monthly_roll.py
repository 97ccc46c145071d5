"""Who has a right in a month is known without a look into anybody's dossier, and comes to what the dossiers say."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.benefits.monthly.client_book import ClientBook
from services.benefits.monthly.commands import BenefitCommand
from services.benefits.monthly.periods import next_month
from services.benefits.monthly.roll import Roll
from services.benefits.monthly.standing import stretches
from services.contracts.codec import published
from services.eventlog.memory import MemoryLog
from tests.benefits.monthly.people import ALKMAAR, CLIENT, apply, end, grant, withdraw
from tests.benefits.monthly.test_monthly_carrying import JAN, Book, happening

MONTHS = [date(2024, month, 1) for month in range(1, 9)]
LIVES = st.lists(st.tuples(st.sampled_from(["end", "withdraw", "again", "block"]), st.integers(1, 8), st.integers(1, 28)), max_size=6)


@given(life=LIVES, asked=st.sets(st.integers(0, 6)))
@settings(max_examples=60, deadline=None)
def test_the_roll_has_whom_the_dossiers_have(life: list[tuple[str, int, int]], asked: set[int]) -> None:
    """Whenever it is asked for in between, from the first fact on or later."""
    book, roll = Book().granted(), None
    for number, (what, month, day) in enumerate([*life, ("block", 1, 1)]):
        if number in asked:
            roll = roll or Roll(book.months.log)
            roll.of(MONTHS[0])
        on = date(2024, month, day)
        ways: dict[str, list[BenefitCommand]] = {
            "end": [end(on, f"end-{number}")],
            "withdraw": [withdraw(on, f"withdrawal-{number}")],
            "again": [apply(on), grant(on=on, ref=f"grant-{number}")],
            "block": [happening("block", JAN, number)],
        }
        for command in ways[what]:
            book.months.tries(command)
    own = book.book.whole(book.page()).client.own
    expected = [month for month in MONTHS if stretches(own, month)]

    assert [month for month in MONTHS if [*(roll or Roll(book.months.log)).of(month)] == [(CLIENT, ALKMAAR)]] == expected


def test_a_second_question_reads_no_dossier(monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book().granted()
    roll = Roll(book.months.log)
    first = [*roll.of(JAN)]
    monkeypatch.setattr(ClientBook, "pages", lambda _book: 1 // 0)
    book.months.has(end(next_month(JAN)))

    assert first == [(CLIENT, ALKMAAR)]
    assert ([*roll.of(JAN)], [*roll.of(next_month(JAN))]) == ([(CLIENT, ALKMAAR)], [])


def test_nobody_is_on_the_roll_of_an_empty_log() -> None:
    assert [*Roll(MemoryLog("benefits", published())).of(JAN)] == []
