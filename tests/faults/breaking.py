"""Row `broker`: Kafka is killed while a process is in the middle of speaking to it, suspended, and away for a while."""

import signal
import time
from functools import partial

from services.processes import SERVICES
from tests.faults.board import Board
from tests.faults.killing import MET_SECONDS, at_random, epilogue, prologue, whole_run
from tests.faults.load import moving
from tests.faults.orders import Order
from tests.faults.site import Site
from tests.faults.stage import Failed, until

ROW = "broker"
AWAY_SECONDS = 25.0
SUSPENDED_SECONDS = 15.0
RED_SECONDS = 60.0
HELD_SECONDS = 60.0

KILLED_AT = (
    ("intake", "relay:sent"),
    ("handover", "relay:acknowledged"),
    ("benefits", "reactor:handled"),
    ("worker", "view:before-changelog"),
    ("worker", "view:before-offset"),
    ("sink", "sink:before-insert"),
)


def _killed_at(site: Site, board: Board, name: str, point: str) -> None:
    stage, orders = site.stage, site.stage.orders(name)
    with board.cell(ROW, f"killed at {name} {point}"):
        met, killed = len(orders.done()), stage.pid("kafka")
        orders.place([Order(point, f"kill:{killed}")])
        if not orders.wait_for(met + 1, MET_SECONDS):
            raise Failed("the point was never passed")
        until(lambda: stage.pid("kafka") != killed and stage.answers(), 60, "the broker is back")
        stage.until_ready()
        moving(site.load, 1)
        _recovered(site)


def _away(site: Site, board: Board) -> None:
    """Commands are taken all the while, and readiness says that nothing arrives."""
    with board.cell(ROW, f"away for {AWAY_SECONDS:.0f} s, commands taken all the while"):
        site.stage.rest("kafka")
        began = time.monotonic()
        moving(site.load, 5)
        for name in ("intake", "worker", "sink"):
            until(lambda name=name: site.stage.trouble(name), RED_SECONDS, f"readiness of {name} turns red")  # type: ignore[misc]  # default binds the loop
        time.sleep(max(0.0, AWAY_SECONDS - (time.monotonic() - began)))
        site.stage.wake("kafka")
        site.stage.until_ready()
        _recovered(site)


def _suspended(site: Site, board: Board) -> None:
    with board.cell(ROW, f"suspended for {SUSPENDED_SECONDS:.0f} s"):
        site.stage.signal("kafka", signal.SIGSTOP)
        time.sleep(SUSPENDED_SECONDS)
        site.stage.signal("kafka", signal.SIGCONT)
        site.stage.until_ready()
        moving(site.load, 1)
        _recovered(site)


def _recovered(site: Site, name: str = "kafka") -> None:
    """Who came in while the broker was away has a contact person: a broker that dies on and on is one long fault, and no promise holds."""
    if name == "kafka":
        site.stage.until_ready(*SERVICES)
        waiting = set(site.told("intake", "intake-accepted"))
        until(lambda: waiting <= set(site.told("handover", "baton-opened")), HELD_SECONDS, "everybody who came in has a contact person")


def broker(site: Site, board: Board) -> None:
    """The whole row."""
    prologue(site)
    for name, point in KILLED_AT:
        _killed_at(site, board, name, point)
    _suspended(site, board)
    _away(site, board)
    with at_random(site, board, ("kafka", "worker", "sink"), ROW, recovered=partial(_recovered, site)):
        run = whole_run(site)
    epilogue(site, board, ROW, run)
