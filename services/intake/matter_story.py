"""A matter as whoever works on it gets to see it: what was told, which terms run, which papers are missing, how it ended."""

from collections.abc import Sequence
from typing import Any

from services.contracts.matters import MatterApplied, MatterDecided, MatterEvent, MatterPapersAsked, MatterReported
from services.intake.matter import Ended, Matter, Running
from services.intake.matters import MATTERS
from services.intake.open_matters import state_of
from services.vault.texts import text_of
from services.vault.vault import Kept, Vault

SAID = (MatterReported, MatterApplied, MatterPapersAsked, MatterDecided)
ENVELOPE = {"matter_ref", "client", "household_ref", "municipality", "text_ref"}


def story(source: Kept, vault: Vault, facts: Sequence[MatterEvent]) -> dict[str, Any]:
    """The matter of these facts; what was said with them is read from the vault, and is None where it was erased."""
    known = MATTERS.fold(facts).known[facts[0].matter_ref]
    matter = known.matter if isinstance(known, Ended) else known
    return {
        "matter_ref": facts[0].matter_ref,
        "client": matter.whose.client,
        "household_ref": matter.whose.household_ref,
        "municipality": matter.whose.municipality,
        "subject": matter.subject,
        "state": known.how if isinstance(known, Ended) else state_of(matter),
        "version": len(facts),
        "reported_on": matter.reported_on.isoformat(),
        "applied_on": None if matter.applied_on is None else matter.applied_on.isoformat(),
        "search_until": None if matter.search_until is None else matter.search_until.isoformat(),
        "terms": [_term(running) for running in matter.terms.values()],
        "missing": _missing(matter),
        "told": [_told(source, vault, fact) for fact in facts if isinstance(fact, SAID)],
    }


def _term(running: Running) -> dict[str, Any]:
    state = "done" if running.is_completed else "late" if running.has_passed else "near" if running.is_near else "runs"
    return {**running.term.model_dump(mode="json"), "state": state, "extended_weeks": running.extended}


def _missing(matter: Matter) -> dict[str, Any] | None:
    """Papers that are not there, and until when they are awaited or were."""
    waiting = matter.awaited or matter.lapsed
    if waiting is None:
        return None
    return {"papers": list(waiting.papers), "recover_by": waiting.recover_by.isoformat(), "is_overdue": matter.awaited is None}


def _told(source: Kept, vault: Vault, fact: MatterEvent) -> dict[str, Any]:
    told = {name: value for name, value in fact.model_dump(mode="json").items() if name not in ENVELOPE}
    return {"what": fact.TYPE.split(".")[3], **told, "note": text_of(vault, source, getattr(fact, "text_ref", None))}
