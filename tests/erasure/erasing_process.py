"""A child process in which a client is erased on real files, and which dies at a point that it is told."""

import os
from pathlib import Path

from services.contracts.codec import published
from services.eventlog.log import EventLog
from services.eventlog.sqlite import SqliteLog
from services.vault.sqlite_keys import SqliteKeys
from tests.erasure.region import YEARS, Region
from tests.faults.points import _commits, around

KILLED = 9


def on_files(folder: Path) -> Region:
    """Three services on files; what was told before is told again, as at a start."""

    def log(service: str) -> EventLog:
        return SqliteLog(service, folder / service / "log.sqlite", published())

    return Region(folder, log, lambda service: SqliteKeys(folder / service / "keys.sqlite"))


def scrubs(region: Region) -> None:
    """As a service does at its start."""
    for log in region.logs.values():
        log.submit(lambda tx: tx.scrub()).result(10)


def closes(region: Region) -> None:
    for service, log in region.logs.items():
        log.close()
        region.vaults[service]._keys.close()  # type: ignore[attr-defined]  # on files


def erase(folder: str, client: str, dies_at: int) -> None:
    """Erase a client; the process ends by itself as kill -9 does at the point of this number, counted from 1 (0: never)."""
    passed: list[str] = []
    armed: list[bool] = []

    def at(point: str) -> bool:
        passed.extend(filter(None, [point]))
        if armed and len(passed) == dies_at:
            os._exit(KILLED)
        return False

    _commits(at)
    around(SqliteKeys, "destroy", lambda: at("key:before"), lambda: at("key:gone"))
    region = on_files(Path(folder))
    scrubs(region)
    region.time += 11 * YEARS
    passed.clear()
    armed.extend([True] if dies_at else [])
    region.carries()
    region.asks(client)
    region.carries()
    closes(region)
