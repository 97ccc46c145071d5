"""What lies beside the facts of intake, made again from the facts after a restore."""

from collections.abc import Sequence

from services.contracts.envelope import Envelope, Event
from services.eventlog.log import Transaction
from services.intake import nameless, open_matters
from services.intake.desk import Desk


def recall(desk: Desk, tx: Transaction, facts: Sequence[Envelope[Event]]) -> None:
    """Where everyone lives and who lost their name, and the open matters with their moments."""
    nameless.recall(desk, tx, facts)
    open_matters.note(tx, facts)
