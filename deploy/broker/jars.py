"""The Kafka jars lie in a cache of the checkout, and none is used whose sha256 is not the locked one."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from jgo.env import LockedDependency, LockFile
from jgo.maven import MavenContext

LOCK: Final = Path(__file__).with_name("jars.lock")
"""Written by `deploy/lock`, read with jgo, never resolved afresh at start."""

_FETCHERS: Final = 8
_REQUEST_LIMIT_S: Final = 60
_SHA256_HEX_DIGITS: Final = 64

Progress = Callable[[int, int], None]


class JarsRefused(RuntimeError):
    """The lock or a jar is not what was agreed; the text says which and what to do."""


def cache_folder() -> Path:
    """Where the jars are kept: `BACKBONE_JARS`, else `.jars` in the checkout."""
    chosen = os.environ.get("BACKBONE_JARS")
    return Path(chosen).resolve() if chosen else Path(__file__).resolve().parents[2] / ".jars"


def class_path(cache: Path, lock: Path = LOCK, progress: Progress = lambda _done, _all: None) -> str:
    """Java class path of the locked jars, fetching what is missing.

    `progress` is told (jars present, jars in all). Raises JarsRefused when the lock has an entry without
    a sha256, when a jar has another one, or cannot be fetched. Every jar is read at every start (43 MB, 0.1 s).
    """
    entries = locked(lock)
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache):
        _fetch(cache, [entry for entry in entries if not _place(cache, entry).exists()], len(entries), progress)
        for entry in entries:
            _require(_place(cache, entry), entry)
    return os.pathsep.join(str(_place(cache, entry)) for entry in entries)


def locked(lock: Path) -> list[LockedDependency]:
    """Entries of a lock, each with a whole sha256; raises JarsRefused for an empty or unpinned lock."""
    entries: list[LockedDependency] = LockFile.load(lock).dependencies
    unpinned = [_title(entry) for entry in entries if len(entry.sha256 or "") != _SHA256_HEX_DIGITS]
    if unpinned or not entries:
        raise JarsRefused(f"{lock.name}: no sha256 for {', '.join(unpinned) or 'anything'}; run deploy/lock")
    return entries


def _fetch(cache: Path, missing: list[LockedDependency], total: int, progress: Progress) -> None:
    if not missing:
        return
    present = total - len(missing)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".incoming-") as incoming, ThreadPoolExecutor(_FETCHERS) as pool:
        context = MavenContext(repo_cache=Path(incoming), timeout=_REQUEST_LIMIT_S)
        progress(present, total)
        for done, arrival in enumerate(as_completed([pool.submit(_bring, context, cache, entry) for entry in missing]), 1):
            arrival.result()
            progress(present + done, total)


def _bring(context: MavenContext, cache: Path, entry: LockedDependency) -> None:
    """Download beside the cache and move in only what matches: an interrupted download leaves nothing behind."""
    artifact = context.project(entry.groupId, entry.artifactId).at_version(entry.version).artifact(entry.classifier or "", entry.packaging)
    try:
        arrived = Path(artifact.resolve())
    except (OSError, RuntimeError) as failure:
        raise JarsRefused(f"{_title(entry)} did not arrive ({failure}); start again, what did arrive is kept") from failure
    _require(arrived, entry)
    place = _place(cache, entry)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(arrived, place)


def _require(jar: Path, entry: LockedDependency) -> None:
    with jar.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != entry.sha256:
        raise JarsRefused(f"{_title(entry)} has sha256 {found}, locked is {entry.sha256}; remove {jar} and start again")


def _place(cache: Path, entry: LockedDependency) -> Path:
    version = "-".join(filter(None, (entry.version, entry.classifier)))
    return cache / f"{entry.groupId}.{entry.artifactId}-{version}.{entry.packaging}"


def _title(entry: LockedDependency) -> str:
    return f"{entry.groupId}:{entry.artifactId}:{entry.version}"


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Two starts at once fetch one after the other."""
    with (cache / ".lock").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield
