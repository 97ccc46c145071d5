"""The sink keeps every record once in any figure, whatever ends it, and says when it cannot."""

import threading
from collections.abc import Callable, Mapping
from itertools import count

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from services.contracts.codec import published
from streams.reporting import sink as sink_module
from streams.reporting.memory import MemorySource, MemoryTable
from streams.reporting.progress import STILL_SECONDS, Progress
from streams.reporting.sink import Sink, SourceAway, Stopped
from streams.reporting.table import ClickHouseTable, Partition, Table
from tests.reporting.known import FACTS, OnKafka, everything

STEPS = ("before-insert", "inserted", "before-aside", "set-aside", "noted")


class Died(Exception):
    """The process ended here."""


def sink(source: MemorySource, table: Table, step: Callable[[str], None] = lambda _: None) -> Sink:
    made = Sink(source, lambda: table, published(), lambda: 0.0, step)
    made.begin(threading.Event())
    return made


def drain(made: Sink) -> None:
    while made.round(threading.Event()):
        pass


def with_poison() -> list[OnKafka]:
    found = everything()
    for number in (0, 5, len(found) - 1):
        found[number].value = b"poison"
    return found


def dying_at(step: str, turn: int) -> Callable[[str], None]:
    met = count(1)

    def at(now: str) -> None:
        if now == step and next(met) == turn:
            raise Died

    return at


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink_module, "BATCH_RECORDS", 7)
    monkeypatch.setattr(sink_module, "BATCH_SECONDS", 0.01)
    monkeypatch.setattr(sink_module, "AWAY_SECONDS", 0.01)
    monkeypatch.setattr(sink_module, "LOOK_SECONDS", 0.0)


def test_every_fact_becomes_one_row_and_kafka_is_told_how_far(client: Client) -> None:
    source = MemorySource(everything())
    drain(sink(source, ClickHouseTable(client)))
    assert client.query("SELECT count(), uniqExact(stream, version) FROM events").result_rows == [(FACTS, FACTS)]
    assert source.noted == {("intake.events", 0): 11, ("handover.events", 0): 6, ("benefits.events", 0): 33}


def test_a_next_sink_begins_behind_what_clickhouse_holds(client: Client) -> None:
    drain(sink(MemorySource(everything()[:10]), ClickHouseTable(client)))
    source = MemorySource(everything())
    drain(sink(source, ClickHouseTable(client)))
    assert client.command("SELECT count() FROM events") == FACTS


def test_an_unreadable_record_is_passed_and_stays_passed(client: Client) -> None:
    drain(sink(MemorySource(with_poison()), ClickHouseTable(client)))
    drain(sink(MemorySource(with_poison()), ClickHouseTable(client)))
    found = client.query("SELECT topic, offset, reason, length(key_hash) FROM quarantine FINAL ORDER BY topic, offset").result_rows
    assert found == [
        ("benefits.events", 32, "invalid-data", 16),
        ("intake.events", 0, "invalid-data", 16),
        ("intake.events", 5, "invalid-data", 16),
    ]
    assert client.command("SELECT count() FROM events") == FACTS - 3


@given(step=st.sampled_from(STEPS), turn=st.integers(1, 6), portion=st.integers(1, 9))
def test_a_crash_at_any_step_leaves_nothing_out_and_repeats_nothing(step: str, turn: int, portion: int) -> None:
    table = MemoryTable()
    with_crash = sink(MemorySource(with_poison(), portion), table, dying_at(step, turn))
    try:
        drain(with_crash)
    except Died:
        drain(sink(MemorySource(with_poison(), portion), table))
    places = sorted([(row.topic, row.offset) for row in table.rows] + [(aside.topic, aside.offset) for aside in table.asides])
    assert places == sorted((record.topic, record.offset) for record in everything())


def test_while_clickhouse_is_away_the_sink_waits_says_so_and_loses_nothing() -> None:
    table = MemoryTable(away=3)
    made = sink(MemorySource(everything()), table)
    drain(made)
    assert len(table.rows) == FACTS
    assert made.progress.complaint() is None


def test_a_sink_that_waits_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink_module, "AWAY_SECONDS", 5.0)
    table, stop = MemoryTable(away=10_000), threading.Event()
    made = sink(MemorySource(everything()), table)
    running = threading.Thread(target=made.run, args=(stop,))
    running.start()
    stop.set()
    running.join(5)
    assert not running.is_alive()
    assert (made.progress.complaint() or "").startswith(("the sink waits: ClickHouse is away", "the sink waits: it has not begun"))


def test_what_waiting_cannot_heal_ends_the_sink() -> None:
    class Wrong(MemoryTable):
        def keep(self, rows: object) -> None:
            raise TypeError(f"not a passing trouble: {type(rows)}")

    with pytest.raises(TypeError):
        sink(MemorySource(everything()), Wrong()).run(threading.Event())


def test_kafka_away_at_the_start_is_waited_for() -> None:
    class Late(MemorySource):
        turns = 0

        def begin(self, offsets: Mapping[Partition, int]) -> None:
            self.turns += 1
            if self.turns < 3:
                raise SourceAway("Kafka does not answer")
            super().begin(offsets)

    table = MemoryTable()
    drain(sink(Late(everything()), table))
    assert len(table.rows) == FACTS


def test_a_stop_during_the_start_is_a_stop() -> None:
    class Never(MemorySource):
        def begin(self, offsets: Mapping[Partition, int]) -> None:
            raise SourceAway(f"Kafka does not answer about {len(offsets)}")

    stop = threading.Event()
    stop.set()
    made = Sink(Never([]), MemoryTable, published(), lambda: 0.0)
    with pytest.raises(Stopped):
        made.begin(stop)
    made.run(stop)


def test_metrics_count_rows_and_what_was_set_aside() -> None:
    def value(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    rows, asides = value("sink_inserted_rows_total"), value("sink_quarantined_records_total", reason="invalid-data")
    drain(sink(MemorySource(with_poison()), MemoryTable()))
    assert value("sink_inserted_rows_total") - rows == FACTS - 3
    assert value("sink_quarantined_records_total", reason="invalid-data") - asides == 3
    assert value("sink_waiting_records") == 0


class Watch:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def begun(watch: Watch) -> Progress:
    progress = Progress(watch)
    progress.waits_for(None)
    return progress


def test_readiness_is_red_when_records_wait_and_nothing_moves() -> None:
    progress = begun(watch := Watch())
    progress.sees(5)
    assert progress.complaint() is None
    watch.now = STILL_SECONDS + 1
    progress.sees(5)
    assert progress.complaint() == "5 records wait and nothing moved for 16 s"
    progress.moved()
    assert progress.complaint() is None


def test_readiness_stays_green_when_there_is_nothing_to_do() -> None:
    progress = begun(watch := Watch())
    for watch.now in range(0, 100, 10):
        progress.sees(0)
        assert progress.complaint() is None


def test_readiness_is_red_when_kafka_does_not_say_what_waits() -> None:
    progress = begun(watch := Watch())
    progress.sees(0)
    watch.now = STILL_SECONDS + 5
    progress.sees(None)
    assert progress.complaint() == "the sink has not seen Kafka for 20 s"


def test_a_sink_that_hangs_is_not_ready() -> None:
    progress = begun(watch := Watch())
    progress.sees(0)
    watch.now = 1_000
    assert progress.complaint() is not None
