"""A service's log on a disk that fails: what was not committed is lost with the process, what was is there for ever."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any, TypeVar

from deploy.simulation.faults import Crashed, Ended
from deploy.simulation.nature import Nature
from services.contracts.codec import Record
from services.contracts.envelope import Envelope, Event
from services.eventlog.log import Due, LogUnavailable, Transaction
from services.eventlog.memory import MemoryLog

T = TypeVar("T")


class Pending(Future[T]):
    """What becomes of submitted work; to wait for it is to let the log commit, with everything else that waits there.

    Nobody waits in another thread, so it has none of the locks that a `Future` is made with.
    """

    def __init__(self, commit: Callable[[], None]) -> None:  # as above: no super().__init__()
        self._commit, self.is_late = commit, False
        self._wrong: BaseException | None = None

    def result(self, timeout: float | None = None) -> T:  # noqa: ARG002 - nobody waits in a simulation
        """See `Future`."""
        wrong = self.exception()
        if wrong is not None:
            raise wrong
        return self._value

    def exception(self, timeout: float | None = None) -> BaseException | None:  # noqa: ARG002 - as above
        """See `Future`."""
        self._commit()
        if self.is_late:
            raise TimeoutError
        return self._wrong

    def set_result(self, result: T) -> None:
        """See `Future`."""
        self._value = result

    def set_exception(self, exception: BaseException | None) -> None:
        """See `Future`."""
        self._wrong = exception


class FaultyLog:
    """`EventLog` of one life of a process, on a `MemoryLog` that outlives it.

    Work is queued as SQLite's writer queues it, and committed together when somebody waits: a crash keeps a beginning
    of the queue, in order. Once the process has ended nothing more is written through this object.
    """

    def __init__(self, disk: MemoryLog, nature: Nature) -> None:
        self.service = disk.service
        self._disk, self._nature = disk, nature
        self._queue: list[tuple[Callable[[Any], Any], Pending[Any]]] = []
        self.is_alive = True

    def submit(self, work: Callable[[Transaction], T]) -> "Future[T]":
        """See `EventLog`."""
        future: Pending[T] = Pending(self.commit)
        self._queue.append((work, future))
        return future

    def commit(self) -> None:
        """Write what waits. Raises `Crashed`."""
        if self._queue:
            self._nature.others()
        if not self.is_alive:
            raise Ended(self.service)
        queue, self._queue = self._queue, []
        if queue and self._nature.faults.strikes("log-refuses"):
            for _, future in queue:
                future.set_exception(LogUnavailable("the disk is full, as the simulation asked"))
        elif queue:
            self._write(queue)

    def _write(self, queue: list[tuple[Callable[[Any], Any], Pending[Any]]]) -> None:
        faults = self._nature.faults
        is_torn = faults.strikes("log-torn")
        for work, future in queue[: self._nature.chance.randrange(len(queue))] if is_torn else queue:
            try:
                future.set_result(self._disk.perform(work))
            except Exception as wrong:  # noqa: BLE001 - whatever the work raised belongs to its caller
                future.set_exception(wrong)
        if is_torn:
            raise Crashed(self.service)
        faults.ends_at("log-deaf", self.service)
        if faults.strikes("log-late"):
            for _, future in queue:
                future.is_late = True

    def read(self, stream: str) -> list[Envelope[Event]]:
        """See `EventLog`."""
        return self._disk.read(stream)

    def scan(self, prefix: str) -> Iterator[Envelope[Event]]:
        """See `EventLog`."""
        return self._disk.scan(prefix)

    def histories(self, prefix: str) -> Iterator[tuple[str, list[Event]]]:
        """See `EventLog`."""
        return self._disk.histories(prefix)

    def heads(self, prefix: str) -> list[tuple[str, int]]:
        """See `EventLog`."""
        return self._disk.heads(prefix)

    def facts(self, stream: str, versions: Sequence[int], after: int) -> list[tuple[int, Event]]:
        """See `EventLog`."""
        return self._disk.facts(stream, versions, after)

    def after(self, position: int, limit: int) -> list[Record]:
        """See `EventLog`."""
        return self._disk.after(position, limit)

    def head(self) -> int:
        """See `EventLog`."""
        return self._disk.head()

    def kept(self, kind: str, key: str) -> bytes | None:
        """See `EventLog`."""
        return self._disk.kept(kind, key)

    def kept_all(self, kind: str) -> list[tuple[str, bytes]]:
        """See `EventLog`."""
        return self._disk.kept_all(kind)

    def due(self, now: datetime, limit: int) -> list[Due]:
        """See `EventLog`."""
        return self._disk.due(now, limit)

    def close(self) -> None:
        """See `EventLog`."""
