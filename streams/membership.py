"""One worker at a time: a second one is refused with a sentence, a dead one is waited for."""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.app import APP_ID, SESSION_SECONDS
from streams.cluster import administration, members

WAIT_SECONDS = SESSION_SECONDS + 4.0
LOOK_SECONDS = 0.25


class SecondWorker(Exception):
    """A worker of these views runs already; the text says where."""


@contextmanager
def only_worker_here(folder: Path) -> Iterator[None]:
    """Hold the folder of the views; raises `SecondWorker`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "worker.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise SecondWorker(
                f"another worker (process {lock.read().strip() or 'unknown'}) keeps its views in {folder}; "
                "this version runs one worker: stop that one first"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


async def require_no_other(bootstrap: str) -> None:
    """Raise `SecondWorker` when the consumer group still has a member after the time in which a dead one is missed."""
    async with administration(bootstrap) as admin:
        others = await members(admin, APP_ID)
        for _ in range(int(WAIT_SECONDS / LOOK_SECONDS)):
            if others == []:
                return
            await asyncio.sleep(LOOK_SECONDS)
            others = await members(admin, APP_ID)
    raise SecondWorker(
        f"another worker is a member of the consumer group {APP_ID} at {bootstrap} ({', '.join(others or ())}); "
        "this version runs one worker: stop that one first"
    )
