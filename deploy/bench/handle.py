"""Durable commands: contact persons are assigned through `handle`, beside the same on `eventsourcing`."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from typing import Any

from deploy.bench.figure import Figure, Target, medians
from deploy.bench.place import Place
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.handover import BatonOpened, ContactPersonAssigned
from services.contracts.teams import StaffJoined, TeamFormed
from services.eventlog.decider import Decider
from services.eventlog.handle import Work, handle
from services.eventlog.log import Origin
from services.eventlog.sqlite import SqliteLog
from services.handover.commands import AssignContactPerson
from services.handover.work import Asked, assigning

MUNICIPALITY = "GM0361"
TEAM = "team-1"
STAFF = ("s-1", "s-2", "s-3")
DAY = date(2024, 2, 15)
AT = datetime(2024, 2, 15, 9, 0, tzinfo=UTC)
ANSWER_SECONDS = 60.0

MakeWork = Callable[[str, int], Work[Any, Any]]
"""The command that gives a client the contact person of a turn."""


@dataclass(frozen=True, slots=True)
class Assign:
    """Give a client another contact person; rests on the client's own stream alone, as the peer's aggregate does."""

    client: str
    contact_person: str


def _decide(contact_person: str, command: Assign) -> Sequence[Event]:
    if contact_person == command.contact_person:
        return []
    about = {"client": command.client, "municipality": MUNICIPALITY, "team_ref": TEAM, "contact_person": command.contact_person}
    return [ContactPersonAssigned(**about, on=DAY, reason="leave")]


def _evolve(contact_person: str, event: Event) -> str:
    return event.contact_person if isinstance(event, BatonOpened | ContactPersonAssigned) else contact_person


ONE_STREAM: Decider[Assign, str] = Decider("", lambda command: (f"handover/baton/{command.client}",), _decide, _evolve)


def figures(place: Place, clients: int = 5_000, peer_clients: int = 1_000, turns: int = 4, rounds: int = 3) -> list[Figure]:
    """Each client is given another contact person `turns` times; many commands are in flight, the peer takes one at a time."""

    def own(make: MakeWork) -> float:
        return commands_a_second(place.fresh("handle") / "log.sqlite", clients, turns, make)

    def peer() -> float | None:
        return place.peer("eventsourcing_commands", place.fresh("eventsourcing") / "log.sqlite", peer_clients, turns)

    value, in_handover, peer_value = medians(rounds, lambda: own(_as_the_peer), lambda: own(_as_handover), peer)
    what, name = "durable commands through handle, SQLite, synchronous=FULL", "eventsourcing 9.5 on SQLite"
    return [
        Figure(what, value, "commands/s", Target("ratio", "at least", 8), name, peer_value),
        Figure("the same as handover's own command: two streams, directory", in_handover, "commands/s", None, name, peer_value),
    ]


def commands_a_second(path: Path, clients: int, turns: int, make: MakeWork) -> float:
    """All commands are in flight together; the clock stops when the last answer is durable."""
    log = SqliteLog("handover", path, published())
    refs = [f"p-{number:016x}" for number in range(clients)]
    log.submit(lambda tx: tx.append(list(_beginning(refs)), _origin("begin"), {})).result(ANSWER_SECONDS)
    began = time.perf_counter()
    answers = [handle(log, make(client, turn)) for turn, client in product(range(turns), refs)]
    outcomes = {future.result(ANSWER_SECONDS).outcome for future in answers}
    seconds = time.perf_counter() - began
    log.close()
    assert outcomes == {"accepted"}, f"commands were not all accepted: {outcomes}"
    return len(answers) / seconds


def _beginning(clients: list[str]) -> Iterator[Event]:
    team = {"team_ref": TEAM, "municipality": MUNICIPALITY}
    yield TeamFormed(**team, organisation="region", on=DAY)
    for staff in STAFF:
        yield StaffJoined(**team, staff_ref=staff, on=DAY)
    for client in clients:
        yield BatonOpened(**team, client=client, organisation="region", contact_person=STAFF[-1], on=DAY)


def _as_the_peer(client: str, turn: int) -> Work[Any, Any]:
    key, command = f"{client}:{turn}", Assign(client, STAFF[turn % len(STAFF)])
    return Work(ONE_STREAM, lambda _tx: command, _origin(key), hashlib.sha256(key.encode()).digest())


def _as_handover(client: str, turn: int) -> Work[Any, Any]:
    key, command = f"{client}:{turn}", AssignContactPerson(client, TEAM, STAFF[turn % len(STAFF)], DAY, DAY, "leave")
    return assigning(command, Asked(_origin(key), hashlib.sha256(key.encode()).digest()))


def _origin(key: str) -> Origin:
    return Origin("s-bench", key, AT, key)
