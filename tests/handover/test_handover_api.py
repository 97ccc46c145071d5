import json

import pytest

from services.access.caller import Role
from services.web.in_process import InProcess
from tests.handover.house import SOMEBODY, TEAM, House
from tests.handover.teams import ALKMAAR, BERGEN


def test_a_team_is_formed(boss: InProcess) -> None:
    answer = boss.post("/v1/teams", "k1", json=TEAM)
    assert answer.status_code == 201
    assert answer.json() == {
        "outcome": "accepted",
        "stream": "handover/team/team-1",
        "version": 1,
        "position": 1,
        "refs": {"team_ref": "team-1"},
    }


def test_the_same_request_again_gets_the_same_answer(boss: InProcess, house: House) -> None:
    assert boss.post("/v1/teams", "k1", json=TEAM).json() == boss.post("/v1/teams", "k1", json=TEAM).json()
    assert house.log.head() == 1


def test_another_body_under_the_same_key_is_refused(boss: InProcess, house: House) -> None:
    boss.post("/v1/teams", "k1", json=TEAM)
    answer = boss.post("/v1/teams", "k1", json={**TEAM, "organisation": "other"})
    assert (answer.status_code, answer.json()["title"]) == (409, "other-body")
    assert house.log.head() == 1


def test_the_same_key_at_another_team_is_another_command(boss: InProcess) -> None:
    boss.post("/v1/teams", "k1", json=TEAM)
    boss.post("/v1/teams", "k2", json=TEAM)
    answers = [boss.post(f"/v1/teams/team-{n}/staff", "k3", json=SOMEBODY).json()["stream"] for n in (1, 2)]
    assert answers == ["handover/team/team-1", "handover/team/team-2"]


def test_who_is_there_joins_without_change(staffed: House) -> None:
    answer = staffed.as_("manager").post("/v1/teams/team-1/staff", "k9", json=SOMEBODY)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "unchanged")


def test_a_caseworker_sees_who_holds_a_client(staffed: House) -> None:
    answer = staffed.as_("caseworker").get("/v1/clients/p-1/baton")
    assert answer.status_code == 200
    view = answer.json()
    assert view.pop("contact_person") in {"s-1", "s-2"}
    assert view == {
        "client": "p-1",
        "municipality": ALKMAAR,
        "organisation": "werk",
        "team_ref": "team-1",
        "since": "2024-02-01",
        "level": 1,
        "offer": None,
        "stream": "handover/baton/p-1",
        "version": 1,
    }


def test_each_reading_of_a_client_is_a_line(staffed: House) -> None:
    staffed.as_("caseworker", actor="s-9").get("/v1/clients/p-1/baton", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    (line,) = staffed.read_lines()
    assert (line["attributes"]["dpl.core.data_subject_id"], line["status_code"], line["trace_id"]) == ("p-1", "STATUS_CODE_OK", "a" * 32)
    assert line["foreign_operation"]["span_id"] == "b" * 16
    assert "s-9" not in json.dumps(line)


def test_a_refused_reading_is_a_line_too(staffed: House) -> None:
    assert staffed.as_("caseworker", BERGEN).get("/v1/clients/p-1/baton").status_code == 403
    assert [line["status_code"] for line in staffed.read_lines()] == ["STATUS_CODE_UNSET"]


def test_what_cannot_be_recorded_is_not_answered(staffed: House) -> None:
    staffed.processing.close()
    answer = staffed.as_("caseworker").get("/v1/clients/p-1/baton")
    assert answer.status_code == 503
    assert "contact_person" not in answer.text


def test_a_client_whom_nobody_holds_is_refused_as_one_of_another_municipality_would_be(staffed: House) -> None:
    assert staffed.as_("caseworker").get("/v1/clients/p-2/baton").status_code == 403


def test_a_leaver_hands_everybody_over(staffed: House) -> None:
    boss, caseworker = staffed.as_("coordinator"), staffed.as_("caseworker")
    person = caseworker.get("/v1/clients/p-1/baton").json()["contact_person"]
    assert boss.post("/v1/teams/team-1/leavers", "k4", json={"staff_ref": person, "on": "2024-02-15"}).status_code == 201
    other = caseworker.get("/v1/clients/p-1/baton").json()
    assert {person, other["contact_person"]} == {"s-1", "s-2"}
    assert other["version"] == 2


def test_the_last_of_a_team_is_told_why_not(boss: InProcess) -> None:
    boss.post("/v1/teams", "k1", json=TEAM)
    boss.post("/v1/teams/team-1/staff", "k2", json=SOMEBODY)
    answer = boss.post("/v1/teams/team-1/leavers", "k3", json=SOMEBODY)
    assert (answer.status_code, answer.json()["title"]) == (409, "last-of-team")


def test_a_stale_version_is_refused(staffed: House) -> None:
    answer = staffed.as_("coordinator").post("/v1/teams/team-1/leavers", "k4", json=SOMEBODY, headers={"If-Version": "2"})
    assert (answer.status_code, answer.json()["title"]) == (409, "conflict")


def test_a_client_gets_another_contact_person(staffed: House) -> None:
    boss = staffed.as_("coordinator")
    for person in ("s-1", "s-2"):
        body = {"contact_person": person, "on": "2024-02-15", "reason": "by-request"}
        assert boss.post("/v1/clients/p-1/contact-persons", f"to-{person}", json=body).status_code in (200, 201)
        assert staffed.as_("caseworker").get("/v1/clients/p-1/baton").json()["contact_person"] == person


def test_a_team_that_was_never_formed_is_refused_as_one_of_another_municipality_would_be(boss: InProcess) -> None:
    assert boss.post("/v1/teams/team-9/staff", "k1", json=SOMEBODY).status_code == 403


ROUTES = [
    ("POST", "/v1/teams", TEAM, {"coordinator", "manager"}),
    ("POST", "/v1/teams/team-1/staff", SOMEBODY, {"coordinator", "manager"}),
    ("POST", "/v1/teams/team-1/leavers", SOMEBODY, {"coordinator", "manager"}),
    (
        "POST",
        "/v1/clients/p-1/contact-persons",
        {"contact_person": "s-1", "on": "2024-02-15", "reason": "by-request"},
        {"coordinator", "manager"},
    ),
    ("GET", "/v1/clients/p-1/baton", None, {"caseworker", "coordinator", "manager", "auditor"}),
]
ROLES: list[Role] = ["caseworker", "payments-officer", "payments-approver", "coordinator", "manager", "operator", "auditor"]


@pytest.mark.parametrize(("method", "path", "body", "allowed"), ROUTES)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("municipality", [ALKMAAR, BERGEN])
def test_every_route_checks_role_and_municipality(  # noqa: PLR0913, PLR0917 - the cells of a matrix
    staffed: House, method: str, path: str, body: dict[str, str] | None, allowed: set[str], role: Role, municipality: str
) -> None:
    answer = staffed.as_(role, municipality).request(method, path, json=body, headers={"Idempotency-Key": "matrix"})
    may = role in allowed and municipality == ALKMAAR
    assert (answer.status_code < 300) == may, answer.text
    assert may or answer.status_code == 403


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _, _ in ROUTES])
def test_no_route_is_open(house: House, method: str, path: str) -> None:
    assert InProcess(house.as_("manager")._app).request(method, path).status_code == 401


WRONG = [
    ({**TEAM, "municipality": "Alkmaar", "on": "1 februari"}, {"municipality", "on"}),
    ({**TEAM, "surprise": 1}, {"surprise"}),
    ({"on": "2024-02-01"}, {"municipality", "organisation"}),
    ({**TEAM, "on": 1706745600}, {"on"}),
    ({**TEAM, "organisation": "Jan Jansen"}, {"organisation"}),
    ([], {"body"}),
]


@pytest.mark.parametrize(("body", "fields"), WRONG)
def test_every_wrong_field_is_named_and_no_value(boss: InProcess, house: House, body: object, fields: set[str]) -> None:
    answer = boss.post("/v1/teams", "k1", json=body)
    assert answer.status_code == 400
    assert {part.split(":")[0] for part in answer.json()["detail"].split("; ")} == fields
    assert all(str(value) not in answer.text for value in ("Alkmaar", "februari", "Jansen", "1706745600"))
    assert house.log.head() == 0


@pytest.mark.parametrize("path", ["/v1/clients/999990019/baton", "/v1/clients/p-1%2F..%2Fx/baton", "/v1/clients/P-1/baton"])
def test_what_is_no_reference_is_no_client(staffed: House, path: str) -> None:
    answer = staffed.as_("caseworker").get(path)
    assert answer.status_code in (400, 404)
    assert "999990019" not in answer.text
