"""A process of the product that suffers what it was ordered to: `doomed.py FOLDER PART -- serve benefits`."""

import os
import signal
import sys
import time
from pathlib import Path

from services.cli import main
from streams.reporting.store import StoreAway
from tests.faults.orders import Order, Orders, jumped
from tests.faults.points import NEWER, PARTS, shift_clocks, tell_more

FOR_EVER = 3_600.0


def suffer(order: Order) -> None:
    """Carry out an order on this very process, in the thread that passed the point."""
    deed, _, other = order.deed.partition(":")
    match deed:
        case "kill":
            os.kill(int(other or os.getpid()), signal.SIGKILL)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "hang":
            time.sleep(FOR_EVER)
        case "away":
            raise StoreAway(f"ordered at {order.point}")
        case _:
            raise AssertionError(f"nobody can {order.deed}")


def doom(folder: Path, part: str) -> None:
    """Put the points around the functions of this part."""
    orders = Orders(folder, part)

    def at(point: str) -> bool:
        order = orders.taken(point) if point else None
        if order is None or order.deed == "wait":
            return order is not None
        suffer(order)
        return False

    for wrap in PARTS[part]:
        wrap(at)
    shift_clocks(lambda: jumped(folder))
    if part == "handover" and (folder / NEWER).exists():
        tell_more()


if __name__ == "__main__":
    doom(Path(sys.argv[1]), sys.argv[2])
    sys.argv = ["backbone", *sys.argv[sys.argv.index("--") + 1 :]]
    main()
