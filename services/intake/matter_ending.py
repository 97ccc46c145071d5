"""How a matter ends: accepted, rejected, withdrawn, not taken into handling (Awb 4:5), or in another matter about the same."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from services.contracts.envelope import Event
from services.contracts.matters import MatterAbsorbed, MatterDecided, MatterMerged
from services.eventlog.decider import Refused, refusal
from services.intake.matter import DECISION, Ended, Matter
from services.intake.matter_commands import DecideMatter, MergeMatter
from services.intake.matter_papers import said

Decision = Sequence[Event] | Refused


def end(matter: Matter, command: DecideMatter) -> Decision:
    """A decision; who withdraws needs no application, every other outcome does."""
    if command.outcome != "withdrawn" and matter.applied_on is None:
        return Refused("no-application", "only an application can be decided on")
    if command.outcome == "not-taken-into-handling" and (refused := _to_be_handled(matter, command)):
        return refused
    starts_on = _starts_on(matter, command) if command.outcome == "accepted" else None
    if isinstance(starts_on, Refused):
        return starts_on
    running = matter.terms.get(DECISION)
    decided = MatterDecided(
        **said(matter, command),
        subject=matter.subject,
        outcome=command.outcome,
        decided_on=command.today,
        decided_by=command.decided_by,
        reason_code=command.reason_code,
        due_on=None if running is None else running.term.due_on,
        starts_on=starts_on,
        start_ground=None if starts_on is None else command.start_ground,
        text_ref=command.text_ref,
    )
    return [decided]


def _to_be_handled(matter: Matter, command: DecideMatter) -> Refused | None:
    """Whoever was not asked, or has time left, or was left waiting too long, gets a decision on the merits."""
    if matter.lapsed is None:
        return Refused("papers-not-overdue", "only who was asked for papers and let the term pass can be left without handling")
    weeks = command.rules.papers_on(command.today).not_handled_within_weeks
    until = matter.lapsed.recover_by + timedelta(weeks=weeks)
    return Refused("handle-after-all", f"this could be said until {until}") if command.today > until else None


def _starts_on(matter: Matter, command: DecideMatter) -> date | Refused:
    """The day of reporting counts; the application, or an earlier day where the law allows it, on a ground that is named."""
    assert matter.applied_on is not None, "an application is decided on"
    match command.start_ground:
        case "report":
            return matter.reported_on
        case "application":
            return matter.applied_on
        case "retroactive":
            return _retroactive(matter, command)


def _retroactive(matter: Matter, command: DecideMatter) -> date | Refused:
    months = command.rules.retroactive_months(matter.subject, matter.reported_on)
    first, wanted = _months_before(matter.reported_on, months), command.starts_on
    if not months:
        return Refused("not-retroactive", "no rule of the day of reporting lets a right begin before it")
    if wanted is None or not first <= wanted < matter.reported_on:
        return Refused("start-out-of-reach", f"a day from {first} and before {matter.reported_on}")
    return wanted


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def merge(known: Matter | Ended | None, into: Matter | Ended | None, command: MergeMatter) -> Decision:
    """A matter goes on in another, whose terms are due no later: nobody waits longer by it, and no term begins anew."""
    if isinstance(known, Ended):
        return [] if known.into_ref == command.into_ref else Refused("matter-ended")
    if known is None or into is None:
        return Refused("unknown-matter")
    if isinstance(into, Ended):
        return Refused("matter-ended", "the matter in which it would go on has ended")
    refused = refusal(
        (command.into_ref == command.matter_ref, Refused("same-matter")),
        (known.subject != into.subject, Refused("other-subject", "matters about different things stay apart")),
        (not command.together, Refused("other-household", "the clients of the two matters do not live together")),
        (_waits_longer(known, into), Refused("older-term-runs", "a term of this matter is due sooner: merge the other way round")),
        (known.awaited is not None, Refused("papers-awaited", "papers are awaited in this matter; let them come in first")),
    )
    if refused:
        return refused
    goes = MatterMerged(**said(known, command), into_matter_ref=command.into_ref, merged_by=command.merged_by)
    stays = {"matter_ref": command.into_ref, **into.whose.said}
    return [goes, MatterAbsorbed(**stays, from_matter_ref=command.matter_ref, reported_on=min(known.reported_on, into.reported_on))]


def _waits_longer(known: Matter, into: Matter) -> bool:
    open_terms = (running.term for running in known.terms.values() if not running.is_completed)
    return any(term.step not in into.terms or into.terms[term.step].term.due_on > term.due_on for term in open_terms)
