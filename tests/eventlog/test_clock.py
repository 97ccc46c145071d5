"""Moments that come become commands, once, also after downtime, and never on a clock that jumped."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import pytest

from services.contracts.codec import published
from services.contracts.handover import BatonOpened
from services.eventlog.clock import Clock, JumpGuard
from services.eventlog.decider import Decider
from services.eventlog.handle import Work
from services.eventlog.log import Answer, Due, Origin
from services.eventlog.memory import MemoryLog, MemoryTransaction

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

T = TypeVar("T")


def opened(client: str) -> BatonOpened:
    return BatonOpened(client=client, municipality="GM0361", organisation="r", team_ref="t", contact_person="s", on=date(2026, 1, 1))


OPEN = Decider[str, int](
    initial=0,
    reads=lambda client: (f"handover/baton/{client}",),
    decide=lambda version, client: [] if version else [opened(client)],
    evolve=lambda version, _: version + 1,
)


class Silent(Future[Answer]):
    """An answer that does not come in time."""

    def exception(self, timeout: float | None = None) -> BaseException | None:  # noqa: ARG002 - as its base
        raise TimeoutError


class Hands:
    """The hands of two clocks, turned by the test."""

    def __init__(self) -> None:
        self.wall, self.ticks = NOW, 0.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.ticks


def clock_of(log: MemoryLog, hands: Hands) -> Clock:
    guard = JumpGuard(hands.now, hands.monotonic, 60)

    def on_due(due: Due, origin: Origin) -> Work[str, int]:
        return Work(OPEN, lambda _: due.stream, origin, b"")

    return Clock(log, hands.now, on_due, guard)


def log_due(*dues: Due) -> MemoryLog:
    log = MemoryLog("handover", published())
    for due in dues:
        log.submit(lambda tx, due=due: tx.schedule(due)).result(5)  # type: ignore[misc]  # default binds the loop
    return log


def test_a_moment_that_has_come_gives_its_command_once() -> None:
    log = log_due(Due("p-1", "term", NOW - HOUR), Due("p-2", "term", NOW + HOUR))
    clock = clock_of(log, Hands())

    rounds = [clock.round(), clock.round()]

    assert rounds == [1, 0]
    assert [e.client for e in log.scan("")] == ["p-1"]


def test_after_a_night_of_downtime_every_missed_moment_is_caught_up() -> None:
    log = log_due(*(Due(f"p-{n}", "term", NOW - n * HOUR) for n in range(1, 9)))

    assert clock_of(log, Hands()).round() == 8
    assert log.due(NOW, 9) == []


def test_a_moment_written_again_after_its_command_is_not_acted_on_twice() -> None:
    log = log_due(Due("p-1", "term", NOW))
    clock = clock_of(log, Hands())
    clock.round()
    log.submit(lambda tx: tx.schedule(Due("p-1", "term", NOW))).result(5)

    clock.round()

    assert (log.head(), log.due(NOW, 9)) == (1, [])


def test_a_clock_that_jumped_gives_no_commands() -> None:
    log, hands = log_due(Due("p-1", "term", NOW + HOUR)), Hands()
    clock = clock_of(log, hands)
    hands.wall += timedelta(days=400)

    assert clock.round() == 0
    assert clock.trouble() == "the system clock jumped: check it and restart"


def test_a_night_of_sleep_is_not_a_jump() -> None:
    log, hands = log_due(Due("p-1", "term", NOW + HOUR)), Hands()
    clock = clock_of(log, hands)
    hands.wall, hands.ticks = NOW + 9 * HOUR, 9 * 3600.0

    assert clock.round() == 1


def test_a_moment_whose_command_fails_stays_due_and_stops_nobody_else() -> None:
    log, hands = log_due(Due("broken", "term", NOW - HOUR), Due("p-1", "term", NOW)), Hands()

    def on_due(due: Due, origin: Origin) -> Work[str, int]:
        return Work(OPEN, lambda _: due.stream if due.stream != "broken" else 1 // 0, origin, b"")  # type: ignore[arg-type, return-value]  # breaks

    clock = Clock(log, hands.now, on_due, JumpGuard(hands.now, hands.monotonic, 60))

    assert (clock.round(), [e.client for e in log.scan("")]) == (1, ["p-1"])
    assert log.due(NOW, 9) == [Due("broken", "term", NOW - HOUR)]
    assert "1 timed commands fail, such as term of broken" in (clock.trouble() or "")


def test_a_moment_whose_command_is_not_answered_in_time_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    log = log_due(Due("p-1", "term", NOW))
    clock = clock_of(log, Hands())

    with monkeypatch.context() as slow:
        slow.setattr(log, "submit", lambda _work: Silent())
        rounds = [clock.round()]
    rounds.append(clock.round())

    assert rounds == [0, 1]


class Overtaken(MemoryLog):
    """Somebody else is quicker than the command of a moment that was looked up."""

    first: Callable[[MemoryTransaction], None]

    def submit(self, work: Callable[[MemoryTransaction], T]) -> Future[T]:
        super().submit(self.first).result(5)
        return super().submit(work)


def overtaken(first: Callable[[MemoryTransaction], None]) -> Overtaken:
    log = Overtaken("handover", published())
    MemoryLog.submit(log, lambda tx: tx.schedule(Due("p-1", "term", NOW - HOUR))).result(5)
    log.first = first
    return log


def test_a_moment_that_is_set_to_a_later_one_while_its_command_is_on_its_way_comes_at_the_later_one() -> None:
    log = overtaken(lambda tx: tx.schedule(Due("p-1", "term", NOW + HOUR)))

    clock_of(log, Hands()).round()

    assert log.due(NOW + HOUR, 9) == [Due("p-1", "term", NOW + HOUR)]
    assert list(log.scan("")) == []


def test_a_moment_that_is_forgotten_while_its_command_is_on_its_way_gives_none() -> None:
    log = overtaken(lambda tx: tx.unschedule("p-1", "term"))

    clock_of(log, Hands()).round()

    assert list(log.scan("")) == []
