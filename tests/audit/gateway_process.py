"""A real embedded ClickHouse with the product's table behind the product's gateway: `gateway_process.py FOLDER PORT`, rows on stdin."""

import sys

import orjson
import uvicorn

from streams.reporting.gateway import Gateway, gateway_app
from streams.reporting.query import Queries
from streams.reporting.schema import migrate
from streams.reporting.store import open_store

NAMES = ["service", "position", "stream", "version", "event_id", "type", "amount_cents", "data"]


def main(folder: str, port: str) -> None:
    client = open_store(f"chdb:///{folder}")
    migrate(client)
    rows = [orjson.loads(line) for line in sys.stdin]
    client.insert("events", rows, column_names=NAMES)
    client.insert("events", rows[:5], column_names=NAMES)
    uvicorn.run(gateway_app(Gateway(Queries(folder))), host="127.0.0.1", port=int(port), log_level="error")


if __name__ == "__main__":
    main(*sys.argv[1:])
