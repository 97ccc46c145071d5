"""A process whose work stands still ends, so that whoever started it starts it again: a hang heals like a crash."""

import asyncio
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

LOOK_SECONDS = 0.5
BEAT_SECONDS = 0.25
RED_AT = 0.25
"""Readiness says so at a quarter of the limit, before the process ends."""

GRACE_SECONDS = 30.0
"""An ordered end has so long, as after SIGTERM."""

logger = logging.getLogger(__name__)


class Pulse(threading.Event):
    """Given to a loop as its `stop`: each time that the loop asks whether it must stop, it shows that it lives."""

    def __init__(self, name: str, limit_seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.name, self.limit_seconds, self._monotonic = name, limit_seconds, monotonic
        self._beaten = monotonic()

    def beat(self) -> None:
        """Show that it lives."""
        self._beaten = self._monotonic()

    def is_set(self) -> bool:
        """See `threading.Event`."""
        self.beat()
        return super().is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """See `threading.Event`; whoever waits to be stopped lives, however long that takes."""
        until = float("inf") if timeout is None else self._monotonic() + timeout
        while True:
            self.beat()
            left = until - self._monotonic()
            if super().wait(max(0.0, min(left, BEAT_SECONDS))):
                return True
            if left <= BEAT_SECONDS:
                self.beat()
                return False

    @property
    def silent_seconds(self) -> float:
        """Since it last showed that it lives."""
        return self._monotonic() - self._beaten


def end_at_once() -> None:
    """The last resort, when an ordered end does not come to its end."""
    logger.critical("this process does not come to its end: it is ended by force")
    os._exit(1)


def end_within(seconds: float) -> None:
    """From here on the process ends in so many seconds, by force if a thread of some library does not let it go."""
    timer = threading.Timer(seconds, end_at_once)
    timer.daemon = True
    timer.start()


@dataclass
class Watchdog:
    """Looks at pulses. `end` is told once of the first that is silent beyond its limit, and must end the process."""

    pulses: Sequence[Pulse]
    end: Callable[[str], None]
    last_resort: Callable[[], None] = end_at_once
    grace_seconds: float = GRACE_SECONDS
    _off: threading.Event = field(default_factory=threading.Event)

    def trouble(self) -> str | None:
        """A sentence for readiness."""
        still = [pulse for pulse in self.pulses if pulse.silent_seconds > RED_AT * pulse.limit_seconds]
        return ", ".join(f"{pulse.name} shows no life for {pulse.silent_seconds:.0f} s" for pulse in still) or None

    def start(self) -> None:
        """Look in a thread of its own, until `stop`."""
        threading.Thread(target=self.watch, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """The process ends by itself; nobody needs to be watched any more."""
        self._off.set()

    def watch(self) -> None:
        """Until `stop`, or the end of the process."""
        while not self._off.wait(LOOK_SECONDS):
            hung = next((pulse for pulse in self.pulses if pulse.silent_seconds > pulse.limit_seconds), None)
            if hung is not None:
                logger.critical("%s stands still for %.0f s: this process ends", hung.name, hung.silent_seconds)
                self.end(hung.name)
                if not self._off.wait(self.grace_seconds):
                    self.last_resort()
                return


@asynccontextmanager
async def watched(loop: Pulse, others: Sequence[Pulse], end: Callable[[str], None]) -> AsyncIterator[Watchdog]:
    """Watch the event loop that this runs in, and the threads beside it; `end` is called in the event loop."""
    here = asyncio.get_running_loop()
    watchdog = Watchdog([loop, *others], lambda name: _tell(here, end, name))
    beats = asyncio.create_task(_beating(loop))
    watchdog.start()
    try:
        yield watchdog
    finally:
        watchdog.stop()
        beats.cancel()


def _tell(loop: asyncio.AbstractEventLoop, end: Callable[[str], None], name: str) -> None:
    loop.call_soon_threadsafe(end, name)


async def _beating(pulse: Pulse) -> None:
    while True:
        pulse.beat()
        await asyncio.sleep(BEAT_SECONDS)
