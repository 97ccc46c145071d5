"""Many commands at once: submitted together so that they share a commit, and awaited with a limit."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from itertools import islice
from typing import TypeVar

from services.eventlog.log import Answer, EventLog, Transaction

PORTION = 500
ANSWER_SECONDS = 60.0
SYSTEM = "system:benefits"
"""Actor of what the service does by itself."""

T = TypeVar("T")
Progress = Callable[[int], None]


def portions(items: Iterable[T], size: int = PORTION) -> Iterator[list[T]]:
    """The items in order, `size` at a time."""
    source = iter(items)
    while portion := list(islice(source, size)):
        yield portion


def carried_out(log: EventLog, work: Callable[[Transaction], T]) -> T:
    """The durable answer to one command; raises `LogUnavailable`, and `TimeoutError` where it takes too long."""
    return log.submit(work).result(ANSWER_SECONDS)


def carry_out(log: EventLog, work: Iterable[Callable[[Transaction], Answer]], progress: Progress = lambda _done: None) -> Iterator[Answer]:
    """The durable answers, in order; raises `LogUnavailable`, and `TimeoutError` where a portion takes too long.

    The next portion is made while the one before it is written. Stopping half-way leaves whole commands only.
    """
    done = 0
    waiting: list[Future[Answer]] = []
    for portion in portions(work):
        submitted = [log.submit(each) for each in portion]
        for future in waiting:
            yield future.result(ANSWER_SECONDS)
        done += len(waiting)
        progress(done)
        waiting = submitted
    for future in waiting:
        yield future.result(ANSWER_SECONDS)
    progress(done + len(waiting))
