"""What Prometheus is told of integral flags: how many stand, which are overdue, and how soon one expires unseen."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from math import inf
from typing import Literal

from services.eventlog.log import EventLog
from services.intake.desk import begin_of
from services.intake.route.standing import StandingFlag, standing_flags
from services.metrics import ROUTE_FLAGS, ROUTE_FLAGS_OVERDUE, ROUTE_UNSEEN_EXPIRY_SECONDS

State = Literal["proposed", "confirmed"]
STATES: tuple[State, ...] = ("proposed", "confirmed")


def tell(log: EventLog, now: Callable[[], datetime]) -> None:
    """Let every scrape look at the list beside the facts, which holds the flags that stand and no more."""
    for state in STATES:
        ROUTE_FLAGS.labels(state).set_function(partial(_in_state, log, state))
        ROUTE_FLAGS_OVERDUE.labels(state).set_function(partial(_overdue, log, state))
    ROUTE_UNSEEN_EXPIRY_SECONDS.set_function(partial(_until_first, log, now))


def _in_state(log: EventLog, state: State) -> int:
    return sum(flag.state == state for flag in standing_flags(log))


def _overdue(log: EventLog, state: State) -> int:
    return sum(flag.state == state for flag in _unseen(log))


def _until_first(log: EventLog, now: Callable[[], datetime]) -> float:
    return min(((begin_of(flag.expires_on) - now()).total_seconds() for flag in _unseen(log)), default=inf)


def _unseen(log: EventLog) -> list[StandingFlag]:
    return [flag for flag in standing_flags(log) if flag.is_review_due]
