"""Needs of a client: what is decided about them, over HTTP, and in the contact view."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.contracts.envelope import Event
from services.contracts.needs import NeedIdentified
from services.eventlog.decider import Refused
from services.intake.matter_commands import Whose
from services.intake.need_commands import CloseNeed, Command, EndGoal, IdentifyNeed, SetGoal, StartWork
from services.intake.needs import NEEDS
from streams import contact_view
from streams.view import Row, folded
from tests.contracts.examples import EXAMPLES
from tests.intake.stories import TODAY, Story, household_ref, person
from tests.intake.test_intake_api import House, problem
from tests.streams.history import envelopes

N, G, ON = "n-0000000000000001", "g-0000000000000001", date(2024, 2, 1)
ABOUT: dict[str, Any] = {"whose": Whose(person(1), household_ref(1), "GM0399"), "need_ref": N, "today": TODAY, "on": ON}

SEEN = IdentifyNeed(**ABOUT, domain="debt", need="rent-arrears", by="s-0001", text_ref=None)
GOAL = SetGoal(**ABOUT, goal_ref=G, goal="arrangement", text_ref=None)
WORK = StartWork(**ABOUT, goal_ref=G, organisation="municipality", team_ref="team-2")
REACHED = EndGoal(**ABOUT, goal_ref=G, outcome="reached", reason_code="arranged")
DROPPED = EndGoal(**ABOUT, goal_ref=G, outcome="dropped", reason_code="moved-away")
MET = CloseNeed(**ABOUT, outcome="met", reason_code="arranged")


def told(*commands: Command) -> str:
    """What the last command comes to: the names of its facts, or why it is refused."""
    story: Story[Command, Any] = Story(NEEDS)
    decision: Any = []
    for command in commands:
        decision = story.when(command)
        if isinstance(decision, Refused):
            return decision.reason
        story = story.given(*decision)
    return " ".join(event.TYPE.split(".")[3] for event in decision)


@pytest.mark.parametrize(
    ("commands", "outcome"),
    [
        ((SEEN,), "need-identified"),
        ((SEEN, SEEN), ""),
        ((SEEN, GOAL), "need-goal-set"),
        ((SEEN, GOAL, GOAL), ""),
        ((SEEN, GOAL, WORK), "need-work-started"),
        ((SEEN, GOAL, WORK, WORK), ""),
        ((SEEN, GOAL, WORK, REACHED), "need-goal-ended"),
        ((SEEN, GOAL, REACHED, REACHED), ""),
        ((SEEN, GOAL, REACHED, MET), "need-closed"),
        ((SEEN, GOAL, REACHED, MET, MET), ""),
        ((SEEN, MET, SEEN), "need-identified"),
    ],
)
def test_a_need_is_seen_worked_on_and_met_and_each_repeat_is_none(commands: tuple[Command, ...], outcome: str) -> None:
    assert told(*commands) == outcome


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        ((GOAL,), "unknown-need"),
        ((SEEN, WORK), "unknown-goal"),
        ((SEEN, GOAL, MET), "goals-open"),
        ((SEEN, GOAL, REACHED, WORK), "goal-ended"),
        ((SEEN, GOAL, REACHED, DROPPED), "goal-ended"),
        ((SEEN, MET, GOAL), "need-closed"),
        ((SEEN, MET, CloseNeed(**ABOUT, outcome="dropped", reason_code="moved-away")), "need-closed"),
        ((IdentifyNeed(**{**ABOUT, "on": date(2024, 2, 16)}, domain="debt", need="arrears", by="s-1", text_ref=None),), "date-in-future"),
        ((SEEN, SetGoal(**{**ABOUT, "on": date(2024, 1, 31)}, goal_ref=G, goal="arrangement", text_ref=None)), "before-the-need"),
        ((SEEN, GOAL, EndGoal(**{**ABOUT, "on": date(2024, 1, 31)}, goal_ref=G, outcome="reached", reason_code="a")), "before-the-goal"),
    ],
)
def test_what_cannot_be_is_refused(commands: tuple[Command, ...], reason: str) -> None:
    assert told(*commands) == reason


# over HTTP


class Client:
    """Somebody with a need."""

    def __init__(self, house: House) -> None:
        self.house, self.client = house, house.registered()[1]["client"]

    def tell(self, what: str, body: dict[str, Any], version: int | None = None) -> httpx.Response:
        headers = {} if version is None else {"if-version": str(version)}
        return self.house.worker.post(f"/v1/clients/{self.client}/{what}", "k-1", json=body, headers=headers)

    def told(self, purpose: str | None = "support-at-home") -> dict[str, Any]:
        headers = {} if purpose is None else {"Processing-Purpose": purpose}
        found: dict[str, Any] = self.house.worker.get(f"/v1/clients/{self.client}/needs", headers=headers).json()
        return found

    def needs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.told()["needs"]
        return found


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    house = House(tmp_path)
    yield Client(house)
    house.processing.close()


NEED = {"domain": "care", "need": "personal-care", "identified_on": "2024-02-01", "note": "cannot wash herself"}


def test_a_need_is_told_with_its_goals_and_who_works_on_them(client: Client) -> None:
    need = client.tell("needs", NEED).json()["refs"]["need_ref"]
    goal = client.tell(f"needs/{need}/goals", {"goal": "daily-help", "set_on": "2024-02-02"}).json()["refs"]["goal_ref"]
    work = {"organisation": "home-care", "team_ref": "team-north", "started_on": "2024-02-03"}
    assert client.tell(f"needs/{need}/goals/{goal}/work", work).status_code == 201

    (shown,) = client.needs()
    assert (shown["domain"], shown["note"], shown["state"]) == ("care", "cannot wash herself", "open")
    assert [(each["state"], each["teams"]) for each in shown["goals"]] == [
        ("worked-on", [{"organisation": "home-care", "team_ref": "team-north"}])
    ]


def test_a_need_ends_with_its_goal(client: Client) -> None:
    need = client.tell("needs", NEED).json()["refs"]["need_ref"]
    goal = client.tell(f"needs/{need}/goals", {"goal": "daily-help", "set_on": "2024-02-02"}).json()["refs"]["goal_ref"]
    client.tell(f"needs/{need}/goals/{goal}/ends", {"outcome": "reached", "ended_on": "2024-02-10", "reason_code": "recovered"})
    client.tell(f"needs/{need}/closings", {"outcome": "met", "closed_on": "2024-02-11", "reason_code": "recovered"})

    assert [(each["state"], each["goals"][0]["state"]) for each in client.needs()] == [("met", "reached")]


def test_a_need_of_care_is_read_for_a_stated_purpose_alone(client: Client) -> None:
    client.tell("needs", NEED)

    assert client.told(None) == {"client": client.client, "needs": [], "left_out": ["wmo"]}
    assert client.told()["left_out"] == []


def test_words_about_a_need_are_in_no_event(client: Client) -> None:
    client.tell("needs", NEED)

    assert not any(b"wash" in record.data for record in client.house.log.after(0, 100))


def test_somebody_who_saw_other_needs_is_in_conflict_and_other_municipalities_see_none(client: Client) -> None:
    assert problem(client.tell("needs", NEED, version=3)) == (409, "conflict")
    elsewhere = client.house.caller("caseworker", of=("GM0361",))
    assert problem(elsewhere.get(f"/v1/clients/{client.client}/needs")) == (403, "forbidden")
    assert problem(elsewhere.post(f"/v1/clients/{client.client}/needs", "k-2", json=NEED)) == (403, "forbidden")


def test_reading_needs_is_on_record(client: Client) -> None:
    client.needs()

    (line,) = (client.house.folder / "processing.ndjson").read_text().splitlines()
    assert orjson.loads(line)["attributes"]["dpl.core.data_subject_id"] == client.client


# in the contact view

BY_NAME: dict[str, Event] = {event.TYPE.split(".")[3]: event for event in EXAMPLES}


def shown(*names: str) -> dict[str, Any]:
    row: Row | None = None
    for fact in envelopes([("intake", BY_NAME[name]) for name in names]):
        row = folded(contact_view.VIEW, row, fact)
    assert row is not None
    return contact_view.shown(row)


def test_an_open_need_shows_who_works_on_it_until_it_is_closed() -> None:
    names = ("need-identified", "need-goal-set", "need-work-started")
    identified = BY_NAME["need-identified"]
    assert isinstance(identified, NeedIdentified)

    need = shown(*names)["open"]["needs"][identified.need_ref]
    goal = {"goal": "arrangement-with-landlord", "state": "worked-on", "teams": ["team-2"]}
    assert need == {"domain": "debt", "need": "rent-arrears", "state": "open", "goals": {"g-00000000000000a1": goal}}
    assert shown(*names, "need-goal-ended", "need-closed")["open"]["needs"] == {}
