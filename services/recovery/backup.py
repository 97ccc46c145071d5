"""Take a copy of a service while it runs: its log, keys, secrets, manifests and bank files, as of one position or later."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from services.recovery.alone import LOG
from services.recovery.durable import PRIVATE_FILE, PRIVATE_FOLDER, copy_database, copy_file, flush, private_folder
from services.recovery.inventory import NAME, Inventory, Unusable, copied, read

KEYS = "keys.sqlite"
KEYS_LIVE = timedelta(days=30)
"""A destroyed key must be gone from the backups as well within this time, or nobody was ever erased."""

DRAFT = ".draft-"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files of a service lie under the data folder; only benefits has files for the bank."""

    data: Path
    service: str

    @property
    def folder(self) -> Path:
        """Log, keys, secrets and manifests."""
        return self.data / self.service

    @property
    def trees(self) -> dict[str, Path]:
        """Folders of plain files, by where they lie in a backup."""
        bank = {f"bank/{name}": self.data / "bank" / name for name in ("out", "in")} if self.service == "benefits" else {}
        return {
            "service/secrets": self.folder / "secrets",
            "service/manifests": self.folder / "manifests",
            f"processing/{self.service}": self.data / "processing" / self.service,
            **bank,
        }


def stamp(moment: datetime) -> str:
    """A moment (UTC) as part of a name; the order of names is that of time."""
    return f"{moment:%Y%m%dT%H%M%S%fZ}"


def back_up(place: Place, target: Path, now: datetime) -> Path:
    """Copy a service into a new folder under `target` and return it; the folder is whole or not there.

    The log is copied first: what its facts name (keys, manifests, files) was durable before them, so the later copies
    have it all. Raises `FileNotFoundError` without a log, `OSError` and `sqlite3.Error`; a draft is left for the next run to remove.
    """
    if not (place.folder / LOG).exists():
        raise FileNotFoundError(f"{place.folder / LOG} is not there: nothing to back up")
    final = target / f"{place.service}-{stamp(now)}"
    draft = target / f"{DRAFT}{final.name}"
    private_folder(target)
    for left in target.glob(f"{DRAFT}{place.service}-*"):
        shutil.rmtree(left)
    draft.mkdir(mode=PRIVATE_FOLDER)
    _copy(place, draft)
    _write_inventory(place, draft, now)
    draft.replace(final)
    flush(target)
    return final


def _copy(place: Place, draft: Path) -> None:
    copy_database(place.folder / LOG, draft / "service" / LOG)
    if (place.folder / KEYS).exists():
        copy_database(place.folder / KEYS, draft / "service" / KEYS)
    for name, tree in place.trees.items():
        for file in _files(tree):
            copy_file(file, draft / name / file.relative_to(tree))


def _files(tree: Path) -> Iterator[Path]:
    """Files of a folder without drafts, which nothing rests on yet."""
    return (path for path in sorted(tree.rglob("*")) if path.is_file() and not path.name.startswith("."))


def _write_inventory(place: Place, draft: Path, now: datetime) -> None:
    with closing(sqlite3.connect(draft / "service" / LOG)) as log:
        head = int(log.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()[0])
    inventory = Inventory(service=place.service, taken_at=now, head=head, files=copied(draft))
    path = draft / NAME
    path.touch(mode=PRIVATE_FILE)
    path.write_text(inventory.model_dump_json(indent=1) + "\n", encoding="utf-8")
    flush(path)
    flush(draft)


def prune(target: Path, service: str, now: datetime) -> list[Path]:
    """Remove backups whose keys are older than `KEYS_LIVE`, and return them; called after a newer one is in its place."""
    old = [folder for folder in sorted(target.glob(f"{service}-*")) if _is_old(folder, now)]
    for folder in old:
        shutil.rmtree(folder)
    return old


def _is_old(folder: Path, now: datetime) -> bool:
    """A folder that is no whole backup stays: a person decides about it."""
    try:
        return read(folder).taken_at < now - KEYS_LIVE
    except Unusable:
        return False
