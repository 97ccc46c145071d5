"""Durable commands: contact persons are assigned through `handle`, beside the same on `eventsourcing`."""

import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path

from deploy.bench.figure import Figure, Target, medians
from deploy.bench.place import Place
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.handover import BatonOpened, StaffJoined, TeamFormed
from services.eventlog.handle import handle
from services.eventlog.log import Origin
from services.eventlog.sqlite import SqliteLog
from services.handover.commands import AssignContactPerson
from services.handover.work import HandoverWork, assigning

MUNICIPALITY = "GM0361"
TEAM = "team-1"
STAFF = ("s-1", "s-2", "s-3")
DAY = date(2024, 2, 15)
AT = datetime(2024, 2, 15, 9, 0, tzinfo=UTC)
ANSWER_SECONDS = 60.0


def figures(place: Place, clients: int = 5_000, peer_clients: int = 1_000, turns: int = 4, rounds: int = 3) -> list[Figure]:
    """Each client is given another contact person `turns` times."""

    def own() -> float:
        return commands_a_second(place.fresh("handle") / "log.sqlite", clients, turns)

    def peer() -> float | None:
        return place.peer("eventsourcing_commands", place.fresh("eventsourcing") / "log.sqlite", peer_clients, turns)

    value, peer_value = medians(rounds, own, peer)
    what = "durable commands through handle, SQLite, synchronous=FULL"
    return [Figure(what, value, "commands/s", Target("ratio", "at least", 8), "eventsourcing 9.5 on SQLite", peer_value)]


def commands_a_second(path: Path, clients: int, turns: int) -> float:
    """All commands are in flight together; the clock stops when the last answer is durable."""
    log = SqliteLog("handover", path, published())
    refs = [f"p-{number:016x}" for number in range(clients)]
    log.submit(lambda tx: tx.append(list(_beginning(refs)), _origin("begin"), {})).result(ANSWER_SECONDS)
    began = time.perf_counter()
    answers = [handle(log, _work(client, turn)) for turn, client in product(range(turns), refs)]
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


def _work(client: str, turn: int) -> HandoverWork:
    key = f"{client}:{turn}"
    command = AssignContactPerson(client, TEAM, STAFF[turn % len(STAFF)], DAY, DAY, "leave")
    return assigning(command, _origin(key), hashlib.sha256(key.encode()).digest(), None)


def _origin(key: str) -> Origin:
    return Origin("s-bench", key, AT, key)
