"""A worker of the views as a process of its own, on a broker of its own, for tests that kill and stop it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from kafka import KafkaProducer

from services.access.configured import development_issuer
from services.ports import free_port
from services.settings import Settings
from streams.cli import checked
from tests.streams.history import MUNICIPALITIES, Sent

RUN_WORKER = """
import sys
from services import logs
from services.settings import Settings
from streams.worker import work
logs.start()
sys.exit(work(Settings.read()))
"""
ROLES = ("caseworker", "payments-officer", "operator")


def feed(bootstrap: str, records: Iterable[Sent]) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, compression_type="lz4", linger_ms=5, max_block_ms=10_000)
    for record in records:
        producer.send(record.topic, key=record.key, headers=record.headers, value=record.value)
    producer.flush(timeout=30)
    producer.close(timeout=5)


@dataclass
class Worker:
    """Started and ended as often as needed; the data folder stays."""

    data: Path
    bootstrap: str
    store: str = "rocksdb"
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def settings(self) -> Settings:
        return Settings(data=self.data, kafka=self.bootstrap, views_port=self.port, store=self.store)

    def running(self) -> "Worker":
        """Start it, where it does not run."""
        if self.process and self.process.poll() is None:
            return self
        self.data.mkdir(parents=True, exist_ok=True)
        names = {"DATA": self.data, "KAFKA": self.bootstrap, "VIEWS_PORT": self.port, "STORE": self.store}
        environment = {**os.environ, **{f"BACKBONE_{name}": str(value) for name, value in names.items()}}
        with (self.data / "worker.log").open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-c", RUN_WORKER], env=environment, stdout=log, stderr=log)
        return self

    def signal(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    def ended(self, limit: float) -> int:
        assert self.process
        return self.process.wait(limit)

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    @property
    def log(self) -> str:
        return (self.data / "worker.log").read_text(encoding="utf-8")

    def http(self, roles: Iterable[str] = ROLES, municipalities: Iterable[str] = MUNICIPALITIES) -> httpx.Client:
        token = development_issuer(self.settings).token("s-1", list(roles), list(municipalities))  # type: ignore[arg-type]  # roles are checked by the gate
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False
        )

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        with self.http() as http:
            return http.get(path).raise_for_status().json()

    def ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=6, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def metric(self, name: str) -> float:
        text = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=6, trust_env=False).text
        return float(next(line.split()[-1] for line in text.splitlines() if line.startswith(name + " ")))

    def until_ready(self, limit: float = 60) -> "Worker":
        until(self.ready, limit, self)
        return self

    def until_caught_up(self, limit: float = 60) -> "Worker":
        """Ready, and twice in a row nothing waits: what was fed before has been folded."""
        self.until_ready(limit)
        time.sleep(1.5)
        until(lambda: self.metric("view_waiting_records") == 0, limit, self)
        return self

    def same_as_rebuilt(self, view: str) -> bool:
        return checked(self.settings, view) == 0


def until(holds: Callable[[], bool], limit: float, worker: Worker) -> None:
    end = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < end, f"not within {limit} s:\n{worker.log[-4000:]}"
        assert worker.process is None or worker.process.poll() is None, f"the worker ended:\n{worker.log[-4000:]}"
        time.sleep(0.1)
