"""A whole caseload goes to others in one command, in portions that survive a stop."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.contracts.codec import published
from services.contracts.handover import ContactPersonAssigned
from services.eventlog.clock import Clock, JumpGuard
from services.eventlog.handle import handle
from services.eventlog.log import Answer, EventLog
from services.eventlog.memory import MemoryLog
from services.eventlog.sqlite import SqliteLog
from services.handover import caseloads
from services.handover.commands import LeaveStaff, OrderReassignment
from services.handover.recall import recall
from services.handover.rules import installed
from services.handover.waking import on_due
from services.handover.work import Asked, leaving, note
from services.web.in_process import InProcess
from tests.handover.house import House
from tests.handover.teams import LATER, NOW, TEAM, formed, joined, opened, origin

ORDER = OrderReassignment("ra-1", TEAM, "s-1", ("s-2", "s-3"), "reorganisation", "s-boss", LATER, {"p-7": "by-request"})


def on_disk(folder: Path) -> EventLog:
    return SqliteLog("handover", folder / "handover.sqlite", published())


def in_memory(_folder: Path) -> EventLog:
    return MemoryLog("handover", published())


@pytest.fixture(params=[on_disk, in_memory])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventLog]:
    made: EventLog = request.param(tmp_path)
    yield made
    made.close()


def caseload(log: EventLog, clients: int) -> None:
    """Staff s-1 to s-4 and as many clients, all of them of s-1."""
    facts = [formed(), *(joined(f"s-{n}") for n in range(1, 5)), *(opened(f"p-{n}", "s-1") for n in range(clients))]
    log.submit(lambda tx: note(tx, tx.append(facts, origin("begin"), {}))).result(5)


def order(log: EventLog, command: OrderReassignment = ORDER) -> Answer:
    return handle(log, caseloads.ordering(command, Asked(origin("order"), b""))).result(5)


def ring(log: EventLog, rounds: int = 100) -> None:
    clock = Clock(log, lambda: NOW, on_due(installed()), JumpGuard(lambda: NOW, NOW.timestamp, 1))
    for _ in range(rounds):
        clock.round()


def persons(log: EventLog, clients: int) -> Counter[str]:
    told = (log.read(f"handover/baton/p-{number}")[-1].event for number in range(clients))
    return Counter(fact.contact_person for fact in told)  # type: ignore[attr-defined]  # each tells a contact person


@pytest.fixture
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caseloads, "PORTION", 10)


def test_a_caseload_goes_to_those_named(log: EventLog) -> None:
    caseload(log, 40)
    assert order(log).refs == {"reassignment_ref": "ra-1", "moved": "40"}
    assert set(persons(log, 40)) == {"s-2", "s-3"}
    assert [fact.event.TYPE.split(".")[3] for fact in log.read("handover/reassignment/ra-1")] == [
        "caseload-reassignment-ordered",
        "caseload-reassignment-completed",
    ]


def test_each_client_has_a_reason(log: EventLog) -> None:
    caseload(log, 9)
    order(log)
    facts = [log.read(f"handover/baton/p-{number}")[-1].event for number in range(9)]
    reasons = [fact.reason for fact in facts if isinstance(fact, ContactPersonAssigned)]
    assert reasons == ["reorganisation"] * 7 + ["by-request", "reorganisation"]


@pytest.mark.usefixtures("_small_portions")
def test_a_large_caseload_goes_on_by_the_clock(log: EventLog) -> None:
    caseload(log, 35)
    assert order(log).refs["moved"] == "10"
    ring(log, rounds=1)
    assert persons(log, 35)["s-1"] == 15
    ring(log)
    assert persons(log, 35)["s-1"] == 0
    assert log.read("handover/reassignment/ra-1")[-1].event.clients == 35  # type: ignore[attr-defined]  # completed
    assert caseloads.under_way(log, "ra-1") is None


@pytest.mark.usefixtures("_small_portions")
def test_what_was_begun_is_ended_after_a_restart(tmp_path: Path) -> None:
    log = on_disk(tmp_path)
    caseload(log, 35)
    order(log)
    log.close()
    again = on_disk(tmp_path)
    ring(again)
    assert persons(again, 35)["s-1"] == 0
    again.close()


@pytest.mark.usefixtures("_small_portions")
def test_who_leaves_meanwhile_takes_nobody_over(log: EventLog) -> None:
    caseload(log, 35)
    order(log)
    handle(log, leaving(LeaveStaff(TEAM, "s-2", LATER, LATER), Asked(origin("leave"), b""))).result(5)
    ring(log)
    assert not {"s-1", "s-2"} & set(persons(log, 35))


@pytest.mark.usefixtures("_small_portions")
def test_what_was_begun_is_ended_after_a_restore_from_the_facts_alone(log: EventLog) -> None:
    caseload(log, 35)
    order(log)
    restored = MemoryLog("handover", published())
    for fact in (published().from_record("handover", record) for record in log.after(0, 1_000)):
        restored.submit(lambda tx, fact=fact: recall(tx, tx.append([fact.event], origin(fact.event_id), {}))).result(5)  # type: ignore[misc]  # a default
    ring(restored)
    assert persons(restored, 35)["s-1"] == 0


def test_the_same_order_again_changes_nothing(log: EventLog) -> None:
    caseload(log, 5)
    assert order(log) == order(log)
    assert len(log.read("handover/reassignment/ra-1")) == 2


@pytest.mark.parametrize(
    ("staff", "to", "code"), [("s-9", (), "not-in-team"), ("s-1", ("s-1",), "nobody-takes-over"), ("s-1", ("s-9",), "nobody-takes-over")]
)
def test_what_cannot_be_ordered(log: EventLog, staff: str, to: tuple[str, ...], code: str) -> None:
    caseload(log, 1)
    command = OrderReassignment("ra-1", TEAM, staff, to, "reorganisation", "s-boss", LATER, {})
    assert order(log, command).reason == code


def test_over_http_it_is_one_command(staffed: House, boss: InProcess) -> None:
    body = {"from_staff": "s-1", "reason": "reorganisation"}
    answer = boss.post("/v1/teams/team-1/reassignments", "r1", json=body).json()
    seen = boss.get(f"/v1/teams/team-1/reassignments/{answer['refs']['reassignment_ref']}").json()
    assert (str(seen["moved"]), seen["completed"]) == (answer["refs"]["moved"], True)
    assert staffed.as_("caseworker").get("/v1/clients/p-1/baton").json()["contact_person"] == "s-2"


def test_another_reassignment_is_not_shown(boss: InProcess, staffed: House) -> None:
    assert staffed.log.head() > 0
    assert boss.get("/v1/teams/team-1/reassignments/ra-99").status_code == 403


def test_a_name_is_shown_to_colleagues_of_the_same_municipality_and_lies_in_the_vault(boss: InProcess, staffed: House) -> None:
    boss.post("/v1/teams/team-1/names", "n1", json={"staff_ref": "s-1", "name": "Sanne de Vries"})
    assert staffed.as_("caseworker").get("/v1/staff/s-1").json() == {"staff_ref": "s-1", "name": "Sanne de Vries"}
    assert staffed.as_("caseworker", "GM0373").get("/v1/staff/s-1").status_code == 403
    assert staffed.as_("auditor").get("/v1/staff/s-1").status_code == 403
    assert staffed.as_("caseworker").get("/v1/staff/s-2").json()["name"] is None
    assert all(b"Sanne" not in record.data for record in staffed.log.after(0, 100))


def test_a_team_is_described_and_read(boss: InProcess, staffed: House) -> None:
    told = {"domain": "work-income", "name": "Inkomen Alkmaar", "telephone": "072 548 90 00", "email": "inkomen@example.org"}
    assert boss.post("/v1/teams/team-1/descriptions", "d1", json=told).status_code == 201
    boss.post("/v1/teams/team-1/stand-ins", "s1", json={"staff_ref": "s-1", "from_on": "2024-02-15"})
    seen = staffed.as_("caseworker").get("/v1/teams/team-1").json()
    assert {name: seen[name] for name in told} == told
    assert seen["away"] == [{"staff_ref": "s-1", "stand_in": "s-2", "from_on": "2024-02-15", "until_on": None}]
    assert boss.post("/v1/teams/team-1/returns", "b1", json={"staff_ref": "s-1", "on": "2024-02-15"}).status_code == 201
