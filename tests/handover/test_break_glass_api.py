"""Over HTTP: who had no right reads one client until the glass is whole again, and everybody who must know does."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.access.caller import Role
from services.handover import watch
from services.vault.erasure import destroy
from services.web.in_process import InProcess
from tests.handover.glass import OVER, REVIEW_DUE
from tests.handover.house import House
from tests.handover.teams import ALKMAAR, BERGEN, NOW

CLIENT = "/v1/clients/p-1"
GLASS = f"{CLIENT}/break-glass"
EMERGENCY = {"reason": "danger-to-life", "note": "ligt gewond op straat"}
JUDGED = {"verdict": "unjustified", "reason": "could-have-waited", "note": "was geen nood"}


def stranger(house: House, role: Role = "caseworker", actor: str = "s-9") -> InProcess:
    return house.as_(role, BERGEN, actor)


def break_glass(house: House, key: str = "k", **change: str) -> Any:  # noqa: ANN401 - JSON
    answer = stranger(house).post(GLASS, key, json={**EMERGENCY, **change})
    assert answer.is_success, answer.text
    return answer.json()


def listed(house: House, municipality: str = ALKMAAR) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = house.as_("coordinator", municipality, "s-chief").get("/v1/break-glass").json()["openings"]
    return found


def test_without_an_opening_another_municipality_reads_nothing(staffed: House) -> None:
    assert stranger(staffed).get(f"{CLIENT}/baton").status_code == 403


def test_a_broken_glass_lets_in_to_this_client_and_says_until_when(staffed: House) -> None:
    told = break_glass(staffed)
    assert told["refs"] == {"opening": "1", "expires_at": OVER.isoformat()}
    assert [stranger(staffed).get(f"{CLIENT}/{what}").status_code for what in ("baton", "contacts")] == [200, 200]


def test_it_lets_in_to_nobody_else(staffed: House) -> None:
    staffed.accept("p-2")
    break_glass(staffed)
    assert stranger(staffed).get("/v1/clients/p-2/baton").status_code == 403
    assert stranger(staffed, actor="s-8").get(f"{CLIENT}/baton").status_code == 403


def test_it_is_whole_again_by_itself_and_a_little_early(staffed: House) -> None:
    break_glass(staffed)
    seen = []
    for before_the_end in (timedelta(seconds=6), timedelta(seconds=5), timedelta()):
        staffed.time = OVER - before_the_end
        seen.append(stranger(staffed).get(f"{CLIENT}/baton").status_code)
    assert seen == [200, 403, 403]


def test_a_clock_that_went_back_does_not_let_in_for_longer(staffed: House) -> None:
    break_glass(staffed)
    staffed.time = NOW - timedelta(minutes=5)
    assert stranger(staffed).get(f"{CLIENT}/baton").status_code == 403


def test_it_never_gives_a_right_to_act(staffed: House) -> None:
    break_glass(staffed)
    contact = {"at": "2024-02-15T08:30:00Z", "channel": "desk", "direction": "from-client", "subject": "payment"}
    assert stranger(staffed).post(f"{CLIENT}/contacts", "c", json=contact).status_code == 403


def test_who_may_anyhow_does_not_read_under_an_opening(staffed: House) -> None:
    assert staffed.as_("caseworker", ALKMAAR, "s-1").post(GLASS, "k", json=EMERGENCY).status_code == 201
    staffed.as_("caseworker", ALKMAAR, "s-1").get(f"{CLIENT}/baton")
    assert "dpl.backbone.break_glass" not in staffed.read_lines()[-1]["attributes"]


def test_each_reading_under_it_is_a_line_that_names_it(staffed: House) -> None:
    break_glass(staffed)
    stranger(staffed).get(f"{CLIENT}/baton")
    told = staffed.read_lines()[-1]["attributes"]
    assert {name.rpartition(".")[2]: value for name, value in told.items() if name.startswith("dpl.backbone")} == {
        "break_glass": 1,
        "purpose": "break-glass",
        "legal_basis": "avg-9-2-c",
    }


@pytest.mark.parametrize(("emergency", "status"), [("danger-to-life", 200), ("no-roof-or-food", 403)])
def test_care_and_youth_are_open_for_vital_interests_alone(staffed: House, emergency: str, status: int) -> None:
    team = {"domain": "youth", "name": "Jeugd", "telephone": "0725480000", "email": "jeugd@example.org"}
    assert staffed.as_("coordinator").post("/v1/teams/team-1/descriptions", "d", json=team).status_code == 201
    break_glass(staffed, reason=emergency)
    assert stranger(staffed).get(f"{CLIENT}/contacts").status_code == status


def test_the_same_again_is_the_same_opening(staffed: House) -> None:
    first, again = break_glass(staffed, "k1"), break_glass(staffed, "k2", note="nog steeds")
    assert (again["outcome"], again["refs"]) == ("unchanged", first["refs"])


def test_the_story_is_in_the_vault_and_the_code_in_the_fact(staffed: House) -> None:
    break_glass(staffed)
    assert all(b"gewond" not in record.data for record in staffed.log.after(0, 100))
    told = staffed.as_("coordinator").get(GLASS).json()["facts"]
    assert (told[0]["reason"], told[0]["note"], told[0]["works_for"]) == ("danger-to-life", EMERGENCY["note"], [BERGEN])


@pytest.mark.parametrize(
    "body", [{"reason": "danger-to-life"}, {**EMERGENCY, "note": ""}, {**EMERGENCY, "reason": "Paniek!"}, {**EMERGENCY, "minutes": 600}]
)
def test_half_an_emergency_is_refused(staffed: House, body: dict[str, Any]) -> None:
    assert stranger(staffed).post(GLASS, "k", json=body).status_code == 400


def test_an_emergency_that_no_policy_knows_is_refused(staffed: House) -> None:
    answer = stranger(staffed).post(GLASS, "k", json={**EMERGENCY, "reason": "curious"})
    assert (answer.status_code, answer.json()["title"]) == (409, "emergency-unknown")


def test_a_client_who_is_not_there_is_refused_like_anybodys(staffed: House) -> None:
    assert stranger(staffed).post("/v1/clients/p-404/break-glass", "k", json=EMERGENCY).status_code == 403


@pytest.mark.parametrize("role", ["payments-officer", "payments-approver", "manager", "operator", "auditor"])
def test_who_meets_no_clients_breaks_no_glass(staffed: House, role: Role) -> None:
    assert stranger(staffed, role).post(GLASS, "k", json=EMERGENCY).status_code == 403


def test_nobody_is_let_in_to_who_was_erased(staffed: House) -> None:
    break_glass(staffed)
    staffed.log.submit(lambda tx: destroy(tx, staffed.vault, "p-1")).result(5)
    answers = (stranger(staffed).post(GLASS, "k2", json=EMERGENCY), stranger(staffed).get(f"{CLIENT}/baton"))
    assert [(answer.status_code, answer.json()["title"]) for answer in answers] == [(410, "client-erased")] * 2


def test_those_who_answer_for_the_client_see_it_and_others_do_not(staffed: House) -> None:
    break_glass(staffed)
    (seen,) = listed(staffed)
    assert (seen["client"], seen["opened_by"], seen["state"], seen["review"]) == ("p-1", "s-9", "running", "waiting")
    assert listed(staffed, BERGEN) == []


def test_it_is_ended_early_by_who_opened_it(staffed: House) -> None:
    break_glass(staffed)
    assert [stranger(staffed).post(f"{GLASS}/1/withdrawals", key, json={}).json()["outcome"] for key in ("w1", "w2")] == [
        "accepted",
        "unchanged",
    ]
    assert stranger(staffed).get(f"{CLIENT}/baton").status_code == 403
    assert [(each["state"], each["review"]) for each in listed(staffed)] == [("withdrawn", "waiting")]


def test_a_stranger_does_not_end_it(staffed: House) -> None:
    break_glass(staffed)
    assert stranger(staffed, "coordinator", "s-8").post(f"{GLASS}/1/withdrawals", "w", json={}).status_code == 403
    assert staffed.as_("caseworker", ALKMAAR, "s-1").post(f"{GLASS}/1/withdrawals", "w", json={}).json()["title"] == "not-yours"


def test_the_clock_ends_it_and_tells_that_nobody_judged_it(staffed: House) -> None:
    break_glass(staffed)
    staffed.at(OVER)
    assert [(each["state"], each["review"]) for each in listed(staffed)] == [("expired", "waiting")]
    staffed.at(REVIEW_DUE)
    assert [(each["state"], each["review"]) for each in listed(staffed)] == [("expired", "overdue")]


def test_a_director_of_the_clients_municipality_judges_it(staffed: House) -> None:
    break_glass(staffed)
    staffed.at(OVER)
    assert staffed.as_("manager", ALKMAAR, "s-chief").post(f"{GLASS}/1/reviews", "r", json=JUDGED).status_code == 201
    assert staffed.log.due(REVIEW_DUE, 10) == []
    staffed.at(REVIEW_DUE)
    told = staffed.as_("auditor").get(GLASS).json()["facts"]
    assert [(each["what"], each["note"]) for each in told][1:] == [
        ("break-glass-expired", None),
        ("break-glass-reviewed", "was geen nood"),
    ]
    assert listed(staffed) == []


def test_another_municipality_does_not_judge_it(staffed: House) -> None:
    break_glass(staffed)
    staffed.at(OVER)
    assert stranger(staffed, "coordinator", "s-8").post(f"{GLASS}/1/reviews", "r", json=JUDGED).status_code == 403


def test_nobody_judges_their_own(staffed: House) -> None:
    mine = staffed.as_("coordinator", ALKMAAR, "s-chief")
    mine.post(GLASS, "k", json=EMERGENCY)
    mine.post(f"{GLASS}/1/withdrawals", "w", json={})
    assert mine.post(f"{GLASS}/1/reviews", "r", json=JUDGED).json()["title"] == "own-opening"


def test_the_clients_own_export_tells_that_who_and_why(staffed: House) -> None:
    break_glass(staffed)
    stranger(staffed).get(f"{CLIENT}/baton")
    told = staffed.as_("manager").post(f"{CLIENT}/exports", json={"ground": "access-request"}).json()
    fact = next(each["data"] for each in told["facts"] if each["what"] == "break-glass-opened")
    assert (fact["reason"], fact["works_for"], "opened_by" in fact) == ("danger-to-life", [BERGEN], False)
    assert told["values"][fact["text_ref"]] == {"note": EMERGENCY["note"]}
    assert told["readings"][0]["break_glass"] == 1


def test_operations_see_what_runs_what_waits_and_what_is_overdue(staffed: House) -> None:
    watch.tell(staffed.log, staffed.now)
    seen = [openings()]
    break_glass(staffed)
    seen.append(openings())
    for moment in (OVER, REVIEW_DUE):
        staffed.at(moment)
        seen.append(openings())
    assert seen == [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]


def openings() -> tuple[float, ...]:
    about = ({"municipality": ALKMAAR, "state": state} for state in ("running", "waiting", "overdue"))
    return tuple(REGISTRY.get_sample_value("handover_break_glass_openings", each) or 0.0 for each in about)
