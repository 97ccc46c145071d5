"""Persons who became known before the clock looked whether they are still needed get the day on which it does."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from sys import maxsize

from services.eventlog.log import Due, EventLog, Transaction
from services.intake.client import stream_of as client_stream
from services.intake.desk import LIVES_IN, begin_of, local_day
from services.intake.household import stream_of
from services.intake.settling import FIRST_LOOK_YEARS, RETENTION
from services.vault.erasure import is_erased
from services.vault.retention import anniversary

PERSONS_TOGETHER = 500
PORTION_SECONDS = 60.0
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def look_at_all(log: EventLog) -> int:
    """How many had no such day and have one now; each is past or within a year, and the clock finds the real one by itself.

    At the start of intake, before the clock runs. Some hundreds are one transaction: a crash leaves the others for the next start,
    and nobody who has a day gets another one.
    """
    awaited = {due.stream for due in log.due(END_OF_TIME, maxsize) if due.kind == RETENTION}
    known = ((person, home.decode()) for person, home in log.kept_all(LIVES_IN))
    overlooked = ((person, home) for person, home in known if client_stream(person) not in awaited and not is_erased(log, person))
    count = 0
    while portion := list(islice(overlooked, PERSONS_TOGETHER)):
        log.submit(partial(_await, portion)).result(PORTION_SECONDS)
        count += len(portion)
    return count


def _await(portion: Sequence[tuple[str, str]], tx: Transaction) -> None:
    for person, home in portion:
        recorded = tx.recorded(stream_of(home))
        if recorded is not None:
            tx.schedule(Due(client_stream(person), RETENTION, begin_of(anniversary(local_day(recorded), FIRST_LOOK_YEARS))))
