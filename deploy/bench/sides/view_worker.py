"""The worker of the views, folding the contact view from zero; arguments: bootstrap, data folder, number of facts on Kafka."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from deploy.bench.sides.worker_settings import emptied
from services.metrics import VIEW_FOLDED
from services.serving import collect_rarely
from streams import contact_view
from streams.worker import work

LIMIT_SECONDS = 90
LOOK_SECONDS = 0.01


def main(bootstrap: str, data: str, count: str) -> None:
    """The clock runs from the end of the first portion to the end of the last one; a stop in order follows."""
    settings = emptied(bootstrap, Path(data))
    result: dict[str, float] = {}
    threading.Thread(target=watch, args=(int(count), result), daemon=True).start()
    collect_rarely()
    code = work(settings)
    if code or not result:
        sys.exit(f"the worker ended with {code}, {folded()} of {count} facts folded")
    print(json.dumps(result))


def watch(count: int, result: dict[str, float]) -> None:
    """Look at the worker's own counter, and end the worker when all is folded or the limit has passed."""
    limit = time.monotonic() + LIMIT_SECONDS
    while not (first := folded()) and time.monotonic() < limit:
        time.sleep(LOOK_SECONDS)
    began = time.perf_counter()
    while folded() < count and time.monotonic() < limit:
        time.sleep(LOOK_SECONDS)
    if folded() >= count:
        result.update(count=count - first, seconds=time.perf_counter() - began)
    os.kill(os.getpid(), signal.SIGTERM)


def folded() -> float:
    """Facts that the contact view has acknowledged and kept."""
    samples = (sample for metric in VIEW_FOLDED.collect() for sample in metric.samples)
    wanted = {"view": contact_view.VIEW.name}
    return sum(sample.value for sample in samples if sample.labels == wanted and sample.name.endswith("_total"))


if __name__ == "__main__":
    main(*sys.argv[1:])
