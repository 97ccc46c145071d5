"""What intake tells of a client's matters, as a part of the contact view: what is open, by when, and how it ended."""

from collections.abc import Callable, Mapping
from typing import Any

from services.contracts.envelope import Event
from services.contracts.matters import (
    MatterAdvanceFellDue,
    MatterApplied,
    MatterDecided,
    MatterMerged,
    MatterOpened,
    MatterPapersAsked,
    MatterPapersReceived,
    MatterPapersTermPassed,
    MatterReported,
    MatterStepCompleted,
    MatterTermExtended,
    MatterTermNeared,
    MatterTermPassed,
    MatterTermResumed,
    MatterTermStarted,
)
from streams.view import Row

Part = Callable[[Row, Any], dict[str, Any]]
Change = Callable[[Row, Any], dict[str, Any]]


NOTHING_TOLD: Mapping[str, Any] = {
    "subject": None,
    "state": "reported",
    "reported_on": None,
    "applied_on": None,
    "channels": [],
    "terms": {},
    "missing": [],
    "recover_by": None,
}
"""A matter of which nothing was told."""


def _on_matter(change: Change) -> Part:
    """A matter has a stream of its own: what one tells leaves the others as they are."""

    def part(row: Row, fact: Any) -> dict[str, Any]:  # noqa: ANN401 - a fact of the matter that the change knows
        matters = row.get("matters", {})
        matter = {**NOTHING_TOLD, **matters.get(fact.matter_ref, {})}
        return {"matters": {**matters, fact.matter_ref: {**matter, **change(matter, fact)}}}

    return part


def _opened(_matter: Row, fact: MatterOpened) -> dict[str, Any]:
    return {"subject": fact.subject}


def _reported(matter: Row, fact: MatterReported) -> dict[str, Any]:
    reported_on = min(filter(None, (matter["reported_on"], fact.reported_on.isoformat())))
    return {"reported_on": reported_on, "channels": sorted({*matter["channels"], fact.channel})}


def _applied(matter: Row, fact: MatterApplied) -> dict[str, Any]:
    applied_on = min(filter(None, (matter["applied_on"], fact.applied_on.isoformat())))
    return {"state": "applied", "applied_on": applied_on, "channels": sorted({*matter["channels"], fact.channel})}


def _runs(matter: Row, fact: MatterTermStarted | MatterTermExtended | MatterTermResumed) -> dict[str, Any]:
    term = {"due_on": fact.term.due_on.isoformat(), "state": "runs"}
    return {"terms": {**matter["terms"], fact.term.step: term}}


def _asked(matter: Row, fact: MatterPapersAsked) -> dict[str, Any]:
    return {"missing": sorted({*matter["missing"], *fact.papers}), "recover_by": fact.recover_by.isoformat()}


def _received(_matter: Row, fact: MatterPapersReceived) -> dict[str, Any]:
    return {"missing": sorted(fact.missing), **({} if fact.missing else {"recover_by": None})}


def _overdue(_matter: Row, fact: MatterPapersTermPassed) -> dict[str, Any]:
    return {"missing": sorted(fact.missing)}


def _standing(state: str) -> Change:
    def standing(matter: Row, fact: MatterTermNeared | MatterTermPassed | MatterStepCompleted) -> dict[str, Any]:
        return {"terms": {**matter["terms"], fact.step: {"due_on": fact.due_on.isoformat(), "state": state}}}

    return standing


def _advance_due(matter: Row, fact: MatterAdvanceFellDue) -> dict[str, Any]:
    return {"terms": {**matter["terms"], "advance": {"due_on": fact.due_on.isoformat(), "state": "late"}}}


def _decided(_matter: Row, fact: MatterDecided) -> dict[str, Any]:
    starts_on = None if fact.starts_on is None else fact.starts_on.isoformat()
    return {"state": fact.outcome, "decided_on": fact.decided_on.isoformat(), "starts_on": starts_on}


def _merged(_matter: Row, fact: MatterMerged) -> dict[str, Any]:
    return {"state": "merged", "into": fact.into_matter_ref}


MATTER_PARTS: Mapping[type[Event], Part] = {
    MatterOpened: _on_matter(_opened),
    MatterReported: _on_matter(_reported),
    MatterApplied: _on_matter(_applied),
    MatterTermStarted: _on_matter(_runs),
    MatterTermExtended: _on_matter(_runs),
    MatterTermResumed: _on_matter(_runs),
    MatterPapersAsked: _on_matter(_asked),
    MatterPapersReceived: _on_matter(_received),
    MatterPapersTermPassed: _on_matter(_overdue),
    MatterTermNeared: _on_matter(_standing("near")),
    MatterTermPassed: _on_matter(_standing("late")),
    MatterStepCompleted: _on_matter(_standing("done")),
    MatterAdvanceFellDue: _on_matter(_advance_due),
    MatterDecided: _on_matter(_decided),
    MatterMerged: _on_matter(_merged),
}
"""What changes by each fact about a matter; `subject` says the domain, and so who may see it."""

OPEN_STATES = ("reported", "applied")


def open_matters(row: Row) -> dict[str, Any]:
    """The matters of a client that have not ended."""
    return {ref: matter for ref, matter in row.get("matters", {}).items() if matter["state"] in OPEN_STATES}
