"""Row `hang`: a thread, an event loop or something awaited never comes back: readiness turns red, and the process ends."""

from collections.abc import Sequence
from functools import partial

from tests.faults.board import Board
from tests.faults.killing import MET_SECONDS, beside, epilogue, prologue, whole_run
from tests.faults.load import moving
from tests.faults.orders import Order
from tests.faults.site import Site, Terms
from tests.faults.stage import Failed, until

ROW = "hang"
HANG_SECONDS = 6
"""Short, so that the row is; a busy machine may need more (`test_faults.py`)."""
TERMS = Terms({"BACKBONE_HANG_SECONDS": str(HANG_SECONDS)})
ENDED_SECONDS = 75.0

HUNG = {
    "intake": (Order("log:before-commit", "hang"), Order("relay:acknowledged", "hang")),
    "benefits": (Order("reactor:before-handle", "hang"), Order("log:before-append", "hang")),
    "handover": (Order("reactor:handled", "hang"), Order("relay:sent", "hang")),
    "worker": (Order("view:before-changelog", "wait"), Order("view:changelog", "hang"), Order("view:before-offset", "wait")),
    "sink": (Order("sink:before-insert", "hang"), Order("sink:inserted", "hang")),
}
IN_THE_RUN = (Order("run:answered", "hang"), Order("jobs:decided", "hang"))
"""The event loop of benefits, and its work in the background, which has five times the time."""


def _each(site: Site, board: Board, name: str, wanted: Sequence[Order]) -> None:
    for order in wanted:
        suffered(site, board, name, order)


def suffered(site: Site, board: Board, name: str, order: Order) -> None:
    orders, stage = site.stage.orders(name), site.stage
    with board.cell(ROW, f"{name} {order.point}, {'awaited' if order.deed == 'wait' else 'blocked'}"):
        met, ended = len(orders.done()), stage.unasked.count(f"{name} ended with 1")
        orders.place([order])
        if not orders.wait_for(met + 1, MET_SECONDS):
            raise Failed("the point was never passed")
        until(lambda: stage.trouble(name), ENDED_SECONDS, "readiness turns red")
        until(lambda: stage.unasked.count(f"{name} ended with 1") > ended, ENDED_SECONDS, f"{name} ends with exit code 1")
        stage.until_ready(name)
        moving(site.load, 1)


def hang(site: Site, board: Board) -> None:
    """The whole row."""
    prologue(site)
    beside({name: partial(_each, site, board, name, HUNG[name]) for name in HUNG})
    run = whole_run(site, partial(_each, site, board, "benefits", IN_THE_RUN))
    epilogue(site, board, ROW, run)
