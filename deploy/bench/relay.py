"""The relay, from the log to acknowledged on Kafka, beside a bare producer that sends the same bytes."""

import time
from datetime import UTC, date, datetime
from typing import Any

from deploy.bench.figure import Figure, Target, medians
from deploy.bench.history import SOURCE, client_ref
from deploy.bench.place import Place
from deploy.bench.sides.bare_kafka import producer
from deploy.broker.topics import ensure_topics
from services.contracts.codec import headers_of, published
from services.contracts.handover import BatonOpened
from services.eventlog.log import Origin
from services.eventlog.relay import CHECKPOINT, KafkaSender, Relay
from services.eventlog.sqlite import SqliteLog

TOPIC = "bench.relay"
SETTINGS = {"cleanup.policy": "delete", "retention.ms": "-1", "compression.type": "producer"}
WRITE_SECONDS = 60.0
FACTS_A_WRITE = 5_000


def figures(place: Place, facts: int = 40_000, rounds: int = 3) -> list[Figure]:
    """The log is written before; each round carries all of it again."""
    bootstrap = place.bootstrap()
    ensure_topics(bootstrap, {TOPIC: SETTINGS})
    log = _log(place, facts)
    try:
        value, peer_value = medians(rounds, lambda: relayed_a_second(log, bootstrap), lambda: produced_a_second(log, bootstrap, facts))
    finally:
        log.close()
    what = "relay, from the log to acknowledged on Kafka"
    return [Figure(what, value, "facts/s", Target("ratio", "at least", 0.85), "bare kafka-python producer, same bytes", peer_value)]


def _log(place: Place, facts: int) -> SqliteLog:
    log = SqliteLog("handover", place.fresh("relay") / "log.sqlite", published())
    origin, day = Origin("s-bench", "bench", datetime(2024, 2, 15, tzinfo=UTC), "bench"), date(2024, 2, 15)
    about: dict[str, Any] = {"municipality": "GM0361", "organisation": "region", "team_ref": "team-1", "contact_person": "s-1", "on": day}
    for start in range(0, facts, FACTS_A_WRITE):
        numbers = range(start, min(start + FACTS_A_WRITE, facts))
        written = [BatonOpened(client=client_ref(number), **about) for number in numbers]
        log.submit(lambda tx, written=written: tx.append(written, origin, {})).result(WRITE_SECONDS)  # type: ignore[misc]  # default binds the loop
    return log


def relayed_a_second(log: SqliteLog, bootstrap: str) -> float:
    """The relay begins anew and goes on until nothing is left; connecting does not count."""
    log.submit(lambda tx: tx.drop(*CHECKPOINT)).result(WRITE_SECONDS)
    send = KafkaSender(bootstrap, TOPIC)
    send([(b"first", [], b"{}")])
    relay, carried = Relay(log, SOURCE, send), 0
    began = time.perf_counter()
    while number := relay.round():
        carried += number
    seconds = time.perf_counter() - began
    send.close()
    return carried / seconds


def produced_a_second(log: SqliteLog, bootstrap: str, facts: int) -> float:
    """Keys, headers and values lie ready in memory; connecting does not count."""
    records = [(r.key.encode(), headers_of(r, SOURCE), r.data) for r in log.after(0, facts)]
    with producer(bootstrap) as send_all:
        send_all(TOPIC, [(b"first", [], b"{}")])
        began = time.perf_counter()
        send_all(TOPIC, records)
        return len(records) / (time.perf_counter() - began)
