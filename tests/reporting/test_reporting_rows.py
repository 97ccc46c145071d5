"""A record becomes a row, or is set aside; and what is kept in one go leaves no hole behind it."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.benefits import AllowanceGranted
from services.contracts.codec import Codec, published
from services.contracts.runs import RunPrepared
from streams.reporting.reading import Aside, levels, read
from streams.reporting.rows import COLUMNS, Row
from tests.reporting.known import ALKMAAR, ALL, PREPARED, OnKafka, granted, records


def row(record: OnKafka) -> Row:
    found = read(published(), record)
    assert isinstance(found, Row)
    return found


def test_a_grant_has_its_money_reasons_and_references_in_columns_of_their_own() -> None:
    found = row(records("benefits", [granted(1, ALKMAAR)])[0])
    assert (found.amount_cents, found.reasons, found.scheme_year, found.tranche) == (130_000, ("benefit-on-reference-date",), 2023, 1)
    assert (found.client, found.household_ref, found.run_ref, found.right_ref) == ("p-1-0", "h-1", "run-1", "r1")
    assert (found.service, found.stream, found.version, found.position) == ("benefits", "benefits/right/r1", 1, 1)
    assert found.recorded_at == datetime(2024, 2, 15, 9, 0, tzinfo=UTC)


def test_a_fact_of_a_run_has_no_client_no_municipality_and_no_amount() -> None:
    found = row(records("benefits", [PREPARED])[0])
    assert (found.client, found.municipality, found.right_ref, found.amount_cents, found.reasons) == ("", "", "", None, ())


def test_the_json_of_a_fact_stays_as_it_was_published_with_fields_of_tomorrow() -> None:
    record = records("benefits", [granted(1, ALKMAAR)])[0]
    record.value = (record.value or b"")[:-1] + b',"tomorrow":1}'
    assert row(record).data == record.value.decode()


@pytest.mark.parametrize("service", sorted(ALL))
def test_the_same_record_twice_gives_equal_rows_of_hashable_values(service: str) -> None:
    for record in records(service, ALL[service]):
        assert hash(row(record)) == hash(row(record))
        assert len(row(record)) == len(COLUMNS)


def test_an_older_version_is_read_through_its_upcast_and_kept_as_published() -> None:
    old = RunPrepared.TYPE.replace(".v1", ".v0")
    codec = Codec([RunPrepared], {old: lambda data: (RunPrepared.TYPE, data | {"scheme_year": data.pop("year")})})
    record = records("benefits", [PREPARED])[0]
    record.headers = [(name, old.encode() if name == "ce_type" else value) for name, value in record.headers]
    record.value = (record.value or b"").replace(b'"scheme_year"', b'"year"')
    found = read(codec, record)
    assert isinstance(found, Row)
    assert (found.type, found.scheme_year, '"year":2023' in found.data) == (old, 2023, True)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"value": b"{"}, "invalid-data"),
        ({"value": b'{"bsn":"999990019"}'}, "invalid-data"),
        ({"value": None}, "not-an-event"),
        ({"key": None}, "not-an-event"),
        ({"headers": []}, "not-an-event"),
    ],
)
def test_an_unreadable_record_is_set_aside_with_a_reason_and_nothing_of_its_content(change: dict[str, Any], reason: str) -> None:
    record = SimpleNamespace(**vars(records("benefits", [granted(1, ALKMAAR)])[0]) | change)
    found = read(published(), record)
    assert isinstance(found, Aside)
    assert (found.reason, found.offset) == (reason, 0)
    assert found.key_hash == "" if record.key is None else len(found.key_hash) == 16
    assert "999990019" not in repr(found)


def test_a_fact_of_a_later_version_is_set_aside_for_after_the_upgrade() -> None:
    record = records("benefits", [granted(1, ALKMAAR)])[0]
    record.headers = [
        (name, AllowanceGranted.TYPE.replace(".v1", ".v2").encode() if name == "ce_type" else value) for name, value in record.headers
    ]
    found = read(published(), record)
    assert isinstance(found, Aside)
    assert found.reason == "future-version"


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=40))
def test_whatever_is_unreadable_each_partition_is_kept_in_order_of_offset(mix: list[tuple[int, bool]]) -> None:
    template = row(records("benefits", [granted(1, ALKMAAR)])[0])
    offsets, given_records = [0, 0, 0], list[Row | Aside]()
    for partition, is_readable in mix:
        place = ("benefits.events", partition, offsets[partition])
        offsets[partition] += 1
        given_records.append(template._replace(partition=partition, offset=place[2]) if is_readable else Aside(*place, "not-json", ""))
    kept: list[Row | Aside] = []
    for level in levels(given_records):
        kept += [*level.rows, *level.asides]
    assert sorted(kept, key=repr) == sorted(given_records, key=repr)
    for partition in range(3):
        assert [one.offset for one in kept if one.partition == partition] == list(range(offsets[partition]))
