"""Many rows in one SQLite statement: what costs under load is not the row but giving way to other threads at each statement."""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

ROWS_A_STATEMENT = (64, 16, 4, 1)
"""A few sizes, so that SQLite meets the same statements again and need not parse them."""


def _portions(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    start = 0
    for size in ROWS_A_STATEMENT:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


def _values(rows: Sequence[Sequence[object]]) -> str:
    row = f"({','.join('?' * len(rows[0]))})"
    return ",".join([row] * len(rows))


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Write whole rows into a table of the log."""
    for portion in _portions(rows):
        connection.execute(f"INSERT INTO {table} VALUES {_values(portion)}", tuple(chain.from_iterable(portion)))  # noqa: S608 - a table's name


def answers_of(connection: sqlite3.Connection, commands: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, bytes, bytes]]:
    """Actor, command id, body hash and answer of those of these commands that were answered.

    `CROSS JOIN` makes SQLite search for each asked key; for `IN (VALUES ...)` it reads the whole table.
    """
    for portion in _portions(commands):
        asked = f"WITH asked (a, c) AS (VALUES {_values(portion)}) "
        found = "SELECT actor, command_id, body_hash, answer FROM asked CROSS JOIN commands ON actor = a AND command_id = c"
        yield from connection.execute(asked + found, tuple(chain.from_iterable(portion))).fetchall()
