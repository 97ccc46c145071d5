"""The published language for readers who do not speak Python: a JSON Schema per fact and an AsyncAPI 3 description."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from services.contracts.codec import Codec, published
from services.contracts.topics import PARTITIONS, topic_of

FOLDER = Path(__file__).parent / "published"

HEADERS: dict[str, Any] = {
    "type": "object",
    "required": ["ce_id", "ce_source", "ce_specversion", "ce_type", "ce_time", "ce_sequence", "ce_stream", "ce_position"],
    "properties": {
        "ce_id": {"type": "string", "format": "uuid", "description": "unique with ce_source; the same on every repeat"},
        "ce_source": {"type": "string", "description": "urn:nld:oin:<20 digits>:systeem:<service>"},
        "ce_specversion": {"const": "1.0"},
        "ce_type": {"type": "string", "description": "reverse DNS, ends in the schema version"},
        "ce_time": {"type": "string", "format": "date-time", "description": "moment of recording, UTC"},
        "ce_effectiveat": {"type": "string", "format": "date-time", "description": "moment from which the fact holds, UTC"},
        "ce_sequence": {"type": "string", "description": "version in the stream, from 1, contiguous"},
        "ce_stream": {"type": "string", "description": "stream of the fact, unique over all services"},
        "ce_position": {"type": "string", "description": "position in the log of the service, from 1, contiguous"},
        "ce_subject": {"type": "string", "description": "client reference, where the fact is about a client"},
        "ce_municipality": {"type": "string", "description": "CBS code of the municipality, where there is one"},
        "ce_causationid": {"type": "string", "description": "event that led to the command"},
        "ce_correlationid": {"type": "string", "description": "the chain that this fact belongs to"},
    },
}


def service_of(type_: str) -> str:
    """The service that publishes a type, such as `intake`."""
    return type_.split(".")[2]


def schemas(codec: Codec) -> Iterator[tuple[str, dict[str, Any]]]:
    """File name and JSON Schema of every current fact."""
    for type_, event in sorted(codec.types.items()):
        schema = event.model_json_schema(mode="serialization")
        yield f"{type_}.json", {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": type_, **schema}


def asyncapi(codec: Codec) -> dict[str, Any]:
    """The AsyncAPI 3 document: a channel per service, a message per fact."""
    services = sorted({service_of(type_) for type_ in codec.types})
    messages = {
        type_: {
            "name": type_,
            "summary": (event.__doc__ or "").strip().partition("\n")[0],
            "contentType": "application/json",
            "headers": {"$ref": "#/components/schemas/headers"},
            "payload": {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": {"$ref": f"./{type_}.json"}},
        }
        for type_, event in sorted(codec.types.items())
    }
    channels = {
        service: {
            "address": topic_of(service),
            "messages": {t: {"$ref": f"#/components/messages/{t}"} for t in messages if service_of(t) == service},
            "bindings": {"kafka": {"topic": topic_of(service), "partitions": PARTITIONS}},
        }
        for service in services
    }
    operations = {f"{service}-tells": {"action": "send", "channel": {"$ref": f"#/channels/{service}"}} for service in services}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Facts of the regional service backbone", "version": "1.0.0"},
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": {"headers": HEADERS}},
    }


def documents() -> dict[str, bytes]:
    """Every published document by file name, as its bytes."""
    codec = published()
    made = {**dict(schemas(codec)), "asyncapi.json": asyncapi(codec)}
    return {name: orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n" for name, document in made.items()}


def write(folder: Path = FOLDER) -> None:
    """Write every document; the check `tests/contracts` compares them with the code."""
    folder.mkdir(exist_ok=True)
    for name, content in documents().items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    write()
