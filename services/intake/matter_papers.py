"""Papers are asked for and come in, or do not; meanwhile the term of decision stands still (Awb 4:5 and 4:15)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from services.contracts.envelope import Event
from services.contracts.matters import MatterPapersAsked, MatterPapersReceived, MatterPapersTermPassed, MatterTermResumed
from services.eventlog.decider import Refused, refusal
from services.intake.matter import DECISION, Awaited, Matter
from services.intake.matter_commands import AskPapers, MatterCommand, ReceivePapers

Decision = Sequence[Event] | Refused


def said(matter: Matter, command: MatterCommand) -> dict[str, Any]:
    """What every fact about an open matter says."""
    return {"matter_ref": command.matter_ref, **matter.whose.said}


def ask(matter: Matter, command: AskPapers) -> Decision:
    """Ask for papers; a term that has passed is not brought to a standstill any more."""
    asked_already = matter.awaited is not None and set(command.papers) <= set(matter.awaited.papers)
    if asked_already and matter.awaited is not None and command.recover_by <= matter.awaited.recover_by:
        return []
    latest = command.today + timedelta(days=command.rules.papers_on(command.today).most_days)
    refused = refusal(
        (matter.applied_on is None, Refused("no-application", "papers are asked for to complete an application")),
        (command.recover_by <= command.today, Refused("papers-term-too-short", "papers are given at least until tomorrow")),
        (command.recover_by > latest, Refused("papers-term-too-long", f"papers are given until {latest} at the latest")),
    )
    return refused or [_asked(matter, command)]


def _asked(matter: Matter, command: AskPapers) -> MatterPapersAsked:
    return MatterPapersAsked(
        **said(matter, command),
        papers=command.papers,
        asked_on=command.today,
        recover_by=command.recover_by,
        suspends=matter.is_suspended if matter.awaited else _can_suspend(matter, command),
        asked_by=command.asked_by,
        text_ref=command.text_ref,
    )


def _can_suspend(matter: Matter, command: AskPapers) -> bool:
    running = matter.terms.get(DECISION)
    if running is None or command.today > running.term.due_on:
        return False
    rule = command.rules.term(matter.subject, DECISION, running.term.began_on, threat=matter.threat)
    return rule is not None and rule.papers_suspend


def receive(matter: Matter, command: ReceivePapers) -> Decision:
    """Papers that were asked for come in; the last of them lets the term run on."""
    missing = matter.awaited.papers if matter.awaited else matter.lapsed.papers if matter.lapsed else ()
    if refused := _unreceivable(matter, command):
        return refused
    came = tuple(paper for paper in dict.fromkeys(command.papers) if paper in missing)
    if not came:
        return []
    left = tuple(paper for paper in missing if paper not in came)
    received = MatterPapersReceived(**said(matter, command), papers=came, received_on=command.received_on, missing=left)
    return [received, *([] if left else resumed(matter, command, command.received_on))]


def _unreceivable(matter: Matter, command: ReceivePapers) -> Refused | None:
    asked_on = None if matter.awaited is None else matter.awaited.asked_on
    return refusal(
        (not set(command.papers) <= matter.papers, Refused("paper-not-asked", "none of these papers, or not all, were asked for")),
        (command.received_on > command.today, Refused("date-in-future")),
        (asked_on is not None and command.received_on < asked_on, Refused("received-before-asked")),
    )


def lapse(matter: Matter, command: MatterCommand) -> Decision:
    """The term for papers has passed; nothing where they came, or have longer."""
    awaited = matter.awaited
    if awaited is None or command.today <= awaited.recover_by:
        return []
    passed = MatterPapersTermPassed(**said(matter, command), missing=awaited.papers, recover_by=awaited.recover_by)
    return [passed, *resumed(matter, command, awaited.recover_by + timedelta(days=1))]


def resumed(matter: Matter, command: MatterCommand, on: date) -> list[Event]:
    """The term runs on from a day, if it stood still, and never later than from the day after the papers' own term."""
    awaited = matter.awaited
    if awaited is None or not awaited.suspends:
        return []
    running = matter.terms[DECISION]
    rule = command.rules.term(matter.subject, DECISION, running.term.began_on, threat=matter.threat)
    assert rule is not None, "a term without a rule"
    days = suspended_days(awaited, on)
    until = max(running.term.runs_until, awaited.asked_on) + timedelta(days=days)
    term = command.rules.until(rule, running.term.began_on, until)
    return [MatterTermResumed(**said(matter, command), term=term, suspended_days=days)]


def suspended_days(awaited: Awaited, on: date) -> int:
    """Whole days from the day after asking to the day before `on` (Awb 4:15(1): from the day after, until the day of).

    Where two readings are possible this is the shorter one: it never gives the organisation a day too many.
    """
    end = min(on, awaited.recover_by + timedelta(days=1))
    return max(0, (end - awaited.asked_on).days - 1)
