"""One process among those that together are a backbone: started with its log, seen ready, and never outliving who started it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.ports import Port

STOP_LIMIT_S: Final = 30.0
"""From SIGTERM to SIGKILL for each part; a service drains within it."""

POLL_S: Final = 0.05
_REAP_LIMIT_S: Final = 10.0
_TAIL_LINES: Final = 30
_TAIL_BYTES: Final = 16_384

# Run between fork and the part itself: PR_SET_PDEATHSIG (1) survives exec; a parent that died before it is noticed.
_TIE: Final = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
os.getppid() == int(sys.argv[1]) or os._exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""


class PartFailed(RuntimeError):
    """A part ended by itself or did not become ready; the text names it, its exit code and the end of its log."""


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
            time.sleep(POLL_S)
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
            time.sleep(POLL_S)
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
