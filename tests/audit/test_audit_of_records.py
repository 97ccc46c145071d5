"""I6, I7, I8 and I13: what was recorded, and every copy of it, is compared fact by fact."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from services.contracts import benefits
from services.contracts.codec import headers_of
from services.eventlog.reactor import HELD
from tests.audit.world import GM, ON, ONE, World, members, producing

STREAM = f"benefits/right/{ONE.right}"
FACT = f"stream = '{STREAM}' AND version ="
CHANGED = f"UPDATE events SET %s WHERE {FACT} 2"  # noqa: S608 - a name of our own
GONE = "DELETE FROM %s WHERE %s"
OF_SECOND = f"command_id = (SELECT command_id FROM events WHERE {FACT} 2)"  # noqa: S608 - a name of our own
ITS_COMMAND = f"UPDATE commands SET answer = CAST(json_set(CAST(answer AS TEXT), '$.%s', %s) AS BLOB) WHERE {OF_SECOND}"  # noqa: S608 - as above
SOURCE = f"urn:nld:oin:{'0' * 20}:systeem:benefits"


def tamper(world: World, *statements: str, service: str = "benefits") -> None:
    """Change a log behind the back of its service."""
    with closing(sqlite3.connect(world.sources.log(service))) as connection:
        connection.executescript(";".join(("DROP TRIGGER events_are_for_ever", "DROP TRIGGER events_stay", *statements)))


def test_a_fact_without_its_command_is_seen(recorded: World) -> None:
    tamper(recorded, GONE % ("commands", OF_SECOND))
    assert f"{STREAM}@2 has no command" in recorded.verdict()["I6"].detail


@pytest.mark.parametrize(("outcome", "told"), [("refused", "a refused command"), ("unchanged", "a command that changed nothing")])
def test_a_fact_of_a_command_that_was_not_accepted_is_seen(recorded: World, outcome: str, told: str) -> None:
    tamper(recorded, ITS_COMMAND % ("outcome", f"'{outcome}'"))
    assert f"{STREAM}@2 comes from {told}" in recorded.verdict()["I6"].detail


def test_an_accepted_command_whose_fact_is_gone_is_seen(recorded: World) -> None:
    tamper(recorded, GONE % ("events", f"{FACT} 3"))
    assert f"a command was told {STREAM}@3 at position" in recorded.verdict()["I6"].detail


def test_a_command_that_was_told_the_fact_of_another_is_seen(recorded: World) -> None:
    tamper(recorded, ITS_COMMAND % ("position", 1))
    assert f"a command was told {STREAM}@2 at position 1 of benefits, which is not its own fact" in recorded.verdict()["I6"].detail


def test_a_gap_in_a_log_is_seen(recorded: World) -> None:
    tamper(recorded, GONE % ("events", f"{FACT} 2"))
    detail = recorded.verdict()["I7"].detail
    assert "the log of benefits has nothing between positions" in detail
    assert f"in the log {STREAM}@3 follows on version 1" in detail


def test_a_stream_whose_key_changes_is_seen(recorded: World) -> None:
    tamper(recorded, CHANGED % "key = 'p-other'")
    assert f"{STREAM}@2 has another key than its stream began with" in recorded.verdict()["I7"].detail


def test_a_fact_that_is_no_json_is_seen(recorded: World) -> None:
    tamper(recorded, CHANGED % "data = CAST('{' AS BLOB)")
    assert f"{STREAM}@2 cannot be read" in recorded.verdict()["I7"].detail


def test_repeats_on_kafka_are_no_fault(backbone: World) -> None:
    backbone.publish()
    backbone.publish_again("benefits", lambda record: record)
    assert backbone.verdict()["I7"].holds


def test_a_fact_that_never_came_to_kafka_is_seen(backbone: World) -> None:
    backbone.lost_on_the_way = lambda record: record.stream == STREAM and record.version == 2
    detail = backbone.audit()["I7"].detail
    assert f"on Kafka {STREAM}@3 follows on version 1" in detail
    assert f"{STREAM}@2 is in the log and not on Kafka" in detail


def test_the_last_facts_missing_on_kafka_are_seen(backbone: World) -> None:
    backbone.lost_on_the_way = lambda record: record.stream == STREAM and record.version == 3
    assert f"{STREAM}@3 is in the log and not on Kafka" in backbone.audit()["I7"].detail


def test_facts_that_overtook_each_other_on_kafka_are_seen(backbone: World) -> None:
    backbone.in_order = lambda records: sorted(records, key=lambda r: (r.stream != STREAM, r.version if r.stream != STREAM else -r.version))
    assert f"on Kafka {STREAM}@3 follows on version 0" in backbone.audit()["I7"].detail


def test_a_record_on_kafka_that_differs_from_the_log_is_seen(backbone: World) -> None:
    backbone.publish()
    backbone.publish_again("benefits", lambda record: record._replace(data=record.data.replace(b"130000", b"130001")))
    assert f"{STREAM}@1 at benefits/" in backbone.verdict()["I7"].detail
    assert "is not what the log says" in backbone.verdict()["I7"].detail


def test_a_stream_under_two_keys_on_kafka_is_seen(backbone: World) -> None:
    backbone.publish()
    record = backbone.logs["benefits"].records_of(STREAM)[0]
    with producing(backbone.sources.kafka) as send:
        send(backbone.sources.topics["benefits"], "p-other", record.data, headers_of(record, SOURCE))
    assert f"{STREAM}@1 at benefits/" in backbone.verdict()["I7"].detail


def test_a_key_on_two_partitions_is_seen(backbone: World) -> None:
    backbone.publish()
    record = backbone.logs["benefits"].records_of(STREAM)[0]
    with producing(backbone.sources.kafka) as send:
        for partition in (0, 1):
            send(backbone.sources.topics["benefits"], record.key, record.data, headers_of(record, SOURCE), partition)
    assert f"{STREAM}@1 lies on partition" in backbone.verdict()["I7"].detail


def test_a_record_that_is_no_fact_is_seen(backbone: World) -> None:
    backbone.publish()
    with producing(backbone.sources.kafka) as send:
        send(backbone.sources.topics["benefits"], "k", b"{}", [])
    assert "the record at benefits/" in backbone.verdict()["I7"].detail
    assert "is no fact" in backbone.verdict()["I7"].detail


def noted(version: int) -> benefits.HouseholdNoted:
    return benefits.HouseholdNoted(household_ref=ONE.ref, on=ON, facts=members(ONE.client), cause="moved", source_version=version)


@pytest.mark.parametrize("version", [1, 3])
def test_a_household_that_benefits_notes_twice_or_with_a_gap_is_seen(recorded: World, version: int) -> None:
    recorded.record("benefits", noted(version))
    detail = recorded.verdict()["I7"].detail
    assert f"benefits/household/{ONE.ref}@2 notes version {version} of intake/household/{ONE.ref} after version 1 of it" in detail


def test_a_household_of_which_benefits_notes_more_than_was_told_is_seen(recorded: World) -> None:
    recorded.record("benefits", noted(2))
    assert f"benefits noted version 2 of intake/household/{ONE.ref}, which told 1" in recorded.verdict()["I7"].detail


def test_a_record_that_a_reactor_holds_is_seen(recorded: World) -> None:
    recorded.logs["handover"].submit(lambda tx: tx.keep(HELD, "intake.events/3/000000000007", b"p-1\ninvalid-data")).result(5)
    detail = recorded.verdict()["I7"].detail
    assert "the reactor of handover holds intake.events/3/000000000007: invalid-data" in detail


def test_a_reactor_that_stays_behind_is_seen(published: World) -> None:
    published.followed("benefits", 1)
    try:
        assert "the reactor of benefits, of intake, still lacks 3 facts" in published.verdict()["I13"].detail
    finally:
        published.followed("benefits", published.logs["intake"].head())


def test_a_mark_that_cannot_be_read_is_a_fault_and_no_exception(published: World) -> None:
    published.logs["benefits"].submit(lambda tx: tx.keep("watermark", "intake", b"?")).result(5)
    try:
        assert "the mark of intake in the log of benefits cannot be read" in published.verdict()["I13"].detail
    finally:
        published.followed("benefits", published.logs["intake"].head())


def test_a_record_that_an_operator_gave_up_is_no_fault(backbone: World) -> None:
    backbone.publish()
    with producing(backbone.sources.kafka) as send:
        sent: Any = send(backbone.sources.topics["benefits"], "k", b"{}", [])
        place = sent.get(timeout=10)
        origin = f"{place.topic}/{place.partition}/{place.offset}".encode()
        send("quarantine.views", "k", b"", [("quarantine_verdict", b"discarded"), ("quarantine_origin", origin)])
    assert backbone.verdict()["I7"].holds


def _changed(world: World, **fields: object) -> None:
    rows = world.clickhouse.rows
    at = next(place for place, row in enumerate(rows) if row.stream == STREAM and row.version == 1)
    rows[at] = rows[at]._replace(**fields)  # type: ignore[arg-type]  # whatever field a test names


@pytest.mark.parametrize("fields", [{"amount_cents": 13_000_000}, {"event_id": "other"}, {"data": "{}"}])
def test_a_row_that_differs_in_clickhouse_is_seen(published: World, fields: dict[str, object]) -> None:
    _changed(published, **fields)
    assert f"{STREAM}@1 has another identity, amount or content in ClickHouse than in the log" in published.verdict()["I8"].detail


def test_a_row_missing_in_clickhouse_is_seen_and_waited_for(published: World) -> None:
    published.clickhouse.rows = [row for row in published.clickhouse.rows if (row.stream, row.version) != (STREAM, 1)]
    findings = published.verdict()
    assert f"{STREAM}@1 is in the log and not in ClickHouse" in findings["I8"].detail
    assert "ClickHouse, of benefits still lacks 1 facts after" in findings["I13"].detail


def test_a_row_that_no_log_has_is_seen(published: World) -> None:
    published.clickhouse.rows.append(published.clickhouse.rows[0]._replace(stream="intake/household/h-none"))
    assert "intake/household/h-none@1 is in ClickHouse and not in the log" in published.verdict()["I8"].detail


def test_rows_of_a_service_without_a_log_are_seen(published: World) -> None:
    published.clickhouse.rows.append(published.clickhouse.rows[0]._replace(service="debts"))
    assert "ClickHouse has 1 rows of debts, which has no log" in published.verdict()["I8"].detail


def test_a_relay_that_stays_behind_is_seen(backbone: World) -> None:
    backbone.publish()
    backbone.relayed("intake", 1)
    assert "Kafka's topic of intake still lacks 3 facts after 1 s" in backbone.verdict()["I13"].detail


def test_views_that_stay_behind_are_seen(published: World) -> None:
    published.views.waiting = 7
    assert "the views still lacks 7 facts" in published.verdict()["I13"].detail


def test_what_is_recorded_during_an_audit_is_left_to_the_next_one(backbone: World) -> None:
    backbone.publish()
    late = benefits.AccountBound(client=ONE.client, municipality=GM, account_ref="acc-late", fingerprint="x", on=ON)
    backbone.views.when_asked = lambda: backbone.record("benefits", late, after=timedelta(seconds=1))
    assert [name for name, finding in backbone.verdict().items() if not finding.holds] == []
