"""Queries of data teams run on read-only handles of the embedded engine, few at a time and within fixed bounds."""

import re
import time
from collections.abc import Mapping
from contextlib import closing
from threading import BoundedSemaphore
from typing import Any, Final, NamedTuple

import chdb

from services.metrics import GATEWAY_QUERIES, GATEWAY_SECONDS
from streams.reporting.guard import OUTSIDE_CATEGORIES, Outside, Refused, format_of, outside, require_reading
from streams.reporting.store import DATABASE

AT_ONCE: Final = 4
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
    """As many queries run already as may run at once; try again."""


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
    """Answers questions on an engine that is open in this process already; `settings` are those in force.

    The engine is one per process and serves many handles at the same time, so every question gets a handle of its own, which costs
    a few milliseconds: a handle whose query failed after its first output puts that output before its next answer (chDB 4.4).
    Answers are bounded and whole, so that an error is never found after the answer began.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._places = BoundedSemaphore(AT_ONCE)
        with closing(_handle(folder)) as handle:
            self.version = _text(handle, "SELECT version()")
            self.settings = dict(
                line.split("\t", 1) for line in _text(handle, "SELECT name, value FROM system.settings", "TSV").split("\n")
            )
            self._reach = _outside(handle)

    def answer(self, sql: str, parameters: Mapping[str, str], default_format: str) -> Answer:
        """Run one statement; parameters by bare name, values escaped as in TSV.

        Raises `Refused`, `Failed` or, after a second without a place, `Busy`.
        """
        if not self._places.acquire(timeout=WAIT_SECONDS):
            GATEWAY_QUERIES.labels("busy").inc()
            raise Busy
        try:
            with GATEWAY_SECONDS.time(), closing(_handle(self._folder)) as handle:
                answer = self._answer(handle, sql, parameters, default_format)
        except Refused:
            GATEWAY_QUERIES.labels("refused").inc()
            raise
        except RuntimeError as wrong:  # what chDB raises; the class that it exports is another one
            GATEWAY_QUERIES.labels("failed").inc()
            raise Failed(str(wrong)) from wrong
        finally:
            self._places.release()
        GATEWAY_QUERIES.labels("answered").inc()
        return answer

    def _answer(self, handle: Any, sql: str, parameters: Mapping[str, str], default_format: str) -> Answer:  # noqa: ANN401 - chDB has no types
        began = time.monotonic_ns()
        canonical = _text(handle, "SELECT formatQuerySingleLine({sql:String})", parameters={"sql": _escaped(sql)})
        require_reading(canonical, parameters, self._reach)
        result = handle.query(canonical, default_format, params=dict(parameters))
        if result.size() > ANSWER_BYTES:
            raise Refused(396, "TOO_MANY_ROWS_OR_BYTES", f"Limit for result exceeded, max bytes: {ANSWER_BYTES}; ask for it in parts")
        rows, size = int(result.storage_rows_read()), int(result.storage_bytes_read())
        return Answer(result.bytes() or b"", format_of(canonical, default_format), rows, size, time.monotonic_ns() - began)


def _outside(handle: Any) -> Outside:  # noqa: ANN401 - as above
    categories = ", ".join(f"'{category}'" for category in OUTSIDE_CATEGORIES)
    tables = _text(handle, "SELECT name FROM system.table_functions").split("\n")
    functions = _text(handle, f"SELECT name FROM system.functions WHERE categories IN ({categories})").split("\n")  # noqa: S608 - constants
    return outside(frozenset(tables), frozenset(functions))


def _text(handle: Any, sql: str, form: str = "TSVRaw", parameters: Mapping[str, str] | None = None) -> str:  # noqa: ANN401 - as above
    return str(handle.query(sql, form, params=dict(parameters or {})).bytes().decode().removesuffix("\n"))


def _handle(folder: str) -> Any:  # noqa: ANN401 - chDB has no types
    handle: Any = chdb.connect(folder)  # type: ignore[no-untyped-call]  # chDB has no types
    handle.query(f"USE {DATABASE}")
    for name, value in _LIMITS.items():
        handle.query(f"SET {name} = '{value}'")
    return handle


def _escaped(text: str) -> str:
    """Text as a parameter value: ClickHouse reads it as a field of TSV."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r").replace("\0", "\\0")
