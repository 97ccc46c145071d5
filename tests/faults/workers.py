"""Rows `zombie` and `rebalance`: a second process is refused beside the first, also when that one seemed dead and comes back."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from services.ports import free_port
from tests.faults.board import Board
from tests.faults.killing import at_random, beside, epilogue, prologue, whole_run
from tests.faults.load import moving
from tests.faults.site import Site
from tests.faults.stage import Failed, until

ZOMBIE, REBALANCE = "zombie", "rebalance"
SESSION_SECONDS = 60.0
"""After which Kafka takes a silent worker for dead (streams/app.py)."""

STARTED_SECONDS = 45.0


@contextmanager
def _another(site: Site, *command: str, **settings: str) -> Iterator["subprocess.Popen[str]"]:
    """One more process of the product; killed at the end if it runs by then."""
    own = {f"BACKBONE_{name.upper()}": value for name, value in settings.items()}
    argv = [sys.executable, "-m", "services.cli", *command]
    log = (site.folder / f"another-{command[-1]}.log").open("a+")
    process = subprocess.Popen(argv, env={**site.environment, **own}, stdout=log, stderr=log, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)
        log.close()


def _refused(site: Site, said: str, *command: str, **settings: str) -> None:
    """Started, it must end by itself, and say why."""
    log = site.folder / f"another-{command[-1]}.log"
    before = log.stat().st_size if log.exists() else 0
    with _another(site, *command, **settings) as process:
        code = process.wait(STARTED_SECONDS)
    told = log.read_text(encoding="utf-8")[before:]
    if code == 0 or said not in told:
        raise Failed(f"ended with {code} and did not say {said!r}: {told[-600:]}")


def _elsewhere(site: Site, name: str) -> Mapping[str, str]:
    """Settings of a worker on another machine: its own folder and port, the same issuer of tokens."""
    folder = site.folder / name
    shutil.copytree(site.settings.data / "issuer", folder / "issuer", dirs_exist_ok=True)
    return {"data": str(folder), "views_port": str(free_port())}


def _service_suspended(site: Site, board: Board, name: str) -> None:
    with board.cell(ZOMBIE, f"{name} suspended 15 s, a second one refused"):
        site.stage.signal(name, signal.SIGSTOP)
        try:
            _refused(site, "is in use by process", "serve", name, **{f"{name}_port": str(free_port())})
            time.sleep(10)
        finally:
            site.stage.signal(name, signal.SIGCONT)
        site.stage.until_ready(name)
        moving(site.load, 2)


def _sink_suspended(site: Site, board: Board) -> None:
    with board.cell(ZOMBIE, "sink suspended 20 s, a second one refused"):
        site.stage.signal("sink", signal.SIGSTOP)
        try:
            _refused(site, "one sink at a time", "sink", sink_port=str(free_port()), clickhouse_port=str(free_port()))
            time.sleep(15)
        finally:
            site.stage.signal("sink", signal.SIGCONT)
        site.stage.until_ready("sink")


def _worker_suspended(site: Site, board: Board) -> None:
    """Beyond its session, so that a worker elsewhere takes over; when it wakes there are two, and one must give way."""
    with board.cell(ZOMBIE, f"worker suspended {SESSION_SECONDS + 10:.0f} s, another takes over, it wakes up"):
        elsewhere = _elsewhere(site, "elsewhere")
        site.stage.signal("worker", signal.SIGSTOP)
        time.sleep(SESSION_SECONDS + 5)
        with _another(site, "worker", **elsewhere) as process:
            until(lambda: _ready(elsewhere), 60, "the worker elsewhere is ready")
            site.stage.signal("worker", signal.SIGCONT)
            until(lambda: process.poll() is not None or "worker ended with" in "".join(site.stage.unasked), 90, "one of both gives way")
        site.stage.until_ready("worker", limit_seconds=SESSION_SECONDS + 60)


def _ready(elsewhere: Mapping[str, str]) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{elsewhere['views_port']}/readyz", timeout=6, trust_env=False).is_success
    except httpx.TransportError:
        return False


def zombie(site: Site, board: Board) -> None:
    """The whole row."""
    prologue(site)
    beside(
        {
            "worker": lambda: _worker_suspended(site, board),
            "intake": lambda: _service_suspended(site, board, "intake"),
            "benefits": lambda: _service_suspended(site, board, "benefits"),
            "handover": lambda: _service_suspended(site, board, "handover"),
            "sink": lambda: _sink_suspended(site, board),
        }
    )
    epilogue(site, board, ZOMBIE, whole_run(site))


def _more_workers(site: Site, board: Board) -> None:
    for name in ("second", "third"):
        with board.cell(REBALANCE, f"a {name} worker elsewhere is refused, the first goes on"):
            _refused(site, "this version runs one worker", "worker", **_elsewhere(site, name))
            if site.stage.trouble("worker"):
                raise Failed(site.stage.trouble("worker"))
            moving(site.load, 1)
    with board.cell(REBALANCE, "a second worker on the same folder is refused, the first goes on"):
        _refused(site, "this version runs one worker", "worker", views_port=str(free_port()))
        moving(site.load, 1)


def _taken_over(site: Site, board: Board) -> None:
    """A worker that an init system starts again and again waits for its turn."""
    with board.cell(REBALANCE, "the first is killed, a waiting one takes over, and the first comes back"):
        port = str(free_port())
        site.stage.rest("worker")
        with _another(site, "worker", views_port=port):
            until(lambda: _ready({"views_port": port}), 60, "the second is ready")
            moving(site.load, 3)
        site.stage.wake("worker")
        site.stage.until_ready("worker")


def rebalance(site: Site, board: Board) -> None:
    """The whole row."""
    prologue(site)
    _more_workers(site, board)
    _taken_over(site, board)
    with at_random(site, board, ("worker",), REBALANCE):
        run = whole_run(site)
    epilogue(site, board, REBALANCE, run)
