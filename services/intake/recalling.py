"""What lies beside the facts of intake, made again from the facts after a restore."""

from collections.abc import Sequence

from services.contracts.envelope import Envelope, Event
from services.eventlog.log import Transaction
from services.intake import nameless, open_matters, open_pairs, same_person
from services.intake.desk import Desk
from services.intake.route import standing


def recall(desk: Desk, tx: Transaction, facts: Sequence[Envelope[Event]]) -> None:
    """Where everyone lives and who lost their name, open matters and standing flags with their moments, persons who are alike."""
    nameless.recall(desk, tx, facts)
    open_matters.note(tx, facts)
    open_pairs.note(tx, facts)
    same_person.note(tx, facts)
    standing.note(tx, facts)
