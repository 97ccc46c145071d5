"""Who has a right to the monthly benefit in a month, kept in memory from the log, so that nobody's dossier is read for the question."""

from collections.abc import Iterator
from datetime import date
from threading import Lock
from typing import Final

from services.benefits.monthly.benefit import STREAMS
from services.benefits.monthly.client_book import ClientBook
from services.benefits.monthly.periods import last_day
from services.benefits.run_book import NOBODY, Entitled, Holder
from services.contracts.codec import Record
from services.eventlog.log import EventLog

RECORDS_A_READ: Final = 5_000


class Roll:
    """The rights of every client in each municipality. The first question reads the dossiers, later ones what came in since."""

    def __init__(self, log: EventLog) -> None:
        self._log, self._lock = log, Lock()
        self._upto: int | None = None
        self._rows: dict[Holder, Entitled] = {}

    def of(self, month: date) -> Iterator[Holder]:
        """Client and municipality of everybody with a right on some day of the month that begins on `month`."""
        with self._lock:
            self._catch_up()
            rows = list(self._rows.items())
        return (holder for holder, row in rows if row.within(month, last_day(month)))

    def _catch_up(self) -> None:
        if self._upto is None:
            # What comes in while dossiers are read is taken again behind this position, which comes to the same.
            self._upto = self._log.head()
            told = (page.client for page in ClientBook(self._log).pages())
            self._rows = {(client.client, client.municipality): Entitled(client.own.spans, client.own.paid_upto) for client in told}
        while records := self._log.after(self._upto, RECORDS_A_READ):
            for record in records:
                if record.stream.startswith(STREAMS):
                    self._take(record)
            self._upto = records[-1].position

    def _take(self, record: Record) -> None:
        holder = record.stream.removeprefix(STREAMS), str(record.municipality)
        self._rows[holder] = self._rows.get(holder, NOBODY).after(record)
