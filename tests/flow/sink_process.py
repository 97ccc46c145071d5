"""A sink that is killed when it reaches a step: `sink_process.py DATA BOOTSTRAP SINK_PORT CLICKHOUSE_PORT STEP TURN`."""

import os
import signal
import sys
from pathlib import Path

from services.settings import Settings
from streams.reporting import sink
from streams.reporting.process import run_sink


def main(data: str, bootstrap: str, sink_port: str, clickhouse_port: str, step: str, turn: str) -> int:
    sink.BATCH_RECORDS = 100  # type: ignore[misc]  # small portions, so that every step is met several times
    reached = 0

    def at(now: str) -> None:
        nonlocal reached
        reached += now == step
        if reached == int(turn):
            os.kill(os.getpid(), signal.SIGKILL)

    settings = Settings(data=Path(data), kafka=bootstrap, sink_port=int(sink_port), clickhouse_port=int(clickhouse_port))
    return run_sink(settings, at)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
