"""Every process of a chain under faults: started, killed, suspended, and started again when it ends, as an init system would."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from deploy.broker import Broker
from deploy.broker.topics import ensure_topics
from services.child import Child, Part
from services.processes import SERVICES, parts
from services.settings import Settings
from tests.faults.orders import Orders

ROOT = Path(__file__).parents[2]
LOOK_SECONDS = 0.05
AGAIN_SECONDS = 0.5
READY_SECONDS = 90.0
ALL = (*SERVICES, "worker", "sink")


class Failed(AssertionError):
    """A cell of the fault matrix did not hold; the text says what was seen."""


def until(holds: Callable[[], object], limit_seconds: float, what: str) -> None:
    """Wait until it holds; raises `Failed` after the limit."""
    limit = time.monotonic() + limit_seconds
    while not holds():
        if time.monotonic() > limit:
            raise Failed(f"not within {limit_seconds:.0f} s: {what}")
        time.sleep(LOOK_SECONDS)


def doomed(part: Part, orders: Path) -> Part:
    """The same process, started so that it takes orders."""
    at = part.argv.index("services.cli")
    argv = (sys.executable, "-m", "tests.faults.doomed", str(orders), part.name, "--", *part.argv[at + 1 :])
    return replace(part, argv=argv, env={**part.env, "PYTHONPATH": str(ROOT)})


@dataclass
class Stage:
    """`keep` starts again what ended and must be called from the main thread; everything else from any.

    `unasked` names what ended without being killed by a fault, with its exit code: allowed, but told.
    """

    settings: Settings
    environment: Mapping[str, str]
    broker: Broker
    resting: set[str] = field(default_factory=set)
    unasked: list[str] = field(default_factory=list)
    _children: dict[str, Child] = field(default_factory=dict)
    _ended: dict[str, float] = field(default_factory=dict)
    _known: dict[str, Part] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def start(self) -> None:
        """Broker, topics, processes; returns when all are ready."""
        self._start("kafka")
        self._children["kafka"].wait_ready()
        ensure_topics(self.broker.bootstrap)
        for part in parts(self.settings, self.environment):
            self._known[part.name] = doomed(part, self.orders_folder)
            self._start(part.name)
        for name in ALL:
            self._children[name].wait_ready()

    @property
    def orders_folder(self) -> Path:
        """Where the orders for all processes lie; beside the data, as these are searched for personal data."""
        return self.settings.data.with_name("orders")

    def orders(self, name: str) -> Orders:
        """The queue of a process."""
        return Orders(self.orders_folder, name)

    def _start(self, name: str) -> None:
        part = self.broker.part() if name == "kafka" else self._known[name]
        with self._lock:
            self._children[name] = Child(part)

    def keep(self) -> None:
        """Start again what ended, after a moment."""
        for name, child in list(self._children.items()):
            code = child.exit_code
            if code is None or name in self.resting:
                continue
            if name not in self._ended:
                self._ended[name] = time.monotonic()
                if code != -signal.SIGKILL:
                    self.unasked.append(f"{name} ended with {code}")
            elif time.monotonic() - self._ended[name] > AGAIN_SECONDS:
                del self._ended[name]
                self._start(name)

    def answers(self) -> bool:
        """Whether the broker takes part in its own cluster."""
        with self._lock:
            return self._children["kafka"].part.ready()

    def pid(self, name: str) -> int:
        """Process id of the running one."""
        with self._lock:
            return self._children[name].pid

    def running(self, name: str) -> bool:
        """Whether it has not ended."""
        with self._lock:
            return self._children[name].exit_code is None

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to one process, if it runs."""
        with suppress(ProcessLookupError):
            os.kill(self.pid(name), number)

    def kill(self, name: str) -> None:
        """SIGKILL; it comes back unless it is resting."""
        self.signal(name, signal.SIGKILL)

    def rest(self, name: str) -> None:
        """SIGKILL, and it stays away until `wake`."""
        self.resting.add(name)
        self.kill(name)
        until(lambda: not self.running(name), 10, f"{name} is killed")

    def retire(self, name: str) -> None:
        """SIGTERM, and it stays away until `wake`."""
        self.resting.add(name)
        self.signal(name, signal.SIGTERM)
        until(lambda: not self.running(name), 40, f"{name} ends in order")

    def wake(self, name: str) -> None:
        """Let it come back."""
        self.resting.discard(name)

    def trouble(self, name: str) -> str | None:
        """What readiness says; None when ready."""
        port = getattr(self.settings, f"{'views' if name == 'worker' else name}_port")
        try:
            answer = httpx.get(f"http://{self.settings.host}:{port}/readyz", timeout=6, trust_env=False)
        except httpx.TransportError as away:
            return type(away).__name__
        return None if answer.status_code == httpx.codes.OK else answer.text

    def until_ready(self, *names: str, limit_seconds: float = READY_SECONDS) -> None:
        """Wait until these, or all, are ready."""
        for name in names or ALL:
            if name != "kafka":
                until(lambda name=name: self.trouble(name) is None, limit_seconds, f"{name} is ready again")  # type: ignore[misc]  # default binds the loop

    def stop(self) -> None:
        """End all, in order."""
        for child in reversed(list(self._children.values())):
            child.stop()

    def log(self, name: str) -> str:
        """Everything that a process ever logged."""
        with self._lock:
            return self._children[name].part.log.read_text(encoding="utf-8", errors="replace")
