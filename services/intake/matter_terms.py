"""What happens to the terms of a matter: extended once, met, near, or passed."""

from collections.abc import Sequence
from datetime import date, timedelta

from services.contracts.envelope import Event
from services.contracts.matters import (
    MatterAdvanceFellDue,
    MatterStepCompleted,
    MatterTermExtended,
    MatterTermNeared,
    MatterTermPassed,
    Step,
)
from services.eventlog.decider import Refused, refusal
from services.intake.matter import ADVANCE, DECISION, Matter, Running
from services.intake.matter_commands import CompleteStep, ExtendTerm, PassMoment
from services.intake.matter_papers import lapse, said

Decision = Sequence[Event] | Refused
ONE_DAY = timedelta(days=1)


def extend(matter: Matter, command: ExtendTerm) -> Decision:
    """Once, with a reason, before the term has passed, and not further than the rule allows."""
    running = matter.terms.get(DECISION)
    if running is None:
        return Refused("no-application", "no term of decision runs")
    if running.extended:
        return [] if running.extended == command.weeks else Refused("extended-already", "a term is extended once")
    rule = command.rules.term(matter.subject, DECISION, running.term.began_on, threat=matter.threat)
    most = 0 if rule is None else rule.extension_weeks
    is_over = running.has_passed or (command.today > running.term.due_on and not matter.is_suspended)
    refused = refusal(
        (is_over, Refused("term-passed", "a term that has passed cannot be extended")),
        (command.weeks > most, Refused("extension-too-long", f"at most {most} weeks")),
    )
    if refused or rule is None:
        return refused or Refused("rule-missing")
    extended = MatterTermExtended(
        **said(matter, command),
        term=command.rules.until(rule, running.term.began_on, running.term.runs_until + timedelta(weeks=command.weeks)),
        weeks=command.weeks,
        reason_code=command.reason_code,
        extended_by=command.extended_by,
        text_ref=command.text_ref,
    )
    return [extended]


def complete(matter: Matter, command: CompleteStep) -> Decision:
    """What a term was for is done; a term of decision ends with the decision."""
    running = matter.terms.get(command.step)
    if running is None or command.step == DECISION:
        return Refused("no-such-step", "this matter has no such step, or it ends with a decision")
    if running.is_completed:
        return []
    refused = refusal(
        (command.completed_on > command.today, Refused("date-in-future")),
        (command.completed_on < running.term.began_on, Refused("before-it-began")),
    )
    done = MatterStepCompleted(**said(matter, command), step=command.step, completed_on=command.completed_on, due_on=running.term.due_on)
    return refused or [done]


def awaits(matter: Matter, step: Step) -> Running | None:
    """The term of a step, where something may still be told about it: it runs, and does not stand still."""
    running = matter.terms.get(step)
    if running is None or running.is_completed or running.has_passed or (step == DECISION and matter.is_suspended):
        return None
    return running


def over_on(running: Running) -> date:
    """The day on which it is told that nothing came: after the last day, but an advance falls due on its last day."""
    return running.term.due_on if running.term.step == ADVANCE else running.term.due_on + ONE_DAY


def pass_moment(matter: Matter, command: PassMoment) -> Decision:
    """What the clock tells; nothing where the moment is another one by now."""
    if command.moment == "papers":
        return lapse(matter, command)
    running = awaits(matter, command.step)
    if running is None:
        return []
    if command.moment == "near":
        return _near(matter, running, command)
    return [] if command.today < over_on(running) else [_over(matter, running, command)]


def _near(matter: Matter, running: Running, command: PassMoment) -> Decision:
    if running.is_near or command.today < running.term.near_on:
        return []
    return [MatterTermNeared(**said(matter, command), step=command.step, due_on=running.term.due_on)]


def _over(matter: Matter, running: Running, command: PassMoment) -> Event:
    due_on = running.term.due_on
    if command.step == ADVANCE:
        return MatterAdvanceFellDue(**said(matter, command), due_on=due_on, papers_missing=matter.lapsed is not None)
    return MatterTermPassed(**said(matter, command), step=command.step, due_on=due_on)
