"""The published language stays readable for ever, also for readers that are not ours."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from cloudevents.core.bindings import kafka

from services.contracts.codec import Codec, Undecodable, headers_of, published
from services.contracts.envelope import Event
from services.contracts.export import FOLDER, documents
from tests.contracts.examples import EXAMPLES, recorded

GOLDEN = Path(__file__).parent / "golden"
SOURCE = "urn:nld:oin:00000000000000000000:systeem:"
names = [event.TYPE for event in EXAMPLES]


def on_kafka(event: Event) -> tuple[bytes, list[tuple[str, bytes]], bytes]:
    record = recorded(event)
    return record.key.encode(), headers_of(record, SOURCE + event.TYPE.split(".")[2]), record.data


@pytest.mark.parametrize("event", EXAMPLES, ids=names)
def test_a_fact_is_written_and_read_as_on_the_day_it_was_first_published(event: Event) -> None:
    golden = json.loads((GOLDEN / f"{event.TYPE}.json").read_text())
    headers = [(name, value.encode()) for name, value in golden["headers"].items()]

    assert published().from_kafka(golden["key"].encode(), headers, golden["value"].encode()).event == event
    assert on_kafka(event) == (golden["key"].encode(), headers, golden["value"].encode())


@pytest.mark.parametrize("earlier", sorted(GOLDEN.glob("earlier/*.json")), ids=lambda path: path.stem)
def test_a_fact_from_before_a_field_was_added_is_still_read(earlier: Path) -> None:
    golden = json.loads(earlier.read_text())
    headers = [(name, value.encode()) for name, value in golden["headers"].items()]
    read = published().from_kafka(golden["key"].encode(), headers, golden["value"].encode()).event

    said = json.loads(golden["value"])
    assert {name: value for name, value in read.model_dump(mode="json").items() if name in said} == said


def test_every_published_fact_has_an_example_and_a_golden_file() -> None:
    assert sorted(names) == sorted(published().types) == sorted(path.stem for path in GOLDEN.glob("*.json"))


@pytest.mark.parametrize("event", EXAMPLES, ids=names)
def test_an_independent_cloudevents_reader_understands_a_fact(event: Event) -> None:
    key, headers, value = on_kafka(event)

    read = kafka.from_binary_event(kafka.KafkaMessage(headers=dict(headers), key=key, value=value))

    assert (read.get_type(), read.get_subject()) == (event.TYPE, event.home().client)
    assert read.get_extension("stream") == event.home().stream
    assert read.get_data() == json.loads(value)


@pytest.mark.parametrize("event", EXAMPLES, ids=names)
def test_an_independent_reader_validates_a_fact_by_its_exported_schema(event: Event) -> None:
    schema = json.loads((FOLDER / f"{event.TYPE}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)

    jsonschema.validate(json.loads(event.model_dump_json()), schema)


def test_the_committed_documents_are_those_of_the_code() -> None:
    assert {path.name: path.read_bytes() for path in FOLDER.glob("*.json")} == documents()


@pytest.mark.parametrize("event", EXAMPLES, ids=names)
def test_types_and_homes_follow_the_agreement(event: Event) -> None:
    service = event.TYPE.split(".")[2]

    assert re.fullmatch(r"nl\.sociaaldomein\.(intake|benefits|handover)\.[a-z-]+\.v1", event.TYPE)
    assert event.home().stream.startswith(f"{service}/")
    assert event.home().stream.endswith(event.home().key) or event.home().client == event.home().key


def test_a_field_added_later_does_not_disturb_todays_reader() -> None:
    value = json.loads(EXAMPLES[0].model_dump_json()) | {"added_later": 1}

    assert published().event(EXAMPLES[0].TYPE, json.dumps(value).encode()) == EXAMPLES[0]


@pytest.mark.parametrize(
    ("type_", "data", "reason"),
    [
        ("nl.sociaaldomein.intake.household-registered.v2", b"{}", "future-version"),
        ("nl.sociaaldomein.intake.household-evaporated.v1", b"{}", "unknown-type"),
        ("nl.sociaaldomein.intake.household-registered.v1", b"{", "invalid-data"),
        ("nl.sociaaldomein.intake.household-registered.v1", b'{"household_ref": 7}', "invalid-data"),
    ],
)
def test_what_cannot_be_read_is_named_by_a_reason(type_: str, data: bytes, reason: str) -> None:
    with pytest.raises(Undecodable) as wrong:
        published().event(type_, data)
    assert wrong.value.reason == reason


def test_a_record_without_attributes_is_not_an_event() -> None:
    with pytest.raises(Undecodable, match="not-an-event"):
        published().from_kafka(b"k", [("ce_id", b"\xff")], b"{}")


def test_a_fact_of_an_older_version_is_read_as_todays() -> None:
    example = EXAMPLES[0]
    older = {"household": "h-1"}

    def rename(data: dict[str, object]) -> tuple[str, dict[str, object]]:
        return example.TYPE, json.loads(example.model_dump_json()) | {"household_ref": data["household"]}

    read = Codec([type(example)], {"nl.sociaaldomein.intake.household-registered.v0": rename}).event(
        "nl.sociaaldomein.intake.household-registered.v0", json.dumps(older).encode()
    )

    assert read == example.model_copy(update={"household_ref": "h-1"})
