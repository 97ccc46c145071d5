"""Records that the sink set aside are read again where they lie in Kafka, or given up, when an operator says so."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from fastapi import FastAPI

from services.access.gate import Gate
from services.contracts.codec import Codec
from services.web.app import new_app
from services.web.health import Check, health
from services.web.quarantine import add_quarantine
from streams.reporting.reading import Aside, Polled, hash_of, read
from streams.reporting.rows import Place, Row
from streams.reporting.sink import SourceAway
from streams.reporting.store import StoreAway
from streams.reporting.table import Table

KEYLESS = "-"

T = TypeVar("T")

Fetch = Callable[[Sequence[Place]], list[Polled]]
"""The records at these places, in this order; raises `SourceAway`."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """One record: where it lies, the hash of its key (`-` without a key), as the sink keeps nothing of its content, and the reason."""

    origin: str
    key: str
    reason: str


class Quarantine:
    """What one sink set aside. `open_table` gives a handle of its own, beside that of the sink, which is given back.

    A fact that can be read goes into the events first: a crash before it is noted leaves the record held, and the next retry
    keeps the same row, which changes no figure. Rows know their own order, so nothing else of the key has to wait.
    """

    def __init__(self, open_table: Callable[[], Table], fetch: Fetch, codec: Codec) -> None:
        self._open_table, self._fetch, self._codec = open_table, fetch, codec
        self._one = Lock()

    def all(self) -> list[SetAside]:
        """Every held record, in order of topic, partition and offset. Raises `TimeoutError` where ClickHouse is away."""
        return self._with_table(
            lambda table: [SetAside(f"{a.topic}/{a.partition}/{a.offset}", a.key_hash or KEYLESS, a.reason) for a in table.held()]
        )

    def retry(self, key: str) -> int:
        """Read the records of a key, by its hash or itself, again; how many are still held.

        Raises `TimeoutError` where Kafka or ClickHouse is away.
        """
        return self._with_table(lambda table: self._read_again(table, _of_key(table, key)))

    def discard(self, key: str) -> int:
        """Give up the first record of a key and read the others again; how many are still held. Raises as `retry`."""

        def given_up(table: Table) -> int:
            first, rest = _of_key(table, key)[:1], _of_key(table, key)[1:]
            table.set_aside([aside._replace(standing="given-up") for aside in first])
            return self._read_again(table, rest)

        return self._with_table(given_up)

    def _with_table(self, deed: Callable[[Table], T]) -> T:
        try:
            with self._one, closing(self._open_table()) as table:
                return deed(table)
        except (StoreAway, SourceAway) as away:
            raise TimeoutError(str(away)) from away

    def _read_again(self, table: Table, asides: Sequence[Aside]) -> int:
        if not asides:
            return 0
        found = [read(self._codec, record) for record in self._fetch([Place(*aside[:3]) for aside in asides])]
        table.keep([row for row in found if isinstance(row, Row)])
        said = [now if isinstance(now, Aside) else aside._replace(standing="read") for aside, now in zip(asides, found, strict=True)]
        table.set_aside([now for aside, now in zip(asides, said, strict=True) if now != aside])
        return sum(now.standing == "held" for now in said)


def _of_key(table: Table, key: str) -> list[Aside]:
    wanted = {"" if key == KEYLESS else key, hash_of(key.encode())}
    return [aside for aside in table.held() if aside.key_hash in wanted]


def upkeep_api(gate: Gate, body_limit_bytes: int, quarantine: Quarantine, checks: Mapping[str, Check]) -> FastAPI:
    """What operators see and decide of the sink."""
    app = new_app("sink", "What the sink could not read, for operators who keep it going.", gate, body_limit_bytes)
    add_quarantine(app, quarantine)
    health(app, "sink", checks)
    return app
