"""The broker goes and comes back: commands are taken all the while, readiness says what waits, and everything arrives."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event as Stop
from threading import Thread

from kafka import KafkaConsumer

from deploy.broker import Broker
from deploy.broker.topics import ensure_topics
from services.contracts.codec import published
from services.contracts.handover import BatonOpened
from services.contracts.topics import HANDOVER_EVENTS
from services.eventlog.log import Origin
from services.eventlog.relay import Relay, checkpoint, topic_sender
from services.eventlog.sqlite import SqliteLog
from services.ports import free_port
from services.serving import Progress

LIMIT_SECONDS = 90.0


def until(reached: Callable[[], object]) -> None:
    limit = time.monotonic() + LIMIT_SECONDS
    while not reached():
        assert time.monotonic() < limit
        time.sleep(0.1)


def record(log: SqliteLog, client: str) -> None:
    fact = BatonOpened(client=client, municipality="GM0361", organisation="r", team_ref="t", contact_person="s", on=date(2026, 1, 1))
    log.submit(lambda tx: tx.append([fact], Origin("s", client, datetime(2026, 1, 1, tzinfo=UTC), "x"), {})).result(10)


def test_facts_recorded_without_a_broker_arrive_when_it_is_back(tmp_path: Path) -> None:
    log, stop = SqliteLog("handover", tmp_path / "log.sqlite", published()), Stop()
    red = Progress("relay", lambda: log.head() - checkpoint(log), lambda: checkpoint(log), limit_seconds=1)
    with Broker(tmp_path, free_port()) as broker:
        ensure_topics(broker.bootstrap)
        relay = Thread(target=Relay(log, "urn:x:handover", topic_sender(broker.bootstrap, "handover")).run, args=(stop,))
        relay.start()
        record(log, "p-before")
        until(lambda: checkpoint(log) == 1)

        broker.kill()
        record(log, "p-meanwhile")
        until(red)
        broker.start()
        until(lambda: checkpoint(log) == 2 and red() is None)

        reader = KafkaConsumer(
            HANDOVER_EVENTS, bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=10_000, group_id=None
        )
        keys = {record.key for record in reader}  # once or more: what was on its way when the broker died is sent again
        reader.close()
        stop.set()
        relay.join(30)
    log.close()
    assert keys == {b"p-before", b"p-meanwhile"}
