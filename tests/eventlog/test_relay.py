"""The relay carries every fact, in order, whatever step it is stopped at."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import UTC, date, datetime
from threading import Event as Stop
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.errors import KafkaTimeoutError

from services.contracts.codec import Headers, published
from services.contracts.handover import BatonOpened
from services.eventlog.log import EventLog, LogUnavailable, Origin
from services.eventlog.memory import MemoryLog
from services.eventlog.relay import BROKEN_SECONDS, KafkaSender, Relay, Unacknowledged, arrived, checkpoint

STEPS = ["before-send", "acknowledged", "checkpointed"]


class Power(Exception):
    """The process ended here."""


class Topic:
    """What Kafka holds; it can take records and yet fail to say so."""

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.silent = 0
        self.away = 0

    def __call__(self, records: Iterable[tuple[bytes, Headers, bytes]]) -> None:
        if self.away:
            self.away -= 1
            raise Unacknowledged("away")
        self.positions += [int(dict(headers)["ce_position"]) for _, headers, _ in records]
        if self.silent:
            self.silent -= 1
            raise Unacknowledged("silent")

    def close(self) -> None:
        """Nothing is open."""


def log_of(facts: int) -> EventLog:
    log = MemoryLog("handover", published())
    fact = BatonOpened(client="p-1", municipality="GM0361", organisation="r", team_ref="t", contact_person="s", on=date(2026, 1, 1))
    origin = Origin("s-1", "c", datetime(2026, 1, 1, tzinfo=UTC), "x")
    log.submit(lambda tx: tx.append([fact] * facts, origin, {})).result(5)
    return log


def refusing(_work: object) -> Future[None]:
    """What a log answers whose disk is full."""
    future: Future[None] = Future()
    future.set_exception(LogUnavailable("the disk is full"))
    return future


def pull_the_plug_at(step: str) -> Callable[[str], None]:
    def reached(now: str) -> None:
        if now == step:
            raise Power

    return reached


def test_who_waits_for_kafka_waits_no_longer_than_was_said_however_slow_the_machine_is() -> None:
    log, moments = log_of(1), iter([0.0, 6.0, 12.0])
    assert not arrived(log, 1, lambda _: None, 10.0, lambda: next(moments))
    assert list(moments) == []


def test_who_waits_for_kafka_goes_on_once_it_has_the_fact() -> None:
    log, topic = log_of(1), Topic()
    relay = Relay(log, "urn:nld:oin:0:systeem:handover", topic)
    assert arrived(log, 1, lambda _: relay.round(), 10.0, lambda: 0.0)


@pytest.mark.parametrize("step", STEPS)
def test_a_relay_stopped_at_any_step_loses_nothing_and_keeps_order(step: str) -> None:
    log, topic = log_of(5), Topic()
    with pytest.raises(Power):
        Relay(log, "urn:x:handover", topic, pull_the_plug_at(step)).round()

    Relay(log, "urn:x:handover", topic).round()

    assert topic.positions in ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 1, 2, 3, 4, 5])
    assert checkpoint(log) == 5


def test_the_checkpoint_stays_where_kafka_did_not_acknowledge() -> None:
    log, topic = log_of(3), Topic()
    topic.silent = 1

    with pytest.raises(Unacknowledged):
        Relay(log, "urn:x:handover", topic).round()

    assert checkpoint(log) == 0


def test_a_relay_whose_checkpoint_cannot_be_written_sends_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    log, topic = log_of(3), Topic()
    relay = Relay(log, "urn:x:handover", topic)

    with monkeypatch.context() as full:
        full.setattr(log, "submit", refusing)
        waits = relay.turn()
    relay.turn()

    assert (waits, checkpoint(log)) == (BROKEN_SECONDS, 3)
    assert topic.positions == [1, 2, 3, 1, 2, 3]


class Deaf:
    """A producer of a broker that is gone: it neither delivers nor says goodbye."""

    def flush(self, timeout: float) -> None:
        raise KafkaTimeoutError(timeout)

    def close(self, timeout: float) -> None:
        raise KafkaTimeoutError(timeout)


def test_a_producer_that_cannot_even_be_closed_is_given_up_and_what_it_had_is_unacknowledged() -> None:
    sender: Any = KafkaSender("nowhere:1", "handover.events")
    sender._producer = Deaf()

    with pytest.raises(Unacknowledged):
        sender([])

    assert sender._producer is None


def test_a_relay_waits_for_kafka_and_then_catches_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.eventlog.relay.BROKEN_SECONDS", 0.01)
    log, topic, stop = log_of(4), Topic(), Stop()
    topic.away = 3
    thread = Thread(target=Relay(log, "urn:x:handover", topic).run, args=(stop,))
    thread.start()
    while checkpoint(log) < 4 and thread.is_alive():
        stop.wait(0.01)
    stop.set()
    thread.join(5)

    assert topic.positions == [1, 2, 3, 4]


@given(st.lists(st.sampled_from([*STEPS, "silent", "away", "ok"]), max_size=12))
def test_after_any_faults_a_reader_that_skips_repeats_has_every_fact_in_order(faults: list[str]) -> None:
    log, topic = log_of(6), Topic()
    for fault in faults:
        topic.silent, topic.away = int(fault == "silent"), int(fault == "away")
        try:
            Relay(log, "urn:x:handover", topic, pull_the_plug_at(fault)).round()
        except (Power, Unacknowledged):
            continue
    topic.silent = topic.away = 0
    Relay(log, "urn:x:handover", topic).round()

    seen: list[int] = []
    for position in topic.positions:
        assert position <= len(seen) + 1
        if position == len(seen) + 1:
            seen.append(position)
    assert seen == [1, 2, 3, 4, 5, 6]
