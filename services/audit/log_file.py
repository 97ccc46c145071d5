"""Reads the log of a service from its file, read-only and with SQL of its own, while the service goes on writing."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import orjson

from services.audit.fact import Fact
from services.audit.unreachable import Unreachable

BUSY_SECONDS = 5.0

_FACTS = (
    "SELECT ?, position, event_id, stream, version, type, key, client, municipality, effective_at, recorded_at,"
    " actor, command_id, causation_id, correlation_id, data FROM events"
)
# A fact whose command is unknown, was not accepted, or was told an earlier last position.
_EVENTS_WITHOUT_COMMAND = """
SELECT e.stream, e.version, coalesce(json_extract(CAST(c.answer AS TEXT), '$.outcome'), 'unknown')
FROM events e LEFT JOIN commands c ON c.actor = e.actor AND c.command_id = e.command_id
WHERE e.position <= ? AND (c.answer IS NULL OR json_extract(CAST(c.answer AS TEXT), '$.outcome') <> 'accepted'
  OR json_extract(CAST(c.answer AS TEXT), '$.position') < e.position)
ORDER BY e.position
"""
# An accepted command whose answer does not lead to a fact of its own, or names a version that the stream has not.
_COMMANDS_WITHOUT_EVENT = """
SELECT a.stream, a.version, a.position FROM (
  SELECT actor, command_id, json_extract(text, '$.stream') AS stream, json_extract(text, '$.version') AS version,
         json_extract(text, '$.position') AS position
  FROM (SELECT actor, command_id, CAST(answer AS TEXT) AS text FROM commands) WHERE json_extract(text, '$.outcome') = 'accepted'
) a LEFT JOIN events e ON e.position = a.position
WHERE a.position <= ? AND (e.position IS NULL OR e.actor <> a.actor OR e.command_id <> a.command_id
  OR (a.version > 0 AND NOT EXISTS (SELECT 1 FROM events v WHERE v.stream = a.stream AND v.version = a.version)))
ORDER BY a.position
"""


_TEXTS: Final = {
    "event": "SELECT position, stream, key, client, event_id, actor, command_id, causation_id, correlation_id, data FROM events",
    "command of": "SELECT recorded_at, actor, command_id, answer FROM commands",
    "value beside the facts, of kind": "SELECT kind, key, value FROM beside WHERE kind <> 'vault'",
    "due moment": "SELECT at, stream, kind FROM due",
}
"""By what a row is called: a query whose first column does not hold what people sent."""


class LogFile:
    """The log of one service at `path`. Every method raises `Unreachable` where the file cannot be read."""

    def __init__(self, service: str, path: Path) -> None:
        self.service, self._path = service, path

    def _rows(self, query: str, *values: object) -> Iterator[Any]:
        """Rows of one statement, over a connection of its own: the service's log is never held for long."""
        try:
            connection = sqlite3.connect(f"file:{quote(str(self._path))}?mode=ro", uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        except sqlite3.Error as wrong:
            raise self._unreachable(wrong) from wrong
        try:
            connection.execute("PRAGMA query_only=ON")
            yield from connection.execute(query, values)
        except sqlite3.Error as wrong:
            raise self._unreachable(wrong) from wrong
        finally:
            connection.close()

    def _unreachable(self, wrong: sqlite3.Error) -> Unreachable:
        return Unreachable(f"the log of {self.service} cannot be read: {wrong}")

    def head(self) -> int:
        """Position of the last fact, 0 for an empty log."""
        return int(next(self._rows("SELECT coalesce(max(position), 0) FROM events"))[0])

    def facts(self, first: int, last: int) -> Iterator[Fact]:
        """The facts at these positions, in order."""
        return map(Fact._make, self._rows(f"{_FACTS} WHERE position BETWEEN ? AND ? ORDER BY position", self.service, first, last))

    def processed(self, last: int) -> Iterator[tuple[int, str, str, str, str | None, str, str]]:
        """Position, event id, type, key, client, actor and command id of each fact up to a position, in order."""
        return self._rows(
            "SELECT position, event_id, type, key, client, actor, command_id FROM events WHERE position <= ? ORDER BY position", last
        )

    def was_restored(self) -> bool:
        """Whether this log came out of a backup once."""
        return next(self._rows("SELECT 1 FROM events WHERE type LIKE '%.log-restored.v1' LIMIT 1"), None) is not None

    def of_kind(self, type_: str, behind: int) -> Iterator[Fact]:
        """The facts of a type behind a position."""
        return map(Fact._make, self._rows(f"{_FACTS} WHERE position > ? AND type = ? ORDER BY position", self.service, behind, type_))

    def relayed(self) -> int:
        """The position that the relay says it has brought to Kafka."""
        row = next(self._rows("SELECT value FROM beside WHERE kind = 'relay' AND key = 'position'"), None)
        return 0 if row is None else int(row[0])

    def followed(self, other: str) -> int:
        """The position of another service up to which this one says it has acted on everything."""
        row = next(self._rows("SELECT value FROM beside WHERE kind = 'watermark' AND key = ?", other), None)
        try:
            return 0 if row is None else int(orjson.loads(row[0])["upto"])
        except (ValueError, KeyError, TypeError):
            raise Unreachable(f"the mark of {other} in the log of {self.service} cannot be read") from None

    def beside(self, kind: str, key: str) -> bytes | None:
        """A value beside the facts."""
        row = next(self._rows("SELECT value FROM beside WHERE kind = ? AND key = ?", kind, key), None)
        return None if row is None else bytes(row[0])

    def links_to(self, kind: str, value: str) -> bool:
        """Whether any key of a kind leads to a value."""
        return next(self._rows("SELECT 1 FROM beside WHERE kind = ? AND value = ? LIMIT 1", kind, value.encode()), None) is not None

    def held(self) -> Iterator[tuple[str, str]]:
        """Topic, partition and offset of each record that this service could not act on, and the reason."""
        for where, value in self._rows("SELECT key, value FROM beside WHERE kind = 'held' ORDER BY key"):
            yield where, bytes(value).rpartition(b"\n")[2].decode()

    def texts(self) -> Iterator[tuple[str, bytes]]:
        """All that the log holds as text but what the vault sealed, each with a name that is no part of it."""
        for name, query in _TEXTS.items():
            for position, *parts in self._rows(query):
                yield f"{name} {position}", b"\n".join(part if isinstance(part, bytes) else str(part).encode() for part in parts)

    def has(self, stream: str, version: int) -> bool:
        """Whether a version of a stream is in the log by now."""
        return next(self._rows("SELECT 1 FROM events WHERE stream = ? AND version = ?", stream, version), None) is not None

    def count_of_commands(self) -> int:
        """How many commands were answered."""
        return int(next(self._rows("SELECT count(*) FROM commands"))[0])

    def events_without_command(self, head: int) -> Iterator[tuple[str, int, str]]:
        """Stream and version of facts that no accepted command accounts for, and what became of their command."""
        return self._rows(_EVENTS_WITHOUT_COMMAND, head)

    def commands_without_event(self, head: int) -> Iterator[tuple[str, int, int]]:
        """Stream, version and position that accepted commands were told, where these are not their own."""
        return self._rows(_COMMANDS_WITHOUT_EVENT, head)
