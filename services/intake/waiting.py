"""Erasures that were asked for and are not done, beside the facts: who waits for the services, and who is refused until when."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from math import inf
from typing import Literal, get_args

from services.contracts.envelope import Published
from services.eventlog.log import EventLog, Transaction
from services.metrics import ERASURE_AGAIN_SECONDS, ERASURE_WAITING_SECONDS, ERASURES

WAITING = "waiting-erasures"
State = Literal["asked", "ordered", "refused"]


class Waiting(Published):
    """An erasure that is not done, since it was first asked for; a refused one is tried again at `again_at`. Moments in UTC."""

    client: str
    state: State
    since: datetime
    asked_by: str
    again_at: datetime | None = None


def waiting(log: EventLog) -> list[Waiting]:
    """Every erasure that was asked for and is not done, by client."""
    return [Waiting.model_validate_json(value) for _, value in log.kept_all(WAITING)]


def asked(tx: Transaction, client: str, state: State, at: datetime, asked_by: str) -> Waiting:
    """Somebody asks, or the clock does; it waits since it was first asked for, and for whoever asked first."""
    earlier = of(tx, client)
    told = Waiting(client=client, state=state, since=at, asked_by=asked_by) if earlier is None else earlier
    return _keep(tx, told.model_copy(update={"state": state, "again_at": None}))


def moved(tx: Transaction, waits: Waiting, state: State, again_at: datetime | None = None) -> None:
    """It stands elsewhere."""
    _keep(tx, waits.model_copy(update={"state": state, "again_at": again_at}))


def of(tx: Transaction, client: str) -> Waiting | None:
    """The erasure of a client that was asked for and is not done, if there is one."""
    kept = tx.kept(WAITING, client)
    return None if kept is None else Waiting.model_validate_json(kept)


def _keep(tx: Transaction, waits: Waiting) -> Waiting:
    tx.keep(WAITING, waits.client, waits.model_dump_json().encode())
    return waits


def over(tx: Transaction, client: str) -> None:
    """It is done, or nobody asked for it but the clock, which looks again by itself."""
    tx.drop(WAITING, client)


def tell(log: EventLog, now: Callable[[], datetime]) -> None:
    """Let every scrape look at the list."""
    for state in get_args(State):
        ERASURES.labels(state).set_function(partial(_in_state, log, state))
    ERASURE_WAITING_SECONDS.set_function(partial(_longest, log, now))
    ERASURE_AGAIN_SECONDS.set_function(partial(_until_first, log, now))


def _in_state(log: EventLog, state: State) -> int:
    return sum(each.state == state for each in waiting(log))


def _longest(log: EventLog, now: Callable[[], datetime]) -> float:
    return max(((now() - each.since).total_seconds() for each in waiting(log) if each.again_at is None), default=0.0)


def _until_first(log: EventLog, now: Callable[[], datetime]) -> float:
    return min(((each.again_at - now()).total_seconds() for each in waiting(log) if each.again_at is not None), default=inf)
