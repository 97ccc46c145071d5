"""Peer of the view: the same decoding and fold in a Faust agent as its manual shows it; arguments as for `quix_view`."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import faust
import orjson

from services.contracts.codec import published
from services.contracts.topics import PARTITIONS
from streams.app import quiet_libraries
from streams.contact_view import VIEW
from streams.view import canonical, folded, place

LIMIT_SECONDS = 90.0


async def main(bootstrap: str, topic: str, folder: str, count: int) -> None:
    """The clock runs from the first fact to the last one; the changelog may lag behind, as it does in Faust."""
    quiet_libraries()
    app = faust.App(
        Path(folder).name, broker=f"kafka://{bootstrap}", store="rocksdb://", datadir=folder, autodiscover=False, web_enabled=False,
        topic_partitions=PARTITIONS, table_standby_replicas=0, consumer_auto_offset_reset="earliest",
    )  # fmt: skip  # one setting a line would hide that there are few
    table, codec, done = app.Table("rows", key_type=bytes, value_type=bytes, partitions=PARTITIONS), published(), asyncio.Event()
    moments: list[float] = []
    source = app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def fold(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            message = event.message
            headers = list(message.headers.items()) if isinstance(message.headers, dict) else message.headers
            fact = codec.from_kafka(message.key, headers, message.value)
            kept = table.get(message.key)
            row = None if kept is None else orjson.loads(kept)
            if place(row, fact.stream, fact.version) == "next":
                table[message.key] = canonical(folded(VIEW, row, fact))
            moments.append(time.perf_counter())
            if len(moments) == count:
                done.set()

    app.agent(source, name="fold")(fold)
    app.finalize()
    await app.start()
    await asyncio.wait_for(done.wait(), LIMIT_SECONDS)
    print(json.dumps({"count": count, "seconds": moments[count - 1] - moments[0]}), flush=True)
    os._exit(0)  # what it was asked for is said; its changelog would take seconds more


if __name__ == "__main__":
    where, name, data, number = sys.argv[1:]
    asyncio.run(main(where, name, data, int(number)))
