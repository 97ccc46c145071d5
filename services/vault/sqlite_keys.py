"""The keys of the vault in a file of their own, readable by the service alone."""

import os
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

from services.vault.keys import Key, KeyDestroyed, draw

SCHEMA = "CREATE TABLE IF NOT EXISTS keys (key_id TEXT PRIMARY KEY, secret BLOB NOT NULL) STRICT, WITHOUT ROWID"
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=5000",
    "PRAGMA secure_delete=ON",
)
"""`secure_delete` overwrites a destroyed key in the file; the checkpoint in `destroy` does so in the write-ahead log."""


class SqliteKeys:
    """Keys that survive the process. Raises `sqlite3.Error` where the file cannot be read or written."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._turn = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for statement in (*PRAGMAS, SCHEMA):
            self._connection.execute(statement)

    def issue(self, count: int) -> Sequence[Key]:
        """See `KeyStore`; one commit for all of them."""
        keys = draw(count)
        with self._turn, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT INTO keys VALUES (?, ?)", keys)
        return keys

    def secret(self, key_id: str) -> bytes:
        """See `KeyStore`."""
        with self._turn:
            row = self._connection.execute("SELECT secret FROM keys WHERE key_id = ?", (key_id,)).fetchone()
        if row is None:
            raise KeyDestroyed(key_id)
        return bytes(row[0])

    def destroy(self, key_id: str) -> None:
        """See `KeyStore`."""
        with self._turn:
            self._connection.execute("DELETE FROM keys WHERE key_id = ?", (key_id,))
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Release the file."""
        with self._turn:
            self._connection.close()
