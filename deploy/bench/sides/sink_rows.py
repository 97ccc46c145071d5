"""The sink as its process runs it, until it has kept so many rows; arguments: bootstrap, empty data folder, number of records."""

import json
import sys
import time
from pathlib import Path
from threading import Event as Stop

from services.contracts.codec import published
from services.contracts.topics import HANDOVER_EVENTS
from services.serving import collect_rarely
from services.settings import Settings
from streams.reporting.kafka_source import KafkaSource
from streams.reporting.schema import migrate
from streams.reporting.sink import Sink
from streams.reporting.store import location, open_store
from streams.reporting.table import ClickHouseTable

LIMIT_SECONDS = 90


def main(bootstrap: str, data: str, count: str) -> None:
    """The clock starts when Kafka is about to be asked for the first record."""
    collect_rarely()
    client = open_store(location(Settings.read({"BACKBONE_DATA": str(Path(data))})))
    migrate(client)
    source, stop = KafkaSource(bootstrap, (HANDOVER_EVENTS,)), Stop()
    sink = Sink(source, lambda: ClickHouseTable(client), published(), time.time)
    sink.begin(stop)
    kept, began = 0, time.perf_counter()
    while kept < int(count):
        kept += sink.round(stop)
        if time.perf_counter() - began > LIMIT_SECONDS:
            raise TimeoutError(f"{kept} of {count} rows in {LIMIT_SECONDS} s")
    seconds = time.perf_counter() - began
    rows = client.query("SELECT count() FROM events").result_rows[0][0]
    source.close()
    client.close()
    assert rows >= int(count), f"{rows} rows in ClickHouse, {count} were sent"
    print(json.dumps({"count": kept, "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
