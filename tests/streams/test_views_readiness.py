"""Readiness of the views is green only while they can be read, Kafka answers, and what waits gets less."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from faust.types import TP

from streams import readiness
from streams.app import Views
from streams.batching import Confirmed
from streams.contact_view import VIEW
from streams.readiness import LOST_SECONDS, STUCK_SECONDS, Readiness


@dataclass
class Consumer:
    """Answers with the ends of the topics, or not at all."""

    end: int = 0
    away: bool = False
    _committed_offset: dict[TP, int | None] = field(default_factory=lambda: defaultdict(lambda: None))

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        if self.away:
            raise TimeoutError
        return {tp: self.end if tp.partition == 0 else 0 for tp in partitions}


@dataclass
class App:
    consumer: Consumer = field(default_factory=Consumer)


@dataclass
class Kept:
    view: Any = VIEW


@dataclass
class Continuity:
    """Is told what stands still."""

    standing: Mapping[TP, int] = field(default_factory=dict)

    async def mend(self, standing: Mapping[TP, int]) -> None:
        self.standing = standing


@dataclass
class Stage:
    """The views of a worker as readiness sees them."""

    app: App = field(default_factory=App)
    keepers: dict[str, Kept] = field(default_factory=lambda: {VIEW.name: Kept()})
    confirmed: Confirmed = field(default_factory=lambda: Confirmed({topic: frozenset({VIEW.name}) for topic in VIEW.topics}))
    continuity: Continuity = field(default_factory=Continuity)
    readable: bool = True


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def looked(stage: Stage, clock: Clock) -> Readiness:
    made = Readiness(cast("Views", stage), clock)
    asyncio.run(made._look())
    return made


def test_views_that_lack_nothing_are_ready(clock: Clock) -> None:
    ready = looked(Stage(), clock)
    clock.now += 1
    assert ready() is None


def test_records_that_wait_while_nothing_moves_turn_it_red(clock: Clock) -> None:
    stage = Stage()
    ready = looked(stage, clock)
    stage.app.consumer.end = 5
    asyncio.run(ready._look())
    clock.now += STUCK_SECONDS + 1
    asyncio.run(ready._look())
    assert ready() == "views: 15 records wait and nothing has moved for 16 s"


def test_records_that_wait_while_the_view_moves_leave_it_green(clock: Clock) -> None:
    stage = Stage()
    ready = looked(stage, clock)
    stage.app.consumer.end = 5
    clock.now += STUCK_SECONDS + 1
    stage.confirmed.confirm(VIEW.name, VIEW.topics[0], 0, 0)
    asyncio.run(ready._look())
    assert (ready.waiting, ready()) == (14, None)


def test_a_silent_kafka_turns_it_red(clock: Clock) -> None:
    stage = Stage()
    ready = looked(stage, clock)
    stage.app.consumer.away = True
    clock.now += STUCK_SECONDS + 1
    asyncio.run(ready._look())
    assert ready() == "views: Kafka has not answered for 16 s"


def test_views_whose_place_is_not_committed_turn_it_red_and_end_the_worker(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "LOOK_SECONDS", 0.001)
    stage = Stage()
    stage.confirmed.confirm(VIEW.name, VIEW.topics[0], 0, 4)
    ready = looked(stage, clock)
    assert ready() is None
    clock.now += STUCK_SECONDS + 1
    ready._answered = clock.now
    assert ready() == "views: Kafka was not told for 16 s how far they are"
    ready.hang_seconds = STUCK_SECONDS
    with pytest.raises(RuntimeError, match="have not committed for 16 s"):
        asyncio.run(ready.follow())


def test_a_place_that_moves_on_leaves_it_green(clock: Clock) -> None:
    stage = Stage()
    stage.confirmed.confirm(VIEW.name, VIEW.topics[0], 0, 4)
    ready = looked(stage, clock)
    clock.now += STUCK_SECONDS + 1
    stage.app.consumer._committed_offset[TP(VIEW.topics[0], 0)] = 3
    asyncio.run(ready._look())
    assert ready() is None


def test_views_that_recover_are_not_ready(clock: Clock) -> None:
    ready = looked(Stage(readable=False), clock)
    clock.now += 1
    assert ready() == "views are being recovered"


async def many_looks() -> None:
    """Turns of the loop, not a time: a busy machine only takes longer over them."""
    for _ in range(100):
        await asyncio.sleep(0.001)


async def followed(ready: Readiness, clock: Clock, stage: Stage) -> None:
    following = asyncio.create_task(ready.follow())
    await many_looks()
    stage.readable = False
    clock.now += LOST_SECONDS + 1
    await many_looks()
    if following.done():
        following.result()
    following.cancel()


def test_views_that_do_not_come_back_after_a_rebalance_end_the_worker(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "LOOK_SECONDS", 0.001)
    stage = Stage()
    with pytest.raises(RuntimeError, match="did not come back"):
        asyncio.run(followed(looked(stage, clock), clock, stage))


def test_a_first_recovery_may_take_as_long_as_it_takes(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "LOOK_SECONDS", 0.001)
    stage = Stage(readable=False)
    asyncio.run(followed(looked(stage, clock), clock, stage))


def test_a_partition_that_stands_still_is_read_again_while_others_move_and_in_the_end_ends_the_worker(clock: Clock) -> None:
    stage, started = Stage(), clock.now
    ready = looked(stage, clock)
    ready.hang_seconds = 60
    stage.app.consumer.end = 9
    for second in (1, 9, 61, 63):
        clock.now = started + second
        stage.confirmed.confirm(VIEW.name, VIEW.topics[1], 0, second // 20)
        asyncio.run(ready._look())

    assert stage.continuity.standing[TP(VIEW.topics[0], 0)] == 0
    assert ready._stood() > ready.hang_seconds
    assert "nothing has moved for 62 s" in (ready() or "")
