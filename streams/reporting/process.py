"""The sink's process: facts into ClickHouse, the gateway for data teams, and health, stopped together."""

import asyncio
import contextlib
import errno
import logging
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

import uvicorn
import uvloop
from fastapi import FastAPI
from starlette.types import ASGIApp

from services.access.configured import gate, processing_log
from services.access.development import real_time
from services.contracts.codec import published
from services.settings import Settings
from services.watchdog import Pulse, end_within, watched
from services.web.health import Check
from services.web.trail import keep_trail
from streams.reporting.gateway import Gateway, gateway_app
from streams.reporting.kafka_source import KafkaReplaced, KafkaSource, at_places
from streams.reporting.quarantine import Quarantine, upkeep_api
from streams.reporting.query import Queries
from streams.reporting.schema import SchemaDiffers, migrate
from streams.reporting.sink import Sink
from streams.reporting.store import StoreLocked, folder_of, is_embedded, location, open_store
from streams.reporting.table import ClickHouseTable, Table

DRAIN_SECONDS: Final = 20.0
"""For the portion under way; with the servers' own limit it stays below 30 s."""
SERVERS_SECONDS: Final = 6
END_SECONDS: Final = 28.0
"""From the signal or failure to the end, by force if need be."""

DAY_SECONDS: Final = 86_400

Step = Callable[[str], None]

logger = logging.getLogger(__name__)


class PortTaken(RuntimeError):
    """A port of the sink is in use; the text names port and setting."""


class Server(uvicorn.Server):
    """A server that leaves the signals to its process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing is captured."""
        yield


class Work(threading.Thread):
    """The sink in a thread of its own; `failure` is what ended it, if anything did."""

    def __init__(self, sink: Sink, ended: Callable[[], None], hang_seconds: float) -> None:
        super().__init__(name="sink", daemon=True)
        self._sink, self._ended = sink, ended
        self.stop = Pulse("the sink", hang_seconds)
        self.failure: Exception | None = None

    def run(self) -> None:
        """Until `stop`, or a failure."""
        try:
            self._sink.run(self.stop)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the process ends with it and says so
            self.failure = failure
        finally:
            self._ended()


def run_sink(settings: Settings, step: Step = lambda _: None) -> int:
    """Run until SIGTERM or SIGINT; 0 after an orderly stop, 1 after a failure, 2 where it cannot start here.

    `step` is told the sink's steps; tests kill the process at one of them.
    """
    try:
        with ExitStack() as held:
            return uvloop.run(_run(settings, step, held))
    except (StoreLocked, SchemaDiffers, PortTaken) as cannot:
        logger.critical("%s", cannot)
        return 2


async def _run(settings: Settings, step: Step, held: ExitStack) -> int:
    where = location(settings)
    sockets = {name: held.enter_context(_listen(settings.host, port, name)) for name, port in _ports(settings, where).items()}
    if is_embedded(where):
        _open_engine(where, settings.data, held)
    source = KafkaSource(settings.kafka)
    held.callback(source.close)
    offset = settings.clock_offset_days * DAY_SECONDS
    sink = Sink(source, lambda: _table(where), published(), lambda: time.time() + offset, step)  # noqa: TID251 - the age of facts
    checks: dict[str, Check] = {"sink": sink.progress.complaint}
    upkeep = _upkeep(settings, where, checks, held)
    apps: list[tuple[ASGIApp, socket.socket]] = [(upkeep, sockets["BACKBONE_SINK_PORT"])]
    if is_embedded(where):
        gateway = Gateway(Queries(str(folder_of(where))))
        held.callback(gateway.close)
        apps.append((gateway_app(gateway), sockets["BACKBONE_CLICKHOUSE_PORT"]))
    asked = asyncio.Event()
    work = Work(sink, partial(_tell, asyncio.get_running_loop(), asked), settings.hang_seconds)
    async with watched(Pulse("the event loop", settings.hang_seconds), [work.stop], lambda _name: asked.set()) as watchdog:
        checks["loops"] = watchdog.trouble
        return await _until_stopped(work, asked, apps)


def _upkeep(settings: Settings, where: str, checks: Mapping[str, Check], held: ExitStack) -> FastAPI:
    """What operators decide leaves its trail, as in every process."""
    trail = processing_log(settings, "sink")
    held.callback(trail.close)
    quarantine = Quarantine(lambda: _table(where), at_places(settings.kafka), published())
    app = upkeep_api(gate(settings)[0], settings.body_limit_bytes, quarantine, checks)
    keep_trail(app, trail, real_time)
    return app


def _ports(settings: Settings, where: str) -> dict[str, int]:
    """Data teams of a ClickHouse server ask it themselves, with its own users and rights: no gateway then."""
    ports = {"BACKBONE_SINK_PORT": settings.sink_port}
    return ports | {"BACKBONE_CLICKHOUSE_PORT": settings.clickhouse_port} if is_embedded(where) else ports


def _open_engine(where: str, data: Path, held: ExitStack) -> None:
    """The embedded engine stays open until the end, whoever opens and closes handles on it. Its lock comes before anything else."""
    client = open_store(where)
    held.callback(client.close)
    held.enter_context(_own_temporary_folder(data))
    for name in migrate(client):
        logger.info("applied schema file %s", name)


def _table(where: str) -> Table:
    """A table on a handle of its own; a server may be away until now, and gets its tables here."""
    client = open_store(where)
    if not is_embedded(where):
        migrate(client)
    return ClickHouseTable(client)


def _tell(loop: asyncio.AbstractEventLoop, asked: asyncio.Event) -> None:
    loop.call_soon_threadsafe(asked.set)


async def _until_stopped(work: Work, asked: asyncio.Event, apps: list[tuple[ASGIApp, socket.socket]]) -> int:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    servers = [Server(_config(app)) for app, _ in apps]
    serving = [asyncio.create_task(server.serve([listening])) for server, (_, listening) in zip(servers, apps, strict=True)]
    for task in serving:
        task.add_done_callback(lambda _: asked.set())
    work.start()
    await asked.wait()
    end_within(END_SECONDS)
    crashed = any(task.done() for task in serving)
    work.stop.set()
    await asyncio.to_thread(work.join, DRAIN_SECONDS)
    for server in servers:
        server.should_exit = True
    await asyncio.wait(serving, timeout=SERVERS_SECONDS)
    return _verdict(work, is_crashed=crashed)


def _verdict(work: Work, *, is_crashed: bool) -> int:
    if isinstance(work.failure, KafkaReplaced):
        logger.critical("%s", work.failure)
    elif work.failure is not None:
        logger.critical("the sink ended", exc_info=work.failure)
    elif work.is_alive():
        logger.critical("the sink did not end within %d s", DRAIN_SECONDS)
    return 1 if work.failure is not None or work.is_alive() or is_crashed else 0


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=SERVERS_SECONDS)


def _listen(host: str, port: int, setting: str) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as wrong:
        is_taken = wrong.errno == errno.EADDRINUSE
        reason = "is taken; stop what listens there or" if is_taken else f"cannot be used ({wrong.strerror});"
        raise PortTaken(f"port {port} ({setting}) {reason} set {setting}") from wrong


@contextlib.contextmanager
def _own_temporary_folder(data: Path) -> Iterator[None]:
    """The driver hands rows to the embedded engine through a file: kept from other users, and what a crash left is removed."""
    folder = data / "sink-temporary"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)
