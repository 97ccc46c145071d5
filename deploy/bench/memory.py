"""How much memory processes take together: each page counted once, shared ones by their share (PSS)."""

import threading
from collections.abc import Callable, Collection
from pathlib import Path
from types import TracebackType
from typing import Final, Self

SAMPLE_SECONDS: Final = 1.0
JOIN_SECONDS: Final = 5.0


def pss_bytes(pids: Collection[int]) -> int:
    """Proportional set size of the processes and all that they started; one that has gone counts nothing."""
    return sum(_pss_bytes(pid) for pid in _with_children(set(pids)))


def _with_children(pids: set[int]) -> set[int]:
    parents = {int(place.name): _parent(place) for place in Path("/proc").iterdir() if place.name.isdigit()}
    while fresh := {pid for pid, parent in parents.items() if parent in pids} - pids:
        pids |= fresh
    return pids


def _parent(place: Path) -> int:
    try:
        return int((place / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


class Peak:
    """Samples each second in a thread of its own; `bytes` is the highest sum seen."""

    def __init__(self, pids: Callable[[], Collection[int]]) -> None:
        self.bytes = 0
        self._pids, self._stop = pids, threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(JOIN_SECONDS)

    def _sample(self) -> None:
        while True:
            self.bytes = max(self.bytes, pss_bytes(self._pids()))
            if self._stop.wait(SAMPLE_SECONDS):
                return
