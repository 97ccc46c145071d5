"""The contact view folded from zero as `backbone rebuild --check` does it; arguments: bootstrap, number of facts on Kafka."""

import json
import sys
import time

import orjson

from services.contracts.topics import PARTITIONS
from streams import contact_view
from streams.quarantine import Verdicts
from streams.rebuild import FAR, Told, rebuilt_side_by_side


def main(bootstrap: str, count: int) -> None:
    """Starting the processes and connecting to Kafka counts, as it does for an operator."""
    view = contact_view.VIEW
    lives = [Told(number, dict.fromkeys(view.topics, FAR), 0, "", frozenset()) for number in range(PARTITIONS)]
    began = time.perf_counter()
    rebuilt = rebuilt_side_by_side(bootstrap, view.name, lives, Verdicts())
    seconds = time.perf_counter() - began
    folded = sum(orjson.loads(row)["seen"] for mine in rebuilt for row in mine.rows.values())
    if folded < count:
        sys.exit(f"{folded} of {count} facts were folded")
    print(json.dumps({"count": folded, "seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
