"""One worker at a time: a second one is refused with a sentence, a dead one is waited for."""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError

from streams.app import APP_ID, SESSION_SECONDS

WAIT_SECONDS = SESSION_SECONDS + 4.0


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
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    await admin.start()
    try:
        members = await _members(admin)
        for _ in range(int(WAIT_SECONDS * 2)):
            if members == []:
                return
            await asyncio.sleep(0.5)
            members = await _members(admin)
        raise SecondWorker(
            f"another worker is a member of the consumer group {APP_ID} at {bootstrap} ({', '.join(members or ())}); "
            "this version runs one worker: stop that one first"
        )
    finally:
        await admin.close()


async def _members(admin: AIOKafkaAdminClient) -> list[str] | None:
    """Members of the group, None while Kafka is still choosing who coordinates it, as on a fresh cluster."""
    found = []
    try:
        answers = await admin.describe_consumer_groups([APP_ID])
    except (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError):
        return None
    for answer in answers:
        for group in answer.to_object()["groups"]:
            found += [f"{member['client_id']} at {member['client_host']}" for member in group["members"]]
    return found
