"""A relay in a process of its own that is killed when it reaches a step: `relay_process.py LOG BOOTSTRAP STEP ROUND`."""

import os
import signal
import sys
from pathlib import Path

from services.contracts.codec import published
from services.eventlog import relay
from services.eventlog.sqlite import SqliteLog


def main(path: str, bootstrap: str, step: str, rounds: str) -> None:
    relay.RECORDS_A_ROUND = 40
    log = SqliteLog("handover", Path(path), published())
    reached = 0

    def at(now: str) -> None:
        nonlocal reached
        reached += now == step
        if reached == int(rounds):
            os.kill(os.getpid(), signal.SIGKILL)

    carrier = relay.Relay(log, "urn:nld:oin:00000000000000000000:systeem:handover", relay.topic_sender(bootstrap, "handover"), at)
    while carrier.round():
        pass
    log.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
