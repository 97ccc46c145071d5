"""The process that keeps the views: Faust and the read API in one event loop, ended by one signal or one failure."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI

from services.access.configured import gate, processing_log
from services.contracts.codec import published
from services.settings import Settings
from services.watchdog import Pulse, end_within, watched
from services.web.health import Check
from services.web.trail import keep_trail
from streams.app import Views, Wiring, ensure_changelogs, quiet_libraries, views
from streams.batching import batched_writer
from streams.membership import SecondWorker, only_worker_here, require_no_other
from streams.read_api import read_api
from streams.reader import Reader
from streams.readiness import Readiness
from streams.rebuild import decided

DRAIN_SECONDS = 20.0
CRASH_SECONDS = 5.0
"""After a failure there is nothing to drain: what was not confirmed is read again."""

END_SECONDS = 28.0
"""From the signal or failure to the end, by force if need be."""

FEW_COLLECTIONS = (100_000, 50, 20)
"""Portions are thousands of small values without cycles; looking for cycles at Python's own pace took half of the fold."""

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

logger = logging.getLogger(__name__)


class PortTaken(Exception):
    """The read API cannot listen; the text names the port and its setting."""


class _Server(uvicorn.Server):
    """A server on a port that is open already; it leaves signals to the worker."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket) -> None:
        super().__init__(config)
        self._listener = listener

    async def listen(self) -> None:
        """Serve until `should_exit`."""
        await self.serve([self._listener])

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing is captured."""
        yield


@dataclass(slots=True)
class Ending:
    """Why the worker ends: a signal, or the first failure."""

    asked: asyncio.Event
    failure: BaseException | None = None

    def failed(self, wrong: BaseException) -> None:
        """Something cannot go on; what it was working on stays uncommitted."""
        self.failure = self.failure or wrong
        self.asked.set()

    def hung(self, name: str) -> None:
        """Something stood still."""
        self.failed(TimeoutError(f"{name} stood still"))


def work(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; 0 after an orderly stop, 1 after a failure, 2 where another worker or its port stands in the way."""
    quiet_libraries()
    gc.set_threshold(*FEW_COLLECTIONS)
    try:
        with only_worker_here(settings.data / "views") as name, _listening(settings) as listener:
            return _worked(settings, name, listener)
    except (SecondWorker, PortTaken) as refused:
        logger.critical("%s", refused)
        return 2


def _worked(settings: Settings, name: str, listener: socket.socket) -> int:
    try:
        return uvloop.run(_work(settings, name, listener))
    except SecondWorker:
        raise
    except Exception:  # whatever a library raises: an operator finds it in the log as a line of JSON, without personal data
        logger.exception("the worker could not start or stop")
        return 1


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The read API's port, taken before anything is started; raises `PortTaken`."""
    try:
        listener = socket.create_server((settings.host, settings.views_port))
    except OSError as taken:
        raise PortTaken(f"port {settings.views_port} (BACKBONE_VIEWS_PORT) cannot be used: {taken.strerror}") from taken
    with listener:
        yield listener


async def _work(settings: Settings, name: str, listener: socket.socket) -> int:
    await require_no_other(settings.kafka, name)
    await ensure_changelogs(settings.kafka)
    ending = Ending(asyncio.Event())
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, ending.asked.set)
    async with batched_writer(settings.kafka) as writer:
        offset = settings.clock_offset_days * 86_400
        wiring = Wiring(
            bootstrap=settings.kafka,
            name=name,
            folder=settings.data / "views",
            store=settings.store,
            codec=published(),
            writer=writer,
            now=lambda: time.time() + offset,  # noqa: TID251 - the age of facts, on the clock that recorded them
            failed=ending.failed,
            verdicts=await decided(settings.kafka),
        )
        made = views(wiring)
        readiness = Readiness(made, hang_seconds=settings.hang_seconds)
        log = processing_log(settings, "views")
        door, keys = gate(settings)
        checks: dict[str, Check] = {"views": readiness, "tokens": keys.trouble}
        # As the services' logs: a reading stands beside the opening under which it was made, on one clock.
        now = partial(_moment, wiring)
        reader = Reader(made, log, now)
        api = read_api(door, settings.body_limit_bytes, reader, checks)
        keep_trail(api, log, now)
        try:
            async with watched(Pulse("the event loop", settings.hang_seconds), (), ending.hung) as watchdog:
                checks["loop"] = watchdog.trouble
                await _run(made, readiness, _Server(_config(api), listener), ending)
        finally:
            log.close()
    return 1 if ending.failure else 0


def _moment(wiring: Wiring) -> datetime:
    return datetime.fromtimestamp(wiring.now(), UTC)


def _config(api: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(api, log_config=None, access_log=False, timeout_graceful_shutdown=int(DRAIN_SECONDS / 2))


async def _run(made: Views, readiness: Readiness, server: _Server, ending: Ending) -> None:
    """Serve first, so that health can be asked while the views recover; stop in the other order."""
    parts = {
        asyncio.create_task(server.listen(), name="read API"),
        asyncio.create_task(made.app.start(), name="views"),
        asyncio.create_task(readiness.follow(), name="readiness"),
        asyncio.create_task(_crashed(made), name="Faust"),
    }
    for part in parts:
        part.add_done_callback(lambda done: _ended(done, ending))
    await ending.asked.wait()
    end_within(END_SECONDS if ending.failure is None else 2 * CRASH_SECONDS)
    server.should_exit = True
    try:
        await asyncio.wait_for(_stop(made), DRAIN_SECONDS if ending.failure is None else CRASH_SECONDS)
    except TimeoutError:
        ending.failed(TimeoutError("the views did not stop in time"))
        logger.exception("the views did not stop in time")
    for part in parts:
        if part.get_name() != "read API":
            part.cancel()
    await asyncio.wait(parts, timeout=DRAIN_SECONDS / 2)


def _ended(part: "asyncio.Task[Any]", ending: Ending) -> None:
    if part.cancelled() or (part.get_name() == "views" and not part.exception()):
        return
    wrong = part.exception()
    if wrong is not None or not ending.asked.is_set():
        logger.error("%s ended", part.get_name(), exc_info=wrong)
        ending.failed(wrong or RuntimeError(f"{part.get_name()} ended"))


async def _crashed(made: Views) -> None:
    """End when a part of Faust has given up."""
    await made.app._crashed.wait()  # noqa: SLF001 - Faust has no other way to wait for it
    raise RuntimeError("Faust gave up") from made.app.crash_reason


async def _stop(made: Views) -> None:
    for keeper in made.keepers.values():
        await keeper.drained()
    await made.app.stop()
