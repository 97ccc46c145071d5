"""Rows `store`, `torn`, `memory` and `clickhouse`: what a process rests on is damaged, old, short or away."""

import os
import random
import resource
import shutil
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.faults.board import Board
from tests.faults.killing import MET_SECONDS, epilogue, prologue, whole_run
from tests.faults.load import moving
from tests.faults.orders import Order
from tests.faults.site import Site
from tests.faults.stage import Failed, until

STORE, TORN, MEMORY, CLICKHOUSE = "store", "torn", "memory", "clickhouse"
VIEW = "contact-view"
AWAY_SECONDS = 40.0
TORN_BYTES = 1_500
SOME_BYTES = 200
HEADROOM_BYTES = 24 * 2**20


def _each_table(site: Site, deed: Callable[[Path], object]) -> None:
    """Do it to the folder of each partition of the view."""
    places = sorted((site.settings.data / "views").rglob(f"{VIEW}-*.db"))
    assert places
    for place in places:
        deed(place)


def _damaged(site: Site, board: Board, what: str, damage: Callable[[], None]) -> None:
    """Whatever happens to the store of a view, it is noticed or mended, and the operator's rebuild brings it back right."""
    with board.cell(STORE, what):
        site.stage.rest("worker")
        damage()
        site.stage.wake("worker")
        try:
            site.stage.until_ready("worker", limit_seconds=40)
        except Failed:
            site.stage.rest("worker")
            ended = site.command("rebuild", VIEW)
            if ended.returncode:
                raise Failed(ended.stdout + ended.stderr) from None
            site.stage.wake("worker")
            site.stage.until_ready("worker")
        moving(site.load, 3)
        _same(site)


def _same(site: Site) -> None:
    ended = site.command("rebuild", VIEW, "--check")
    if ended.returncode:
        raise Failed(ended.stdout + ended.stderr)


def _flip(chance: random.Random, place: Path) -> None:
    """Other bytes in the middle of every file of a folder that has some."""
    for file in [
        each for each in sorted(place.iterdir()) if each.is_file() and each.suffix in {".sst", ".log"} and each.stat().st_size > 200
    ]:
        content = bytearray(file.read_bytes())
        for _ in range(8):
            content[chance.randrange(len(content))] ^= 0xFF
        file.write_bytes(content)


def _truncate(place: Path) -> None:
    for file in place.glob("*.log"):
        os.truncate(file, file.stat().st_size // 2)


def store(site: Site, board: Board) -> None:
    """The whole row."""
    chance = random.Random(3)
    prologue(site)
    old = site.folder / "old-views"
    site.stage.rest("worker")
    shutil.copytree(site.settings.data / "views", old)
    site.stage.wake("worker")
    site.stage.until_ready("worker")
    moving(site.load, 10)
    _damaged(site, board, "an older copy of the views' store is put back", lambda: _put_back(site, old))
    _damaged(site, board, "the views' store is gone", partial(_each_table, site, shutil.rmtree))
    _damaged(site, board, "the tail of the views' store is cut off", partial(_each_table, site, _truncate))
    _damaged(site, board, "bytes of the views' store are flipped", partial(_each_table, site, partial(_flip, chance)))
    epilogue(site, board, STORE, whole_run(site))


def _put_back(site: Site, old: Path) -> None:
    shutil.rmtree(site.settings.data / "views")
    shutil.copytree(old, site.settings.data / "views")


def _limit_file(pid: int, most_bytes: int) -> None:
    """From here on a write beyond so many bytes is cut off in the middle."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most_bytes, hard))


def _torn_log(site: Site, board: Board, name: str) -> None:
    """A write to the log breaks off; commands are refused for now, and after a kill -9 nothing that was answered is missing."""
    with board.cell(TORN, f"{name}: writes to the log torn, then kill -9"):
        wal, retried = site.settings.data / name / "log.sqlite-wal", site.ledger.retried
        _limit_file(site.stage.pid(name), wal.stat().st_size + TORN_BYTES if wal.exists() else TORN_BYTES)
        until(lambda: site.ledger.retried > retried + 3, 30, "commands are refused for now")
        site.stage.kill(name)
        site.stage.until_ready(name, limit_seconds=60)
        moving(site.load, 3)


def _torn_and_healed(site: Site, board: Board, name: str) -> None:
    with board.cell(TORN, f"{name}: writes to the log torn, then possible again"):
        wal, retried, pid = site.settings.data / name / "log.sqlite-wal", site.ledger.retried, site.stage.pid(name)
        _limit_file(pid, wal.stat().st_size + TORN_BYTES if wal.exists() else TORN_BYTES)
        until(lambda: site.ledger.retried > retried + 3, 30, "commands are refused for now")
        _limit_file(pid, resource.RLIM_INFINITY)
        moving(site.load, 3)
        if site.stage.pid(name) != pid:
            raise Failed("the process did not live on")


def _garbage_behind(site: Site, board: Board, name: str) -> None:
    with board.cell(TORN, f"{name}: garbage behind the end of the log after a kill -9"):
        wal = site.settings.data / name / "log.sqlite-wal"
        site.stage.rest(name)
        with wal.open("ab") as file:
            file.write(random.Random(name).randbytes(6_000))
        site.stage.wake(name)
        site.stage.until_ready(name)
        moving(site.load, 3)


def _torn_payment_file(site: Site, board: Board) -> str:
    """Half a payment file on disk is no payment file. The first file of a run that is written in two halves is its manifest."""
    orders, stage = site.stage.orders("benefits"), site.stage

    def killed() -> None:
        with board.cell(TORN, "benefits: half a payment file on disk, then kill -9"):
            if not orders.wait_for(met + 1, MET_SECONDS):
                raise Failed("the point was never passed")
            named = [*(site.settings.data / "bank" / "out").glob("*.xml")]
            stage.wake("benefits")
            if named:
                raise Failed("half a file has its name")
            stage.until_ready("benefits")

    met = len(orders.done())
    orders.place([Order("file:half-written", turn=2)])
    stage.resting.add("benefits")
    return whole_run(site, killed)


def torn(site: Site, board: Board) -> None:
    """The whole row."""
    prologue(site)
    for name in ("intake", "benefits", "handover"):
        _torn_log(site, board, name)
        _torn_and_healed(site, board, name)
        _garbage_behind(site, board, name)
    epilogue(site, board, TORN, _torn_payment_file(site, board))


def _resident(pid: int) -> int:
    """Address space in use, in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def _short_of_memory(site: Site, board: Board, name: str) -> None:
    """It does what it can, or ends; with memory again its successor goes on."""
    with board.cell(MEMORY, f"{name}: little more memory than it has"):
        pid = site.stage.pid(name)
        _, hard = resource.prlimit(pid, resource.RLIMIT_AS)
        resource.prlimit(pid, resource.RLIMIT_AS, (_resident(pid) + HEADROOM_BYTES, hard))
        time.sleep(12)
        if site.stage.running(name) and site.stage.pid(name) == pid:
            site.stage.signal(name, signal.SIGKILL)
            until(lambda: site.stage.pid(name) != pid, 30, "its successor starts")
        site.stage.until_ready(name)
        moving(site.load, 3)


def memory(site: Site, board: Board) -> None:
    """The whole row."""
    prologue(site)
    for name in ("intake", "benefits", "handover", "worker", "sink"):
        _short_of_memory(site, board, name)
    epilogue(site, board, MEMORY, whole_run(site))


def clickhouse(site: Site, board: Board) -> None:
    """The whole row: ClickHouse, which lives in the sink, is away while facts go on, and while a run goes on."""
    prologue(site)
    with board.cell(CLICKHOUSE, f"away for {AWAY_SECONDS:.0f} s, and back"):
        site.stage.rest("sink")
        moving(site.load, 20)
        time.sleep(AWAY_SECONDS)
        site.stage.wake("sink")
        site.stage.until_ready("sink")
    with board.cell(CLICKHOUSE, "an insert fails, and again"):
        orders = site.stage.orders("sink")
        met = len(orders.done())
        orders.place([Order("sink:insert", "away"), Order("sink:insert", "away")])
        if not orders.wait_for(met + 2, MET_SECONDS):
            raise Failed("the point was never passed")
        site.stage.until_ready("sink")
    with board.cell(CLICKHOUSE, "away during a whole run, and back"):
        site.stage.rest("sink")
        run = whole_run(site)
        site.stage.wake("sink")
        site.stage.until_ready("sink")
    epilogue(site, board, CLICKHOUSE, run)
