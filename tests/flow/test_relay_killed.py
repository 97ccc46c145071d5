"""The relay on a real broker, killed with SIGKILL at every step: nothing lost, order kept, repeats recognisable."""

import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings import kafka as ce
from kafka import KafkaConsumer, TopicPartition

from deploy.broker import Broker
from services.contracts.codec import published
from services.contracts.handover import BatonOpened, ContactPersonAssigned
from services.contracts.topics import HANDOVER_EVENTS, PARTITIONS
from services.eventlog.log import Origin
from services.eventlog.relay import checkpoint
from services.eventlog.sqlite import SqliteLog

CLIENTS, REASSIGNMENTS = 20, 4
FACTS = CLIENTS * (1 + REASSIGNMENTS)


def log_with_facts(path: Path, prefix: str) -> None:
    log, on, origin = SqliteLog("handover", path, published()), date(2024, 1, 1), Origin("s", "c", datetime(2024, 1, 1, tzinfo=UTC), "x")
    for turn in range(1 + REASSIGNMENTS):
        for number in range(CLIENTS):
            about: dict[str, Any] = {
                "client": f"{prefix}-{number}",
                "municipality": "GM0361",
                "team_ref": "t",
                "contact_person": f"s-{turn}",
                "on": on,
            }
            fact = ContactPersonAssigned(**about, reason="leave") if turn else BatonOpened(**about, organisation="r")
            log.submit(lambda tx, fact=fact: tx.append([fact], origin, {})).result(10)  # type: ignore[misc]  # default binds the loop
    log.close()


def relay(path: Path, broker: Broker, step: str, rounds: int) -> int:
    argv = [sys.executable, str(Path(__file__).with_name("relay_process.py")), str(path), broker.bootstrap, step, str(rounds)]
    return subprocess.run(argv, cwd=Path(__file__).parents[2], env={"PYTHONPATH": "."}, timeout=60, check=False).returncode


def on_kafka(broker: Broker, prefix: str) -> list[tuple[str, int, int]]:
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    partitions = [TopicPartition(HANDOVER_EVENTS, number) for number in range(PARTITIONS)]
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    found = []
    while any(consumer.position(partition) < ends[partition] for partition in partitions):
        for records in consumer.poll(timeout_ms=500).values():
            mine = [record for record in records if record.key.startswith(prefix.encode())]
            read = [ce.from_binary_event(ce.KafkaMessage(dict(record.headers), record.key, record.value)) for record in mine]
            found += [(e.get_extension("stream"), int(e.get_extension("sequence")), int(e.get_extension("position"))) for e in read]
    consumer.close()
    return found


@pytest.mark.parametrize("step", ["before-send", "acknowledged", "checkpointed"])
@pytest.mark.parametrize("rounds", [1, 2])
def test_a_relay_killed_at_any_step_loses_nothing_and_keeps_each_clients_order(
    tmp_path: Path, broker: Broker, step: str, rounds: int
) -> None:
    prefix, path = f"p-{step}-{rounds}", tmp_path / "log.sqlite"
    log_with_facts(path, prefix)

    assert relay(path, broker, step, rounds) == -signal.SIGKILL
    assert relay(path, broker, "never", 1) == 0

    facts = on_kafka(broker, prefix)
    assert {position for *_, position in facts} == set(range(1, FACTS + 1))
    for client in range(CLIENTS):
        versions = [version for stream, version, _ in facts if stream == f"handover/baton/{prefix}-{client}"]
        first = list(dict.fromkeys(versions))
        assert first == [1, 2, 3, 4, 5]


def test_the_checkpoint_of_a_relay_that_ended_is_the_head(tmp_path: Path, broker: Broker) -> None:
    log_with_facts(tmp_path / "log.sqlite", "p-end")
    relay(tmp_path / "log.sqlite", broker, "never", 1)

    log = SqliteLog("handover", tmp_path / "log.sqlite", published())
    assert checkpoint(log) == log.head() == FACTS
    log.close()
