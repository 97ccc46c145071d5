"""Copies that survive a power cut: written beside their place, flushed, and renamed into it."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
BUSY_SECONDS = 30.0


def copy_database(source: Path, target: Path) -> None:
    """A SQLite database as one moment saw it, while others go on writing to it. Raises `sqlite3.Error`."""
    private_folder(target.parent)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
    place = f"file:{quote(str(source))}?mode=ro"
    with closing(sqlite3.connect(place, uri=True, timeout=BUSY_SECONDS)) as live, closing(sqlite3.connect(target)) as copy:
        # All pages in one step: one snapshot, which the writer neither waits for nor disturbs.
        live.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")
        require_sound(copy, target)
    flush(target)


def require_sound(connection: sqlite3.Connection, path: Path) -> None:
    """Raise `sqlite3.DatabaseError` unless SQLite finds the database whole."""
    said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise sqlite3.DatabaseError(f"{path}: {said}")


def copy_file(source: Path, target: Path, mode: int = PRIVATE_FILE) -> None:
    """A file, whole in its place or not there; over an older one. Raises `OSError`."""
    private_folder(target.parent)
    draft = target.with_name(f".{target.name}.draft")
    with source.open("rb") as origin, os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, mode), "wb") as copy:
        shutil.copyfileobj(origin, copy)
    flush(draft)
    draft.replace(target)
    flush(target.parent)


def private_folder(path: Path) -> None:
    """A folder that is there, for its owner alone; so is every folder above it that had to be made."""
    if not path.exists():
        private_folder(path.parent)
        path.mkdir(mode=PRIVATE_FOLDER)


def flush(path: Path) -> None:
    """Have a file or folder on the disk itself."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
