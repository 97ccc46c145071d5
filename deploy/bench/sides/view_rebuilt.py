"""The contact view folded from zero as `backbone rebuild --check` does it; arguments: bootstrap, number of facts on Kafka."""

import asyncio
import json
import sys
import time

import orjson
import uvloop

from services.contracts.codec import published
from services.contracts.topics import PARTITIONS
from streams import contact_view
from streams.quarantine import Verdicts
from streams.rebuild import FAR, Told, rebuilt

LIMIT_SECONDS = 90.0


async def main(bootstrap: str, count: int) -> None:
    """Connecting to Kafka counts, once per partition, as it does for an operator."""
    view, codec = contact_view.VIEW, published()
    began, folded = time.perf_counter(), 0
    for number in range(PARTITIONS):
        live = Told(number, dict.fromkeys(view.topics, FAR), 0, "", frozenset())
        mine = await rebuilt(bootstrap, view, codec, live, Verdicts())
        folded += sum(orjson.loads(row)["seen"] for row in mine.rows.values())
    seconds = time.perf_counter() - began
    if folded < count:
        sys.exit(f"{folded} of {count} facts were folded")
    print(json.dumps({"count": folded, "seconds": seconds}))


if __name__ == "__main__":
    uvloop.run(asyncio.wait_for(main(sys.argv[1], int(sys.argv[2])), LIMIT_SECONDS))
