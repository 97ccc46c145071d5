"""The embedded Kafka keeps what it was given, says clearly why it cannot start, and leaves nothing behind."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaTimeoutError

from deploy.broker import Broker, BrokerFailed
from deploy.broker.topics import WANTED, TopicsDiffer, ensure_topics
from services.contracts.topics import PARTITIONS
from services.ports import PortTaken, free_port

ROOT = Path(__file__).parents[2]
RECORDS = 2_000


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A Kafka that these tests may stop and kill, in a folder whose name is not plain."""
    with Broker(tmp_path_factory.mktemp("own") / "gegevens = één", free_port()) as node:
        ensure_topics(node.bootstrap)
        yield node


def send(bootstrap: str, key: bytes) -> None:
    with closing(KafkaProducer(bootstrap_servers=bootstrap, linger_ms=5)) as producer:
        for number in range(RECORDS):
            producer.send("intake.events", key=key, value=b"%d" % number)
        producer.flush(timeout=30)


def received(bootstrap: str, key: bytes) -> list[int]:
    found: list[int] = []
    with closing(KafkaConsumer(bootstrap_servers=bootstrap)) as consumer:
        partitions = [TopicPartition("intake.events", number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        limit = time.monotonic() + 30
        while len(found) < RECORDS and time.monotonic() < limit:
            found += [int(record.value) for batch in consumer.poll(timeout_ms=500).values() for record in batch if record.key == key]
    return found


def settings(admin: KafkaAdminClient, topic: str) -> dict[str, str]:
    described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])["topic"][topic]
    return {name: value["value"] for name, value in described.items()}


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(holds: Callable[[], bool], limit_s: float) -> None:
    limit = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < limit, "did not happen in time"
        time.sleep(0.05)


def test_a_restart_keeps_every_record_also_on_another_port(node: Broker) -> None:
    send(node.bootstrap, b"restarted")
    node.stop()
    node.port = free_port()
    node.start()
    assert received(node.bootstrap, b"restarted") == list(range(RECORDS))


def test_a_restart_after_kill_9_keeps_every_record(node: Broker) -> None:
    send(node.bootstrap, b"killed")
    node.kill()
    node.start()
    assert received(node.bootstrap, b"killed") == list(range(RECORDS))


def test_a_taken_port_is_named_before_anything_is_written(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"port {port} \(BACKBONE_KAFKA\) is taken; .* set BACKBONE_KAFKA"):
            Broker(tmp_path, port).start()
    assert list(tmp_path.iterdir()) == []


def test_a_start_that_fails_shows_the_end_of_the_log(tmp_path: Path) -> None:
    planted = tmp_path / "kafka" / "formatted"
    planted.parent.mkdir()
    planted.write_text("but the records are gone", encoding="utf-8")
    with pytest.raises(BrokerFailed, match=r"kafka ended by itself(.|\n)*No readable meta.properties"):
        Broker(tmp_path, free_port()).start()


def test_a_folder_that_kafka_would_read_as_two_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokerFailed, match="choose another data folder"):
        Broker(tmp_path / "here, and there", free_port()).start()


def test_formatting_that_was_cut_off_is_taken_up_again(tmp_path: Path) -> None:
    node = Broker(tmp_path, free_port())
    node.part()
    (tmp_path / "kafka" / "formatted").unlink()
    identity = (tmp_path / "kafka" / "records" / "meta.properties").read_bytes()
    node.part()
    assert (tmp_path / "kafka" / "records" / "meta.properties").read_bytes() == identity


def test_records_of_another_cluster_are_not_taken_over(tmp_path: Path) -> None:
    records = tmp_path / "kafka" / "records"
    records.mkdir(parents=True)
    (records / "meta.properties").write_text("version=1\ncluster.id=c29tZWJvZHktZWxzZSdzIQ\nnode.id=1\n", encoding="utf-8")
    with pytest.raises(BrokerFailed, match="was not formatted"):
        Broker(tmp_path, free_port()).start()


def test_topics_have_the_agreed_partitions_and_rules(broker: Broker) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
        assert {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(list(WANTED))} == dict.fromkeys(WANTED, 12)
        assert settings(admin, "intake.events") == {"cleanup.policy": "delete", "retention.ms": "-1", "compression.type": "producer"}
        assert settings(admin, "contact-view")["cleanup.policy"] == "compact"


def test_creating_topics_again_changes_nothing_but_a_rule_that_drifted(broker: Broker) -> None:
    send(broker.bootstrap, b"kept")
    with closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "intake.events", {"retention.ms": "60000"})])
        ensure_topics(broker.bootstrap)
        ensure_topics(broker.bootstrap)
        assert settings(admin, "intake.events")["retention.ms"] == "-1"
    assert received(broker.bootstrap, b"kept") == list(range(RECORDS))


def test_a_topic_with_other_partitions_is_refused(broker: Broker) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
        admin.create_topics({"narrow": {"num_partitions": 3}}, wait_for_metadata=True)
    with pytest.raises(TopicsDiffer, match="12 partitions were agreed for ever, but narrow has 3"):
        ensure_topics(broker.bootstrap, {"narrow": {}})


def test_nobody_creates_a_topic_by_a_typing_error(broker: Broker) -> None:
    with closing(KafkaProducer(bootstrap_servers=broker.bootstrap, max_block_ms=1_000)) as producer, pytest.raises(KafkaTimeoutError):
        producer.send("intake.event", value=b"lost?")
    with closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
        assert "intake.event" not in admin.list_topics()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGKILL, -9)])
def test_the_command_runs_until_it_is_stopped_and_takes_kafka_with_it(tmp_path: Path, number: signal.Signals, code: int) -> None:
    port = free_port()
    argv = [sys.executable, "-m", "deploy.broker", "start", "--data", str(tmp_path), "--port", str(port)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as command:
        assert command.stdout
        said = [command.stdout.readline(), command.stdout.readline()]
        command.send_signal(number)
        assert command.wait(40) == code
    assert said == ["starting kafka\n", f"up: 127.0.0.1:{port}\n"]
    wait_until(lambda: not listens(port), limit_s=10)


def test_the_command_names_a_taken_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        argv = [sys.executable, "-m", "deploy.broker", "start", "--data", str(tmp_path), "--port", str(port)]
        ended = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (1, f"deploy.broker: port {port} (--port) is taken; stop what listens there or set --port\n")
