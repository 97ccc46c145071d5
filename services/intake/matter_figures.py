"""What Prometheus is told of matters: how many are open and where they stand, and which terms are near or late."""

from functools import partial

from services.eventlog.log import EventLog
from services.intake.open_matters import STEPS, open_matters
from services.metrics import MATTER_TERMS, MATTERS

STATES = ("reported", "applied", "awaiting-papers")


def tell(log: EventLog) -> None:
    """Let every scrape look at the list beside the facts, which holds what is open and no more."""
    for state in STATES:
        MATTERS.labels(state).set_function(partial(_in_state, log, state))
    for step in STEPS:
        MATTER_TERMS.labels(step, "near").set_function(partial(_near, log, step))
        MATTER_TERMS.labels(step, "late").set_function(partial(_late, log, step))


def _in_state(log: EventLog, state: str) -> int:
    return sum(matter.state == state for matter in open_matters(log))


def _near(log: EventLog, step: str) -> int:
    return sum(step in matter.near for matter in open_matters(log))


def _late(log: EventLog, step: str) -> int:
    return sum(step in matter.late for matter in open_matters(log))
