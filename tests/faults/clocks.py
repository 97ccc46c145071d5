"""Row `clock`: the clock of the machine jumps, forward, back and over a year; moments that came meanwhile are acted on once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.processes import SERVICES
from tests.faults import points
from tests.faults.board import Board
from tests.faults.killing import MET_SECONDS, epilogue, prologue, whole_run
from tests.faults.load import moving
from tests.faults.orders import Order, jump
from tests.faults.site import Site
from tests.faults.stage import Failed, until

ROW = "clock"
HOUR, DAY = 3_600, 86_400
UNDER_WAY_SECONDS = 4.0
"""For what is under way between the services, so that it is not measured over the jump."""


@contextmanager
def _jumped(site: Site, seconds: int) -> Iterator[None]:
    """Every service sees another time, while nothing is under way."""
    site.load.pause()
    time.sleep(UNDER_WAY_SECONDS)
    jump(site.stage.orders_folder, seconds)
    site.load.go_on()
    try:
        yield
    finally:
        site.load.pause()
        time.sleep(UNDER_WAY_SECONDS)
        jump(site.stage.orders_folder, 0)
        site.load.go_on()


def _jump(site: Site, board: Board, what: str, seconds: int) -> None:
    with board.cell(ROW, f"{what}: no timed command, readiness red, commands go on"):
        with _jumped(site, seconds):
            until(lambda: "jumped" in (site.stage.trouble("intake") or ""), 20, "readiness says that the clock jumped")
            moving(site.load, 3)
        site.stage.until_ready(*SERVICES)
        moving(site.load, 2)


def _moments(site: Site, board: Board) -> None:
    """As after a long downtime: intake starts in another year, and dies at each point of the clock."""
    orders = site.stage.orders("intake")
    with _jumped(site, 400 * DAY):
        met = len(orders.done())
        orders.place([Order(point) for point in points.CLOCK])
        site.stage.kill("intake")
        for number, point in enumerate(points.CLOCK, start=1):
            with board.cell(ROW, f"downtime of 400 days, intake killed at {point}"):
                if not orders.wait_for(met + number, MET_SECONDS):
                    orders.place([])
                    raise Failed("the point was never passed")
        with board.cell(ROW, "every moment that came is acted on"):
            site.stage.until_ready("intake")
    with board.cell(ROW, "back in its own year, and started again"):
        site.stage.kill("intake")
        site.stage.until_ready("intake")
        moving(site.load, 2)


def clock(site: Site, board: Board) -> None:
    """The whole row."""
    prologue(site)
    _jump(site, board, "forward by 2 hours", 2 * HOUR)
    _jump(site, board, "back by 2 hours", -2 * HOUR)
    _jump(site, board, "forward by 400 days", 400 * DAY)
    _jump(site, board, "back by 400 days", -400 * DAY)
    _moments(site, board)
    epilogue(site, board, ROW, whole_run(site))
