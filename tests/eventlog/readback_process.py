"""Reads facts back into a log and kills itself with SIGKILL: before the commit of a portion, behind it, or never."""

import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import orjson

from services.contracts.codec import Record, published
from services.contracts.envelope import Envelope, Event
from services.eventlog import readback
from services.eventlog.identity import event_ids
from services.eventlog.log import Transaction
from services.eventlog.readback import Readback
from services.eventlog.sqlite import SqliteLog

NEVER = -1


def main(path: Path, kafka: Path, before: int, behind: int) -> None:
    log, portions, told = SqliteLog("handover", path, published()), count(), count()
    records = [Record(**{**line, "data": line["data"].encode()}) for line in map(orjson.loads, kafka.read_bytes().splitlines())]

    def dies_before(_tx: Transaction, _facts: Sequence[Envelope[Event]]) -> None:
        if next(portions) == before:
            os.kill(os.getpid(), signal.SIGKILL)

    def dies_behind(_back: int) -> None:
        if next(told) == behind:
            os.kill(os.getpid(), signal.SIGKILL)

    readback.RECORDS_A_ROUND = 3
    reading = Readback(log, published(), path.with_name("staging"), dies_before, lambda: datetime(2024, 3, 1, tzinfo=UTC), event_ids())
    reading.run([records], dies_behind)
    log.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
