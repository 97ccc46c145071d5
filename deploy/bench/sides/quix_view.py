"""Peer of the view: the same decoding and fold on Quix Streams; arguments: bootstrap, topic, empty folder, number of facts."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from quixstreams import Application, State  # type: ignore[import-not-found]  # lives in the peers' own environment

from services.contracts.codec import published
from streams.contact_view import VIEW
from streams.view import folded, place

LIMIT_SECONDS = 90.0
QUIET_SECONDS = 30.0


class Run:
    """Counts facts; the clock runs from the first fact until the checkpoint behind the last one is written."""

    def __init__(self, count: int) -> None:
        self.left, self._codec, self.began, self.ended = count, published(), 0.0, 0.0

    def fold(self, value: bytes, key: bytes, _timestamp: int, headers: Any, state: State) -> bytes:  # noqa: ANN401 - untyped there
        """Decode, fold and keep, as the worker does."""
        self.began = self.began or time.perf_counter()
        fact = self._codec.from_kafka(key, headers, value)
        row = state.get("row")
        if place(row, fact.stream, fact.version) == "next":
            state.set("row", folded(VIEW, row, fact))
        self.left -= 1
        return value


def main(bootstrap: str, topic: str, folder: str, count: str) -> None:
    """At least once with a changelog, as it comes."""
    run = Run(int(count))
    app = Application(
        bootstrap, consumer_group=Path(folder).name, state_dir=Path(folder), auto_offset_reset="earliest", loglevel="WARNING",
        on_message_processed=lambda *_: finish(),
    )  # fmt: skip  # one setting a line would hide that there are few

    def finish() -> None:
        if not run.left:
            app._processing_context.commit_checkpoint(force=True)  # noqa: SLF001 - stopping would take the consumer's leaving along
            run.ended = time.perf_counter()

    source = app.topic(topic, key_deserializer="bytes", value_deserializer="bytes")
    app.dataframe(source).apply(run.fold, stateful=True, metadata=True)
    app.run(count=run.left, timeout=QUIET_SECONDS, collect=False)
    if not run.ended:
        sys.exit(f"{run.left} of {count} facts were not folded")
    print(json.dumps({"count": int(count), "seconds": run.ended - run.began}))


if __name__ == "__main__":
    main(*sys.argv[1:])
