"""What intake tells of a client's needs, as a part of the contact view: domain, goals, and who works on them."""

from collections.abc import Callable, Mapping
from typing import Any

from services.contracts.envelope import Event
from services.contracts.needs import NeedClosed, NeedEvent, NeedGoalEnded, NeedGoalSet, NeedIdentified, NeedWorkStarted
from streams.view import Row

Part = Callable[[Row, Any], dict[str, Any]]


def _with(row: Row, fact: NeedEvent, change: Mapping[str, Any]) -> dict[str, Any]:
    needs = row.get("needs", {})
    known = {"domain": fact.domain, "need": None, "state": "open", "goals": {}, **needs.get(fact.need_ref, {})}
    return {"needs": {**needs, fact.need_ref: {**known, **change}}}


def _with_goal(row: Row, fact: NeedGoalSet | NeedWorkStarted | NeedGoalEnded, change: Mapping[str, Any]) -> dict[str, Any]:
    goals = row.get("needs", {}).get(fact.need_ref, {}).get("goals", {})
    known = {"goal": None, "state": "set", "teams": [], **goals.get(fact.goal_ref, {})}
    return _with(row, fact, {"goals": {**goals, fact.goal_ref: {**known, **change}}})


def _identified(row: Row, fact: NeedIdentified) -> dict[str, Any]:
    return _with(row, fact, {"need": fact.need})


def _set(row: Row, fact: NeedGoalSet) -> dict[str, Any]:
    return _with_goal(row, fact, {"goal": fact.goal})


def _started(row: Row, fact: NeedWorkStarted) -> dict[str, Any]:
    goal = row.get("needs", {}).get(fact.need_ref, {}).get("goals", {}).get(fact.goal_ref, {})
    return _with_goal(row, fact, {"state": "worked-on", "teams": sorted({*goal.get("teams", ()), fact.team_ref})})


def _ended(row: Row, fact: NeedGoalEnded) -> dict[str, Any]:
    return _with_goal(row, fact, {"state": fact.outcome})


def _closed(row: Row, fact: NeedClosed) -> dict[str, Any]:
    return _with(row, fact, {"state": fact.outcome})


NEED_PARTS: Mapping[type[Event], Part] = {
    NeedIdentified: _identified,
    NeedGoalSet: _set,
    NeedWorkStarted: _started,
    NeedGoalEnded: _ended,
    NeedClosed: _closed,
}
"""What changes by each fact about a need; `domain` says who may see it."""


def open_needs(row: Row) -> dict[str, Any]:
    """The needs of a client that are not closed."""
    return {ref: need for ref, need in row.get("needs", {}).items() if need["state"] == "open"}
