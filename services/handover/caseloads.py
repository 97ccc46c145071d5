"""The reassignment of a caseload as work for the log: the first portion with the order, the next ones by the clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from services.contracts.envelope import Envelope, Event
from services.contracts.handover import CaseloadReassignmentCompleted, CaseloadReassignmentOrdered, ContactPersonAssigned
from services.eventlog.decider import Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Due, EventLog, Origin, Transaction
from services.handover import directory
from services.handover.commands import ContinueReassignment, OrderReassignment, ReassignmentCommand
from services.handover.due_times import local_day
from services.handover.reassigning import NOT_ORDERED, REASSIGNING, Reassigning, reassignment_stream
from services.handover.work import Asked, baton_of, note

UNDER_WAY = "reassignments"
PORTION = 500
AGAIN = "portion-again"
PREFIX = reassignment_stream("")

ReassignmentWork = Work[ReassignmentCommand, Reassigning]


@dataclass(frozen=True, slots=True)
class Portion:
    """Clients to be moved now, up to which entry of the directory they were found, and whether there may be more behind it."""

    clients: tuple[str, ...]
    entry: int
    more: bool


def ordering(command: OrderReassignment, asked: Asked) -> ReassignmentWork:
    """The order and its first portion; the answer names the reassignment and how many clients went to others by now."""
    found: list[Portion] = []

    def with_portion(tx: Transaction) -> ReassignmentCommand:
        portion = _portion(tx, command.team_ref, command.from_staff, 0)
        found.append(portion)
        return replace(command, clients=portion.clients, more=portion.more)

    def beside(tx: Transaction, recorded: Sequence[Envelope[Event]]) -> None:
        row = {"team_ref": command.team_ref, "from_staff": command.from_staff, "reasons": dict(command.reasons)}
        _keep(tx, command.reassignment_ref, found[-1], row, recorded)

    def refs(recorded: Recorded) -> dict[str, str]:
        return {"reassignment_ref": command.reassignment_ref, "moved": str(_moved(recorded))}

    return Work(REASSIGNING, with_portion, asked.origin, asked.body_hash, asked.expected, beside, refs)


def continuing(due: Due, origin: Origin) -> ReassignmentWork:
    """The next portion. A crash before it is recorded leaves its moment due; after it, the moment of the next one is."""
    reassignment_ref = due.stream.removeprefix(PREFIX)
    found: list[tuple[Portion, dict[str, Any]]] = []

    def with_portion(tx: Transaction) -> ReassignmentCommand | Refused:
        kept = tx.kept(UNDER_WAY, reassignment_ref)
        if kept is None:
            return NOT_ORDERED
        row = orjson.loads(kept)
        portion = _portion(tx, row["team_ref"], row["from_staff"], row["entry"])
        found.append((portion, row))
        today, moved = local_day(origin.at), row["moved"]
        return ContinueReassignment(reassignment_ref, row["team_ref"], today, row["reasons"], portion.clients, portion.more, moved)

    def beside(tx: Transaction, recorded: Sequence[Envelope[Event]]) -> None:
        _keep(tx, reassignment_ref, *found[-1], recorded)

    return Work(REASSIGNING, with_portion, origin, origin.command_id.encode(), beside=beside)


def under_way(log: EventLog, reassignment_ref: str) -> Mapping[str, Any] | None:
    """How far a reassignment is that has portions to go."""
    kept = log.kept(UNDER_WAY, reassignment_ref)
    return None if kept is None else orjson.loads(kept)


def recall(tx: Transaction, facts: Sequence[Envelope[Event]]) -> None:
    """After a restore a reassignment that was under way begins again; reasons of single clients are gone."""
    for envelope in facts:
        event = envelope.event
        if isinstance(event, CaseloadReassignmentOrdered):
            row = {"team_ref": event.team_ref, "from_staff": event.from_staff, "reasons": {}, "entry": 0, "moved": 0}
            tx.keep(UNDER_WAY, event.reassignment_ref, orjson.dumps(row))
            tx.schedule(Due(envelope.stream, AGAIN, envelope.recorded_at))
        elif isinstance(event, CaseloadReassignmentCompleted):
            tx.drop(UNDER_WAY, event.reassignment_ref)
            tx.unschedule(envelope.stream, AGAIN)


def _portion(tx: Transaction, team_ref: str, staff_ref: str, entry: int) -> Portion:
    clients = dict[str, None]()
    for number, client in directory.clients_behind(tx, staff_ref, entry):
        if len(clients) == PORTION:
            return Portion(tuple(clients), entry, more=True)
        baton = baton_of(tx, client)
        if baton is not None and (baton.team_ref, baton.contact_person) == (team_ref, staff_ref):
            clients[client] = None
        entry = number
    return Portion(tuple(clients), entry, more=False)


def _moved(recorded: Recorded) -> int:
    return sum(isinstance(told.event, ContactPersonAssigned) for told in recorded)


def _keep(tx: Transaction, reassignment_ref: str, portion: Portion, row: dict[str, Any], recorded: Sequence[Envelope[Event]]) -> None:
    note(tx, recorded)
    if not portion.more:
        tx.drop(UNDER_WAY, reassignment_ref)
        return
    kept = {**row, "entry": portion.entry, "moved": row.get("moved", 0) + _moved(recorded)}
    tx.keep(UNDER_WAY, reassignment_ref, orjson.dumps(kept))
    tx.schedule(Due(reassignment_stream(reassignment_ref), f"portion-{portion.entry}", recorded[0].recorded_at))
