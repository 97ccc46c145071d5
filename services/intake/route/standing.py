"""What lies beside the facts of flags: the days on which the clock looks at one, and the list of those that stand."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from services.contracts.envelope import Envelope, Event, Published
from services.contracts.route import (
    FlagEvent,
    IntegralFlagConfirmed,
    IntegralFlagExpired,
    IntegralFlagProposed,
    IntegralFlagRemoved,
    IntegralFlagReviewDue,
    IntegralFlagReviewed,
)
from services.eventlog.log import Due, EventLog, Transaction
from services.intake.desk import begin_of
from services.intake.route.commands import Moment
from services.intake.route.course import route_stream

STANDING = "standing-flags"
MOMENTS: tuple[Moment, ...] = ("review", "expiry")

Dated = IntegralFlagProposed | IntegralFlagConfirmed | IntegralFlagReviewed


class StandingFlag(Published):
    """A flag that was neither removed nor expired, since the day of its proposal."""

    client: str
    household_ref: str
    flag: int
    municipality: str
    state: Literal["proposed", "confirmed"]
    since: date
    rules: tuple[str, ...]
    review_on: date
    expires_on: date
    is_review_due: bool = False


def standing_flags(log: EventLog) -> list[StandingFlag]:
    """Every flag that stands, by client."""
    return [StandingFlag.model_validate_json(value) for _, value in log.kept_all(STANDING)]


def kind_of(moment: Moment, flag: int) -> str:
    """How the clock knows a moment of a flag."""
    return f"flag-{moment}/{flag}"


def moment_of(kind: str) -> tuple[Moment, int]:
    """The inverse of `kind_of`."""
    name, _, flag = kind.removeprefix("flag-").partition("/")
    moment: Moment = "review" if name == "review" else "expiry"
    return moment, int(flag)


def note(tx: Transaction, recorded: Sequence[Envelope[Event]]) -> None:
    """Keep days and list right, in the transaction of the facts; also for facts that come back after a restore."""
    for envelope in recorded:
        event = envelope.event
        if isinstance(event, IntegralFlagProposed | IntegralFlagConfirmed | IntegralFlagReviewed):
            _await_days(tx, event)
            _keep(tx, _stands(tx, event))
        elif isinstance(event, IntegralFlagReviewDue):
            _keep(tx, _standing(tx, event).model_copy(update={"is_review_due": True}))
        elif isinstance(event, IntegralFlagRemoved | IntegralFlagExpired):
            _is_over(tx, event)


def _await_days(tx: Transaction, event: Dated) -> None:
    stream, days = route_stream(event.client), (event.review_on, event.expires_on)
    for moment, day in zip(MOMENTS, days, strict=True):
        tx.schedule(Due(stream, kind_of(moment, event.flag), begin_of(day)))


def _stands(tx: Transaction, event: Dated) -> StandingFlag:
    days: dict[str, Any] = {
        "household_ref": event.household_ref,
        "municipality": event.municipality,
        "review_on": event.review_on,
        "expires_on": event.expires_on,
    }
    if isinstance(event, IntegralFlagProposed):
        rules = tuple(fired.rule for fired in event.fired)
        return StandingFlag(client=event.client, flag=event.flag, state="proposed", since=event.on, rules=rules, **days)
    return _standing(tx, event).model_copy(update={**days, "state": "confirmed", "is_review_due": False})


def _standing(tx: Transaction, event: FlagEvent) -> StandingFlag:
    kept = tx.kept(STANDING, event.client)
    assert kept is not None, "a flag stands from its proposal until it is removed or expires"
    return StandingFlag.model_validate_json(kept)


def _keep(tx: Transaction, flag: StandingFlag) -> None:
    tx.keep(STANDING, flag.client, flag.model_dump_json().encode())


def _is_over(tx: Transaction, event: FlagEvent) -> None:
    tx.drop(STANDING, event.client)
    for moment in MOMENTS:
        tx.unschedule(route_stream(event.client), kind_of(moment, event.flag))
