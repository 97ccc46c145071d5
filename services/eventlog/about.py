"""Every fact of a service that is about one client: those on streams of the client, and those of a household that name them."""

from collections.abc import Iterator

from services.contracts.codec import Record
from services.eventlog.log import EventLog

RECORDS_A_READ = 5_000


def records_about(log: EventLog, client: str) -> Iterator[Record]:
    """In order of position. Reads the whole log, without looking into facts that do not name the client: for what is rare."""
    position, name = 0, client.encode()
    while records := log.after(position, RECORDS_A_READ):
        position = records[-1].position
        yield from (record for record in records if _is_about(record, client, name))


def _is_about(record: Record, client: str, name: bytes) -> bool:
    """A fact on the stream of another client is about that one, also where it names this one."""
    if record.client is not None:
        return record.client == client
    return record.key == client or name in record.data
