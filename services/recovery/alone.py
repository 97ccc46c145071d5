"""A service's folder is in one pair of hands: its process, or whoever restores it."""

import fcntl
import os
from pathlib import Path
from typing import IO

LOCK = "in-use"
LOG = "log.sqlite"


class InUse(Exception):
    """The service runs, or is being restored; the text says what to do."""


class LogGone(Exception):
    """A service that was here before has no log any more; the text says what to do."""


class Alone:
    """Holds the folder of a service until `close`, or until the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock: IO[str] = (folder / LOCK).open("a+", encoding="ascii")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "unknown"
            self._lock.close()
            raise InUse(f"{folder} is in use by process {holder}: stop that one first") from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def close(self) -> None:
        """Let others have it."""
        self._lock.close()


def require_log(folder: Path) -> None:
    """Raise `LogGone` where a service lived and its log is not: an empty one would give every version out again."""
    if (folder / LOCK).exists() and not (folder / LOG).exists():
        raise LogGone(
            f"{folder / LOG} is gone, and this service was here before: put a backup back with `backbone restore`."
            " Starting on an empty log would lose facts and could pay twice"
        )
