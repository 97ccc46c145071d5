"""Row `network`: the network to Kafka, and the one between staff and services, is slow, deaf or cut, or loses answers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.processes import SERVICES
from tests.faults.board import Board
from tests.faults.killing import epilogue, prologue, whole_run
from tests.faults.load import moving
from tests.faults.proxy import Weather
from tests.faults.site import Site, Terms

ROW = "network"
TERMS = Terms(is_proxied=True)
LOST = 5


@contextmanager
def _weather(site: Site, name: str, **how: float) -> Iterator[Weather]:
    """So long as this lasts; afterwards the network is as before."""
    proxy = site.proxies[name]
    proxy.weather = Weather(**how)  # type: ignore[arg-type]  # bools and numbers by name
    try:
        yield proxy.weather
    finally:
        proxy.weather = Weather()


def _kafka(site: Site, board: Board, what: str, seconds: float, **how: float) -> None:
    with board.cell(ROW, f"Kafka {what}, {seconds:.0f} s"):
        with _weather(site, "kafka", **how):
            if how.get("is_cut"):
                site.proxies["kafka"].cut()
            moving(site.load, 2)
            time.sleep(seconds)
        site.stage.until_ready()
        moving(site.load, 2)


def _cut_now_and_then(site: Site, board: Board) -> None:
    with board.cell(ROW, "Kafka: all connections cut, 5 times"):
        for _ in range(5):
            site.proxies["kafka"].cut()
            time.sleep(1.5)
        site.stage.until_ready()


def answers_lost(site: Site, board: Board, name: str) -> None:
    """Carried out, and the caller is told nothing: the repeat under the same key gets the first answer."""
    with board.cell(ROW, f"{name}: {LOST} answers lost"), _weather(site, name, lost_answers=LOST) as weather:
        while weather.lost_answers:
            moving(site.load, 1)
        moving(site.load, 5)


def network(site: Site, board: Board) -> None:
    """The whole row."""
    prologue(site)
    for name in SERVICES:
        answers_lost(site, board, name)
    _kafka(site, board, "slow by 200 ms each way", 10, delay_seconds=0.2)
    _cut_now_and_then(site, board)
    _kafka(site, board, "cut off", 12, is_cut=True)
    _kafka(site, board, "half-open: hears nothing", 25, is_deaf_upstream=True)
    _kafka(site, board, "half-open: is not heard", 25, is_deaf_downstream=True)

    def lossy() -> None:
        for _ in range(3):
            site.proxies["benefits"].weather.lost_answers = 2
            time.sleep(1)

    run = whole_run(site, lossy)
    epilogue(site, board, ROW, run)
