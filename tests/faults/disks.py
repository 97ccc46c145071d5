"""Row `disk`: the disk under Kafka, under a log, under the views and under ClickHouse is full, and has room again later."""

import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.faults.board import Board
from tests.faults.killing import epilogue, prologue, whole_run
from tests.faults.load import moving
from tests.faults.site import Site
from tests.faults.stage import Failed, until

ROW = "disk"
MEGABYTES = {"kafka": 160, "benefits": 48, "views": 160, "clickhouse": 600}
FULL_SECONDS = 12.0
PIECE = 1 << 16
MOUNT, UNMOUNT = "/usr/bin/mount", "/usr/bin/umount"


def mounted(site: Site) -> None:
    """Give each of them a small disk of its own; needs a mount namespace in which we may mount, which `deploy/faults` makes."""
    for name, megabytes in MEGABYTES.items():
        place = site.settings.data / name
        place.mkdir(parents=True, exist_ok=True)
        argv = [MOUNT, "-t", "tmpfs", "-o", f"size={megabytes}m", "faults", str(place)]
        ended = subprocess.run(argv, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise Failed(f"cannot mount a small disk: {ended.stderr.strip()}; start with ./deploy/faults, as root")


def unmounted(site: Site) -> None:
    """Give them back."""
    for name in MEGABYTES:
        subprocess.run([UNMOUNT, "-l", str(site.settings.data / name)], capture_output=True, check=False)


def _fill(place: Path) -> Path:
    filler = place / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(PIECE))
    return filler


def _full(site: Site, board: Board, name: str, seen: Callable[[], object], what: str) -> None:
    with board.cell(ROW, f"{name}: full for {FULL_SECONDS:.0f} s, {what}"):
        filler = _fill(site.settings.data / name)
        try:
            until(seen, 60, what)
            time.sleep(FULL_SECONDS)
        finally:
            filler.unlink()
        site.stage.until_ready()
        moving(site.load, 2)


def disk(site: Site, board: Board) -> None:
    """The whole row."""
    stage = site.stage
    prologue(site)
    retried = site.ledger.retried
    _full(site, board, "benefits", lambda: site.ledger.retried > retried + 3, "commands are refused for now")
    _full(site, board, "kafka", lambda: not stage.running("kafka"), "the broker ends")
    _full(site, board, "clickhouse", lambda: stage.trouble("sink"), "the sink waits and says so")
    _full(site, board, "views", lambda: stage.trouble("worker"), "the worker says so or ends")
    run = whole_run(site)
    epilogue(site, board, ROW, run)
