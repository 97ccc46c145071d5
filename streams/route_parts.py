"""What intake tells of the route of a client, as a part of the contact view: the last integral flag, by codes and days only."""

from collections.abc import Callable, Mapping
from typing import Any

from services.contracts.envelope import Event
from services.contracts.route import (
    IntegralFlagConfirmed,
    IntegralFlagExpired,
    IntegralFlagProposed,
    IntegralFlagRemoved,
    IntegralFlagReviewDue,
    IntegralFlagReviewed,
)
from streams.view import Row


def _last(row: Row) -> Row:
    """The flag as it is; empty where an operator gave up its proposal."""
    flag: Row = row.get("flag") or {}
    return flag


def _proposed(_row: Row, fact: IntegralFlagProposed) -> dict[str, Any]:
    flag = {
        "flag": fact.flag,
        "state": "proposed",
        "since": fact.on.isoformat(),
        "score": fact.score,
        "threshold": fact.threshold,
        "rules": [fired.rule for fired in fact.fired],
        "reason": None,
        "review_on": fact.review_on.isoformat(),
        "expires_on": fact.expires_on.isoformat(),
        "review_due": False,
    }
    return {"flag": flag}


def _kept(row: Row, fact: IntegralFlagConfirmed | IntegralFlagReviewed) -> dict[str, Any]:
    days = {"review_on": fact.review_on.isoformat(), "expires_on": fact.expires_on.isoformat()}
    return {"flag": {**_last(row), **days, "state": "confirmed", "reason": fact.reason, "review_due": False}}


def _due(row: Row, _fact: IntegralFlagReviewDue) -> dict[str, Any]:
    return {"flag": {**_last(row), "review_due": True}}


def _removed(row: Row, fact: IntegralFlagRemoved) -> dict[str, Any]:
    return {"flag": {**_last(row), "state": "removed", "reason": fact.reason, "review_due": False}}


def _expired(row: Row, _fact: IntegralFlagExpired) -> dict[str, Any]:
    return {"flag": {**_last(row), "state": "expired", "review_due": False}}


ROUTE_PARTS: Mapping[type[Event], Callable[[Row, Any], dict[str, Any]]] = {
    IntegralFlagProposed: _proposed,
    IntegralFlagConfirmed: _kept,
    IntegralFlagReviewed: _kept,
    IntegralFlagReviewDue: _due,
    IntegralFlagRemoved: _removed,
    IntegralFlagExpired: _expired,
}
"""What changes by each fact; all come from one stream. Signals stand in the timeline only."""


def is_integral(row: Row) -> bool:
    """A flag that was ever proposed decides; without one the route on which the client came into care."""
    flag = row.get("flag")
    return row.get("route") == "integral" if flag is None else flag.get("state") == "confirmed"
