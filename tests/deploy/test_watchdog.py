"""A process whose work shows no life says so first, then ends; one that works slowly does not."""

import asyncio
import threading
import time
from dataclasses import dataclass, field

import pytest
from fastapi import FastAPI

from services import watchdog
from services.ports import free_port
from services.serving import Loop, Process
from services.watchdog import Pulse, Watchdog, watched

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@dataclass
class House:
    """A watchdog on one pulse, on a clock of its own."""

    now: float = 0.0
    ended: list[str] = field(default_factory=list)
    last: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pulse = Pulse("relay", 120, lambda: self.now)
        self.dog = Watchdog([self.pulse], self.ended.append, lambda: self.last.append(True), grace_seconds=0.01)


def test_a_loop_that_asks_whether_to_stop_is_alive() -> None:
    house = House()
    house.now = 1_000
    assert house.pulse.is_set() is False

    assert (house.dog.trouble(), house.pulse.silent_seconds) == (None, 0)


def test_readiness_says_what_shows_no_life_long_before_the_end() -> None:
    house = House()
    house.now = 31

    assert house.dog.trouble() == "relay shows no life for 31 s"
    assert house.ended == []


def test_what_stands_still_beyond_its_limit_ends_the_process_and_at_last_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "LOOK_SECONDS", 0)
    house = House()
    house.now = 121

    house.dog.watch()

    assert (house.ended, house.last) == (["relay"], [True])


def test_nobody_is_ended_by_force_who_ended_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "LOOK_SECONDS", 0)
    house = House()
    house.dog.end = lambda _name: house.dog.stop()
    house.now = 121

    house.dog.watch()

    assert house.last == []


def test_an_event_loop_that_is_blocked_is_told_to_end_once_it_turns_again() -> None:
    async def blocked() -> list[str]:
        told: list[str] = []
        async with watched(Pulse("the event loop", 0.2), (), told.append):
            await asyncio.sleep(0)
            time.sleep(1.5)  # noqa: ASYNC251 - this is the fault
            await asyncio.sleep(0.1)
        return told

    assert asyncio.run(blocked()) == ["the event loop"]


def test_a_service_of_which_a_loop_hangs_ends_with_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.serving.JOIN_SECONDS", 0.1)
    process = Process(FastAPI(), "127.0.0.1", free_port(), threading.Event(), 0.5)

    def hangs(_stop: threading.Event) -> None:
        threading.Event().wait()

    assert process.with_loops([Loop("relay", hangs)], ()).run() == 1


def test_a_loop_that_waits_to_be_stopped_is_alive_however_long_it_waits() -> None:
    pulse, told = Pulse("restoration", 0.8), list[bool]()
    waiting = threading.Thread(target=lambda: told.append(pulse.wait()))
    waiting.start()
    time.sleep(1.2)

    assert pulse.silent_seconds < pulse.limit_seconds
    pulse.set()
    waiting.join(5)
    assert (told, pulse.wait(0)) == ([True], True)
