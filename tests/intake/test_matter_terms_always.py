"""Terms of law are counted right, whatever happens to a matter, and never jump back."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.working_days import easter
from services.contracts.envelope import Event
from services.contracts.matters import MatterTermExtended, MatterTermResumed, MatterTermStarted, Term
from services.eventlog.decider import Refused
from services.intake.matter_commands import Command
from services.intake.matters import MATTERS
from services.intake.working_calendar import YearMissing
from tests.intake.matter_stories import MONDAY, apply, ask, extend, later, moment, receive
from tests.intake.stories import RULES

CALENDAR = RULES.calendar
PAPERS = ("bank-statements", "rental-contract", "pay-slip")


def happening(what: str, day: int, number: int) -> Command:
    match what:
        case "ask":
            return ask(later(day), 1 + number % 28, PAPERS[number % 3])
        case "receive":
            return receive(later(day), PAPERS[number % 3])
        case "extend":
            return extend(later(day), 1 + number % 8)
        case _:
            return moment(later(day), what)


happenings = st.lists(
    st.tuples(st.sampled_from(["ask", "receive", "extend", "papers", "near", "passed"]), st.integers(0, 12), st.integers(0, 90)),
    max_size=25,
)


def lived_through(steps: list[tuple[str, int, int]]) -> list[Event]:
    """What was recorded of a matter, one happening after the other; refusals leave no trace."""
    facts, day = list(MATTERS.decide(MATTERS.initial, apply())), 0  # type: ignore[arg-type]  # an application is not refused
    for what, days, number in steps:
        day += days
        told = MATTERS.decide(MATTERS.fold(facts), happening(what, day, number))
        facts.extend([] if isinstance(told, Refused) else told)
    return facts


def decision_terms(facts: list[Event]) -> list[Term]:
    told = (fact.term for fact in facts if isinstance(fact, MatterTermStarted | MatterTermExtended | MatterTermResumed))
    return [term for term in told if term.step == "decision"]


@given(happenings)
def test_a_deadline_never_jumps_back(steps: list[tuple[str, int, int]]) -> None:
    terms = decision_terms(lived_through(steps))

    assert all(before.due_on <= after.due_on and before.runs_until <= after.runs_until for before, after in pairwise(terms))


@given(happenings)
def test_a_term_is_its_weeks_and_the_days_that_it_stood_still(steps: list[tuple[str, int, int]]) -> None:
    facts = lived_through(steps)

    weeks = 8 + sum(fact.weeks for fact in facts if isinstance(fact, MatterTermExtended))
    stood_still = sum(fact.suspended_days for fact in facts if isinstance(fact, MatterTermResumed))
    added = (decision_terms(facts)[-1].runs_until - MONDAY).days - weeks * 7
    # What is asked in the days that a weekend gave may begin up to a long weekend after the counted end.
    assert stood_still <= added <= stood_still + 5


@given(happenings)
def test_a_term_ends_on_a_working_day_and_no_later_than_the_first_after_its_count(steps: list[tuple[str, int, int]]) -> None:
    for term in decision_terms(lived_through(steps)):
        between = [term.runs_until + timedelta(days=n) for n in range((term.due_on - term.runs_until).days)]
        assert CALENDAR.is_working(term.due_on)
        assert not any(CALENDAR.is_working(day) for day in between)


@given(happenings)
def test_each_term_is_told_near_and_passed_once_and_in_order(steps: list[tuple[str, int, int]]) -> None:
    told = [(fact.TYPE.split(".")[3], getattr(fact, "due_on", None)) for fact in lived_through(steps)]
    ends = [each for each in told if each[0] in {"matter-term-neared", "matter-term-passed"}]

    assert len(set(ends)) == len(ends)
    assert [name for name, _ in ends].count("matter-term-passed") <= 1
    assert [name for name, _ in ends[:-1]].count("matter-term-passed") == 0


@pytest.mark.parametrize("year", range(2022, 2029))
def test_holidays_of_the_general_terms_act_are_where_easter_puts_them(year: int) -> None:
    moving = [easter(year) + timedelta(days=days) for days in (-2, 1, 39, 50)]
    kings_day = date(year, 4, 26) if date(year, 4, 27).weekday() == 6 else date(year, 4, 27)
    fixed = [date(year, 1, 1), kings_day, date(year, 5, 5), date(year, 12, 25), date(year, 12, 26)]

    assert {*moving, *fixed} <= CALENDAR.holidays[year]
    assert len(CALENDAR.holidays[year] - {*moving, *fixed}) <= 2


@pytest.mark.parametrize(
    ("ends", "due"),
    [
        (date(2024, 3, 2), date(2024, 3, 4)),  # Saturday
        (date(2024, 3, 29), date(2024, 4, 2)),  # Good Friday, the weekend and Easter Monday
        (date(2024, 5, 9), date(2024, 5, 13)),  # Ascension Day, the Friday that was made equal to a holiday, the weekend
        (date(2024, 12, 25), date(2024, 12, 30)),  # Christmas, the equal Friday, the weekend
        (date(2026, 1, 1), date(2026, 1, 5)),
        (date(2024, 3, 4), date(2024, 3, 4)),
    ],
)
def test_a_term_that_ends_on_a_day_off_ends_on_the_next_working_day(ends: date, due: date) -> None:
    assert CALENDAR.due(ends) == due


def test_nothing_is_counted_in_a_year_without_holidays() -> None:
    with pytest.raises(YearMissing, match="2040"):
        CALENDAR.due(date(2040, 1, 2))
