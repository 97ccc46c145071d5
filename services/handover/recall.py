"""What lies beside the facts of handover, made again from the facts after a restore."""

from collections.abc import Sequence

from services.contracts.envelope import Envelope, Event
from services.eventlog.log import Transaction
from services.handover import caseloads, contact_work, glass_work, work


def recall(tx: Transaction, facts: Sequence[Envelope[Event]]) -> None:
    """Erasures, directory, open offers, call-backs and openings with their moments, and reassignments that were under way."""
    work.note(tx, facts)
    contact_work.note(tx, facts)
    glass_work.note(tx, facts)
    caseloads.recall(tx, facts)
