from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.vault.erasure import destroy
from services.web.in_process import InProcess
from tests.handover.house import House
from tests.handover.teams import ALKMAAR, BERGEN, NOW

CONTACT: dict[str, Any] = {
    "at": "2024-02-15T08:30:00Z",
    "channel": "telephone",
    "direction": "from-client",
    "subject": "payment",
    "note": "vraagt waar het geld blijft",
}
ASKED: dict[str, Any] = {"channel": "desk", "subject": "payment", "note": "graag na vijven"}
DUE = datetime(2024, 2, 19, 9, tzinfo=UTC)
CLIENT = "/v1/clients/p-1"


def worker(house: House) -> InProcess:
    return house.as_("caseworker", actor="s-1")


def ask(house: House) -> str:
    answer = worker(house).post(f"{CLIENT}/call-backs", "c1", json=ASKED)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["refs"]["call_back_ref"])


def open_ones(house: House, team: str = "team-1") -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = worker(house).get(f"/v1/teams/{team}/call-backs").json()["call_backs"]
    return shown


def test_a_contact_over_any_channel_is_recorded(staffed: House) -> None:
    for channel in ("telephone", "desk", "letter", "email", "portal", "home-visit", "chat"):
        assert worker(staffed).post(f"{CLIENT}/contacts", channel, json={**CONTACT, "channel": channel}).status_code == 201
    seen = worker(staffed).get(f"{CLIENT}/contacts").json()["contacts"]
    assert [contact["channel"] for contact in seen][:3] == ["telephone", "desk", "letter"]
    assert (seen[0]["staff_ref"], seen[0]["note"]) == ("s-1", CONTACT["note"])


def test_the_same_contact_again_is_one_contact(staffed: House) -> None:
    for _ in range(2):
        worker(staffed).post(f"{CLIENT}/contacts", "same", json=CONTACT)
    assert len(worker(staffed).get(f"{CLIENT}/contacts").json()["contacts"]) == 1


def test_a_contact_that_has_not_been_is_refused(staffed: House) -> None:
    answer = worker(staffed).post(f"{CLIENT}/contacts", "k", json={**CONTACT, "at": "2024-02-16T08:30:00Z"})
    assert answer.json()["title"] == "in-the-future"


def test_what_was_said_lies_in_the_vault(staffed: House) -> None:
    worker(staffed).post(f"{CLIENT}/contacts", "k", json=CONTACT)
    assert all(b"geld" not in record.data for record in staffed.log.after(0, 100))


def test_nothing_is_noted_of_a_client_who_was_erased(staffed: House) -> None:
    worker(staffed).post(f"{CLIENT}/contacts", "k1", json=CONTACT)
    staffed.log.submit(lambda tx: destroy(tx, staffed.vault, "p-1")).result(5)
    answers = (
        worker(staffed).get(f"{CLIENT}/contacts"),
        worker(staffed).post(f"{CLIENT}/contacts", "k2", json=CONTACT),
        worker(staffed).post(f"{CLIENT}/contacts", "k3", json={**CONTACT, "note": None}),
    )
    assert [(answer.status_code, answer.json()["title"]) for answer in answers] == [(410, "client-erased")] * 3


def test_a_call_back_has_a_term_by_policy(staffed: House) -> None:
    ref = ask(staffed)
    (shown,) = open_ones(staffed)
    assert (shown["call_back_ref"], shown["due_at"], shown["is_overdue"]) == (ref, "2024-02-19T09:00:00Z", False)


def test_an_overdue_call_back_is_an_event(staffed: House) -> None:
    ref = ask(staffed)
    staffed.at(DUE)
    assert [told.event.TYPE.split(".")[3] for told in staffed.log.read(f"handover/call-back/{ref}")][1:] == ["call-back-term-passed"]
    assert open_ones(staffed)[0]["is_overdue"]


@pytest.mark.parametrize("late", [timedelta(seconds=-1), timedelta(days=3)])
def test_a_client_is_called_back_in_time_or_late(staffed: House, late: timedelta) -> None:
    ref = ask(staffed)
    staffed.at(DUE + late)
    assert worker(staffed).post(f"{CLIENT}/call-backs/{ref}/answers", "a", json={"outcome": "reached"}).status_code == 201
    assert open_ones(staffed) == []
    head = staffed.log.head()
    staffed.at(DUE + timedelta(days=9))
    assert staffed.log.head() == head


def test_an_answer_again_changes_nothing_and_another_is_refused(staffed: House) -> None:
    path = f"{CLIENT}/call-backs/{ask(staffed)}/answers"
    answers = [
        worker(staffed).post(path, f"a{n}", json={"outcome": outcome}) for n, outcome in enumerate(("reached", "reached", "not-reached"))
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 409]
    assert answers[2].json()["title"] == "already-answered"


def test_what_was_not_asked_is_not_answered(staffed: House) -> None:
    answer = worker(staffed).post(f"{CLIENT}/call-backs/cb-9/answers", "a", json={"outcome": "reached"})
    assert answer.json()["title"] == "call-back-unknown"


def test_open_call_backs_follow_the_baton(staffed: House) -> None:
    boss = staffed.as_("manager")
    boss.post("/v1/teams", "t", json={"municipality": ALKMAAR, "organisation": "werk", "on": "2024-02-01"})
    boss.post("/v1/teams/team-2/staff", "j", json={"staff_ref": "s-3", "on": "2024-02-01"})
    ask(staffed)
    offer = {"to_team_ref": "team-2", "purpose": "guide-to-work", "legal_basis": "same-task", "shares": ["reference"]}
    worker(staffed).post(f"{CLIENT}/offers", "o", json=offer)
    staffed.as_("caseworker", actor="s-3").post(f"{CLIENT}/offers/1/acceptances", "a", json={"contact_person": "s-3"})
    assert (open_ones(staffed), len(open_ones(staffed, "team-2"))) == ([], 1)


def test_nobody_whom_nobody_holds_is_called_back(staffed: House) -> None:
    assert worker(staffed).post("/v1/clients/p-9/call-backs", "c", json=ASKED).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"{CLIENT}/contacts", CONTACT),
        ("POST", f"{CLIENT}/call-backs", ASKED),
        ("POST", f"{CLIENT}/call-backs/cb-1/answers", {"outcome": "reached"}),
        ("GET", f"{CLIENT}/contacts", None),
        ("GET", "/v1/teams/team-1/call-backs", None),
    ],
)
def test_every_route_checks_role_and_municipality(staffed: House, method: str, path: str, body: object) -> None:
    assert staffed.now() == NOW
    allowed = {"caseworker", "coordinator", "manager"} | ({"auditor"} if method == "GET" else set())
    for role in ("caseworker", "payments-officer", "payments-approver", "coordinator", "manager", "operator", "auditor"):
        for municipality in (ALKMAAR, BERGEN):
            door = staffed.as_(role, municipality)
            status = door.request(method, path, json=body, headers={"Idempotency-Key": f"{role}-{municipality}"}).status_code
            assert (status != 403) == (role in allowed and municipality == ALKMAAR), (role, municipality, status)
