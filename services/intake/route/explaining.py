"""The route of one client as a person reads it: what is known, what the rules make of it today, and how a flag came to be."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.contracts.envelope import Envelope, Event
from services.contracts.route import FlagEvent, RouteSignalEnded, RouteSignalRecorded
from services.eventlog.log import EventLog
from services.intake.route.course import Course
from services.intake.route.deciding import ROUTE
from services.intake.route.histories import Recorded
from services.intake.route.rules import RouteRules
from services.intake.route.weighing import weigh
from services.vault.texts import text_of
from services.vault.vault import Vault


def explained(log: EventLog, vault: Vault, rules: RouteRules, facts: Sequence[Recorded], today: date) -> dict[str, Any]:
    """Signals, the weighing of today with its explanation, and every fact of the flags with its note. Raises `Unopened` with `damaged`."""
    course = ROUTE.fold(fact.event for fact in facts)
    weighing = weigh(rules, course.signals(), today)
    return {
        "signals": [_signal(told, course.ended.get(ref)) for ref, told in course.recorded.items()],
        "flag": _flag(course),
        "today": {
            "score": weighing.score,
            "threshold": weighing.threshold,
            "fired": [fired.model_dump(mode="json") for fired in weighing.fired],
            "rule_version": rules.version,
        },
        "course": [_step(log, vault, fact) for fact in facts if isinstance(fact.event, FlagEvent)],
    }


def _signal(told: RouteSignalRecorded, ended: RouteSignalEnded | None) -> dict[str, Any]:
    shown = told.model_dump(mode="json", include={"signal_ref", "kind", "domain", "organisation", "source", "since", "recorded_by"})
    return {**shown, "ended_on": None if ended is None else ended.on.isoformat(), "end": None if ended is None else ended.end}


def _flag(course: Course) -> dict[str, Any] | None:
    flag = course.flag
    if flag is None:
        return None
    days = {"review_on": flag.review_on.isoformat(), "expires_on": flag.expires_on.isoformat()}
    return {"flag": flag.number, "state": flag.state, **days, "review_due": flag.is_review_due}


def _step(log: EventLog, vault: Vault, fact: Envelope[Event]) -> dict[str, Any]:
    told = fact.event.model_dump(mode="json", exclude={"client", "household_ref", "municipality", "text_ref"})
    return {"what": fact.event.TYPE.split(".")[3], **told, "note": text_of(vault, log, getattr(fact.event, "text_ref", None))}
