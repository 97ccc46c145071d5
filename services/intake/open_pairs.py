"""What lies beside the facts about persons who are alike: the list of those at whom nobody looked yet."""

from collections.abc import Sequence

from services.contracts.envelope import Envelope, Event
from services.contracts.persons import PersonsLinked, PersonsToldApart, PossibleDuplicateFound
from services.eventlog.log import EventLog, Transaction
from services.intake.pairs import pair_of

OPEN = "open-pairs"


def open_pairs(log: EventLog) -> list[PossibleDuplicateFound]:
    """Every pair at which nobody looked yet."""
    return [PossibleDuplicateFound.model_validate_json(value) for _, value in log.kept_all(OPEN)]


def note(tx: Transaction, recorded: Sequence[Envelope[Event]]) -> None:
    """Keep the list right, in the transaction of the facts; also of facts that come back after a restore."""
    for envelope in recorded:
        match envelope.event:
            case PossibleDuplicateFound() as found:
                tx.keep(OPEN, pair_of(found), found.model_dump_json().encode())
            case (PersonsLinked() | PersonsToldApart()) as judged:
                tx.drop(OPEN, pair_of(judged))
            case _:
                continue
