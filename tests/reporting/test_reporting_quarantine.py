"""What the sink set aside is read again after an upgrade, or given up, and no figure counts a fact twice."""

from collections.abc import Callable, Sequence
from contextlib import closing
from threading import Event

import pytest
from clickhouse_connect.driver.client import Client

from services.contracts.codec import Codec, published
from services.contracts.intake import HouseholdRegistered
from streams.reporting.memory import MemorySource, MemoryTable
from streams.reporting.quarantine import Quarantine, SetAside
from streams.reporting.reading import Aside, Polled, hash_of
from streams.reporting.rows import Place
from streams.reporting.sink import Sink, SourceAway
from streams.reporting.store import open_store
from streams.reporting.table import ClickHouseTable, Table
from tests.reporting.known import FACTS, OnKafka, everything
from tests.reporting.test_reporting_sink import drain, sink

OF_TOMORROW = HouseholdRegistered.TYPE
"""A type that the release before did not know."""


def release_before() -> Codec:
    return Codec((event for type_, event in published().types.items() if type_ != OF_TOMORROW), {})


def fetched(records: Sequence[OnKafka]) -> Callable[[Sequence[Place]], list[Polled]]:
    return lambda places: [record for place in places for record in records if (record.topic, record.partition, record.offset) == place]


def kept_by_the_release_before(table: Table, records: Sequence[OnKafka]) -> None:
    made = Sink(MemorySource(records), lambda: table, release_before(), lambda: 0.0)
    made.begin(Event())
    drain(made)
    made.close()


@pytest.fixture(params=["memory", "chdb"])
def open_table(request: pytest.FixtureRequest, where: str) -> Callable[[], Table]:
    """Handles on one store: lists, or the embedded ClickHouse."""
    if request.param == "memory":
        table = MemoryTable()
        return lambda: table
    request.getfixturevalue("client")
    return lambda: ClickHouseTable(open_store(where))


def test_a_fact_of_a_newer_release_is_among_the_events_once_that_release_reads_it_again(open_table: Callable[[], Table]) -> None:
    records = everything()
    kept_by_the_release_before(open_table(), records)
    old, new = (Quarantine(open_table, fetched(records), codec) for codec in (release_before(), published()))
    keys = {held.key for held in old.all()}

    assert {held.reason for held in old.all()} == {"unknown-type"}
    assert sum(old.retry(key) for key in keys) == len(old.all()) > 0
    assert sum(new.retry(key) for key in keys) == 0
    assert new.all() == []


def test_no_figure_knows_that_a_fact_was_set_aside_first(client: Client, where: str) -> None:
    records = everything()
    kept_by_the_release_before(ClickHouseTable(open_store(where)), records)
    quarantine = Quarantine(lambda: ClickHouseTable(open_store(where)), fetched(records), published())
    before = int(client.query("SELECT count() FROM events").result_rows[0][0])

    for key in {held.key for held in quarantine.all()}:
        quarantine.retry(key)
    drain(sink(MemorySource(records), ClickHouseTable(client)))

    assert before < FACTS
    assert client.query("SELECT count(), uniqExact(stream, version) FROM events").result_rows == [(FACTS, FACTS)]
    assert client.query("SELECT DISTINCT standing FROM quarantine FINAL").result_rows == [("read",)]


def test_a_crash_before_it_is_noted_leaves_a_record_held_and_the_next_retry_adds_nothing(client: Client, where: str) -> None:
    class Dying(ClickHouseTable):
        def set_aside(self, _records: Sequence[Aside]) -> None:
            raise KeyboardInterrupt

    records = everything()
    kept_by_the_release_before(ClickHouseTable(open_store(where)), records)
    key = Quarantine(lambda: ClickHouseTable(open_store(where)), fetched(records), published()).all()[0].key

    with pytest.raises(KeyboardInterrupt):
        Quarantine(lambda: Dying(open_store(where)), fetched(records), published()).retry(key)
    again = Quarantine(lambda: ClickHouseTable(open_store(where)), fetched(records), published())

    assert key in {held.key for held in again.all()}
    assert again.retry(key) == 0
    assert client.command("SELECT count() = uniqExact(stream, version) FROM events FINAL") == 1


def test_the_first_record_of_a_key_is_given_up_and_a_key_may_be_named_itself(open_table: Callable[[], Table]) -> None:
    places = [Aside("intake.events", 1, offset, "invalid-data", hash_of(b"p-1")) for offset in (4, 7)]
    with closing(open_table()) as table:
        table.set_aside([*places, Aside("intake.events", 1, 5, "invalid-data", "")])
    poison = [OnKafka("intake.events", 1, 5, None, [], b"poison")] + [OnKafka(*place[:3], b"p-1", [], b"poison") for place in places]
    quarantine = Quarantine(open_table, fetched(poison), published())

    assert quarantine.discard("p-1") == 1
    assert quarantine.all() == [
        SetAside("intake.events/1/5", "-", "invalid-data"),
        SetAside("intake.events/1/7", hash_of(b"p-1"), "not-an-event"),
    ]
    assert quarantine.discard(hash_of(b"p-1")) == 0
    assert quarantine.discard("-") == 0
    assert quarantine.all() == []


def test_where_kafka_is_away_nothing_is_decided() -> None:
    def nothing(_places: Sequence[Place]) -> list[Polled]:
        raise SourceAway("NoBrokersAvailable")

    table = MemoryTable(asides=[Aside("intake.events", 1, 4, "invalid-data", "")])
    quarantine = Quarantine(lambda: table, nothing, published())

    with pytest.raises(TimeoutError, match="NoBrokersAvailable"):
        quarantine.retry("-")
    assert len(quarantine.all()) == 1
