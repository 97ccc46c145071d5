"""Put a backup back: every file checked, the log last and marked, so that its service lets nobody in until it is right."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.eventlog.restored import GENERATION, MARK, RESTORED, Mark
from services.recovery.alone import LOG, Alone
from services.recovery.backup import KEYS, Place, stamp
from services.recovery.durable import PRIVATE_FOLDER, copy_file, flush, require_sound
from services.recovery.inventory import Inventory, Unusable, digest, require_whole

ASIDE = "set-aside"
KEPT_IF_THERE = ("service/manifests/", "bank/", "processing/")
"""Named by their content or only ever added to: what still lies there is as new as the backup, or newer."""


class LogThere(Exception):
    """A log is in the way; the text says what to do."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """What was done: the inventory that was put back, and the file that stands ready with the mark."""

    inventory: Inventory
    set_aside: Path | None


def put_back(place: Place, backup: Path, now: datetime, *, set_aside: bool) -> PutBack:
    """Put the backup in place; the service may then be started, and begins by reading back.

    Raises `InUse`, `LogThere`, `Unusable`, and then nothing was changed; `OSError` and `sqlite3.Error`, and then there is no log
    and the same call again goes on. A store of keys that lived on stays: a key destroyed since the backup stays destroyed.
    """
    alone = Alone(place.folder)
    try:
        inventory = require_whole(backup, place.service)
        _require_secrets(place, backup, inventory)
        aside = _out_of_the_way(place, now) if set_aside else None
        if (place.folder / LOG).exists():
            raise LogThere(f"{place.folder / LOG} is there: give --set-aside to keep it beside the restored one; it is never overwritten")
        for file in inventory.files:
            _put_file(place, backup, file.path)
        _put_log(place, backup / "service" / LOG, inventory, now)
        return PutBack(inventory, aside)
    finally:
        alone.close()


def _require_secrets(place: Place, backup: Path, inventory: Inventory) -> None:
    """Under another secret no BSN and no account would be recognised."""
    for file in inventory.files:
        there = _target(place, file.path)
        if file.path.startswith("service/secrets/") and there.exists() and digest(there) != file.sha256:
            raise Unusable(
                f"{backup} was taken under another secret than {there}: is it a backup of this installation? If {there}"
                " was drawn by a start on an empty disk, after the disaster, move it away"
            )


def _out_of_the_way(place: Place, now: datetime) -> Path | None:
    """The log goes first and its companions after it: without the log none of them means anything."""
    found = [path for name in (LOG, f"{LOG}-wal", f"{LOG}-shm") if (path := place.folder / name).exists()]
    if not found:
        return None
    aside = place.folder / f"{ASIDE}-{stamp(now)}"
    aside.mkdir(mode=PRIVATE_FOLDER)
    for path in reversed(found):
        path.replace(aside / path.name)
    flush(aside)
    flush(place.folder)
    return aside


def _target(place: Place, path: str) -> Path:
    room, _, rest = path.partition("/")
    return {"service": place.folder, "bank": place.data / "bank", "processing": place.data / "processing"}[room] / rest


def _put_file(place: Place, backup: Path, path: str) -> None:
    target = _target(place, path)
    if path == f"service/{LOG}" or (path.startswith(KEPT_IF_THERE) and target.exists()):
        return
    if path == f"service/{KEYS}" and target.exists():
        _add_keys(target, backup / path)
        return
    mode = 0o640 if path.startswith("service/manifests/") else 0o600
    copy_file(backup / path, target, mode)


def _add_keys(target: Path, copy: Path) -> None:
    """A store that shares no key with the copy was begun after the disaster: it gets them all. Any other is newer and stays."""
    with closing(sqlite3.connect(target, isolation_level=None)) as keys:
        keys.execute("PRAGMA synchronous=FULL")
        keys.execute("ATTACH ? AS copy", (str(copy),))
        shared = keys.execute("SELECT count(*) FROM main.keys JOIN copy.keys USING (key_id)").fetchone()[0]
        if not shared:
            keys.execute("INSERT INTO main.keys SELECT * FROM copy.keys")


def _put_log(place: Place, source: Path, inventory: Inventory, now: datetime) -> None:
    """Marked before it is in its place: a crash leaves a marked log or none."""
    draft = place.folder / f".{LOG}.draft"
    for left in (draft, Path(f"{draft}-journal")):
        with suppress(FileNotFoundError):
            left.unlink()
    copy_file(source, draft)
    mark = Mark(backup_position=inventory.head).model_dump_json().encode()
    with closing(sqlite3.connect(draft)) as log:
        require_sound(log, source)
        rows = [(RESTORED, MARK, mark), (RESTORED, GENERATION, stamp(now).encode())]
        log.executemany("INSERT OR REPLACE INTO beside VALUES (?,?,?)", rows)
        log.commit()
    flush(draft)
    draft.replace(place.folder / LOG)
    flush(place.folder)
