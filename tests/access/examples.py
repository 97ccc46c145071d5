"""Bodies that a route's own description allows, made without chance: the least of everything, and things that are there."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import find
from hypothesis import strategies as st

TEXTS = (
    "a",
    "abc",
    "p-0000000000000001",
    "h-0000000000000001",
    "s-1",
    "team-1",
    "r" + "0" * 26,
    "0" * 64,
    "2024-02",
    "GM0361",
    "1851 TV",
    "0725480000",
    "team@example.org",
    "1",
)
FORMATS = {"date": "2024-02-15", "date-time": "2024-02-15T09:00:00Z"}


class Examples:
    """`named` gives the value of a field by its name, where the least would not do."""

    def __init__(self, document: Mapping[str, Any], named: Mapping[str, Any]) -> None:
        self._document, self._named = document, named

    def body(self, operation: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """A body for an operation; None where it takes none."""
        content = operation.get("requestBody", {}).get("content", {})
        return self._of(content["application/json"]["schema"], "") if "application/json" in content else None

    def _of(self, schema: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - JSON
        if name in self._named:
            return self._named[name]
        if "$ref" in schema:
            return self._of(self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], name)
        for several in ("anyOf", "oneOf", "allOf"):
            if several in schema:
                return self._of(schema[several][0], name)
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        return self._plain(schema, name)

    def _plain(self, schema: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - JSON
        match schema.get("type"):
            case "object":
                return {field: self._of(schema["properties"][field], field) for field in schema.get("required", ())}
            case "array":
                return [self._of(schema.get("items", {}), name)] * max(1, schema.get("minItems", 0))
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return False
            case _:
                return FORMATS.get(schema.get("format", "")) or text_like(schema.get("pattern", ""))


def text_like(pattern: str) -> str:
    """A text that matches."""
    for known in _known(pattern):
        return known
    return find(st.from_regex(pattern, fullmatch=True), lambda _: True)


def _known(pattern: str) -> Iterator[str]:
    return (text for text in TEXTS if re.search(pattern, text))
