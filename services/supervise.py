"""The processes that together are one backbone start in order, are watched, and stop together.

    with Supervisor(needed=ports, report=print) as up:
        up.start(broker)                  # started and ready, or PartFailed
        up.start(intake, benefits)        # together
        up.watch()                        # until a stop signal (returns) or a crash (PartFailed)

Leaving the block, however it is left, stops every part in reverse order.
"""

import errno
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, Self

STOP_LIMIT_S: Final = 30.0
"""From SIGTERM to SIGKILL for each part; a service drains within it."""

LOOPBACK: Final = "127.0.0.1"

_OWN_PORTS: Final = range(20_000, 32_000)
"""Below those that Linux gives to outgoing connections; one of these could take a port between the choice and its use."""

_PORTS_TRIED: Final = 100
_POLL_S: Final = 0.05
_REAP_LIMIT_S: Final = 10.0
_TAIL_LINES: Final = 30
_TAIL_BYTES: Final = 16_384
_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# Run between fork and the part itself: PR_SET_PDEATHSIG (1) survives exec; a parent that died before it is noticed.
_TIE: Final = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
os.getppid() == int(sys.argv[1]) or os._exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""


class PortTaken(RuntimeError):
    """At least one port that a part needs is in use; the text has a line per port with the setting that moves it."""


class PartFailed(RuntimeError):
    """A part ended by itself or did not become ready; the text names it, its exit code and the end of its log."""


class StopRequested(SystemExit):
    """Somebody asked us to stop; `code` is 128 + the signal, so that an uncaught one ends the process quietly."""


@dataclass(frozen=True, slots=True)
class Port:
    """A TCP port on loopback and the setting that moves it, such as `BACKBONE_INTAKE_PORT`."""

    number: int
    setting: str


@dataclass(frozen=True, slots=True)
class Part:
    """One process: its command, its whole environment, its log file (appended) and how to see that it is ready.

    `restoring` gives a sentence while it comes back from a backup, which takes as long as it takes.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    log: Path
    ready: Callable[[], bool]
    ports: tuple[Port, ...] = ()
    ready_limit_s: float = 60.0
    restoring: Callable[[], str] = str


def free_port() -> int:
    """A port on loopback that nothing listens on at this moment, and that the system gives to no outgoing connection.

    Raises `PortTaken` when none is found.
    """
    for _ in range(_PORTS_TRIED):
        number = _OWN_PORTS.start + secrets.randbelow(len(_OWN_PORTS))
        if not _complaint(Port(number, "")):
            return number
    raise PortTaken(f"no port from {_OWN_PORTS.start} to {_OWN_PORTS.stop - 1} is free")


def require_free(ports: Iterable[Port]) -> None:
    """Raise PortTaken when any of the ports cannot be listened on."""
    complaints = [complaint for port in ports if (complaint := _complaint(port))]
    if complaints:
        raise PortTaken("\n".join(complaints))


def _complaint(port: Port) -> str:
    try:
        socket.create_server((LOOPBACK, port.number)).close()
    except OSError as failure:
        if failure.errno == errno.EADDRINUSE:
            return f"port {port.number} ({port.setting}) is taken; stop what listens there or set {port.setting}"
        return f"port {port.number} ({port.setting}) cannot be used: {failure.strerror}; set {port.setting}"
    return ""


class Child:
    """A part that runs in its own session, so that Ctrl-C reaches only us, and that the kernel kills when we die.

    The kernel ties a child to the *thread* that started it; hence RuntimeError outside the main thread.
    """

    def __init__(self, part: Part) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"{part.name} must be started from the main thread: the child dies with its starter")
        self.part = part
        part.log.parent.mkdir(parents=True, exist_ok=True)
        with part.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _TIE, str(os.getpid()), *part.argv],
                env=dict(part.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id, also of its process group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative is the signal that ended it."""
        return self._process.poll()

    def wait_ready(self, others: Callable[[], None] = lambda: None) -> str:
        """Wait until it is ready, calling `others` in between; raises PartFailed when it ends or the limit passes.

        Does not wait for a part that is being restored, and returns what it says about that; else an empty text.
        """
        limit = time.monotonic() + self.part.ready_limit_s
        while not self.part.ready():
            others()
            self.require_running()
            if sentence := self.part.restoring():
                return sentence
            if time.monotonic() > limit:
                raise self._failure(f"was not ready within {self.part.ready_limit_s:g} s")
            time.sleep(_POLL_S)
        self.require_running()
        return ""

    def require_running(self) -> None:
        """Raise PartFailed when it has ended by itself."""
        if self.exit_code is not None:
            raise self.ended_alone()

    def stop(self, limit_s: float = STOP_LIMIT_S, hurried: Callable[[], bool] = lambda: False) -> int:
        """SIGTERM, and SIGKILL after the limit or as soon as `hurried`; returns the exit code."""
        self._send(signal.SIGTERM)
        limit = time.monotonic() + limit_s
        while self.exit_code is None and time.monotonic() < limit and not hurried():
            time.sleep(_POLL_S)
        return self.kill()

    def kill(self) -> int:
        """SIGKILL to the part and whatever it started; returns the exit code."""
        self._send(signal.SIGKILL)
        return self._process.wait(_REAP_LIMIT_S)

    def log_tail(self) -> str:
        """Last lines that this start wrote to the log."""
        with self.part.log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, size - _TAIL_BYTES))
            return "\n".join(log.read().decode("utf-8", "replace").splitlines()[-_TAIL_LINES:])

    def ended_alone(self) -> PartFailed:
        """The complaint about a part that ended unasked."""
        code = self.exit_code or 0
        return self._failure(f"ended by itself with {f'signal {signal.Signals(-code).name}' if code < 0 else f'exit code {code}'}")

    def _failure(self, what: str) -> PartFailed:
        return PartFailed(f"{self.part.name} {what}; the end of {self.part.log}:\n{self.log_tail() or '(nothing was written)'}")

    def _send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # it and its group are gone already
            os.killpg(self.pid, number)


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
                time.sleep(_POLL_S)

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
