"""Records from Kafka become rows, or are set aside with a reason; what is kept in one go never leaves a hole behind it."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, Protocol

from services.contracts.codec import Codec, Undecodable
from streams.reporting.rows import Place, Row, row_of

_TYPE: Final = "ce_type"


class Polled(Protocol):
    """A record as a Kafka consumer gives it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: list[tuple[str, bytes]]
    value: bytes | None


Standing = Literal["held", "read", "given-up"]


class Aside(NamedTuple):
    """A record that is no readable fact: its place, the codec's reason code and a hash of its key, nothing of its content.

    `standing` is what became of it: an operator had it read again, with success, or gave it up.
    """

    topic: str
    partition: int
    offset: int
    reason: str
    key_hash: str
    standing: Standing = "held"


@dataclass(slots=True)
class Level:
    """Rows that are kept first, and the unreadable records that are kept after them."""

    rows: list[Row] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)


def read(codec: Codec, record: Polled) -> Row | Aside:
    """The row of a record. Type and JSON stay as they were published, also where an older version was upcast to be read."""
    place = Place(record.topic, record.partition, record.offset)
    try:
        fact = codec.from_kafka(record.key, record.headers, record.value)
        published_as = next(value for name, value in record.headers if name == _TYPE)
        return row_of(place, fact, published_as.decode(), (record.value or b"").decode())
    except Undecodable as unreadable:
        return Aside(*place, unreadable.reason, hash_of(record.key))


def hash_of(key: bytes | None) -> str:
    """Tells keys apart and says nothing of them; empty without a key."""
    return hashlib.sha256(key).hexdigest()[:16] if key else ""


def levels(read_records: Iterable[Row | Aside]) -> Iterator[Level]:
    """Group what was read so that, kept in this order, each partition is kept in order of offset.

    The reader resumes behind the highest offset kept, over rows and asides together: an unreadable record must not be
    kept before a readable one that precedes it in its partition, nor after one that follows it.
    """
    found: list[Level] = [Level()]
    depth: dict[tuple[str, int], int] = {}
    ended_aside: set[tuple[str, int]] = set()
    for one in read_records:
        partition = (one.topic, one.partition)
        if isinstance(one, Aside):
            ended_aside.add(partition)
            found[depth.get(partition, 0)].asides.append(one)
            continue
        if partition in ended_aside:
            ended_aside.discard(partition)
            depth[partition] = depth.get(partition, 0) + 1
            if depth[partition] == len(found):
                found.append(Level())
        found[depth.get(partition, 0)].rows.append(one)
    return iter(found)
