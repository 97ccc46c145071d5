"""A process of the backbone: HTTP in front, loops behind, one of them failing ends it, SIGTERM drains it."""

import gc
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

import uvicorn
from fastapi import FastAPI

from services.watchdog import Pulse, Watchdog

DRAIN_SECONDS = 20
JOIN_SECONDS = 10.0

OBJECTS_A_COLLECTION = 20_000

logger = logging.getLogger(__name__)


def collect_rarely() -> None:
    """Let Python look for circular garbage after many more new objects than its 700; called at the start of each process.

    Facts are many, live long and hold no circles: looking through them again and again took a third of a command's time.
    """
    gc.set_threshold(OBJECTS_A_COLLECTION)


@dataclass(frozen=True, slots=True)
class Loop:
    """Something that runs until it is told to stop: relay, reactor, clock, background jobs.

    It asks `stop` at least each `hang_seconds` of the process times `patience`; a loop that does not has hung.
    """

    name: str
    run: Callable[[threading.Event], None]
    patience: float = 1.0


@dataclass
class Progress:
    """Red when work waits and nothing has moved for `limit_seconds`; looked at by readiness."""

    what: str
    waiting: Callable[[], int]
    position: Callable[[], int]
    limit_seconds: float = 15.0
    monotonic: Callable[[], float] = time.monotonic
    _last: int = field(default=-1, init=False)
    _moved: float = field(default=0.0, init=False)

    def __call__(self) -> str | None:
        """A sentence for the operator, or nothing."""
        now, position, waiting = self.monotonic(), self.position(), self.waiting()
        if waiting == 0 or position != self._last:
            self._last, self._moved = position, now
        if now - self._moved <= self.limit_seconds:
            return None
        return f"{self.what}: {waiting} wait and nothing has moved for {now - self._moved:.0f} s"


class _Server(uvicorn.Server):
    """A server that shows that its event loop turns."""

    def __init__(self, config: uvicorn.Config, pulse: Pulse) -> None:
        super().__init__(config)
        self._pulse = pulse

    async def on_tick(self, counter: int) -> bool:
        """Called by uvicorn ten times a second."""
        self._pulse.beat()
        return await super().on_tick(counter)


class Process:
    """HTTP in the main thread, each loop in its own; `stop` is set when the process ends.

    Whatever stands still for `hang_seconds` ends the process.
    """

    def __init__(self, app: FastAPI, host: str, port: int, stop: threading.Event, hang_seconds: float) -> None:
        config = uvicorn.Config(
            app, host=host, port=port, log_config=None, access_log=False, loop="uvloop", timeout_graceful_shutdown=DRAIN_SECONDS
        )
        self.app, self._stop, self._hang_seconds = app, stop, hang_seconds
        http = Pulse("HTTP", hang_seconds)
        self._server = _Server(config, http)
        self._watchdog = Watchdog([http], self._end)
        self._failed: list[str] = []
        self._threads: list[threading.Thread] = []
        self._closing: Sequence[Callable[[], None]] = ()

    def with_loops(self, loops: Sequence[Loop], closing: Sequence[Callable[[], None]]) -> Self:
        """The process with what runs behind it, and what is closed after that."""
        pulses = [Pulse(loop.name, self._hang_seconds * loop.patience) for loop in loops]
        self._threads = [
            threading.Thread(target=self._run, args=(loop, pulse), name=loop.name, daemon=True)
            for loop, pulse in zip(loops, pulses, strict=True)
        ]
        self._watchdog.pulses = [*self._watchdog.pulses, *pulses]
        self._closing = closing
        return self

    def trouble(self) -> str | None:
        """A sentence for readiness about a loop that shows no life."""
        return self._watchdog.trouble()

    def _run(self, loop: Loop, pulse: Pulse) -> None:
        try:
            loop.run(pulse)
        except Exception:  # whatever it is: a process without one of its loops looks alive and does half of its work
            logger.exception("%s ended; so does this process", loop.name)
            self._end(loop.name)

    def _end(self, name: str) -> None:
        self._failed.append(name)
        self._server.should_exit = True

    def close(self) -> None:
        """Give up what it holds, at its end or where it never ran."""
        for close in self._closing:
            close()

    def run(self) -> int:
        """Serve until SIGTERM, SIGINT or the end of a loop; exit code 1 if a loop failed or did not stop in time."""
        collect_rarely()
        for thread in self._threads:
            thread.start()
        self._watchdog.start()
        try:
            self._server.run()
        finally:
            self._stop.set()
            for pulse in self._watchdog.pulses:
                pulse.set()
            for thread in self._threads:
                thread.join(JOIN_SECONDS)
            self.close()
            self._watchdog.stop()
        late = [thread.name for thread in self._threads if thread.is_alive()]
        if late:
            logger.error("did not stop in time: %s", ", ".join(late))
        return 1 if self._failed or late or not self._server.started else 0
