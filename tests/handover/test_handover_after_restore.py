"""Handover after a restore: who works where and for whom is found again from the facts alone."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from services.contracts.codec import published
from services.eventlog.identity import event_ids
from services.eventlog.log import EventLog, Origin
from services.eventlog.memory import MemoryLog
from services.eventlog.readback import Readback
from services.eventlog.restored import Mark, put_mark
from services.handover import directory
from services.handover.break_glass import BreakGlass
from services.handover.commands import FormTeam, JoinStaff, LeaveStaff, Waiting
from services.handover.glass_work import breaking, listed, openings_of
from services.handover.recall import recall
from services.handover.rules import installed
from services.handover.work import Asked, Note, forming, joining, leaving, opening
from services.vault.keys import MemoryKeys
from services.vault.vault import Vault

NOW, ON, GM = datetime(2024, 3, 1, tzinfo=UTC), date(2024, 1, 1), "GM0361"


def asked(command_id: str) -> Asked:
    return Asked(Origin("s-1", command_id, NOW, command_id), b"")


def at_work() -> MemoryLog:
    """A team of two, and a client of the first of them or the second."""
    log = MemoryLog("handover", published())
    log.submit(forming(FormTeam("team-1", GM, "region", ON), asked("form"))).result(5)
    for staff in ("s-a", "s-b"):
        log.submit(joining(JoinStaff("team-1", staff, ON, ON, ()), GM, asked(staff))).result(5)
    log.submit(opening(GM, Waiting("p-1", ON), asked("p-1"))).result(5)
    return log


def read_back(before: EventLog, folder: Path) -> MemoryLog:
    """Everything was lost but what Kafka has."""
    log = MemoryLog("handover", published())
    log.submit(lambda tx: put_mark(tx, Mark(backup_position=0))).result(5)
    Readback(log, published(), folder / "staging", recall, lambda: NOW, event_ids()).run([before.after(0, 100)])
    return log


@pytest.mark.parametrize("kind", [directory.TEAMS, directory.CLIENTS, directory.WAITING, directory.MUNICIPALITIES, directory.BATONS])
def test_the_directory_is_what_it_was(tmp_path: Path, kind: str) -> None:
    before = at_work()

    assert read_back(before, tmp_path).kept_all(kind) == before.kept_all(kind)


def test_who_leaves_after_a_restore_gives_their_clients_to_others(tmp_path: Path) -> None:
    before = at_work()
    [(_, holder)] = [(key, key.partition("/")[0]) for key, _ in before.kept_all(directory.CLIENTS)]
    after = read_back(before, tmp_path)

    after.submit(leaving(LeaveStaff("team-1", holder, ON, ON, ()), asked("leave"))).result(5)

    assert len(after.read("handover/baton/p-1")) == 2


def test_openings_still_let_in_end_and_are_listed(tmp_path: Path) -> None:
    before = at_work()
    emergency = BreakGlass("p-1", GM, "danger-to-life", "s-9", (), NOW, NOW.date(), installed(), "t-1")
    before.submit(breaking("p-1", lambda _baton: emergency, asked("glass"), Note(Vault(MemoryKeys()), "t-1", "ligt op straat"))).result(5)
    after = read_back(before, tmp_path)

    assert (listed(after), openings_of(after, "p-1")) == (listed(before), openings_of(before, "p-1"))
    assert after.due(datetime.max.replace(tzinfo=UTC), 10) == before.due(datetime.max.replace(tzinfo=UTC), 10)


def test_a_client_who_has_a_baton_gets_no_second_one(tmp_path: Path) -> None:
    after = read_back(at_work(), tmp_path)

    answer = after.submit(opening(GM, Waiting("p-1", ON), asked("again"))).result(5)

    assert answer.outcome == "unchanged"
