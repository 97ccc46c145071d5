"""What is decided about the route of a client: signals come and go, rules propose a flag, a person answers, and no flag is for ever."""

from collections.abc import Sequence
from datetime import timedelta
from typing import assert_never

from services.contracts.envelope import Event
from services.contracts.route import IntegralFlagProposed, RouteSignalEnded, RouteSignalRecorded
from services.eventlog.decider import Decider, Refused, refusal
from services.intake.route.answering import answer, pass_moment
from services.intake.route.commands import (
    AssessRoute,
    Command,
    ConfirmFlag,
    EndSignal,
    PassFlagMoment,
    RecordSignal,
    RemoveFlag,
    ReviewFlag,
    RouteCommand,
)
from services.intake.route.course import Course, evolve, route_stream
from services.intake.route.days import months_after
from services.intake.route.rules import RuleMissing
from services.intake.route.weighing import Weighing, weigh

Decision = Sequence[Event] | Refused
IN_FUTURE = Refused("date-in-future")


def reads(command: Command) -> tuple[str, ...]:
    """The client's route alone."""
    return (route_stream(command.client),)


def decide(course: Course, command: Command) -> Decision:
    """Facts, nothing for a repeat, or a refusal with its reason; also where no rule holds on the day."""
    try:
        return _decided(course, command)
    except RuleMissing as missing:
        return Refused("no-rule", str(missing))


def _decided(course: Course, command: Command) -> Decision:
    match command:
        case RecordSignal():
            return _record(course, command)
        case EndSignal():
            return _end(course, command)
        case AssessRoute():
            return proposed(course, command)
        case ConfirmFlag() | ReviewFlag() | RemoveFlag():
            return answer(course, command)
        case PassFlagMoment():
            return pass_moment(course, command)
        case _:
            assert_never(command)


def _record(course: Course, command: RecordSignal) -> Decision:
    if _is_known(course, command):
        return []
    if command.since > command.today:
        return IN_FUTURE
    recorded = RouteSignalRecorded(
        **command.about(),
        signal_ref=command.signal_ref,
        kind=command.kind,
        domain=command.domain,
        organisation=command.organisation,
        source=command.source,
        since=command.since,
        recorded_by=command.recorded_by,
    )
    return [recorded, *proposed(evolve(course, recorded), command)]


def _is_known(course: Course, command: RecordSignal) -> bool:
    """Whether the same was recorded and did not end: of one kind, source and day. Needs that intake records each end by themselves."""
    if (command.kind, command.source) == ("open-need", "intake"):
        return command.signal_ref in course.recorded
    same = (command.kind, command.domain, command.organisation, command.source, command.since)
    known = (told for ref, told in course.recorded.items() if ref not in course.ended)
    return any((told.kind, told.domain, told.organisation, told.source, told.since) == same for told in known)


def _end(course: Course, command: EndSignal) -> Decision:
    told, ended = course.recorded.get(command.signal_ref), course.ended.get(command.signal_ref)
    if told is None:
        return Refused("unknown-signal", "no such signal was recorded of this client")
    if ended is not None:
        same = (ended.on, ended.end) == (command.on, command.end)
        return [] if same else Refused("signal-ended", "this signal ended already; record a new one where it is there again")
    refused = refusal(
        (command.on > command.today, IN_FUTURE),
        (command.on < told.since, Refused("before-signal", "a signal does not end before it began")),
    )
    return refused or [RouteSignalEnded(**command.about(), signal_ref=command.signal_ref, on=command.on, end=command.end)]


def proposed(course: Course, command: RouteCommand) -> Sequence[Event]:
    """A proposal where the rules come to the threshold, no flag stands, and a rule saw what the last answer did not know."""
    weighing = weigh(command.rules, course.signals(), command.today)
    last = course.flag
    if not weighing.reaches or (last is not None and (last.stands or weighing.seen <= last.known)):
        return []
    return [_proposal(1 if last is None else last.number + 1, weighing, command)]


def _proposal(number: int, weighing: Weighing, command: RouteCommand) -> IntegralFlagProposed:
    term = command.rules.term(command.today)
    return IntegralFlagProposed(
        **command.about(),
        flag=number,
        on=command.today,
        score=weighing.score,
        threshold=weighing.threshold,
        fired=weighing.fired,
        rule_version=command.rules.version,
        review_on=command.today + timedelta(days=term.answer_days),
        expires_on=months_after(command.today, term.proposal_months),
    )


ROUTE: Decider[Command, Course] = Decider(Course(), reads, decide, evolve)
