"""The processes that together are one backbone start in order, are watched, and stop together.

    with Supervisor(needed=ports, report=print) as up:
        up.start(broker)                  # started and ready, or PartFailed
        up.start(intake, benefits)        # together
        up.watch()                        # until a stop signal (returns) or a crash (PartFailed)

Leaving the block, however it is left, stops every part in reverse order.
"""

import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Final, Self

from services.child import POLL_S, Child, Part, PartFailed
from services.ports import Port, require_free

_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(SystemExit):
    """Somebody asked us to stop; `code` is 128 + the signal, so that an uncaught one ends the process quietly."""


class Supervisor:
    """Starts parts, notices the first that ends by itself, and stops all in reverse order.

    `needed` are all ports that will be used: they are tried on entering, before anything starts (PortTaken).
    `report` is told in one line what starts and stops. A second stop signal while stopping kills what is left.
    """

    def __init__(self, needed: Iterable[Port] = (), report: Callable[[str], None] = lambda _line: None) -> None:
        self._needed = tuple(needed)
        self._report = report
        self._children: list[Child] = []
        self._restoring: list[Child] = []
        self._leaving = False
        self._hurried = False
        self._handlers: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        require_free(self._needed)
        heeded = [number for number in _STOP_SIGNALS if (number, signal.getsignal(number)) != (signal.SIGHUP, signal.SIG_IGN)]  # nohup
        self._handlers = {number: signal.signal(number, self._on_signal) for number in heeded}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._leaving = True
        crashed = next((child for child in self._children if child.exit_code is not None), None)
        try:
            self._stop_all()
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal returned
        if crashed and not isinstance(error, PartFailed | StopRequested):
            raise crashed.ended_alone() from error

    def start(self, *parts: Part) -> None:
        """Start the parts together and wait until all are ready; raises PartFailed. One that is being restored keeps nobody waiting."""
        fresh = []
        for part in parts:
            self._report(f"starting {part.name}")
            fresh.append(Child(part))
            self._children.append(fresh[-1])
        for child in fresh:
            if sentence := child.wait_ready(self.check):
                self._restoring.append(child)
                self._report(f"{child.part.name} is being restored and goes on with that; the others run: {sentence}")

    def stop(self, *names: str) -> None:
        """Stop the named parts in reverse order; the others go on. They may be started again."""
        for child in [each for each in reversed(self._children) if each.part.name in names]:
            self._report(f"stopping {child.part.name}")
            child.stop(hurried=lambda: self._hurried)
            self._children.remove(child)

    @property
    def pids(self) -> dict[str, int]:
        """Process id per running part, for those who measure or kill one."""
        return {child.part.name: child.pid for child in self._children}

    def check(self) -> None:
        """Raise PartFailed when a part has ended by itself; long work between `start` and `watch` calls this."""
        for child in self._children:
            child.require_running()

    def watch(self, announced: str = "") -> None:
        """Wait until a stop signal, then return; raises PartFailed when a part ends by itself.

        `announced` is reported first, so that whoever waits for that line can stop us at once and in order.
        """
        with suppress(StopRequested):
            if announced:
                self._report(announced)
            while True:
                self.check()
                self._tell_restored()
                time.sleep(POLL_S)

    def _tell_restored(self) -> None:
        for child in [child for child in self._restoring if child.part.ready()]:
            self._restoring.remove(child)
            self._report(f"{child.part.name} is restored and ready")

    def _stop_all(self) -> None:
        while self._children:
            child = self._children.pop()
            self._report(f"stopping {child.part.name}")
            child.stop(hurried=lambda: self._hurried)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._leaving:
            self._hurried = True
            return
        self._leaving = True
        raise StopRequested(128 + number)
