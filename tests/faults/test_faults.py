"""A handful of the fault matrix on real processes under load; `./deploy/faults` has all of it."""

from functools import partial
from pathlib import Path

import pytest

from tests.faults import points
from tests.faults.board import Board
from tests.faults.hanging import suffered
from tests.faults.killing import ROW, beside, epilogue, everywhere, prologue, through_a_run
from tests.faults.network import answers_lost
from tests.faults.orders import Order
from tests.faults.site import Site, Terms, perform, site

pytestmark = pytest.mark.timeout(300)

TERMS = Terms({"BACKBONE_HANG_SECONDS": "15"}, is_proxied=True)
KILLED = {
    "intake": ("log:committed", "relay:acknowledged"),
    "handover": ("reactor:handled",),
    "worker": ("view:changelog",),
}
HUNG = Order("sink:inserted", "hang")
IN_THE_RUN = ((points.RUN, "release"), ("files:bytes", "payment file"), (points.RUN, "hand over"), ("bank:settled", "bank answer"))


def test_a_run_with_killed_and_hung_processes_and_lost_answers_ends_right_to_the_cent(tmp_path: Path) -> None:
    board = Board()

    def scenario(made: Site) -> None:
        prologue(made)
        beside({"killed": partial(everywhere, made, board, KILLED), "hung": partial(suffered, made, board, "sink", HUNG)})
        answers_lost(made, board, "benefits")
        run = through_a_run(made, board, IN_THE_RUN)
        epilogue(made, board, ROW, run)

    perform(site(tmp_path, TERMS), scenario)

    assert [cell for cell in board.cells if cell.wrong] == []
    assert len(board.cells) == 15
