"""A view is one row per key, folded from streams of facts whose order between each other does not matter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from services.contracts.envelope import Envelope, Event

Row = Mapping[str, Any]
"""JSON object of one key. `slots`: last version folded per source stream; `seen`: how many facts were folded."""

Place = Literal["repeat", "next", "gap"]


@dataclass(frozen=True, slots=True)
class View:
    """`streams` are prefixes of stream names; a fact of another stream does not concern the view.

    `row_key` gives the key of the row from the stream of a fact and its Kafka key.
    `fold` gives the row after a fact; it is called in order of version per stream, in any order between streams,
    and never twice for a fact. It leaves the row that it was given as it was
    and answers a new one.
    """

    name: str
    topics: tuple[str, ...]
    streams: tuple[str, ...]
    row_key: Callable[[str, str], str]
    fold: Callable[[Row | None, Envelope[Event]], dict[str, Any]]


def place(row: Row | None, stream: str, version: int) -> Place:
    """Where a fact stands against what the row has of its stream."""
    have = _have(row, stream)
    if version <= have:
        return "repeat"
    return "next" if version == have + 1 else "gap"


def missing(row: Row | None, stream: str, version: int) -> range:
    """The versions that would have to come before this one."""
    return range(_have(row, stream) + 1, version)


def _have(row: Row | None, stream: str) -> int:
    have: int = 0 if row is None else row["slots"].get(stream, 0)
    return have


def folded(view: View, row: Row | None, fact: Envelope[Event]) -> Row:
    """The row with its next fact, and the version in the slot of its stream."""
    return _marked(view.fold(row, fact), fact.stream, fact.version)


def passed(row: Row | None, stream: str, version: int) -> Row:
    """The row with everything up to a version given up, as an operator decided."""
    return _marked(dict(row or {}), stream, version)


def _marked(fresh: dict[str, Any], stream: str, version: int) -> Row:
    fresh["slots"] = {**fresh.get("slots", {}), stream: version}
    fresh["seen"] = fresh.get("seen", 0) + 1
    return fresh


def canonical(row: Row) -> bytes:
    """The same bytes for the same row, whoever wrote it."""
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
