"""The sink as a process on a real broker: killed at every step, refused where it cannot be, drained when asked."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import clickhouse_connect
import httpx
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from deploy.broker import Broker
from deploy.broker.topics import ensure_topics
from services.contracts.topics import EVENT_TOPICS, PARTITIONS
from services.ports import free_port
from streams.reporting.kafka_source import GROUP, KafkaSource
from streams.reporting.sink import SourceAway
from tests.reporting.known import ALKMAAR, OnKafka, granted, records

GRANTS, LIMIT_S = 600, 60.0

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker of this file's own: the sink reads whole topics. 600 facts, 3 of them twice, and 3 records that are no facts."""
    with Broker(tmp_path_factory.mktemp("sink-broker"), free_port()) as broker:
        ensure_topics(broker.bootstrap)
        facts = records("benefits", [granted(number, ALKMAAR) for number in range(GRANTS)])
        publish(broker, [*facts[:300], OnKafka("benefits.events", 0, 0, b"p-1", [], b"poison"), *facts[300:], *facts[297:300]])
        publish(broker, [OnKafka("intake.events", 0, 0, b"p-2", [], b"poison"), OnKafka("handover.events", 0, 0, None, [], b"{}")])
        yield broker


def publish(broker: Broker, found: list[OnKafka]) -> None:
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
    for record in found:
        producer.send(record.topic, key=record.key, headers=record.headers, value=record.value)
    producer.flush(timeout=30)
    producer.close(timeout=10)


class Running:
    """A sink process, and what its gateway and its health say."""

    def __init__(self, data: Path, bootstrap: str, step: str = "never", turn: int = 1) -> None:
        self.sink_port, self.clickhouse_port = free_port(), free_port()
        script = str(Path(__file__).with_name("sink_process.py"))
        argv = [sys.executable, script, str(data), bootstrap, str(self.sink_port), str(self.clickhouse_port), step, str(turn)]
        self.process = subprocess.Popen(argv, cwd=Path(__file__).parents[2], env={"PYTHONPATH": "."}, stderr=subprocess.PIPE, text=True)

    def ended(self, limit_s: float = LIMIT_S) -> tuple[int, str]:
        try:
            _, errors = self.process.communicate(timeout=limit_s)
        finally:
            self.process.kill()
        return self.process.returncode, errors

    def ask(self, question: str) -> str:
        return self._get(self.clickhouse_port, "/", query=question).text.strip()

    def ready(self) -> int:
        return self._get(self.sink_port, "/readyz").status_code

    def _get(self, port: int, path: str, **parameters: str) -> httpx.Response:
        try:
            return httpx.get(f"http://127.0.0.1:{port}{path}", params=parameters, timeout=20, trust_env=False)
        except httpx.TransportError:
            return httpx.Response(0)

    def until(self, holds: Callable[[], bool]) -> None:
        limit = time.monotonic() + LIMIT_S
        while not holds():
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < limit
            time.sleep(0.1)

    def until_kept(self, facts: int = GRANTS) -> None:
        self.until(lambda: self.ask("SELECT count() FROM facts") == str(facts))


@contextmanager
def running(data: Path, bootstrap: str) -> Iterator[Running]:
    sink = Running(data, bootstrap)
    try:
        yield sink
    finally:
        sink.process.kill()
        sink.process.communicate(timeout=10)


def places(broker: Broker) -> int:
    """Offsets on all topics: what must be in a row or in quarantine."""
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap)
    found = consumer.end_offsets([TopicPartition(topic, number) for topic in EVENT_TOPICS for number in range(PARTITIONS)])
    consumer.close()
    return sum(found.values())


@pytest.mark.parametrize(
    ("step", "turn"),
    [(step, turn) for step in ("before-insert", "inserted", "noted") for turn in (1, 3)] + [("before-aside", 1), ("set-aside", 1)],
)
def test_a_sink_killed_at_any_step_leaves_nothing_out_and_repeats_nothing(tmp_path: Path, kafka: Broker, step: str, turn: int) -> None:
    code, errors = Running(tmp_path, kafka.bootstrap, step, turn).ended()
    assert code == -signal.SIGKILL, errors

    with running(tmp_path, kafka.bootstrap) as sink:
        sink.until_kept()
        sink.until(lambda: sink.ask("SELECT count() FROM quarantine") == "3")
        assert sink.ask("SELECT count(), uniqExact(topic, partition, offset) FROM facts") in {
            "603\t603",
            "600\t600",
            "601\t601",
            "602\t602",
        }
        assert sink.ask("SELECT uniqExact(event_id), min(position), max(position), uniqExact(position) FROM facts") == "600\t1\t600\t600"
        assert sink.ask("SELECT complete_to FROM heads WHERE service = 'benefits'") == str(GRANTS)
        assert places(kafka) == GRANTS + 3 + 3
        assert sink.ready() == 200


def test_killed_at_random_moments_again_and_again_the_figures_are_right(tmp_path: Path, kafka: Broker) -> None:
    for pause_s in (1.5, 1.9, 2.3):
        sink = Running(tmp_path, kafka.bootstrap)
        time.sleep(pause_s)
        sink.process.kill()
        sink.ended()
    with running(tmp_path, kafka.bootstrap) as sink:
        sink.until_kept()
        assert sink.ask("SELECT granted, granted_cents FROM allowance_per_municipality_month") == f"600\t{600 * 130_000}"


def test_a_stop_drains_within_its_time_also_under_questions(tmp_path: Path, kafka: Broker) -> None:
    with running(tmp_path, kafka.bootstrap) as sink:
        sink.until_kept()
        client = clickhouse_connect.get_client(host="127.0.0.1", port=sink.clickhouse_port)
        assert client.query("SELECT decision, count() FROM allowance_decisions GROUP BY ALL").result_rows == [("granted", GRANTS)]
        client.close()
        assert "sink_inserted_rows_total 603.0" in httpx.get(f"http://127.0.0.1:{sink.sink_port}/metrics", trust_env=False).text
        began = time.monotonic()
        sink.process.send_signal(signal.SIGTERM)
        assert sink.ended(30)[0] == 0
        assert time.monotonic() - began < 30
    assert not (tmp_path / "sink-temporary").exists()


def test_kafka_sees_how_far_the_sink_is(tmp_path: Path, kafka: Broker) -> None:
    def lag() -> int:
        partitions = [TopicPartition("benefits.events", number) for number in range(PARTITIONS)]
        ends = consumer.end_offsets(partitions)
        return sum(ends[partition] - (consumer.committed(partition) or 0) for partition in partitions)

    consumer: Any = KafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id=GROUP, enable_auto_commit=False)
    with running(tmp_path, kafka.bootstrap) as sink:
        sink.until_kept()
        sink.until(lambda: lag() == 0)
    consumer.close()


def test_a_second_sink_on_the_same_data_is_refused_with_a_reason(tmp_path: Path, kafka: Broker) -> None:
    with running(tmp_path, kafka.bootstrap) as first:
        first.until_kept()
        code, errors = Running(tmp_path, kafka.bootstrap).ended()
        assert code == 2
        assert f"is open in another process (PID: {first.process.pid})" in errors


def test_a_port_that_is_taken_is_named_with_its_setting(tmp_path: Path, kafka: Broker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        argv = ["tests/flow/sink_process.py", str(tmp_path), kafka.bootstrap, str(port), str(free_port()), "never", "1"]
        ended = subprocess.run([sys.executable, *argv], env={"PYTHONPATH": "."}, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert f"port {port} (BACKBONE_SINK_PORT) is taken" in ended.stderr


def test_a_sink_waits_for_kafka_and_goes_on_by_itself(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "late", free_port())
    with running(tmp_path / "data", broker.bootstrap) as sink:
        sink.until(lambda: sink.ready() == 503)
        assert sink.ask("SELECT count() FROM facts") == "0"
        with broker:
            ensure_topics(broker.bootstrap)
            publish(broker, records("benefits", [granted(1, ALKMAAR)]))
            sink.until_kept(1)
            sink.until(lambda: sink.ready() == 200)
            broker.kill()
            sink.until(lambda: sink.ready() == 503)
            broker.start()
            publish(broker, records("benefits", [granted(2, ALKMAAR)], start=1))
            sink.until_kept(2)
            sink.until(lambda: sink.ready() == 200)


def test_another_kafka_than_the_one_that_filled_clickhouse_is_refused(tmp_path: Path, kafka: Broker) -> None:
    with running(tmp_path / "data", kafka.bootstrap) as sink:
        sink.until_kept()
        sink.process.send_signal(signal.SIGTERM)
        sink.ended(30)
    with Broker(tmp_path / "other", free_port()) as other:
        ensure_topics(other.bootstrap)
        code, errors = Running(tmp_path / "data", other.bootstrap).ended()
    assert code == 1
    assert "not the Kafka that filled it" in errors


def test_a_broker_without_topics_is_waited_for(tmp_path: Path) -> None:
    with Broker(tmp_path, free_port()) as broker:
        source = KafkaSource(broker.bootstrap)
        with pytest.raises(SourceAway):
            source.begin({})
        source.close()
