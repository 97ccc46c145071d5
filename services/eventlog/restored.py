"""The mark that a restored log carries until commands may come in again, and how far its restoration is."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.contracts.restored import TOLD_BY, Lifting, PositionLost, log_stream
from services.eventlog.log import Answer, EventLog, Origin, Transaction

RESTORED = "restored"
MARK, GENERATION = "mark", "generation"
ACTOR = "restoration"
ANSWER_SECONDS = 30.0


class Mark(BaseModel):
    """A log that was put back as at `backup_position` and is not yet in use.

    `reading-back` until every fact of Kafka is in it, `matching` until files and statements outside agree with it.
    `head` is the position where reading back ended; what lies above it was recorded since.
    """

    model_config = ConfigDict(frozen=True)

    backup_position: int
    phase: Literal["reading-back", "matching"] = "reading-back"
    head: int = 0
    read_back: int = 0
    lost: int = 0
    asked_by: str = ""
    asked_for: str = ""


def mark_of(log: EventLog) -> Mark | None:
    """The mark, while there is one."""
    kept = log.kept(RESTORED, MARK)
    return None if kept is None else Mark.model_validate_json(kept)


def put_mark(tx: Transaction, mark: Mark) -> None:
    """Write the mark over an older one."""
    tx.keep(RESTORED, MARK, mark.model_dump_json().encode())


def generation(log: EventLog) -> str:
    """When this log was last restored, empty for never; who reads for it begins anew under another name each time."""
    return (log.kept(RESTORED, GENERATION) or b"").decode()


def lost_positions(log: EventLog) -> list[int]:
    """Every position whose fact is lost, of all restorations."""
    return [envelope.position for envelope in log.read(log_stream(log.service)) if isinstance(envelope.event, PositionLost)]


def ask_to_lift(log: EventLog, actor: str, lifting: Lifting) -> tuple[str, ...]:
    """Have two persons let commands in though not everything matches; both of them once the second asked for the same reason.

    Raises `LogUnavailable`, and `ValueError` while facts are still read back: nothing can be decided before that.
    """

    def ask(tx: Transaction) -> tuple[str, ...]:
        mark = Mark.model_validate_json(tx.kept(RESTORED, MARK) or b"{}")
        if mark.phase == "reading-back":
            raise ValueError("reading-back")
        if mark.asked_for == lifting and mark.asked_by not in ("", actor):
            return (mark.asked_by, actor)
        put_mark(tx, mark.model_copy(update={"asked_by": actor, "asked_for": lifting}))
        return ()

    return log.submit(ask).result(ANSWER_SECONDS)


def lift(tx: Transaction, service: str, lifting: Lifting, lifted_by: tuple[str, ...], origin: Origin) -> None:
    """Record that the log is in use again, and take the mark away, in one transaction."""
    kept = tx.kept(RESTORED, MARK)
    if kept is None:
        return
    mark = Mark.model_validate_json(kept)
    fact = TOLD_BY[service].restored(
        backup_position=mark.backup_position, read_back=mark.read_back, lost=mark.lost, lifting=lifting, lifted_by=lifted_by
    )
    recorded = tx.append([fact], origin, {})[0]
    tx.remember(origin, b"", Answer("accepted", recorded.stream, recorded.version, recorded.position))
    tx.drop(RESTORED, MARK)
