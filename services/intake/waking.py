"""What the clock does in intake: a birthday, a term or papers of a matter, a day of a flag, or that a client is needed no more."""

from collections.abc import Callable

from services.eventlog.log import Answer, Due, Origin, Transaction
from services.intake import ageing
from services.intake.desk import Desk
from services.intake.erasing import Eraser
from services.intake.matter_work import PREFIX, MatterDesk
from services.intake.route import work as route_work
from services.intake.settling import RETENTION
from services.intake.term_rules import TermRules


def on_due(desk: Desk, rules: TermRules, eraser: Eraser) -> Callable[[Due, Origin], Callable[[Transaction], Answer]]:
    """For the clock (services/eventlog/clock.py): the work that belongs to a moment."""
    birthdays, matters = ageing.on_due(desk), MatterDesk(desk, rules)

    def work_at(due: Due, origin: Origin) -> Callable[[Transaction], Answer]:
        if due.kind == RETENTION:
            return eraser.fallen_due(due, origin)
        if due.stream.startswith(route_work.PREFIX):
            return route_work.passing(due, origin)
        return matters.passing(due, origin) if due.stream.startswith(PREFIX) else birthdays(due, origin)

    return work_at
