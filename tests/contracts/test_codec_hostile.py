"""What may lie on a topic, by accident or malice: a fact that every consumer can keep, or one reason why it is none."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.codec import Record, Undecodable, headers_of, published
from services.contracts.envelope import Envelope, Event
from tests.contracts.examples import EXAMPLES, recorded
from tests.hostile import SPITEFUL, bent, peak_bytes

Headers = list[tuple[str, bytes]]
CODEC = published()
RECORDS = [recorded(event) for event in EXAMPLES]
SOURCE = "urn:nld:oin:00000000000000000000:systeem:benefits"
REASONS = {"not-an-event", "unknown-type", "future-version", "invalid-data"}
SECRET = "NL91ABNA0417164300"  # pragma: allowlist secret - an example account
MOST = 2**63 - 1
COUNTS = ["ce_sequence", "ce_position"]
MOMENTS = ["ce_time", "ce_effectiveat"]


def outcome(key: bytes | None, headers: Headers, value: bytes | None) -> str:
    """The reason of a refusal, nothing for a fact that can be kept everywhere; any other exception fails the test."""
    try:
        fact = CODEC.from_kafka(key, headers, value)
    except Undecodable as wrong:
        return wrong.reason
    return "" if keepable(fact) else "a fact that cannot be kept"


def keepable(fact: Envelope[Event]) -> bool:
    """In a table of 64-bit numbers, in JSON, and in an order of time."""
    numbers = [fact.version, fact.position, *(value for value in vars(fact.event).values() if isinstance(value, int))]
    moments = [fact.recorded_at, fact.effective_at]
    return (
        all(0 <= number <= MOST for number in numbers)
        and fact.version > 0
        and fact.position > 0
        and all(moment.tzinfo is UTC for moment in moments)
        and sorted([*moments, datetime(2024, 1, 1, tzinfo=UTC)]) != []
        and orjson.dumps(fact.event.model_dump(mode="json")) != b""
    )


def replaced(headers: Headers, name: str, value: bytes) -> Headers:
    return [(each, value if each == name else text) for each, text in headers]


@given(st.sampled_from(RECORDS), st.data())
@settings(max_examples=400)
def test_a_bent_fact_is_read_or_refused_with_a_reason(record: Record, data: st.DataObject) -> None:
    value = data.draw(bent(record.data))
    assert outcome(record.key.encode(), headers_of(record, SOURCE), value) in REASONS | {""}


@given(st.sampled_from(RECORDS), st.integers(0, 10), st.one_of(st.binary(max_size=30), st.sampled_from(SPITEFUL)))
@settings(max_examples=400)
def test_an_attribute_of_any_content_is_read_or_refused_with_a_reason(record: Record, which: int, text: bytes) -> None:
    headers = headers_of(record, SOURCE)
    assert outcome(b"k", replaced(headers, headers[which][0], text), record.data) in REASONS | {""}


@given(
    st.one_of(st.none(), st.binary(max_size=20)),
    st.lists(
        st.tuples(
            st.one_of(st.text(max_size=12), st.sampled_from([name for name, _ in headers_of(RECORDS[0], SOURCE)])), st.binary(max_size=40)
        )
    ),
    st.one_of(st.none(), st.binary(max_size=60)),
)
def test_a_record_of_any_shape_is_refused(key: bytes | None, headers: Headers, value: bytes | None) -> None:
    assert outcome(key, headers, value) in REASONS


@given(st.permutations(headers_of(RECORDS[0], SOURCE)), st.data())
def test_attributes_come_in_any_order_and_none_may_be_missing(headers: Headers, data: st.DataObject) -> None:
    required = [name for name, _ in headers if name not in ("ce_municipality", "ce_subject", "ce_specversion", "content-type")]
    missing = data.draw(st.sampled_from(required))
    assert outcome(b"k", headers, RECORDS[0].data) == ""
    assert outcome(b"k", [(name, text) for name, text in headers if name != missing], RECORDS[0].data) in ("not-an-event", "unknown-type")


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("text", [b"0", b"-1", b"1.0", b" 1", b"1_0", b"+1", b"1e3", "٣".encode(), b"9" * 19, b"9" * 5_000, b"", b"\xff"])
def test_a_number_that_does_not_count_from_one_is_no_number(name: str, text: bytes) -> None:
    assert outcome(b"k", replaced(headers_of(RECORDS[0], SOURCE), name, text), RECORDS[0].data) == "not-an-event"


@pytest.mark.parametrize("name", MOMENTS)
@pytest.mark.parametrize(
    "text",
    [
        b"2024-02-15",
        b"2024-02-15T08:30:00",
        b"0001-01-01T00:00:00+14:00",
        b"9999-12-31T23:59:59-14:00",
        b"2024-02-30T00:00:00Z",
        b"1708000000",
        b"",
        b"\x00",
    ],
)
def test_a_moment_without_its_place_in_time_is_no_moment(name: str, text: bytes) -> None:
    assert outcome(b"k", replaced(headers_of(RECORDS[0], SOURCE), name, text), RECORDS[0].data) == "not-an-event"


@pytest.mark.parametrize("text", [b"2024-02-15T08:30:00Z", b"2024-02-15T09:30:00.5+01:00", b"2024-02-15T08:30:00.000125Z"])
def test_a_moment_is_read_in_utc_wherever_it_was_written(text: bytes) -> None:
    fact = CODEC.from_kafka(b"k", replaced(headers_of(RECORDS[0], SOURCE), "ce_time", text), RECORDS[0].data)
    assert (fact.recorded_at.tzinfo, fact.recorded_at.hour, fact.recorded_at.minute) == (UTC, 8, 30)


NUMBERS = [
    (record, name)
    for record in RECORDS
    for name, value in orjson.loads(record.data).items()
    if isinstance(value, int) and not isinstance(value, bool)
]


@pytest.mark.parametrize(("record", "name"), NUMBERS, ids=[f"{record.type.split('.')[-2]}-{name}" for record, name in NUMBERS])
@pytest.mark.parametrize("number", [str(2**63), str(-(2**63) - 1), "9" * 4_000, "1e3", "1.0", "NaN", "true"])
def test_a_number_that_no_table_can_keep_is_refused(record: Record, name: str, number: str) -> None:
    data = orjson.dumps({**orjson.loads(record.data), name: "HERE"}).replace(b'"HERE"', number.encode())
    assert outcome(record.key.encode(), headers_of(record, SOURCE), data) == "invalid-data"


@pytest.mark.parametrize(
    "value", [b"[" * 500_000, b'{"a":' * 500_000, b'{"household_ref":"' + b"x" * 900_000 + b'"}', b"{" + b'"a":1,' * 140_000 + b'"b":1}']
)
def test_reading_a_record_takes_little_more_memory_than_its_bytes(value: bytes) -> None:
    assert peak_bytes(lambda: outcome(b"k", headers_of(RECORDS[0], SOURCE), value)) < 3 * len(value)


WITH_FIELDS = [record for record in RECORDS if orjson.loads(record.data)]


@pytest.mark.parametrize("record", WITH_FIELDS, ids=[record.type for record in WITH_FIELDS])
def test_nothing_of_a_refused_record_is_repeated(record: Record) -> None:
    value = orjson.dumps({**orjson.loads(record.data), **{name: [SECRET] for name in orjson.loads(record.data)}})
    with pytest.raises(Undecodable) as refused:
        CODEC.from_kafka(b"k", headers_of(record, SOURCE), value)
    assert SECRET not in f"{refused.value!r} {refused.value.__cause__!r}"
