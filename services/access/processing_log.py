"""The processing log: one line for each processing and data subject, and beside it, under the same id, who did so.

After the standard Logboek Dataverwerkingen: no sampling, every line acknowledged, nobody of the staff in it; they stand in the audit log.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import Final, NamedTuple

from services.access.anchors import EACH_SECONDS, Anchors
from services.access.chain import Chain, Taken
from services.access.processing_lines import Act, Processing, act_of, audit_line, processing_line

JOBS_A_SYNC: Final = 512
CLOSE_SECONDS: Final = 30.0
PROCESSING, AUDIT = "processing", "audit"
__all__ = ["AUDIT", "PROCESSING", "Act", "Processing", "ProcessingLog", "ProcessingLogUnavailable"]


class ProcessingLogUnavailable(Exception):
    """The line could not be written; what was read must not be answered."""


class _Job(NamedTuple):
    """Lines that belong together, who did it, and who waits for them. Who gave `commands` is in the event log."""

    readings: Sequence[Processing]
    actor: str
    acts: Sequence[Act]
    future: "Future[str]"
    commands: Sequence[Processing] = ()


class ProcessingLog:
    """Two chains of lines in `folder`, owned by one process at a time; `resource` names the service.

    One thread writes; jobs that wait together share one fsync, and a future ends only after it, so that what was answered is on disk
    when the process is killed. Who reads stands there before the reading does.
    """

    def __init__(
        self, folder: Path, new_id: Callable[[], str] = lambda: token_hex(8), anchors: Anchors | None = None, resource: str = "backbone"
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._new_id, self._anchors, self._resource = folder, new_id, anchors, resource
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._closed = False
        try:
            self._processing, self._audit = Chain(folder, PROCESSING, "end_time"), Chain(folder, AUDIT, "at")
        except Taken as taken:
            raise ProcessingLogUnavailable(str(taken)) from taken
        self._writer = threading.Thread(target=self._write, name="processing-log", daemon=True)
        self._writer.start()

    def record(self, processing: Processing, actor: str) -> "Future[str]":
        """Write a processing, and who did it; the future gives its id, or `ProcessingLogUnavailable`."""
        return self.record_all((processing,), actor)

    def record_all(self, processings: Sequence[Processing], actor: str) -> "Future[str]":
        """Write all of these, or none; the future gives the id of the last, or `ProcessingLogUnavailable`."""
        return self._put(_Job(processings, actor, (), Future()))

    def record_commands(self, commands: Sequence[Processing], acts: Sequence[Act] = ()) -> "Future[str]":
        """Write what commands did, or none of it; the event log says who gave them. Each has its `span_id`; `acts` go to the audit log."""
        return self._put(_Job((), "", acts, Future(), commands))

    def audit(self, act: Act) -> "Future[str]":
        """Write an act into the audit log alone."""
        return self._put(_Job((), act.actor, (act,), Future()))

    def close(self) -> None:
        """Write what waits, anchor it, and release the files; a second time does nothing."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._writer.join(CLOSE_SECONDS)
        self._anchor()
        self._processing.close()
        self._audit.close()

    def came_back(self) -> None:
        """After a restore: what was written behind the heads of these files is lost."""
        if self._anchors is not None:
            self._anchors.tell_lost((self._processing, self._audit))

    def _put(self, job: _Job) -> "Future[str]":
        with self._guard:
            if self._closed:
                job.future.set_exception(ProcessingLogUnavailable("the processing log is closed"))
            else:
                self._jobs.put(job)
        return job.future

    def _write(self) -> None:
        anchored = monotonic()
        while True:
            try:
                first = self._jobs.get(timeout=EACH_SECONDS)
            except queue.Empty:
                self._anchor()
                continue
            if first is None:
                return
            self._write_together(self._waiting(first))
            if monotonic() - anchored > EACH_SECONDS:
                self._anchor()
                anchored = monotonic()

    def _audited(self, job: _Job, named: Sequence[tuple[Processing, str]]) -> list[dict[str, object]]:
        read = [audit_line(act_of(each, job.actor), id_) for each, id_ in named[: len(job.readings)]]
        return [*read, *(audit_line(act, self._new_id()) for act in job.acts)]

    def _anchor(self) -> None:
        """Write down how far the logs are, and remove months whose term of keeping is over, which is written down first."""
        if self._anchors is not None:
            self._anchors.tell((self._processing, self._audit))
            self._anchors.retire((self._processing, self._audit))

    def _waiting(self, first: _Job) -> list[_Job]:
        jobs = [first]
        while len(jobs) < JOBS_A_SYNC:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            jobs.append(job)
        return jobs

    def _write_together(self, jobs: Sequence[_Job]) -> None:
        named = [[(each, each.span_id or self._new_id()) for each in (*job.readings, *job.commands)] for job in jobs]
        try:
            self._audit.append([line for job, some in zip(jobs, named, strict=True) for line in self._audited(job, some)])
            self._processing.append([processing_line(each, id_, self._resource) for some in named for each, id_ in some])
        except (OSError, TypeError, Taken) as wrong:
            for job in jobs:
                _end(job.future, ProcessingLogUnavailable(type(wrong).__name__))
            return
        for job, some in zip(jobs, named, strict=True):
            _end(job.future, some[-1][1] if some else "")


def _end(future: "Future[str]", result: str | ProcessingLogUnavailable) -> None:
    """End a future whose reader may have gone; the line is written all the same."""
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(result, str):
        future.set_result(result)
    else:
        future.set_exception(result)
