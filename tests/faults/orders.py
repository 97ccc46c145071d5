"""What a process must suffer, and where: a queue of orders per process in a file, each carried out once and then crossed off."""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Order:
    """At the `turn`-th time that `point` is passed, `deed` is done: kill, stop, hang, wait or away; `kill:PID` kills another."""

    point: str
    deed: str = "kill"
    turn: int = 1


class Orders:
    """The queue of one process. The process takes the first order off before it suffers it, so a restart meets the next."""

    def __init__(self, folder: Path, part: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._waiting, self._done = folder / f"{part}.orders", folder / f"{part}.done"
        self._lock, self._passed = threading.Lock(), 0

    def place(self, orders: Sequence[Order]) -> None:
        """Replace what waits."""
        draft = self._waiting.with_suffix(".draft")
        draft.write_text(json.dumps([asdict(order) for order in orders]), encoding="utf-8")
        draft.replace(self._waiting)

    def waiting(self) -> list[Order]:
        """What was not met yet, in order."""
        try:
            return [Order(**kept) for kept in json.loads(self._waiting.read_text(encoding="utf-8"))]
        except FileNotFoundError:
            return []

    def done(self) -> list[Order]:
        """What was suffered, in order."""
        if not self._done.exists():
            return []
        return [Order(**json.loads(line)) for line in self._done.read_text(encoding="utf-8").splitlines()]

    def taken(self, point: str) -> Order | None:
        """The order that falls due as this point is passed; it is crossed off."""
        with self._lock:
            waiting = self.waiting()
            if not waiting or waiting[0].point != point:
                return None
            self._passed += 1
            if self._passed < waiting[0].turn:
                return None
            self._passed = 0
            self.place(waiting[1:])
            with self._done.open("a", encoding="utf-8") as done:
                done.write(json.dumps(asdict(waiting[0])) + "\n")
            return waiting[0]

    def wait_for(self, number: int, limit_seconds: float) -> bool:
        """Whether so many orders were suffered before the limit."""
        limit = time.monotonic() + limit_seconds
        while len(self.done()) < number:
            if time.monotonic() > limit:
                return False
            time.sleep(LOOK_SECONDS)
        return True


def jump(folder: Path, seconds: int) -> None:
    """Let every service's clock be off by so much from here on."""
    draft = folder / "jump.draft"
    draft.write_text(str(seconds), encoding="utf-8")
    draft.replace(folder / "jump")


def jumped(folder: Path) -> int:
    """By how many seconds clocks are off."""
    try:
        return int((folder / "jump").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return 0
