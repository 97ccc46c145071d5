"""The worker of the views on a real Kafka: killed, poisoned and stopped, it never loses, doubles or mixes up a fact."""

import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from rocksdict import Options, Rdict

from deploy.broker import Broker
from deploy.broker.topics import ensure_topics
from services.contracts.codec import published
from services.supervise import free_port
from streams import contact_view
from streams.app import partition_of
from streams.arrivals import arrivals
from streams.folding import Folding
from tests.flow.views_at_work import Worker, feed, until
from tests.streams.history import RUN, Recorder, Sent, client_ref, facts_of, region, sent

VIEWS = ("contact-view", "payout-status", "allowance-run")


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A Kafka of this test alone: what it poisons stays here."""
    with Broker(tmp_path / "broker", free_port()) as node:
        ensure_topics(node.bootstrap)
        yield node


@pytest.fixture
def worker(own_broker: Broker, tmp_path: Path) -> Iterator[Worker]:
    made = Worker(tmp_path / "data", own_broker.bootstrap)
    yield made
    made.kill()


def expected(records: list[Sent]) -> dict[str, dict[str, object]]:
    portion = Folding(contact_view.VIEW, lambda _key: None, ()).take(arrivals(published(), records, contact_view.VIEW.streams))
    assert not portion.held
    return {key: contact_view.shown(row) for key, row in portion.rows.items()}


@pytest.mark.timeout(300)
def test_views_are_right_after_kill_9_at_random_moments_and_equal_their_rebuild(worker: Worker) -> None:
    records, chance = list(region(clients=500, events_per_client=10)), random.Random(7)
    for round_ in range(5):
        worker.start().until_ready()
        feeding = threading.Thread(
            target=feed, args=(worker.bootstrap, records[round_ * len(records) // 5 : (round_ + 1) * len(records) // 5])
        )
        feeding.start()
        time.sleep(chance.uniform(0.1, 1.2))
        worker.kill()
        feeding.join(30)
    worker.start().until_caught_up()
    assert [view for view in VIEWS if not worker.same_as_rebuilt(view)] == []
    with worker.http() as http:
        found = {client: http.get(f"/v1/clients/{client}").json() for client in map(client_ref, range(500))}
    assert {client: {**row, "held": False} for client, row in expected(records).items()} == found
    run = worker.get(f"/v1/runs/{RUN}")["payouts"]
    assert {state: (sums["count"], sums["cents"]) for state, sums in run.items() if sums["count"]} == {
        "paid": (350, 28_000_000),
        "returned": (50, 4_000_000),
        "rejected": (50, 4_000_000),
        "refused": (50, 0),
    }


def faulty(record: Sent, **changed: str | bytes) -> Sent:
    """The record with another value, or with other attributes."""
    value = changed.pop("value", record.value)
    headers = [(name, changed.get(name, old)) for name, old in record.headers]
    return Sent(record.topic, record.key, [(n, v.encode() if isinstance(v, str) else v) for n, v in headers], value)  # type: ignore[arg-type]  # bytes


def two_clients() -> dict[int, list[Sent]]:
    recorder = Recorder()
    return {number: [sent(*recorder.record(*fact)) for fact in facts_of(number, extra=2)] for number in (3, 4)}


@pytest.mark.timeout(240)
def test_a_poison_record_and_a_future_version_hold_only_that_client_also_after_a_restart(worker: Worker) -> None:
    poisoned, untouched = two_clients().values()
    future = faulty(poisoned[4], ce_type="nl.sociaaldomein.benefits.allowance-granted.v2")
    feed(worker.bootstrap, [*poisoned[:4], future, *poisoned[5:], *untouched])
    worker.start().until_caught_up()
    held = worker.get("/v1/quarantine")
    assert {(h["view"], h["key"]) for h in held} == {("contact-view", client_ref(3)), ("payout-status", client_ref(3))}
    assert {h["reason"] for h in held} == {"future-version", "behind-a-held-record"}
    assert worker.get(f"/v1/clients/{client_ref(4)}")["slots"] == slots(untouched)
    assert worker.get(f"/v1/clients/{client_ref(3)}")["held"] is True
    worker.kill()
    worker.start().until_caught_up()
    assert sorted(map(str, worker.get("/v1/quarantine"))) == sorted(map(str, held))
    assert [view for view in VIEWS if not worker.same_as_rebuilt(view)] == []


def slots(records: list[Sent]) -> dict[str, int]:
    return {record.stream: int(dict(record.headers)["ce_sequence"]) for record in records}


@pytest.mark.timeout(240)
def test_a_gap_is_held_and_a_retry_after_the_republished_fact_completes_the_client(worker: Worker) -> None:
    records, _ = two_clients().values()
    missing = records.pop(4)
    feed(worker.bootstrap, records)
    worker.start().until_caught_up()
    assert "gap" in {held["reason"] for held in worker.get("/v1/quarantine")}
    feed(worker.bootstrap, [missing])
    worker.until_caught_up()
    with worker.http() as http:
        answers = [http.post("/v1/quarantine/_retry", json={"view": view, "key": client_ref(3)}).json() for view in VIEWS[:2]]
    assert [answer["held"] for answer in answers] == [0, 0]
    assert worker.get("/v1/quarantine") == []
    assert worker.get(f"/v1/clients/{client_ref(3)}")["slots"] == slots([*records, missing])
    assert [view for view in VIEWS if not worker.same_as_rebuilt(view)] == []


@pytest.mark.timeout(240)
def test_a_discarded_record_lets_the_later_ones_in_and_the_rebuild_leaves_it_out_too(worker: Worker) -> None:
    records, _ = two_clients().values()
    feed(worker.bootstrap, [*records[:4], faulty(records[4], value=b"{broken"), *records[5:]])
    worker.start().until_caught_up()
    with worker.http() as http:
        answers = [http.post("/v1/quarantine/_discard", json={"view": view, "key": client_ref(3)}).json() for view in VIEWS[:2]]
    assert [answer["held"] for answer in answers] == [0, 0]
    worker.kill()
    worker.start().until_caught_up()
    assert worker.get(f"/v1/clients/{client_ref(3)}")["slots"] == slots(records)
    assert "allowance-granted" not in {entry["what"] for entry in worker.get(f"/v1/clients/{client_ref(3)}")["timeline"]}
    assert [view for view in VIEWS if not worker.same_as_rebuilt(view)] == []


@pytest.mark.timeout(240)
def test_sigterm_under_reads_ends_in_order_within_the_limit(worker: Worker) -> None:
    feed(worker.bootstrap, region(clients=200, events_per_client=10))
    worker.start().until_ready()
    stop, statuses = threading.Event(), list[int]()

    def read() -> None:
        with worker.http() as http:
            while not stop.is_set():
                try:
                    statuses.append(http.get(f"/v1/clients/{client_ref(len(statuses) % 200)}").status_code)
                    http.get("/readyz")
                except httpx.TransportError:
                    return

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    time.sleep(2)
    feed(worker.bootstrap, region(clients=200, events_per_client=20))
    worker.signal(signal.SIGTERM)
    assert worker.ended(limit=25) == 0, worker.log[-3000:]
    stop.set()
    for reader in readers:
        reader.join(10)
    assert statuses.count(200) > 50


@pytest.mark.timeout(240)
def test_a_second_worker_is_refused_in_the_same_folder_and_beside_another(worker: Worker, tmp_path: Path) -> None:
    worker.start().until_ready()
    same = Worker(worker.data, worker.bootstrap).start()
    assert same.ended(limit=30) == 2
    assert "keeps its views in" in worker.log
    other = Worker(tmp_path / "other", worker.bootstrap).start()
    assert other.ended(limit=60) == 2
    assert "another worker is a member of the consumer group" in other.log
    assert worker.ready()


@pytest.mark.timeout(240)
def test_a_reader_waits_for_the_version_that_it_knows_of(worker: Worker) -> None:
    recorder = Recorder()
    records = [sent(*recorder.record(*fact)) for fact in facts_of(5, extra=1)]
    feed(worker.bootstrap, records[:-1])
    worker.start().until_caught_up()
    later = threading.Timer(1, feed, (worker.bootstrap, records[-1:]))
    later.start()
    with worker.http() as http:
        path = f"/v1/clients/{client_ref(5)}?stream=handover/baton/{client_ref(5)}"
        assert http.get(f"{path}&atLeastVersion=2").json()["contact"]["contact_person"] == "s-2"
        unknown = http.get(f"{path}&atLeastVersion=9")
    later.join()
    assert (unknown.status_code, unknown.json()["title"]) == (503, "unavailable")


@pytest.mark.timeout(240)
def test_a_caller_sees_only_clients_of_its_municipalities_and_every_read_is_noted(worker: Worker) -> None:
    feed(worker.bootstrap, two_clients()[3])
    worker.start().until_caught_up()
    with worker.http(municipalities=["GM0361"]) as elsewhere, worker.http() as here, worker.http(roles=["manager"]) as manager:
        path = f"/v1/clients/{client_ref(3)}"
        assert [http.get(path).status_code for http in (elsewhere, here, manager)] == [403, 200, 403]
    lines = (worker.data / "views" / "processing" / "processing.ndjson").read_text(encoding="utf-8").splitlines()
    assert [(client_ref(3) in line, '"ok"' in line) for line in lines] == [(True, False), (True, True)]


@pytest.mark.timeout(240)
def test_without_kafka_readiness_turns_red_and_everything_catches_up_by_itself(worker: Worker, own_broker: Broker) -> None:
    records = list(region(clients=100, events_per_client=10))
    feed(worker.bootstrap, records[:500])
    worker.start().until_caught_up()
    own_broker.kill()
    until(lambda: not worker.ready(), 40, worker)
    assert worker.get(f"/v1/clients/{client_ref(1)}")["client"] == client_ref(1)
    own_broker.start()
    feed(worker.bootstrap, records[500:])
    worker.until_caught_up(90)
    assert worker.same_as_rebuilt("contact-view")


def damage(worker: Worker, client: str) -> None:
    store = next((worker.data / "views").glob(f"**/tables/contact-view-{partition_of(client)}.db"))
    rows = Rdict(str(store), Options(raw_mode=True))
    rows[client.encode()] = b"{torn"
    rows.close()


@pytest.mark.timeout(240)
def test_a_view_that_cannot_be_written_ends_the_worker_and_commits_nothing(worker: Worker) -> None:
    """Planted: the value of a row is no JSON, as after a disk error; the worker must not go past it."""
    history = two_clients()[3]
    feed(worker.bootstrap, history[:3])
    worker.start().until_caught_up()
    worker.kill()
    damage(worker, client_ref(3))
    feed(worker.bootstrap, history[3:])
    worker.start()
    assert worker.ended(limit=60) == 1, worker.log[-3000:]
    assert "JSONDecodeError" in worker.log
