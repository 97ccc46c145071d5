"""A restored service on its way back into use: it reads back, compares with the world outside, and only then lets commands in."""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event as Signal
from typing import Any

from services.contracts.codec import Undecodable
from services.contracts.restored import Lifting
from services.eventlog.log import Contradiction, EventLog, LogUnavailable, Origin
from services.eventlog.readback import Stopped, TopicAway
from services.eventlog.restored import ACTOR, Mark, ask_to_lift, lift, mark_of
from services.metrics import RESTORING, RESTORING_DIFFERENCES

AGAIN_SECONDS = 1.0
REST = 3
NAMED = 20
ANSWER_SECONDS = 30.0
DISK = (LogUnavailable, TimeoutError, OSError, sqlite3.Error)
"""What ends by itself, or by an operator's hand; each step is tried again."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What does not match and keeps commands out, and what is missing for good and must be brought by people; sentences."""

    differences: Sequence[str] = ()
    missing: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Steps:
    """How a service reads back until told to stop, makes good what Kafka had not, and compares itself with what lies outside."""

    read_back: Callable[[Signal, Callable[[int], None]], Mark]
    make_good: Callable[[], None]
    compare: Callable[[], Found]


class Restoration:
    """Runs in a thread of its own; every step can be done again, so a stop or a crash anywhere begins that step anew."""

    def __init__(self, log: EventLog, now: Callable[[], datetime], steps: Steps, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._log, self._now, self._steps, self._monotonic = log, now, steps, monotonic
        self._lifted = Signal()
        self._back, self._wrong, self._found = 0, "", Found()
        if mark_of(log) is None:
            self._lifted.set()
        RESTORING.labels(log.service).set(self.blocked)

    @property
    def blocked(self) -> bool:
        """Whether commands must stay out."""
        return not self._lifted.is_set()

    def trouble(self) -> str | None:
        """The sentence for readiness and for callers, while commands stay out."""
        if not self.blocked:
            return None
        if self._wrong:
            return self._wrong
        mark = mark_of(self._log)
        if mark is None or mark.phase == "reading-back":
            return f"restored from a backup, reading back from Kafka: {self._back} facts so far"
        return f"restored from a backup, {len(self._found.differences)} differences keep commands out: see GET /v1/restoration"

    def told(self) -> dict[str, Any]:
        """Where the restoration stands, for operators."""
        mark = mark_of(self._log)
        return {
            "state": "in-use" if mark is None else mark.phase,
            "sentence": self.trouble(),
            "backup_position": None if mark is None else mark.backup_position,
            "head": self._log.head(),
            "read_back": self._back if mark is None or mark.phase == "reading-back" else mark.read_back,
            "lost": None if mark is None else mark.lost,
            "differences": list(self._found.differences),
            "missing": list(self._found.missing),
            "lifting_asked_by": None if mark is None else mark.asked_by or None,
        }

    def override(self, actor: str, lifting: Lifting) -> bool:
        """Let commands in though not everything matches, once two persons asked for the same reason; true when in use.

        Raises `ValueError` while facts are read back, and `LogUnavailable`.
        """
        if self.blocked and (by := ask_to_lift(self._log, actor, lifting)):
            self._lift(lifting, by)
        return not self.blocked

    def run(self, stop: Signal) -> None:
        """Read back, then compare until everything matches or two persons have let commands in."""
        for step in (partial(self._read_back, stop), self._make_good, self._compare):
            began = self._monotonic()
            while self.blocked and not stop.is_set() and not step():
                # A large log takes long to compare: readings get the larger part of the time.
                stop.wait(AGAIN_SECONDS + REST * (self._monotonic() - began))
                began = self._monotonic()

    def when_lifted(self, run: Callable[[Signal], None]) -> Callable[[Signal], None]:
        """The same loop, begun once commands may come in."""

        def waiting(stop: Signal) -> None:
            while self.blocked and not stop.is_set():
                self._lifted.wait(AGAIN_SECONDS)
            if not stop.is_set():
                run(stop)

        return waiting

    def when_in_use(self, check: Callable[[], str | None]) -> Callable[[], str | None]:
        """The same check of readiness, silent while commands stay out anyway."""
        return lambda: None if self.blocked else check()

    def _read_back(self, stop: Signal) -> bool:
        mark = mark_of(self._log)
        if mark is not None and mark.phase == "matching":
            return True
        try:
            done = self._steps.read_back(stop, self._progress)
        except Stopped:
            return False
        except (TopicAway, *DISK) as wrong:
            logger.warning("reading back waits: %s", type(wrong).__name__)
            self._wrong = f"restored from a backup, reading back waits for Kafka and the disk: {type(wrong).__name__}"
            return False
        except (Contradiction, Undecodable) as wrong:
            return self._stand_still(stop, wrong)
        logger.info("read back %d facts behind position %d; %d positions are lost", done.read_back, done.backup_position, done.lost)
        self._wrong = ""
        return True

    def _stand_still(self, stop: Signal, wrong: Contradiction | Undecodable) -> bool:
        """Nothing may be guessed about facts: the process stays up, blocked, and says why."""
        said = str(wrong)
        if isinstance(wrong, Undecodable):
            said = f"a fact on Kafka cannot be read here ({wrong.reason}): start the release that wrote it"
        logger.error("reading back stopped: %s", said)
        self._wrong = f"restored from a backup, reading back stopped: {said}"
        stop.wait()
        return False

    def _progress(self, back: int) -> None:
        self._back, self._wrong = back, ""

    def _make_good(self) -> bool:
        return self._tried("making good", self._steps.make_good)

    def _compare(self) -> bool:
        """Whether everything matched, or two persons let commands in meanwhile."""
        if self._tried("comparing", self._look) and not self._found.differences:
            self._lift("matched", (f"system:{self._log.service}",))
        return not self.blocked

    def _tried(self, what: str, step: Callable[[], None]) -> bool:
        try:
            step()
        except DISK as wrong:
            logger.warning("%s waits: %s", what, type(wrong).__name__)
            self._wrong = f"restored from a backup, {what} waits: {type(wrong).__name__}"
            return False
        self._wrong = ""
        return True

    def _look(self) -> None:
        found = self._steps.compare()
        if found != self._found:
            for sentence in (*found.differences[:NAMED], *found.missing[:NAMED]):
                logger.warning("after the restore: %s", sentence)
        self._found = found
        RESTORING_DIFFERENCES.labels(self._log.service).set(len(found.differences))

    def _lift(self, lifting: Lifting, by: tuple[str, ...]) -> None:
        at = self._now()
        origin = Origin(ACTOR, f"lift:{at.isoformat()}", at, f"lift:{at.isoformat()}")
        self._log.submit(lambda tx: lift(tx, self._log.service, lifting, by, origin)).result(ANSWER_SECONDS)
        logger.info("commands are let in again, %s: %s", lifting, ", ".join(by))
        RESTORING.labels(self._log.service).set(0)
        self._lifted.set()
