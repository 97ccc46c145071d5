"""A report or an application comes in: it opens a matter or joins the open one, and terms of law begin."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, assert_never

from services.contracts.envelope import Event
from services.contracts.matters import MatterApplied, MatterOpened, MatterReported, MatterTermStarted, Term
from services.eventlog.decider import Refused, refusal
from services.intake.matter import Matter, Running
from services.intake.matter_commands import Apply, Report
from services.intake.term_rules import TermRule, Trigger

Decision = Sequence[Event] | Refused


def tell(matter: Matter | None, command: Report | Apply) -> Decision:
    """Facts of a new matter, or of one that is open already; the same told again is a repeat."""
    if command.on > command.today:
        return Refused("date-in-future")
    if command.rules.subject(command.subject, command.on) is None:
        return Refused("rule-missing", "no rule says which terms this subject has on that day")
    match command:
        case Report():
            return _report(matter, command)
        case Apply():
            return _apply(matter, command)
        case _:
            assert_never(command)


def _report(matter: Matter | None, command: Report) -> Decision:
    if matter is not None and ("report", command.person_ref, command.channel, command.on) in matter.told:
        return []
    reported = MatterReported(
        **_said(matter, command),
        report_ref=command.told_ref,
        person_ref=command.person_ref,
        channel=command.channel,
        reported_on=command.on,
        organisation=command.organisation,
        threat=command.threat,
        search_until=_search_until(matter, command),
        text_ref=command.text_ref,
    )
    threatened = command.threat or (matter is not None and matter.threat)
    return [*_opened(matter, command), reported, *_begun(matter, command, "report", threat=threatened)]


def _apply(matter: Matter | None, command: Apply) -> Decision:
    if matter is not None and ("application", command.person_ref, command.channel, command.on) in matter.told:
        return []
    if refused := _too_early(matter, command):
        return refused
    applied = MatterApplied(
        **_said(matter, command),
        application_ref=command.told_ref,
        person_ref=command.person_ref,
        channel=command.channel,
        applied_on=command.on,
        exemption=command.exemption,
        text_ref=command.text_ref,
    )
    return [*_opened(matter, command), applied, *_begun(matter, command, "application", threat=matter is not None and matter.threat)]


def _too_early(matter: Matter | None, command: Apply) -> Refused | None:
    until = _search_until(matter, command) if matter is None or matter.search_until is None else matter.search_until
    search = command.rules.search(command.subject, command.on)
    exempt = command.exemption is not None and search is not None and command.exemption in search.exemptions
    searching = until is not None and command.on < until and not exempt
    return refusal(
        (command.exemption is not None and not exempt, Refused("unknown-exemption", "no rule of that day knows this exemption")),
        (searching, Refused("search-period-runs", f"record a report; an application can come from {until} on")),
        (_needs_step(matter, command), Refused("step-comes-first", "what comes before an application is not done and its term not over")),
    )


def _needs_step(matter: Matter | None, command: Apply) -> bool:
    rule = command.rules.term(command.subject, "decision", command.on, threat=False)
    if rule is None or rule.needs is None:
        return False
    before = None if matter is None else matter.terms.get(rule.needs)
    return before is None or not (before.is_completed or before.term.due_on < command.on)


def _search_until(matter: Matter | None, command: Report | Apply) -> date | None:
    """From when an application can come; the first report counts. Who was not young then is not asked to search later."""
    if matter is not None:
        return matter.search_until
    rule = command.rules.search(command.subject, command.on)
    return command.on + timedelta(weeks=rule.weeks) if rule is not None and command.is_young else None


def _said(matter: Matter | None, command: Report | Apply) -> dict[str, Any]:
    whose = command.whose if matter is None else matter.whose
    return {"matter_ref": command.matter_ref, **whose.said}


def _opened(matter: Matter | None, command: Report | Apply) -> list[Event]:
    if matter is not None:
        return []
    opened = MatterOpened(**_said(matter, command), subject=command.subject, opened_on=command.on, rule_version=command.rules.version)
    return [opened]


def _begun(matter: Matter | None, command: Report | Apply, trigger: Trigger, *, threat: bool) -> Iterator[MatterTermStarted]:
    for step in command.rules.steps(command.subject, trigger):
        rule = command.rules.term(command.subject, step, command.on, threat=threat)
        term = None if rule is None else _earlier(None if matter is None else matter.terms.get(step), command, rule)
        if term is not None:
            yield MatterTermStarted(**_said(matter, command), term=term)


def _earlier(running: Running | None, command: Report | Apply, rule: TermRule) -> Term | None:
    """The term that begins now, unless one runs that is due no later, is over, or was stretched and so rests on more than its day."""
    term = command.rules.begun(rule, command.on)
    if running is None:
        return term
    is_fixed = running.is_stretched or running.is_completed or running.has_passed
    return None if is_fixed or running.term.due_on <= term.due_on else term
