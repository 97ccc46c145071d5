"""The worker of the views on a real Kafka: killed, poisoned and stopped, it never loses, doubles or mixes up a fact.

One broker and one worker serve all tests; each has clients of its own, and leaves the worker as it finds it: startable.
"""

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
from services.ports import free_port
from streams import contact_view
from streams.arrivals import arrivals
from streams.cluster import partition_of
from streams.folding import Folding
from tests.flow.views_at_work import Worker, feed, until
from tests.streams.history import RUN, Recorder, Sent, client_ref, facts_of, region, sent

pytestmark = pytest.mark.timeout(300)
VIEWS = ("contact-view", "payout-status", "allowance-run", "team-directory")


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A Kafka of these tests alone: what they poison stays here."""
    with Broker(tmp_path_factory.mktemp("broker"), free_port()) as node:
        ensure_topics(node.bootstrap)
        yield node


@pytest.fixture(scope="module")
def the_worker(own_broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    made = Worker(tmp_path_factory.mktemp("views"), own_broker.bootstrap)
    yield made
    made.kill()


@pytest.fixture
def worker(the_worker: Worker) -> Worker:
    """Running and ready."""
    return the_worker.running().until_ready()


def records_of(number: int, extra: int = 2) -> list[Sent]:
    recorder = Recorder()
    return [sent(*recorder.record(*fact)) for fact in facts_of(number, extra)]


def faulty(record: Sent, attribute: str = "", becomes: str = "", value: bytes | None = None) -> Sent:
    headers = [(name, becomes.encode() if name == attribute else old) for name, old in record.headers]
    return Sent(record.topic, record.key, headers, value or record.value)


def slots(records: list[Sent]) -> dict[str, int]:
    found: dict[str, int] = {}
    for record in records:
        found[record.stream] = max(found.get(record.stream, 0), int(dict(record.headers)["ce_sequence"]))
    return found


def held(worker: Worker, number: int) -> list[dict[str, str]]:
    return [record for record in worker.get("/v1/quarantine") if record["key"] == client_ref(number)]


def decide(worker: Worker, verdict: str, number: int) -> list[int]:
    with worker.http() as http:
        answers = [http.post(f"/v1/quarantine/{verdict}", json={"view": view, "key": client_ref(number)}) for view in VIEWS[:2]]
    return [answer.json()["held"] for answer in answers]


def expected(records: list[Sent]) -> dict[str, dict[str, object]]:
    portion = Folding(contact_view.VIEW, lambda _key: None, (), {}).take(arrivals(published(), records, contact_view.VIEW.streams))
    assert not portion.held
    return {key: {**contact_view.shown(row), "held": False, "team": None, "stand_in": None} for key, row in portion.rows.items()}


def test_views_are_right_after_kill_9_at_random_moments_and_equal_their_rebuild(worker: Worker) -> None:
    records, chance = list(region(clients=500, events_per_client=10, first=1_000)), random.Random(7)
    for portion in [records[n : n + 1_100] for n in range(0, len(records), 1_100)]:
        worker.running().until_ready()
        feeding = threading.Thread(target=feed, args=(worker.bootstrap, portion))
        feeding.start()
        time.sleep(chance.uniform(0.1, 1.2))
        worker.kill()
        feeding.join(30)
    worker.running().until_caught_up()
    assert [view for view in VIEWS if not worker.same_as_rebuilt(view)] == []
    wanted = expected(records)
    with worker.http() as http:
        assert {client: http.get(f"/v1/clients/{client}").json() for client in wanted} == wanted
    run = worker.get(f"/v1/runs/{RUN}")["payouts"]
    assert {state: (sums["count"], sums["cents"]) for state, sums in run.items() if sums["count"]} == {
        "paid": (350, 28_000_000),
        "returned": (50, 4_000_000),
        "rejected": (50, 4_000_000),
        "refused": (50, 0),
    }


def test_a_future_version_holds_only_that_client_also_after_a_restart(worker: Worker) -> None:
    ahead, untouched = records_of(3), records_of(4)
    future = faulty(ahead[4], "ce_type", "nl.sociaaldomein.benefits.allowance-granted.v2")
    feed(worker.bootstrap, [*ahead[:4], future, *ahead[5:], *untouched])
    worker.until_caught_up()
    before = held(worker, 3)
    assert {(h["view"], h["reason"]) for h in before} >= {(view, "future-version") for view in VIEWS[:2]}
    assert {h["reason"] for h in before} == {"future-version", "behind-a-held-record"}
    assert worker.get(f"/v1/clients/{client_ref(4)}")["slots"] == slots(untouched)
    worker.kill()
    worker.running().until_caught_up()
    assert sorted(map(str, held(worker, 3))) == sorted(map(str, before))
    assert worker.get(f"/v1/clients/{client_ref(3)}")["held"] is True
    assert worker.same_as_rebuilt("contact-view")


def test_a_gap_is_held_until_the_missing_fact_is_republished(worker: Worker) -> None:
    records = records_of(13)
    feed(worker.bootstrap, [*records[:4], *records[5:]])
    worker.until_caught_up()
    assert "gap" in {record["reason"] for record in held(worker, 13)}
    assert decide(worker, "_retry", 13) != [0, 0]
    feed(worker.bootstrap, [records[4]])
    worker.until_caught_up()
    assert held(worker, 13) == []
    assert worker.get(f"/v1/clients/{client_ref(13)}")["slots"] == slots(records)
    assert [view for view in VIEWS if not worker.same_as_rebuilt(view)] == []


def test_a_discarded_poison_record_lets_the_later_ones_in_and_stays_out_of_the_rebuild(worker: Worker) -> None:
    records = records_of(23)
    feed(worker.bootstrap, [*records[:4], faulty(records[4], value=b"{broken"), *records[5:]])
    worker.until_caught_up()
    assert decide(worker, "_discard", 23) == [0, 0]
    worker.kill()
    worker.running().until_caught_up()
    shown = worker.get(f"/v1/clients/{client_ref(23)}")
    assert shown["slots"] == slots(records)
    assert "allowance-granted" not in {entry["what"] for entry in shown["timeline"]}
    assert [view for view in VIEWS if not worker.same_as_rebuilt(view)] == []


def test_a_reader_waits_for_the_version_that_it_knows_of(worker: Worker) -> None:
    records = records_of(33)
    feed(worker.bootstrap, records[:-1])
    worker.until_caught_up()
    later = threading.Timer(1, feed, (worker.bootstrap, records[-1:]))
    later.start()
    with worker.http() as http:
        path = f"/v1/clients/{client_ref(33)}?stream=handover/baton/{client_ref(33)}"
        assert http.get(f"{path}&atLeastVersion=3").json()["contact"]["contact_person"] == "s-3"
        unknown = http.get(f"{path}&atLeastVersion=9")
    later.join()
    assert (unknown.status_code, unknown.json()["title"]) == (503, "unavailable")


def test_a_caller_sees_only_clients_of_its_municipalities_and_every_read_is_noted(worker: Worker) -> None:
    feed(worker.bootstrap, records_of(43))
    worker.until_caught_up()
    path = f"/v1/clients/{client_ref(43)}"
    with worker.http(municipalities=["GM0361"]) as elsewhere, worker.http() as here, worker.http(roles=["manager"]) as manager:
        assert [http.get(path).status_code for http in (elsewhere, here, manager)] == [403, 200, 403]
    log = (worker.data / "processing" / "views" / "processing.ndjson").read_text(encoding="utf-8").splitlines()
    assert ["STATUS_CODE_OK" in line for line in log if client_ref(43) in line] == [False, True]


def test_a_second_worker_is_refused_in_the_same_folder_and_beside_another(worker: Worker, tmp_path: Path) -> None:
    same, other = Worker(worker.data, worker.bootstrap).running(), Worker(tmp_path / "other", worker.bootstrap).running()
    assert (same.ended(limit=60), other.ended(limit=60)) == (2, 2)
    assert "keeps its views in" in worker.log
    assert "another worker is a member of the consumer group" in other.log
    assert worker.ready()


def test_without_kafka_readiness_turns_red_and_everything_catches_up_by_itself(worker: Worker, own_broker: Broker) -> None:
    records = list(region(clients=300, events_per_client=10, first=2_000))
    feed(worker.bootstrap, records)
    own_broker.kill()
    until(lambda: not worker.ready(), 60, worker)
    own_broker.start()
    feed(worker.bootstrap, records_of(53))
    worker.until_caught_up(120)
    assert worker.get(f"/v1/clients/{client_ref(53)}")["slots"] == slots(records_of(53))
    wanted = expected(records)
    with worker.http() as http:
        assert {client: http.get(f"/v1/clients/{client}").json() for client in wanted} == wanted


def test_a_worker_that_was_suspended_goes_on_without_losing_a_fact(worker: Worker) -> None:
    records = list(region(clients=500, events_per_client=10, first=3_000))
    feeding = threading.Thread(target=feed, args=(worker.bootstrap, records))
    feeding.start()
    time.sleep(1)
    worker.signal(signal.SIGSTOP)
    time.sleep(20)
    feeding.join(60)
    worker.signal(signal.SIGCONT)
    worker.until_caught_up(90)
    wanted = expected(records)
    with worker.http() as http:
        assert {client: http.get(f"/v1/clients/{client}").json() for client in wanted} == wanted
    assert worker.same_as_rebuilt("contact-view")


def test_sigterm_under_reads_ends_in_order_within_the_limit(worker: Worker) -> None:
    feed(worker.bootstrap, records_of(63))
    worker.until_caught_up()
    stop, statuses = threading.Event(), list[int]()

    def read(client: httpx.Client) -> None:
        with client as http:
            while not stop.is_set():
                try:
                    statuses.append(http.get(f"/v1/clients/{client_ref(63)}").status_code)
                    http.get("/readyz")
                except httpx.TransportError:
                    return

    readers = [threading.Thread(target=read, args=(client,)) for client in [worker.http() for _ in range(8)]]
    for reader in readers:
        reader.start()
    feed(worker.bootstrap, region(clients=100, events_per_client=10, first=5_000))
    worker.signal(signal.SIGTERM)
    assert worker.ended(limit=30) == 0, worker.log[-3000:]
    stop.set()
    for reader in readers:
        reader.join(10)
    assert statuses.count(200) > 20


def test_a_row_that_cannot_be_read_ends_the_worker_and_its_facts_are_not_committed(worker: Worker) -> None:
    records = records_of(73)
    feed(worker.bootstrap, records[:3])
    worker.until_caught_up()
    worker.kill()
    whole = write_row(worker, client_ref(73), b"{torn")
    feed(worker.bootstrap, records[3:])
    assert worker.running().ended(limit=90) == 1, worker.log[-3000:]
    assert "JSONDecodeError" in worker.log
    write_row(worker, client_ref(73), whole)
    worker.running().until_caught_up()
    assert worker.get(f"/v1/clients/{client_ref(73)}")["slots"] == slots(records)


def write_row(worker: Worker, client: str, row: bytes) -> bytes:
    """Replace a row on disk, as a fault of the disk would; the row that was there."""
    store = next((worker.data / "views").glob(f"**/tables/contact-view-{partition_of(client)}.db"))
    rows = Rdict(str(store), Options(raw_mode=True))
    was = rows[client.encode()]
    assert isinstance(was, bytes)
    rows[client.encode()] = row
    rows.close()
    return was
