from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.benefits import bank_calendar
from services.benefits.bank_calendar import YearMissing
from services.benefits.monthly import standing
from services.benefits.monthly.benefit import BENEFIT, benefit_stream
from services.benefits.monthly.commands import BenefitCommand
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.standing import known_at, stretches
from services.contracts.codec import published
from services.contracts.envelope import Envelope, Event
from services.eventlog.handle import Work
from services.eventlog.log import Origin
from services.eventlog.memory import MemoryLog
from tests.benefits.monthly.people import (
    ALKMAAR,
    ALONE,
    CLIENT,
    apply,
    block,
    change,
    circumstances,
    end,
    grant,
    measure,
    reopen,
    resume,
    stop_advances,
    suspend,
    unblock,
    withdraw,
)

FIRST = datetime(2024, 1, 15, tzinfo=UTC)
SHARING = circumstances(cost_sharers=1)
MAR, APR, MAY = date(2024, 3, 1), date(2024, 4, 1), date(2024, 5, 1)


def recorded(*commands: BenefitCommand) -> list[Envelope[Event]]:
    """One command a day, from `FIRST`; some of them may be refused."""
    log = MemoryLog("benefits", published())
    for n, command in enumerate(commands):
        origin = Origin("s-1", f"c-{n}", FIRST + timedelta(days=n), "c")
        log.submit(Work(BENEFIT, lambda _tx, c=command: c, origin, b"")).result(5)  # type: ignore[misc]  # a default names the loop's command
    return log.read(benefit_stream(CLIENT))


def sharers(history: Sequence[Envelope[Event]], day: date, known_after: int) -> int | None:
    """How many cost sharers held on a day, as known so many days after the first command."""
    held = standing.on(known_at(history, CLIENT, ALKMAAR, FIRST + timedelta(days=known_after)), day).circumstances
    return None if held is None else held.cost_sharers


LIFE = recorded(apply(), grant(), change(SHARING, MAY), change(SHARING, MAR, ref="earlier"), end(APR))


@pytest.mark.parametrize(
    ("day", "known_after", "then"),
    [
        (MAR, 0, None),
        (MAR, 1, 0),
        (MAR, 2, 0),
        (MAY, 2, 1),
        (MAR, 3, 1),
        (date(2024, 2, 29), 3, 0),
        (MAY, 3, 1),
        (MAY, 4, None),
        (MAR, 4, 1),
        (date(2023, 12, 31), 4, None),
    ],
)
def test_what_was_true_on_a_day_is_told_as_it_was_known_at_a_moment(day: date, known_after: int, then: int | None) -> None:
    assert sharers(LIFE, day, known_after) == then


def test_a_measure_and_a_suspension_show_on_the_days_for_which_they_hold() -> None:
    own = known_at(recorded(apply(), grant(), measure(MAR, 30, months=2), suspend(APR)), CLIENT, ALKMAAR, FIRST + timedelta(days=9))
    told = [standing.on(own, day) for day in (date(2024, 2, 29), MAR, APR, MAY)]

    assert [each.measure_percent for each in told] == [0, 30, 30, 0]
    assert [each.suspended for each in told] == [False, False, True, True]


def test_an_end_that_is_opened_again_is_granted_on_without_a_gap() -> None:
    own = known_at(
        recorded(apply(), grant(), end(APR), reopen("end"), grant(on=APR, ref="grant-2")), CLIENT, ALKMAAR, FIRST + timedelta(days=9)
    )

    assert [standing.on(own, day).circumstances for day in (MAR, date(2024, 3, 31), APR)] == [ALONE, ALONE, ALONE]


def test_a_month_is_divided_where_circumstances_change() -> None:
    own = known_at(
        recorded(apply(), grant(), change(SHARING, date(2024, 3, 11)), end(date(2024, 3, 21))), CLIENT, ALKMAAR, FIRST + timedelta(days=9)
    )

    assert [(each.circumstances.cost_sharers, each.days) for each in stretches(own, MAR)] == [(0, 10), (1, 10)]


def dossier(*commands: BenefitCommand) -> Dossier:
    return known_at(recorded(*commands), CLIENT, ALKMAAR, FIRST + timedelta(days=99))


@pytest.mark.parametrize(("commands", "blocked"), [((), False), ((block(MAR),), True), ((block(MAR), unblock(APR)), False)])
def test_a_block_shows_until_it_is_lifted(commands: Sequence[BenefitCommand], blocked: bool) -> None:  # noqa: FBT001 - a table
    assert standing.on(dossier(apply(), grant(), *commands), MAR).blocked is blocked


LAST_OF_MARCH, WITHIN = date(2024, 3, 31), date(2024, 3, 11)


@pytest.mark.parametrize(
    ("commands", "named"),
    [
        ((), ["grant"]),
        ((change(SHARING, MAR),), ["change"]),
        ((change(SHARING, WITHIN),), ["grant", "change"]),
        ((change(SHARING, LAST_OF_MARCH),), ["grant", "change"]),
        ((change(SHARING, APR),), ["grant"]),
        ((end(LAST_OF_MARCH),), ["grant", "end"]),
        ((end(APR),), ["grant"]),
        ((end(APR), withdraw(WITHIN)), ["grant", "withdrawal"]),
        ((end(date(2024, 3, 21)), withdraw(WITHIN)), ["grant", "withdrawal"]),
        ((end(WITHIN), apply(WITHIN), stop_advances()), ["grant", "end"]),
        ((end(WITHIN), reopen("end"), grant(on=WITHIN, ref="grant-2")), ["grant", "grant-2"]),
        ((measure(MAR),), ["grant", "measure"]),
    ],
)
def test_the_decisions_that_make_a_month_what_it_is(commands: Sequence[BenefitCommand], named: list[str]) -> None:
    own = dossier(apply(), grant(), *commands)

    assert [each.decision_ref for each in standing.deciding(own, MAR)] == [f"dec-{name}" for name in named]


@pytest.mark.parametrize(
    ("commands", "day", "decision"),
    [
        ((), APR, None),
        ((end(MAR),), MAR, "end"),
        ((end(MAR),), date(2024, 2, 29), None),
        ((end(MAR), reopen("end"), grant(on=MAR, ref="grant-2")), APR, None),
        ((suspend(MAR),), MAR, "suspension"),
        ((suspend(MAR), resume(APR)), MAY, None),
        ((block(MAR),), MAR, "block"),
        ((suspend(MAR), block(APR)), APR, "block"),
    ],
)
def test_the_decision_because_of_which_nothing_is_paid(commands: Sequence[BenefitCommand], day: date, decision: str | None) -> None:
    against = standing.standing_against(dossier(apply(), grant(), *commands), day)

    assert (against and against.decision_ref) == (decision and f"dec-{decision}")


CHANGES = st.builds(
    lambda sharing, day, n: change(circumstances(cost_sharers=sharing), date(2024, 1, 1) + timedelta(days=day), ref=f"change-{n}"),
    st.integers(0, 4),
    st.integers(0, 120),
    st.integers(0, 10_000),
)
DECISIONS = st.one_of(
    CHANGES, st.sampled_from([suspend(MAR), resume(MAR), end(APR), withdraw(MAR), reopen("end"), grant(on=APR, ref="g-2")])
)


@given(decided=st.lists(DECISIONS, max_size=8), day=st.integers(0, 150), until=st.integers(0, 10))
@settings(deadline=None)
def test_what_is_recorded_later_never_changes_what_was_known(decided: list[BenefitCommand], day: int, until: int) -> None:
    history = recorded(apply(), grant(), *decided)
    moment, about = FIRST + timedelta(days=until), date(2024, 1, 1) + timedelta(days=day)
    then = [envelope for envelope in history if envelope.recorded_at <= moment]

    assert standing.on(known_at(history, CLIENT, ALKMAAR, moment), about) == standing.on(known_at(then, CLIENT, ALKMAAR, moment), about)
    own = known_at(history, CLIENT, ALKMAAR, FIRST + timedelta(days=99))
    days = sum(stretch.days for stretch in stretches(own, MAR))
    assert days == sum(standing.on(own, MAR + timedelta(days=n)).grounds is not None for n in range(31))


CALENDAR = bank_calendar.installed()


@pytest.mark.parametrize(
    ("day", "settling"),
    [
        (date(2024, 3, 28), date(2024, 3, 28)),
        (date(2024, 3, 31), date(2024, 3, 28)),
        (date(2024, 4, 1), date(2024, 3, 28)),
        (date(2025, 5, 1), date(2025, 4, 30)),
        (date(2023, 12, 26), date(2023, 12, 22)),
    ],
)
def test_a_promised_day_on_which_no_euros_are_settled_is_moved_before_it(day: date, settling: date) -> None:
    assert CALENDAR.at_latest(day) == settling


def test_settling_days_are_counted_back_over_easter() -> None:
    assert CALENDAR.before(date(2024, 4, 2), 2) == date(2024, 3, 27)


def test_a_year_without_a_calendar_is_an_error() -> None:
    with pytest.raises(YearMissing):
        CALENDAR.settles(date(2030, 1, 1))
