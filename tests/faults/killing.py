"""Row `kill`: every process is killed with SIGKILL at each of its crash points, while a run goes from intake to bank statement."""

import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from tests.faults import points
from tests.faults.board import Board
from tests.faults.load import moving
from tests.faults.orders import Order
from tests.faults.site import Site
from tests.faults.stage import ALL, Failed, until

ROW = "kill"
MET_SECONDS = 60.0
BETWEEN_SECONDS = (1.0, 4.0)

EVERYWHERE = {
    "intake": (*points.SERVICE, *points.CLERK),
    "benefits": (*points.SERVICE, *points.REACTOR, *points.CLERK),
    "handover": (*points.SERVICE, *points.REACTOR, *points.CLERK),
    "worker": points.VIEWS,
    "sink": points.SINK,
}
"""What the load alone makes each process pass."""

OTHERS = ("intake", "handover", "worker", "sink")

RUN: Sequence[tuple[str, str]] = (
    (points.RUN, "prepare"),
    *((point, "prepare") for point in points.PREPARING),
    (points.RUN, "judge"),
    (points.RUN, "approve"),
    (points.RUN, "release"),
    *((point, "release") for point in points.RELEASING),
    *((point, "payment file") for point in points.FILES),
    (points.RUN, "hand over"),
    *((point, "bank answer") for point in points.SETTLING),
    (points.RUN, "close"),
)
"""What benefits passes in a run, in this order."""


def everywhere(site: Site, board: Board, wanted: dict[str, tuple[str, ...]] | None = None) -> None:
    """Each process at each point, all processes beside each other, under the load."""
    chosen = EVERYWHERE if wanted is None else wanted
    beside({name: partial(_one_part, site, board, name, chosen[name]) for name in chosen})


def beside(deeds: Mapping[str, Callable[[], object]]) -> None:
    """Do all of them at the same time."""
    threads = [threading.Thread(target=deed, name=name, daemon=True) for name, deed in deeds.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def whole_run(site: Site, meanwhile: Callable[[], object] = lambda: None) -> str:
    """An allowance run from preparation to close while something else goes on; the run's reference."""
    story, thread = site.story, threading.Thread(target=meanwhile, name="meanwhile", daemon=True)
    thread.start()
    run = story.prepare_run()
    story.approve_and_release(run)
    story.pay(run)
    story.close(run)
    thread.join()
    return run


def _one_part(site: Site, board: Board, name: str, wanted: Sequence[str]) -> None:
    orders = site.stage.orders(name)
    for point in wanted:
        with board.cell(ROW, f"{name} {point}"):
            met = len(orders.done())
            orders.place([Order(point)])
            if not orders.wait_for(met + 1, MET_SECONDS):
                orders.place([])
                raise Failed("the point was never passed")
            site.stage.until_ready(name)
            moving(site.load, 1)


def through_a_run(site: Site, board: Board, at: Sequence[tuple[str, str]] = RUN) -> str:
    """A whole run, benefits killed at each of its points, the others at random; the run's reference."""
    story = site.story
    with in_order(site, board, ROW, at):
        with at_random(site, board, OTHERS):
            run = story.prepare_run()
            story.approve_and_release(run)
            story.pay(run)
        story.close(run)
    return run


@contextmanager
def in_order(site: Site, board: Board, row: str, at: Sequence[tuple[str, str]], name: str = "benefits") -> Iterator[None]:
    """The process is killed at each of these points, one after the other, as it comes to them."""
    orders = site.stage.orders(name)
    before = len(orders.done())
    orders.place([Order(point) for point, _ in at])
    watcher = threading.Thread(target=_met, args=(site, board, row, name, at, before), daemon=True)
    watcher.start()
    yield
    watcher.join(MET_SECONDS)


def _met(site: Site, board: Board, row: str, name: str, at: Sequence[tuple[str, str]], before: int) -> None:
    orders = site.stage.orders(name)
    for number, (point, what) in enumerate(at, start=1):
        with board.cell(row, f"{name} {point}, {what}"):
            if not orders.wait_for(before + number, MET_SECONDS):
                orders.place(orders.waiting()[1:])
                raise Failed("the point was never passed")


@contextmanager
def at_random(
    site: Site, board: Board, names: Sequence[str], row: str = ROW, seed: int = 1, recovered: Callable[[str], object] = lambda _name: None
) -> Iterator[None]:
    """Now and then one of these is killed, at whatever moment that is; the next one not before `recovered` has seen that it is over."""
    stop, chance, killed = threading.Event(), random.Random(seed), list[str]()

    def strike() -> None:
        while not stop.wait(chance.uniform(*BETWEEN_SECONDS)):
            name = chance.choice(list(names))
            if site.stage.running(name):
                site.stage.kill(name)
                killed.append(name)
                recovered(name)

    thread = threading.Thread(target=strike, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        if not killed:
            site.stage.kill(names[0])
            killed.append(names[0])
            until(lambda: not site.stage.running(names[0]), 10, f"{names[0]} is killed")
    with board.cell(row, "at random: " + ", ".join(f"{killed.count(name)} x {name}" for name in names)):
        site.stage.until_ready()


def prologue(site: Site) -> None:
    """The region comes in, under the load."""
    story = site.story
    story.form_teams()
    site.load.start()
    story.register_households()
    story.bind_accounts()
    story.record_opening_balances()
    story.receive_applications()


def epilogue(site: Site, board: Board, row: str, run: str) -> None:
    """Faults have stopped, and an allowance run was closed."""
    ended(site, board, row, lambda: site.agreed(run))


def ended(site: Site, board: Board, row: str, agreed: Callable[[], object]) -> None:
    """Faults have stopped: everything arrives, every answer was allowed, every invariant holds."""
    with board.cell(row, "ends: load stops, all are ready"):
        site.load.stop()
        site.stage.until_ready(*ALL)
    with board.cell(row, "ends: run = bank = views = ClickHouse"):
        agreed()
    with board.cell(row, "ends: verify, views = their rebuild"):
        site.verified()
    with board.cell(row, f"ends: {len(site.ledger.answers):,} commands, {site.ledger.retried:,} tries again, all answers allowed"):
        site.judged()


def kill(site: Site, board: Board) -> None:
    """The whole row."""
    prologue(site)
    everywhere(site, board)
    run = through_a_run(site, board)
    epilogue(site, board, ROW, run)
