"""Rows `poison` and `versions`: records that cannot be read, come in another order, or are of a newer version than their reader."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import httpx
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from services.access.configured import development_issuer
from services.contracts.topics import BENEFITS_EVENTS, HANDOVER_EVENTS, INTAKE_EVENTS, PARTITIONS
from tests.faults.board import Board
from tests.faults.killing import epilogue, prologue, whole_run
from tests.faults.load import moving
from tests.faults.points import NEWER
from tests.faults.repeating import refusal
from tests.faults.site import Site
from tests.faults.stage import Failed, until

POISON, VERSIONS = "poison", "versions"
REACTORS = ("benefits", "handover")
OTHER_SEED = 999
STRANGER = b"p-ffffffffffffffff"
"""A client who does not exist, so that what is planted belongs to nobody."""

ARRIVED_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Planted:
    """A record as it is put on Kafka by hand."""

    key: bytes | None
    headers: Sequence[tuple[str, bytes]]
    value: bytes


def _plant(site: Site, topic: str, records: Sequence[Planted]) -> None:
    producer = KafkaProducer(bootstrap_servers=site.settings.kafka)
    for record in records:
        producer.send(topic, key=record.key, headers=list(record.headers), value=record.value)
    producer.flush(timeout=20)
    producer.close(timeout=5)


def _some(site: Site, topic: str, count: int) -> list[Planted]:
    """Records as they came, the latest first."""
    consumer = KafkaConsumer(bootstrap_servers=site.settings.kafka, auto_offset_reset="earliest", enable_auto_commit=False)
    consumer.assign([TopicPartition(topic, number) for number in range(PARTITIONS)])
    found: list[Planted] = []
    while len(found) < count:
        for portion in consumer.poll(timeout_ms=2_000).values():
            found += [Planted(record.key, record.headers, record.value) for record in portion]
    consumer.close()
    return found[:count][::-1]


def _attribute(record: Planted, name: str, value: bytes) -> Planted:
    return Planted(record.key, [(each, value if each == name else old) for each, old in record.headers], record.value)


def _operator(site: Site) -> httpx.Client:
    """At the views."""
    token = development_issuer(site.settings).token("s-operator", ["operator"], [], minutes=5)
    here = f"http://127.0.0.1:{site.settings.views_port}"
    return httpx.Client(base_url=here, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False)


def _held(site: Site) -> list[dict[str, Any]]:
    with _operator(site) as http:
        held: list[dict[str, Any]] = http.get("/v1/quarantine").raise_for_status().json()
    return held


def _garbage(site: Site, board: Board) -> None:
    """Views hold it with its key, ClickHouse sets it aside, everybody else goes on; an operator gives it up."""
    with board.cell(POISON, "garbage on the topics of benefits and handover"):
        garbage = [Planted(STRANGER, [], b"{broken"), Planted(None, [], b"\xff\x00"), Planted(STRANGER, [("ce_type", b"\xff")], b"")]
        for topic in (BENEFITS_EVENTS, HANDOVER_EVENTS):
            _plant(site, topic, garbage)
        until(lambda: len(_held(site)) >= len(garbage), ARRIVED_SECONDS, "the views hold what cannot be read")
        moving(site.load, 3)
        if trouble := site.stage.trouble("worker") or site.stage.trouble("sink"):
            raise Failed(trouble)
    with board.cell(POISON, "an operator gives the garbage up"):
        _give_up_all(site)


def _give_up_all(site: Site) -> None:
    with _operator(site) as http:
        for _ in range(50):
            held = http.get("/v1/quarantine").json()
            if not held:
                return
            http.post("/v1/quarantine/_discard", json={"view": held[0]["view"], "key": held[0]["key"]}).raise_for_status()
    raise Failed(f"still held: {_held(site)[:3]}")


def _garbage_for_reactors(site: Site, board: Board) -> None:
    """No run rests on half a history: it is refused until an operator has given the garbage up."""
    with board.cell(POISON, "garbage on intake's topic: benefits and handover hold it, no run is prepared"):
        _plant(site, INTAKE_EVENTS, [Planted(STRANGER, [], b"{broken"), Planted(STRANGER, [("ce_position", b"x")], b"")])
        for name in REACTORS:
            until(lambda name=name: _held_by(site, name), ARRIVED_SECONDS, f"{name} holds it")  # type: ignore[misc]  # default binds the loop
        moving(site.load, 3)
        if (refused := refusal(replace(site.story, seed=OTHER_SEED).prepare_run)) is None or "intake-records-held" not in refused:
            raise Failed(f"a run was prepared on half a history: {refused}")
    with board.cell(POISON, "the same after kill -9 of both, then an operator gives it up"):
        for name in REACTORS:
            site.stage.kill(name)
            site.stage.until_ready(name)
            for _ in range(2):
                site.command("quarantine", "discard", name, STRANGER.decode())
            until(lambda name=name: not _held_by(site, name), ARRIVED_SECONDS, f"{name} holds nothing")  # type: ignore[misc]  # default binds the loop
        _give_up_all(site)


def _held_by(site: Site, name: str) -> str:
    return "\n".join(line for line in site.command("quarantine", "list").stdout.splitlines() if line.startswith(name))


def _again_and_backwards(site: Site, board: Board) -> None:
    for topic in (INTAKE_EVENTS, BENEFITS_EVENTS, HANDOVER_EVENTS):
        with board.cell(POISON, f"40 records of {topic} come again, in the wrong order"):
            _plant(site, topic, _some(site, topic, 40))
            moving(site.load, 3)
            site.stage.until_ready()
            if held := _held(site):
                raise Failed(f"repeats were held: {held[:3]}")


def poison(site: Site, board: Board) -> None:
    """The whole row."""
    prologue(site)
    _again_and_backwards(site, board)
    _garbage(site, board)
    _garbage_for_reactors(site, board)
    epilogue(site, board, POISON, whole_run(site))


def _newest_client(site: Site) -> tuple[str, int]:
    """The stream of the last baton in the log, and its version."""
    with closing(sqlite3.connect(site.settings.data / "handover" / "log.sqlite")) as log:
        row = log.execute("SELECT stream, max(version) FROM events WHERE stream LIKE 'handover/baton/%' GROUP BY stream").fetchone()
    return str(row[0]), int(row[1])


def _newer_beside_older(site: Site, board: Board) -> None:
    """A newer handover tells more in its events than its readers know; they read what they know, also once it is rolled back."""
    mark = site.stage.orders_folder / NEWER
    for what, is_newer in (
        ("a newer handover tells more than older readers know", True),
        ("it is rolled back, and reads what it told", False),
    ):
        with board.cell(VERSIONS, what):
            mark.touch() if is_newer else mark.unlink()
            site.stage.kill("handover")
            site.stage.until_ready("handover")
            moving(site.load, 20)
            if held := _held(site):
                raise Failed(f"what is known was held: {held[:3]}")
    with board.cell(VERSIONS, "events with more fields are in the log, the views and ClickHouse"):
        with closing(sqlite3.connect(site.settings.data / "handover" / "log.sqlite")) as log:
            (count,) = log.execute("SELECT count(*) FROM events WHERE instr(CAST(data AS TEXT), 'added_later')").fetchone()
        if not count:
            raise Failed("no event told more")


def _future(site: Site, board: Board) -> None:
    """A version that comes before its readers are upgraded waits with its key, and so does what follows; others go on."""
    stream, version = _newest_client(site)
    client = stream.rpartition("/")[2].encode()
    sample = next(record for record in _some(site, HANDOVER_EVENTS, 200) if dict(record.headers)["ce_stream"] == stream.encode())
    ahead = _attribute(_attribute(sample, "ce_sequence", str(version + 1).encode()), "ce_type", _later(dict(sample.headers)["ce_type"]))
    with board.cell(VERSIONS, "an event of a later version holds its client, and nobody else"):
        _plant(site, HANDOVER_EVENTS, [ahead])
        until(lambda: any(held["key"] == client.decode() for held in _held(site)), ARRIVED_SECONDS, "the views hold it")
        moving(site.load, 3)
        if {held["key"] for held in _held(site)} != {client.decode()}:
            raise Failed(f"others are held: {_held(site)}")
    with board.cell(VERSIONS, "it is given up, and the client goes on"):
        _give_up_all(site)


def _later(kind: bytes) -> bytes:
    return kind.rpartition(b".v")[0] + b".v9"


def versions(site: Site, board: Board) -> None:
    """The whole row."""
    prologue(site)
    _newer_beside_older(site, board)
    _future(site, board)
    epilogue(site, board, VERSIONS, whole_run(site))
