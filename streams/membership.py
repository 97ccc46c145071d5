"""One worker at a time: a second one is refused with a sentence, a dead one is waited for."""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from streams.app import SESSION_SECONDS
from streams.cluster import administration, bury, members
from streams.journal import APP_ID

WAIT_SECONDS = 10.0
LOOK_SECONDS = 0.25


class SecondWorker(Exception):
    """A worker of these views runs already; the text says where."""


@contextmanager
def only_worker_here(folder: Path) -> Iterator[str]:
    """Hold the folder of the views, and give the name by which its workers are known to Kafka; raises `SecondWorker`."""
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
        yield _name(folder)


def _name(folder: Path) -> str:
    place = folder / "worker.name"
    if not place.exists():
        place.write_text(f"backbone-views-{token_hex(8)}", encoding="utf-8")
    return place.read_text(encoding="utf-8")


async def require_no_other(bootstrap: str, name: str) -> None:
    """Raise `SecondWorker` when another worker stays in the consumer group.

    A member of our own name died, as we hold the folder: it is buried, so that a start after a crash need not wait.
    """
    others = None
    async with administration(bootstrap) as admin:
        for _ in range(int(WAIT_SECONDS / LOOK_SECONDS)):
            others = await members(admin, APP_ID)
            if others == []:
                return
            for dead in (other for other in others or () if other.client == name):
                await bury(admin, APP_ID, dead)
            await asyncio.sleep(LOOK_SECONDS)
    raise SecondWorker(
        f"another worker is a member of the consumer group {APP_ID} at {bootstrap} "
        f"({', '.join(f'{other.client} at {other.host}' for other in others or ())}); "
        f"this version runs one worker: stop that one first; a dead one elsewhere is missed after {SESSION_SECONDS:.0f} s"
    )
