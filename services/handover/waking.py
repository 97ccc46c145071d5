"""What the clock does in handover: moments of offers and openings, terms of call-backs, and the next portion of a reassignment."""

from collections.abc import Callable

from services.eventlog.handle import Work
from services.eventlog.log import Answer, Due, Origin, Transaction
from services.handover import caseloads, contact_work, glass_work
from services.handover.commands import PassMoment
from services.handover.domain import HANDOVER
from services.handover.due_times import local_day
from services.handover.offers import moment_of
from services.handover.rules import HandoverRules
from services.handover.state import baton_stream
from services.handover.work import HandoverWork, note

BATON = baton_stream("")


def on_due(rules: HandoverRules) -> Callable[[Due, Origin], Callable[[Transaction], Answer]]:
    """For the clock (services/eventlog/clock.py): the work that belongs to a moment."""

    def work_at(due: Due, origin: Origin) -> Callable[[Transaction], Answer]:
        if due.stream.startswith(caseloads.PREFIX):
            return caseloads.continuing(due, origin)
        if due.stream.startswith(contact_work.PREFIX):
            return contact_work.passing_term(due, origin)
        if due.stream.startswith(glass_work.PREFIX):
            return glass_work.passing(due, origin)
        return _passing(rules, due, origin)

    return work_at


def _passing(rules: HandoverRules, due: Due, origin: Origin) -> HandoverWork:
    moment, offer = moment_of(due.kind)
    command = PassMoment(due.stream.removeprefix(BATON), offer, moment, local_day(origin.at), rules)
    return Work(HANDOVER, lambda _tx: command, origin, origin.command_id.encode(), beside=note)
