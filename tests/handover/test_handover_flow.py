"""Accepted intakes, joiners and leavers in any order, on both logs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.contracts.codec import published
from services.contracts.envelope import Envelope, Event
from services.contracts.handover import BatonOpened, ContactPersonAssigned
from services.contracts.teams import StaffJoined, StaffLeft
from services.eventlog.handle import handle
from services.eventlog.log import Answer, EventLog
from services.eventlog.memory import MemoryLog
from services.eventlog.sqlite import SqliteLog
from services.handover import directory
from services.handover.commands import AssignContactPerson, FormTeam, JoinStaff, LeaveStaff
from services.handover.reaction import react
from services.handover.work import Asked, assigning, forming, joining, leaving
from tests.handover.teams import ALKMAAR, BERGEN, LATER, NOW, accepted, origin

Step = tuple[Any, ...]
MakeLog = Callable[[Path], EventLog]


def on_disk(folder: Path) -> EventLog:
    return SqliteLog("handover", folder / "handover.sqlite", published())


def in_memory(_folder: Path) -> EventLog:
    return MemoryLog("handover", published())


@pytest.fixture(params=[on_disk, in_memory])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventLog]:
    made: EventLog = request.param(tmp_path)
    yield made
    made.close()


class Office:
    """Handover as the world speaks to it."""

    def __init__(self, log: EventLog) -> None:
        self.log, self._count = log, 0

    def _asked(self) -> Asked:
        self._count += 1
        return Asked(origin(f"key-{self._count}"), b"")

    def form(self, team: str, municipality: str = ALKMAAR) -> Answer:
        return handle(self.log, forming(FormTeam(team, municipality, "werk", LATER), self._asked())).result(5)

    def join(self, team: str, staff: str, municipality: str = ALKMAAR) -> Answer:
        work = joining(JoinStaff(team, staff, LATER, LATER), municipality, self._asked())
        return handle(self.log, work).result(5)

    def leave(self, team: str, staff: str) -> Answer:
        return handle(self.log, leaving(LeaveStaff(team, staff, LATER, LATER), self._asked())).result(5)

    def assign(self, client: str, team: str, staff: str) -> Answer:
        command = AssignContactPerson(client, team, staff, LATER, LATER, "by-request")
        return handle(self.log, assigning(command, self._asked())).result(5)

    def accept(self, client: str, municipality: str = ALKMAAR, event_id: str = "") -> Answer:
        (work,) = react(lambda: NOW)(accepted(client, municipality, event_id))
        return self.log.submit(work).result(5)

    def facts(self) -> list[Event]:
        codec = published()
        return [codec.event(record.type, record.data) for record in self.log.after(0, 100_000)]

    def contact_person(self, client: str) -> str:
        told = [e.event for e in self.log.read(f"handover/baton/{client}")]
        assert isinstance(told[-1], BatonOpened | ContactPersonAssigned)
        return told[-1].contact_person


@pytest.fixture
def office(log: EventLog) -> Office:
    return Office(log)


def test_an_accepted_intake_opens_the_baton(office: Office) -> None:
    office.form("team-1")
    office.join("team-1", "s-1")
    assert office.accept("p-1").outcome == "accepted"
    assert office.contact_person("p-1") == "s-1"


def test_the_same_event_again_opens_nothing(office: Office) -> None:
    office.form("team-1")
    office.join("team-1", "s-1")
    assert office.accept("p-1") == office.accept("p-1")
    assert office.accept("p-1", event_id="accepted-again").outcome == "unchanged"
    assert len(office.log.read("handover/baton/p-1")) == 1


def test_the_command_says_what_caused_it(office: Office) -> None:
    office.form("team-1")
    office.join("team-1", "s-1")
    office.accept("p-1")
    (fact,) = office.log.read("handover/baton/p-1")
    record = office.log.after(fact.position - 1, 1)[0]
    assert (record.actor, record.command_id) == ("reactor:handover", "accepted-p-1:open-baton")
    assert (fact.causation_id, fact.correlation_id) == ("accepted-p-1", "trace")


def test_other_facts_are_none_of_its_business() -> None:
    joined = StaffJoined(team_ref="team-1", municipality=ALKMAAR, staff_ref="s-1", on=LATER)
    other: Envelope[Event] = Envelope("e", "handover", "x", 1, 1, "x", None, None, NOW, NOW, None, "t", joined)
    assert react(lambda: NOW)(other) == []


def test_a_client_waits_until_somebody_joins(office: Office) -> None:
    assert office.accept("p-1").reason == "no-team-yet"
    office.form("team-1")
    assert office.accept("p-2").reason == "no-team-yet"
    assert directory.trouble(office.log) == "2 clients wait for a team in GM0361: POST /v1/teams and its staff"
    office.join("team-1", "s-1")
    assert [office.contact_person(client) for client in ("p-1", "p-2")] == ["s-1", "s-1"]
    assert directory.trouble(office.log) is None


def test_a_client_who_waited_is_taken_once(office: Office) -> None:
    office.accept("p-1")
    office.accept("p-1", event_id="accepted-again")
    office.form("team-1")
    office.join("team-1", "s-1")
    office.join("team-1", "s-2")
    assert office.accept("p-1").reason == "no-team-yet"
    assert len(office.log.read("handover/baton/p-1")) == 1


def test_a_team_takes_only_who_waits_in_its_municipality(office: Office) -> None:
    office.accept("p-1", BERGEN)
    office.form("team-1")
    office.join("team-1", "s-1")
    assert office.log.read("handover/baton/p-1") == []
    assert directory.trouble(office.log) == "1 clients wait for a team in GM0373: POST /v1/teams and its staff"


def test_who_waits_still_waits_after_a_restart(tmp_path: Path) -> None:
    log = on_disk(tmp_path)
    Office(log).accept("p-1")
    log.close()
    office = Office(on_disk(tmp_path))
    office.form("team-1")
    office.join("team-1", "s-1")
    assert office.contact_person("p-1") == "s-1"
    office.log.close()


def test_the_clients_of_a_leaver_go_to_others(office: Office) -> None:
    office.form("team-1")
    for staff in ("s-1", "s-2", "s-3"):
        office.join("team-1", staff)
    before = {f"p-{n}": (office.accept(f"p-{n}"), office.contact_person(f"p-{n}"))[1] for n in range(30)}
    assert office.leave("team-1", "s-1").outcome == "accepted"
    after = {client: office.contact_person(client) for client in before}
    assert set(after.values()) == {"s-2", "s-3"}
    assert all(after[client] == person for client, person in before.items() if person != "s-1")


def test_a_leaver_refused_changes_nothing(office: Office) -> None:
    office.form("team-1")
    office.join("team-1", "s-1")
    office.accept("p-1")
    assert office.leave("team-1", "s-1").reason == "last-of-team"
    assert office.contact_person("p-1") == "s-1"


def test_who_was_assigned_goes_on_with_a_leaver(office: Office) -> None:
    office.form("team-1")
    for staff in ("s-1", "s-2"):
        office.join("team-1", staff)
    office.accept("p-1")
    office.assign("p-1", "team-1", "s-2")
    office.assign("p-1", "team-1", "s-1")
    office.leave("team-1", "s-1")
    assert office.contact_person("p-1") == "s-2"


def test_two_teams_of_a_municipality_share_its_clients(office: Office) -> None:
    for team in ("team-1", "team-2"):
        office.form(team)
        office.join(team, f"s-of-{team}")
    for number in range(40):
        office.accept(f"p-{number}")
    assert {office.contact_person(f"p-{n}") for n in range(40)} == {"s-of-team-1", "s-of-team-2"}


STAFF, TEAMS, CLIENTS = st.integers(1, 4), st.integers(1, 3), st.integers(1, 6)
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("form"), TEAMS),
    st.tuples(st.just("join"), TEAMS, STAFF),
    st.tuples(st.just("leave"), TEAMS, STAFF),
    st.tuples(st.just("accept"), CLIENTS, st.integers(1, 2)),
    st.tuples(st.just("assign"), CLIENTS, TEAMS, STAFF),
)


def municipality_of(team: int) -> str:
    return BERGEN if team == 3 else ALKMAAR


def carry_out(office: Office, step: Step) -> None:
    match step:
        case ("form", int(team)):
            office.form(f"team-{team}", municipality_of(team))
        case ("join", int(team), int(staff)):
            office.join(f"team-{team}", f"s-{staff}", municipality_of(team))
        case ("leave", int(team), int(staff)):
            office.leave(f"team-{team}", f"s-{staff}")
        case ("accept", int(client), int(time)):
            office.accept(f"p-{client}", BERGEN if client == 6 else ALKMAAR, f"e-{client}-{time}")
        case ("assign", int(client), int(team), int(staff)):
            office.assign(f"p-{client}", f"team-{team}", f"s-{staff}")
        case _:
            raise AssertionError(step)


def check_every_prefix(facts: list[Event]) -> dict[str, tuple[str, str]]:
    """At each moment a held client has one contact person, who works in the holding team; read from the facts alone."""
    active: set[tuple[str, str]] = set()
    held: dict[str, tuple[str, str]] = {}
    for fact in facts:
        match fact:
            case StaffJoined():
                active.add((fact.team_ref, fact.staff_ref))
            case StaffLeft():
                active.discard((fact.team_ref, fact.staff_ref))
            case BatonOpened():
                assert fact.client not in held, "held twice"
                held[fact.client] = (fact.team_ref, fact.contact_person)
            case ContactPersonAssigned():
                assert held[fact.client][0] == fact.team_ref, "assigned by another team"
                held[fact.client] = (fact.team_ref, fact.contact_person)
            case _:
                pass
        assert set(held.values()) <= active, f"a contact person who does not work there, after {fact}"
    return held


STAFFED: list[Step] = [("form", 1), ("join", 1, 1), ("join", 1, 2), ("accept", 1, 1), ("accept", 2, 1), ("accept", 3, 1)]


@given(st.sampled_from([[], STAFFED]), st.lists(STEPS, max_size=40))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_happens_nobody_in_care_is_left_alone(before: list[Step], then: list[Step]) -> None:
    office, steps = Office(MemoryLog("handover", published())), [*before, *then]
    for step in steps:
        carry_out(office, step)
    held = check_every_prefix(office.facts())
    in_care = {f"p-{step[1]}" for step in steps if step[0] == "accept"}
    waiting = {value.split(b'"')[1].decode() for _, value in office.log.kept_all(directory.WAITING)}
    assert set(held) | waiting == in_care
    assert not set(held) & waiting
