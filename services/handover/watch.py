"""What Prometheus is told of handovers: batons, how long nobody answered, how soon the first offer falls back; and openings."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import product
from math import inf

from services.access.region import REGION
from services.eventlog.log import EventLog
from services.handover.contact_work import open_call_backs
from services.handover.directory import batons
from services.handover.glass_work import listed
from services.handover.offers import open_offers
from services.metrics import BATONS, CALL_BACKS, FALL_BACK_SECONDS, GLASS, UNANSWERED_SECONDS

GLASS_STATES = ("running", "waiting", "overdue")
OPEN_STATES = ("offered", "near", "late")


def tell(log: EventLog, now: Callable[[], datetime]) -> None:
    """Let every scrape look at the lists beside the facts, which hold what is open and no more."""
    for state in OPEN_STATES:
        BATONS.labels(state).set_function(partial(_in_state, log, state))
        UNANSWERED_SECONDS.labels(state).set_function(partial(_longest, log, state, now))
    BATONS.labels("held").set_function(partial(_held, log))
    FALL_BACK_SECONDS.set_function(partial(_until_first, log, now))
    CALL_BACKS.labels("open").set_function(partial(_call_backs, log, is_overdue=False))
    CALL_BACKS.labels("overdue").set_function(partial(_call_backs, log, is_overdue=True))
    for municipality, state in product(sorted(REGION), GLASS_STATES):
        GLASS.labels(municipality, state).set_function(partial(_openings, log, municipality, state))


def _in_state(log: EventLog, state: str) -> int:
    return sum(offer.state == state for offer in open_offers(log))


def _held(log: EventLog) -> int:
    return batons(log) - len(open_offers(log))


def _longest(log: EventLog, state: str, now: Callable[[], datetime]) -> float:
    return max(((now() - offer.offered_at).total_seconds() for offer in open_offers(log) if offer.state == state), default=0.0)


def _until_first(log: EventLog, now: Callable[[], datetime]) -> float:
    return min(((offer.fall_back_at - now()).total_seconds() for offer in open_offers(log)), default=inf)


def _call_backs(log: EventLog, *, is_overdue: bool) -> int:
    return sum(asked.is_overdue == is_overdue for asked in open_call_backs(log))


def _openings(log: EventLog, municipality: str, state: str) -> int:
    theirs = (each for each in listed(log) if each.municipality == municipality)
    return sum((each.state if each.state == "running" else each.review) == state for each in theirs)
