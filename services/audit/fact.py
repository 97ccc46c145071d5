"""A recorded fact as an auditor reads it from a log, without any code of those who wrote it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import orjson

Content = Mapping[str, Any]
"""The published JSON of a fact."""

EVERY = "*"
"""Kind of handlers that want every fact."""


class Fact(NamedTuple):
    """One row of a log; `recorded_at` and `effective_at` are RFC 3339 in UTC, `data` is the published JSON."""

    service: str
    position: int
    event_id: str
    stream: str
    version: int
    type: str
    key: str
    client: str | None
    municipality: str | None
    effective_at: str
    recorded_at: str
    actor: str
    command_id: str
    causation_id: str | None
    correlation_id: str
    data: bytes

    @property
    def name(self) -> str:
        """Stream and version, such as `benefits/right/r12@3`."""
        return f"{self.stream}@{self.version}"


Handler = Callable[[Fact, Content], None]
Handlers = Mapping[str, Handler]


def kind(type_: str) -> str:
    """Such as `benefits.payment-paid`: a CloudEvents type without its reverse domain and version."""
    return ".".join(type_.rpartition(".v")[0].split(".")[-2:])


def content_of(data: bytes) -> Content | None:
    """The fields of a fact; None for what is no JSON object."""
    try:
        content = orjson.loads(data)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


class Desk:
    """Gives each fact to those who want its kind; what they cannot read is told to `unreadable`."""

    def __init__(self, handlers: Iterable[Handlers], unreadable: Callable[[Fact], None]) -> None:
        self._wanted: dict[str, list[Handler]] = {}
        for table in handlers:
            for name, handler in table.items():
                self._wanted.setdefault(name, []).append(handler)
        self._by_type: dict[str, list[Handler]] = {}
        self._unreadable = unreadable

    def take(self, fact: Fact) -> None:
        """One fact, in order of position."""
        handlers = self._by_type.get(fact.type)
        if handlers is None:
            handlers = [*self._wanted.get(EVERY, ()), *self._wanted.get(kind(fact.type), ())]
            self._by_type[fact.type] = handlers
        content = content_of(fact.data)
        if content is None:
            self._unreadable(fact)
            content = {}
        for handler in handlers:
            try:
                handler(fact, content)
            except (KeyError, TypeError, ValueError, AttributeError):
                self._unreadable(fact)
