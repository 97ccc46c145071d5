"""The tables of a log on SQLite; facts are never changed, what lies beside them may be."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    key TEXT NOT NULL,
    client TEXT,
    municipality TEXT,
    effective_at TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    actor TEXT NOT NULL,
    command_id TEXT NOT NULL,
    causation_id TEXT,
    correlation_id TEXT NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (stream, version)
) STRICT;
CREATE TRIGGER IF NOT EXISTS events_are_for_ever BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'a recorded fact is never changed'); END;
CREATE TRIGGER IF NOT EXISTS events_stay BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'a recorded fact is never removed'); END;
CREATE TABLE IF NOT EXISTS commands (
    actor TEXT NOT NULL,
    command_id TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    answer BLOB NOT NULL,
    PRIMARY KEY (actor, command_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS beside (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS due (
    stream TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (stream, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS due_at ON due (at);
"""

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=5000",
    "PRAGMA secure_delete=ON",
    "PRAGMA cache_size=-65536",
)
"""`FULL` makes an answered command survive a power cut; `secure_delete` overwrites erased vault rows."""

SCRUB = "PRAGMA wal_checkpoint(TRUNCATE)"
"""Moves everything into the file and leaves the write-ahead log without a byte."""

SELECT_EVENT = (
    "SELECT position, event_id, stream, version, type, key, client, municipality, effective_at, recorded_at,"
    " actor, command_id, causation_id, correlation_id, data FROM events "
)

SELECT_HISTORIES = "SELECT stream, type, data FROM events WHERE stream >= ? AND stream < ? ORDER BY stream, version"

SELECT_HEADS = "SELECT stream, max(version) FROM events WHERE stream >= ? AND stream < ? GROUP BY stream ORDER BY stream"

SELECT_FACTS = (
    "SELECT version, type, data FROM events WHERE stream = ?"
    " AND (version > ? OR version IN (SELECT value FROM json_each(?))) ORDER BY version"
)
