"""What a view could not read or place is held with the reason, and so is every later record of that key, and of no other."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from streams.arrivals import Arrival, Origin

TOPIC = "quarantine.views"
"""Where is told what these views hold, release and discard."""

BEHIND = "behind-a-held-record"
GAP = "gap"
SHELF_PREFIX = b"\x00held/"
"""Held records lie beside the rows; no row key begins with a zero byte."""

Verdict = Literal["held", "released", "discarded", "given-up"]
"""`discarded` drops the record itself, `given-up` what is missing before it."""

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Held:
    """A held record, whole. It can stand in for the record that came from Kafka when it is read again."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    reason: str
    stream: str | None
    version: int | None

    @property
    def origin(self) -> Origin:
        """Where the record lies in its own topic."""
        return Origin(self.topic, self.partition, self.offset)

    @property
    def name(self) -> str:
        """The key as text."""
        return (self.key or b"").decode("utf-8", "backslashreplace")

    @property
    def shelf_key(self) -> bytes:
        """Its place beside the rows: by key, then in the order of its topic."""
        return SHELF_PREFIX + f"{self.name}/{self.topic}/{self.partition}/{self.offset:020d}".encode()


def hold(arrival: Arrival, reason: str) -> Held:
    """The arrival as it is held."""
    record = arrival.record
    headers = [(name, bytes(value)) for name, value in record.headers]
    where = (record.topic, record.partition, record.offset)
    return Held(*where, record.key, record.value, headers, reason, arrival.stream, arrival.version)


def to_json(held: Held) -> bytes:
    """As it lies beside the rows."""
    return orjson.dumps(
        {
            "origin": str(held.origin),
            "key": _text(held.key),
            "value": _text(held.value),
            "headers": [[name, _text(value)] for name, value in held.headers],
            "reason": held.reason,
            "stream": held.stream,
            "version": held.version,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def from_json(text: bytes) -> Held:
    """The inverse of `to_json`."""
    kept: dict[str, Any] = orjson.loads(text)
    origin = Origin.parse(kept["origin"])
    headers = [(name, _bytes(value) or b"") for name, value in kept["headers"]]
    where = (origin.topic, origin.partition, origin.offset)
    return Held(*where, _bytes(kept["key"]), _bytes(kept["value"]), headers, kept["reason"], kept["stream"], kept["version"])


def notice(view: str, held: Held, verdict: Verdict, passed: Sequence[tuple[str, int]] = ()) -> tuple[bytes | None, bytes | None, Headers]:
    """Key, value and headers of what is told on the quarantine topic. `passed`: versions given up."""
    told: Headers = [
        ("quarantine_view", view.encode()),
        ("quarantine_verdict", verdict.encode()),
        ("quarantine_reason", held.reason.encode()),
        ("quarantine_origin", str(held.origin).encode()),
        *(("quarantine_passed", f"{stream}@{version}".encode()) for stream, version in passed),
    ]
    return held.key, held.value if verdict == "held" else None, [*told, *(held.headers if verdict == "held" else [])]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What operators decided on one view: records never to be read, and versions per stream that will not come."""

    discarded: frozenset[Origin] = frozenset()
    passed: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def and_also(self, discarded: Iterable[Origin], passed: Iterable[tuple[str, int]]) -> "Verdicts":
        """With what was decided now."""
        versions = dict(self.passed)
        for stream, version in passed:
            versions[stream] = versions.get(stream, frozenset()) | {version}
        return Verdicts(self.discarded | frozenset(discarded), versions)


def verdicts(view: str, told: Sequence[Headers]) -> Verdicts:
    """Read back from the quarantine topic, in its order."""
    decided = Verdicts()
    for headers in told:
        said = dict(headers)
        if said.get("quarantine_view") == view.encode():
            dropped = [Origin.parse(said["quarantine_origin"].decode())] if said["quarantine_verdict"] == b"discarded" else []
            decided = decided.and_also(dropped, [_passed(text) for name, text in headers if name == "quarantine_passed"])
    return decided


def _passed(text: bytes) -> tuple[str, int]:
    stream, _, version = text.decode().rpartition("@")
    return stream, int(version)


def _text(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode()


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else b64decode(value)
