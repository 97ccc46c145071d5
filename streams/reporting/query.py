"""Queries of data teams run on a few read-only handles of the embedded engine, each within fixed bounds."""

import re
import time
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple, Self

import chdb

from services.metrics import GATEWAY_QUERIES, GATEWAY_SECONDS
from streams.reporting.guard import OUTSIDE_CATEGORIES, Outside, Refused, format_of, outside, require_reading
from streams.reporting.store import DATABASE

HANDLES: Final = 4
WAIT_SECONDS: Final = 1.0
QUERY_SECONDS: Final = 5
QUERY_MEMORY_BYTES: Final = 256 * 2**20
ANSWER_BYTES: Final = 64 * 2**20
ANSWER_ROWS: Final = 1_000_000

_LIMITS: Final[Mapping[str, str]] = {
    "session_timezone": "UTC",
    "max_execution_time": str(QUERY_SECONDS),
    "max_memory_usage": str(QUERY_MEMORY_BYTES),
    "max_result_bytes": str(ANSWER_BYTES),
    "max_result_rows": str(ANSWER_ROWS),
    "result_overflow_mode": "throw",
    "max_threads": "2",
    "readonly": "1",  # last: nothing can be set behind it
}
_CODE: Final = re.compile(r"Code: (\d+)\. (?:DB::|Poco::)?")


class Busy(Exception):
    """Every handle is at work; try again."""


class Failed(Exception):
    """The engine's own error; the text is as a ClickHouse server would give it."""

    def __init__(self, message: str) -> None:
        starts = list(_CODE.finditer(message))
        super().__init__(message[starts[-1].start() :].strip() if starts else message.strip())
        self.code = int(starts[-1][1]) if starts else 1001


class Answer(NamedTuple):
    """The whole answer in the format asked for; what it took is for the summary header."""

    body: bytes
    format: str
    read_rows: int
    read_bytes: int
    elapsed_ns: int


class Queries:
    """A pool of handles on an engine that is open in this process already.

    The engine is one per process and serves all its handles at the same time; a handle serves one query at a time,
    so a query borrows one. `settings` are those in force. Answers are bounded and whole: an error is never found after the answer began.
    """

    def __init__(self, folder: str, handles: int = HANDLES) -> None:
        self._all = [_handle(folder) for _ in range(handles)]
        self._free: SimpleQueue[Any] = SimpleQueue()
        for handle in self._all:
            self._free.put(handle)
        self.version = self._first("SELECT version()")
        self.settings = dict(line.split("\t", 1) for line in self._first("SELECT name, value FROM system.settings", "TSV").split("\n"))
        self._reach = self._outside()

    def _outside(self) -> Outside:
        categories = ", ".join(f"'{category}'" for category in OUTSIDE_CATEGORIES)
        tables = self._first("SELECT name FROM system.table_functions").split("\n")
        functions = self._first(f"SELECT name FROM system.functions WHERE categories IN ({categories})").split("\n")  # noqa: S608 - constants
        return outside(frozenset(tables), frozenset(functions))

    def _first(self, sql: str, form: str = "TSVRaw") -> str:
        return str(self._all[0].query(sql, form).bytes().decode().rstrip("\n"))

    def answer(self, sql: str, parameters: Mapping[str, str], default_format: str) -> Answer:
        """Run one statement; parameters by bare name, values escaped as in TSV.

        Raises `Refused`, `Failed` or, after a second without a free handle, `Busy`.
        """
        try:
            handle = self._free.get(timeout=WAIT_SECONDS)
        except Empty:
            GATEWAY_QUERIES.labels("busy").inc()
            raise Busy from None
        try:
            return self._answer(handle, sql, parameters, default_format)
        except Refused:
            GATEWAY_QUERIES.labels("refused").inc()
            raise
        except RuntimeError as wrong:  # what chDB raises; the class that it exports is another one
            GATEWAY_QUERIES.labels("failed").inc()
            raise Failed(str(wrong)) from wrong
        finally:
            self._free.put(handle)

    def _answer(self, handle: Any, sql: str, parameters: Mapping[str, str], default_format: str) -> Answer:  # noqa: ANN401 - chDB has no types
        began = time.monotonic_ns()
        canonical = (
            handle.query("SELECT formatQuerySingleLine({sql:String})", "TSVRaw", params={"sql": _escaped(sql)}).bytes().decode()[:-1]
        )
        require_reading(canonical, parameters, self._reach)
        with GATEWAY_SECONDS.time():
            result = handle.query(canonical, default_format, params=dict(parameters))
        body = result.bytes() or b""
        GATEWAY_QUERIES.labels("answered").inc()
        rows, size = int(result.storage_rows_read()), int(result.storage_bytes_read())
        return Answer(body, format_of(canonical, default_format), rows, size, time.monotonic_ns() - began)

    def close(self) -> None:
        """Give the handles back; queries under way have ended by then."""
        for handle in self._all:
            handle.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _handle(folder: str) -> Any:  # noqa: ANN401 - chDB has no types
    handle: Any = chdb.connect(folder)  # type: ignore[no-untyped-call]  # chDB has no types
    handle.query(f"USE {DATABASE}")
    for name, value in _LIMITS.items():
        handle.query(f"SET {name} = '{value}'")
    return handle


def _escaped(text: str) -> str:
    """Text as a parameter value: ClickHouse reads it as a field of TSV."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r").replace("\0", "\\0")
