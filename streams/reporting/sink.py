"""Carries facts from Kafka into ClickHouse, at least once, going on behind what ClickHouse itself holds."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Event as Stop
from typing import Final, Protocol

from services.contracts.codec import Codec
from services.metrics import SINK_END_TO_END, SINK_INSERT_SECONDS, SINK_QUARANTINED, SINK_ROWS
from streams.reporting.progress import Progress
from streams.reporting.reading import Aside, Level, Polled, levels, read
from streams.reporting.rows import Row
from streams.reporting.store import StoreAway
from streams.reporting.table import Partition, Table

BATCH_RECORDS: Final = 10_000
BATCH_SECONDS: Final = 0.5
POLL_RECORDS: Final = 2_000
AWAY_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


class SourceAway(RuntimeError):
    """Kafka does not answer, or a topic is not there yet."""


class Stopped(Exception):
    """Somebody asked the sink to stop while it waited; what it had gathered is read again at the next start."""


class Source(Protocol):
    """Records in order of offset per partition; where to begin is told, nothing is remembered."""

    def begin(self, offsets: Mapping[Partition, int]) -> None:
        """Read every partition from these offsets, from its first record where none is given; raises `SourceAway`."""

    def poll(self, records: int) -> Sequence[Polled]:
        """At most so many next records; empty after a short wait without any."""

    def waiting(self) -> int | None:
        """Records on Kafka that were not polled yet; None when Kafka does not say."""

    def note(self, offsets: Mapping[Partition, int]) -> None:
        """Tell Kafka the next offsets, for those who watch the lag; it may fail silently."""


class Sink:
    """One per ClickHouse.

    A round gathers records until there are many or the first has waited half a second, keeps their rows, then tells
    Kafka. Where it begins is read from ClickHouse, so that a crash at any moment leaves nothing out.
    `open_table` is called at the start and again after trouble; it may raise `StoreAway`. `step` is told each of these moments;
    `now` gives seconds since 1970, for the age of facts in metrics; `monotonic` seconds that only go forward.
    """

    def __init__(
        self,
        source: Source,
        open_table: Callable[[], Table],
        codec: Codec,
        now: Callable[[], float],
        step: Callable[[str], None] = lambda _: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._open_table, self._codec = source, open_table, codec
        self._now, self._step, self._monotonic = now, step, monotonic
        self._table: Table | None = None
        self._look_at = 0.0
        self.progress = Progress(monotonic)

    def run(self, stop: Stop) -> None:
        """Rounds until `stop`; raises what waiting cannot heal. While Kafka or ClickHouse is away it waits and says so."""
        try:
            self.begin(stop)
            while not stop.is_set():
                self.round(stop)
        except Stopped:
            logger.info("the sink stopped while it waited")
        finally:
            self.close()

    def begin(self, stop: Stop) -> None:
        """Go on behind what ClickHouse holds."""
        self._patiently(stop, lambda table: self._source.begin(table.resume()))

    def close(self) -> None:
        """Give the handle on ClickHouse back."""
        if self._table is not None:
            self._table.close()
            self._table = None

    def round(self, stop: Stop) -> int:
        """Keep at most `BATCH_RECORDS` records; the number kept. Raises `Stopped`."""
        records = self._gather(stop)
        if records:
            for level in levels(read(self._codec, record) for record in records):
                self._keep(level, stop)
            self._source.note({(record.topic, record.partition): record.offset + 1 for record in records})
            self._step("noted")
            self.progress.moved()
        self._look()
        return len(records)

    def _gather(self, stop: Stop) -> list[Polled]:
        records = list(self._source.poll(min(POLL_RECORDS, BATCH_RECORDS)))
        until = self._monotonic() + BATCH_SECONDS
        while records and len(records) < BATCH_RECORDS and self._monotonic() < until and not stop.is_set():
            records.extend(self._source.poll(min(POLL_RECORDS, BATCH_RECORDS - len(records))))
        return records

    def _keep(self, level: Level, stop: Stop) -> None:
        if level.rows:
            self._step("before-insert")
            with SINK_INSERT_SECONDS.time():
                self._patiently(stop, lambda table: table.keep(level.rows))
            self._step("inserted")
            self._count_rows(level.rows)
        if level.asides:
            self._step("before-aside")
            self._patiently(stop, lambda table: table.set_aside(level.asides))
            self._step("set-aside")
            self._count_asides(level.asides)

    def _patiently(self, stop: Stop, deed: Callable[[Table], None]) -> None:
        """Do it, and again each second while Kafka or ClickHouse is away. Done twice it adds nothing to any figure."""
        while True:
            try:
                self._table = self._table or self._open_table()
                deed(self._table)
            except (StoreAway, SourceAway) as away:
                logger.warning("the sink waits: %s", away)
                self.close()
                self.progress.waits_for(str(away))
            else:
                self.progress.waits_for(None)
                return
            if stop.wait(AWAY_SECONDS):
                raise Stopped

    def _look(self) -> None:
        """See each second how much waits on Kafka."""
        if self._monotonic() >= self._look_at:
            self.progress.sees(self._source.waiting())
            self._look_at = self._monotonic() + LOOK_SECONDS

    def _count_rows(self, rows: Sequence[Row]) -> None:
        SINK_ROWS.inc(len(rows))
        SINK_END_TO_END.observe(max(0.0, self._now() - min(row.recorded_at for row in rows).timestamp()))

    def _count_asides(self, asides: Sequence[Aside]) -> None:
        for aside in asides:
            SINK_QUARANTINED.labels(aside.reason).inc()
            logger.error("record %s/%d/%d was set aside: %s", aside.topic, aside.partition, aside.offset, aside.reason)
