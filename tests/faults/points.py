"""The named crash points of every process, put around the product's own functions from outside; the product has no fault switches."""

import asyncio
import functools
import os
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from kafka import KafkaConsumer, KafkaProducer

NEWER = "newer"
"""Name of the mark beside the orders: handover starts as a newer version."""

At = Callable[[str], bool]
"""Told of a point that is passed; true where whoever passes it must wait for ever, as only a coroutine can without blocking."""

SERVICE = (
    "log:before-append", "log:before-commit", "log:committed", "log:answered",
    "relay:before-send", "relay:sent", "relay:acknowledged", "relay:checkpointed",
)  # fmt: skip  # one row per loop
REACTOR = ("reactor:before-handle", "reactor:handled", "reactor:offset-committed")
CLERK = ("clerk:before-lines", "lines:half-written", "lines:synced", "clerk:lines")
CLOCK = ("clock:before-fire", "clock:fired")
PREPARING = ("jobs:before-manifest", "file:half-written", "jobs:manifest", "jobs:prepared")
RELEASING = ("jobs:before-release", "jobs:decided", "jobs:released")
RUN = "run:answered"
"""A command of a run was carried out, and nobody is told."""
FILES = ("files:instructed", "files:before-bytes", "file:half-written", "files:bytes", "files:fact")
SETTLING = ("bank:before-inbox", "file:half-written", "bank:inbox", "bank:taken-in", "bank:settled")
SINK = ("sink:before-insert", "sink:inserted", "sink:noted")
VIEWS = ("view:before-changelog", "view:changelog", "view:published", "view:shelf", "view:before-offset", "view:offset")


def around(owner: Any, name: str, before: Callable[[], object], after: Callable[[], object]) -> None:  # noqa: ANN401 - any class or module
    """Pass one point before and one after a function."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - as the original
        before()
        result = original(*given, **named)
        after()
        return result

    setattr(owner, name, wrapped)


def around_awaited(owner: Any, name: str, before: Callable[[], object], after: Callable[[], object]) -> None:  # noqa: ANN401 - any class
    """The same for a coroutine function."""
    original = getattr(owner, name)

    @functools.wraps(original)
    async def wrapped(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - as the original
        if before():
            await asyncio.Event().wait()
        result = await original(*given, **named)
        if after():
            await asyncio.Event().wait()
        return result

    setattr(owner, name, wrapped)


def nothing() -> None:
    """No point here."""


def shift_clocks(off: Callable[[], int]) -> None:
    """Let the service's clock be off by as many seconds as this says at each moment."""
    from services import wiring  # noqa: PLC0415 - loaded where it is changed

    room: Any = wiring
    original = room.shifted

    def shifted(days: int) -> Callable[[], datetime]:
        now = original(days)
        return lambda: now() + timedelta(seconds=off())

    room.shifted = shifted


class _Telling:
    """Serialises an event with a field that its readers do not know yet."""

    def __init__(self, original: Any) -> None:  # noqa: ANN401 - pydantic's serializer
        self._original = original

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as pydantic has it
        return getattr(self._original, name)

    def to_json(self, *given: Any, **named: Any) -> bytes:  # noqa: ANN401 - as pydantic has it
        text: bytes = self._original.to_json(*given, **named)
        return text[:-1] + b',"added_later":{"x":[1,null]}}'


def tell_more() -> None:
    """A newer version of handover: its batons tell more."""
    from services.contracts.handover import BatonOpened  # noqa: PLC0415 - loaded where it is changed

    BatonOpened.__pydantic_serializer__ = _Telling(BatonOpened.__pydantic_serializer__)  # type: ignore[assignment]  # all that is asked of it


def of_service(at: At) -> None:
    """Log, relay, reactor, clock and clerk."""
    from services.eventlog import clock, reactor, relay, sqlite  # noqa: PLC0415 - loaded where they are wrapped

    point = functools.partial(functools.partial, at)
    _commits(at)
    around(sqlite.SqliteLog, "_commit_together", nothing, point("log:answered"))
    _told_steps(relay.Relay, "relay", at)
    around(KafkaProducer, "flush", point("relay:sent"), nothing)
    around(reactor.Reactor, "batch", point("reactor:before-handle"), point("reactor:handled"))
    around(KafkaConsumer, "commit", nothing, point("reactor:offset-committed"))
    around(clock.Clock, "_fire", point("clock:before-fire"), nothing)
    around(clock.Clock, "_failed", nothing, point("clock:fired"))
    _of_lines(at)


def _of_lines(at: At) -> None:
    """The lines of commands, and the files that they share with those of readings and refusals."""
    from services.access import chain, clerk, processing_log  # noqa: PLC0415 - as above

    written = chain.Chain._write

    def in_halves(self: Any, text: bytes) -> None:  # noqa: ANN401 - a chain
        os.pwrite(self._descriptor, text[: len(text) // 2], self._size)
        at("lines:half-written")
        written(self, text)
        at("lines:synced")

    chain.Chain._write = in_halves  # type: ignore[method-assign]  # the same writing, with points in it
    around(processing_log.ProcessingLog, "record_commands", functools.partial(at, "clerk:before-lines"), nothing)
    _beyond_nothing(clerk.Clerk, "round", functools.partial(at, "clerk:lines"))


def _beyond_nothing(owner: Any, name: str, after: Callable[[], object]) -> None:  # noqa: ANN401 - any class
    """Pass a point after a function that found something to do."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - as the original
        found = original(*given, **named)
        if found:
            after()
        return found

    setattr(owner, name, wrapped)


def _commits(at: At) -> None:
    """Around the transaction of the log's writer, the only one that says BEGIN IMMEDIATE."""

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:  # noqa: ANN401 - as SQLite takes them
            moment = {"BEGIN IMMEDIATE": ("", "log:before-append"), "COMMIT": ("log:before-commit", "log:committed")}.get(sql, ("", ""))
            at(moment[0])
            cursor = super().execute(sql, *given)
            at(moment[1])
            return cursor

    original: Any = sqlite3.connect

    def connect(path: Any, **named: Any) -> Any:  # noqa: ANN401 - as SQLite takes them
        own = {"factory": Connection} if Path(path).name == "log.sqlite" else {}
        return original(path, **named, **own)

    sqlite3.connect = connect  # type: ignore[assignment]  # the same call, with a class of connections


def _told_steps(owner: Any, prefix: str, at: At) -> None:  # noqa: ANN401 - a class that takes `step`
    original = owner.__init__

    def told(self: Any, *given: Any, **named: Any) -> None:  # noqa: ANN401 - as the original
        original(self, *given, **named)
        self._step = lambda moment: at(f"{prefix}:{moment}")

    owner.__init__ = told


def of_benefits(at: At) -> None:
    """Work in the background, payment files and the bank's answers."""
    from services.benefits import (  # noqa: PLC0415 - as above
        api_bank,
        api_run,
        files,
        jobs,
        manifest,
        preparation,
        preparing_again,
        release,
        releasing_again,
        settlement,
    )
    from services.benefits.monthly import api_run as api_month  # noqa: PLC0415 - as above
    from services.benefits.monthly import preparing, releasing  # noqa: PLC0415 - as above
    from services.web import commands  # noqa: PLC0415 - as above

    point = functools.partial(functools.partial, at)
    around(manifest.Manifests, "write", point("jobs:before-manifest"), point("jobs:manifest"))
    for prepares in (preparation, preparing, preparing_again):
        around(prepares, "record_prepared", nothing, point("jobs:prepared"))
    for releases in (release.Releasement, releasing.ReleasingMonth, releasing_again.ReleasingAgain):
        around(releases, "release", point("jobs:before-release"), nothing)
    for completes in (release, releasing, releasing_again):
        around(completes, "complete", point("jobs:decided"), point("jobs:released"))
    around(files.FileWriter, "_instruct", nothing, point("files:instructed"))
    around(files.FileWriter, "put_down", point("files:before-bytes"), point("files:fact"))
    around(files, "write_once", nothing, point("files:bytes"))
    _halves(manifest, at)
    around(jobs, "write_once", point("bank:before-inbox"), point("bank:inbox"))
    around(settlement.Settlement, "settle", nothing, point("bank:settled"))
    around(api_bank, "_take_in", nothing, point("bank:taken-in"))
    for answers in (api_run, api_month, commands):
        around_awaited(answers, "answered", nothing, point(RUN))


def _halves(manifest: Any, at: At) -> None:  # noqa: ANN401 - the module
    """Files are written in two halves, with a point between them."""
    original = manifest.os.fdopen

    class Halves:
        def __init__(self, file: Any) -> None:  # noqa: ANN401 - a file
            self._file = file
            self.flush, self.fileno = file.flush, file.fileno

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            self._file.close()

        def write(self, content: bytes) -> None:
            self._file.write(content[: len(content) // 2])
            self._file.flush()
            at("file:half-written")
            self._file.write(content[len(content) // 2 :])

    def fdopen(place: int, mode: str = "r", *given: Any, **named: Any) -> Any:  # noqa: ANN401 - as `os` has it
        file = original(place, mode, *given, **named)
        return Halves(file) if mode == "wb" else file

    manifest.os.fdopen = fdopen


def of_sink(at: At) -> None:
    """From Kafka to ClickHouse."""
    from streams.reporting import sink, table  # noqa: PLC0415 - as above

    _told_steps(sink.Sink, "sink", at)
    around(table.ClickHouseTable, "keep", lambda: at("sink:insert"), nothing)


def of_worker(at: At) -> None:
    """Changelog, published view, shelf and offsets of the views."""
    from faust.transport.drivers.aiokafka import Consumer  # noqa: PLC0415 - as above

    from streams import journal, shelf  # noqa: PLC0415 - as above

    point = functools.partial(functools.partial, at)
    around_awaited(journal.KafkaJournal, "rows", point("view:before-changelog"), point("view:changelog"))
    around_awaited(journal.KafkaJournal, "publish", nothing, point("view:published"))
    around(shelf.RocksShelf, "write", nothing, point("view:shelf"))
    around_awaited(Consumer, "_commit", point("view:before-offset"), point("view:offset"))


PARTS: dict[str, tuple[Callable[[At], None], ...]] = {
    "intake": (of_service,),
    "benefits": (of_service, of_benefits),
    "handover": (of_service,),
    "worker": (of_worker,),
    "sink": (of_sink,),
}
