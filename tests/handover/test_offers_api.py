from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from math import inf
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.access.caller import Role
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.handover import BatonAccepted
from services.eventlog.log import Origin, Transaction
from services.eventlog.memory import MemoryLog
from services.handover.offers import open_offers
from services.handover.recall import recall
from services.handover.watch import tell
from services.web.in_process import InProcess
from tests.handover.house import House
from tests.handover.offers import DUE, NEAR, OVER
from tests.handover.teams import ALKMAAR, BERGEN, NOW

OFFER: dict[str, Any] = {
    "to_team_ref": "team-2",
    "purpose": "guide-to-work",
    "legal_basis": "same-task",
    "shares": ["reference", "contact-history"],
    "note": "met Anna op maandag gesproken",
}
HERE = "/v1/clients/p-1/offers"


@pytest.fixture
def offered(staffed: House) -> House:
    """Team 2 with s-3 and s-4 is offered client p-1 of team 1."""
    boss = staffed.as_("coordinator")
    boss.post("/v1/teams", "k4", json={"municipality": ALKMAAR, "organisation": "werk", "on": "2024-02-01"})
    for staff in ("s-3", "s-4"):
        boss.post("/v1/teams/team-2/staff", f"join-{staff}", json={"staff_ref": staff, "on": "2024-02-01"})
    answer = sender(staffed).post(HERE, "o1", json=OFFER)
    assert (answer.status_code, answer.json()["refs"]) == (201, {"offer": "1"}), answer.text
    return staffed


def sender(house: House) -> InProcess:
    return house.as_("caseworker", actor="s-1")


def receiver(house: House, actor: str = "s-3") -> InProcess:
    return house.as_("caseworker", actor=actor)


def accept(house: House, actor: str = "s-3", key: str = "a1") -> Any:  # noqa: ANN401 - an answer
    return receiver(house, actor).post(f"{HERE}/1/acceptances", key, json={"contact_person": actor})


def baton(house: House) -> dict[str, Any]:
    seen: dict[str, Any] = house.as_("caseworker").get("/v1/clients/p-1/baton").json()
    return seen


def test_the_sender_holds_on_while_an_offer_stands(offered: House) -> None:
    seen = baton(offered)
    assert (seen["team_ref"], seen["offer"]) == ("team-1", {"offer": 1, "to_team_ref": "team-2", "due_at": DUE.isoformat()})


def test_an_acceptance_moves_the_baton(offered: House) -> None:
    assert accept(offered).status_code == 201
    seen = baton(offered)
    assert (seen["team_ref"], seen["contact_person"], seen["offer"]) == ("team-2", "s-3", None)


def test_of_two_who_accept_at_once_one_wins_and_the_other_is_told_clearly(offered: House) -> None:
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda actor: accept(offered, actor, f"by-{actor}"), ("s-3", "s-4")))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    (lost,) = (answer.json() for answer in answers if answer.status_code == 409)
    assert (lost["title"], lost["detail"]) == ("already-accepted", "somebody else accepted this offer first")
    assert sum(isinstance(told.event, BatonAccepted) for told in offered.log.read("handover/baton/p-1")) == 1


def test_a_decline_tells_the_sender_why(offered: House) -> None:
    receiver(offered).post(f"{HERE}/1/declines", "d1", json={"reason": "no-capacity", "note": "geen plek tot mei"})
    (row,) = sender(offered).get("/v1/teams/team-1/offers").json()["offers"]
    assert (row["client"], row["last"]) == ("p-1", "baton-declined")
    assert sender(offered).get(f"{HERE}/1").json()["course"][0]["note"] == "geen plek tot mei"
    assert baton(offered)["team_ref"] == "team-1"


def test_a_withdrawn_offer_cannot_be_accepted(offered: House) -> None:
    assert sender(offered).post(f"{HERE}/1/withdrawals", "w1", json={"reason": "mistaken"}).status_code == 201
    assert accept(offered).json()["title"] == "already-withdrawn"


def test_the_receiver_tells_the_result(offered: House) -> None:
    accept(offered)
    assert receiver(offered).post(f"{HERE}/1/completions", "c1", json={"result": "goal-reached"}).status_code == 201
    assert [step["what"] for step in sender(offered).get(f"{HERE}/1").json()["course"]] == ["baton-accepted", "handover-completed"]


def test_a_note_lies_in_the_vault_and_nowhere_else(offered: House) -> None:
    assert sender(offered).get(f"{HERE}/1").json()["note"] == OFFER["note"]
    assert all(b"Anna" not in record.data for record in offered.log.after(0, 1_000))
    assert all(b"Anna" not in value for _, value in offered.log.kept_all("vault"))


def test_each_reading_of_an_offer_is_a_line(offered: House) -> None:
    sender(offered).get(f"{HERE}/1")
    assert offered.read_lines()[-1]["attributes"]["dpl.core.processing_activity_id"].endswith("read-offer")


def test_each_client_in_a_list_is_a_line(offered: House) -> None:
    sender(offered).get("/v1/teams/team-2/offers")
    line = offered.read_lines()[-1]["attributes"]
    assert line["dpl.core.processing_activity_id"].endswith("list-offers")
    assert line["dpl.core.data_subject_id"] == "p-1"


def test_prometheus_sees_how_soon_a_baton_falls(offered: House) -> None:
    offered.time = NEAR - timedelta(hours=1)
    tell(offered.log, offered.now)
    assert sample("handover_batons", state="offered") == 1
    assert sample("handover_batons", state="held") == 0
    assert sample("handover_fall_back_seconds") == (OVER - NEAR).total_seconds() + 3_600
    offered.at(OVER)
    assert (sample("handover_batons", state="held"), sample("handover_fall_back_seconds")) == (1, inf)


def test_prometheus_sees_how_long_nobody_answered(offered: House) -> None:
    tell(offered.log, offered.now)
    offered.at(NEAR)
    assert sample("handover_unanswered_seconds", state="near") == (NEAR - NOW).total_seconds()
    assert sample("handover_unanswered_seconds", state="offered") == 0


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_the_clock_tells_near_late_and_fallen_back(offered: House) -> None:
    for moment, last in ((NEAR, "baton-due-neared"), (DUE, "baton-due-passed"), (OVER, "baton-fell-back")):
        offered.at(moment - timedelta(seconds=1))
        assert sender(offered).get("/v1/teams/team-1/offers").json()["offers"][0]["last"] != last
        offered.at(moment)
        assert sender(offered).get("/v1/teams/team-1/offers").json()["offers"][0]["last"] == last
    assert (baton(offered)["team_ref"], baton(offered)["offer"], baton(offered)["level"]) == ("team-1", None, 2)
    assert accept(offered).json()["title"] == "fell-back"


def test_after_a_long_stop_the_clock_catches_up_in_order(offered: House) -> None:
    offered.at(OVER + timedelta(days=9))
    kinds = [told.event.TYPE.split(".")[3] for told in offered.log.read("handover/baton/p-1")]
    assert kinds[2:] == ["baton-due-neared", "baton-due-passed", "baton-fell-back", "escalation-raised"]


@pytest.mark.parametrize("path", ["acceptances", "declines", "withdrawals"])
def test_an_answer_takes_the_clock_away(offered: House, path: str) -> None:
    body = {"contact_person": "s-3"} if path == "acceptances" else {"reason": "no-capacity"}
    offered.as_("manager").post(f"{HERE}/1/{path}", "x1", json=body)
    before = offered.log.head()
    offered.at(OVER + timedelta(days=1))
    assert offered.log.head() == before
    assert offered.log.kept_all("open-offers") == []


def _take_back(event: Event, again: Origin, tx: Transaction) -> None:
    recall(tx, tx.append([event], again, {}))


def test_open_offers_and_their_moments_come_back_from_the_facts_alone(offered: House) -> None:
    restored = MemoryLog("handover", published())
    for fact in (published().from_record("handover", record) for record in offered.log.after(0, 100)):
        again = Origin("readback", fact.event_id, fact.recorded_at, "restore")
        restored.submit(partial(_take_back, fact.event, again)).result(5)
    assert open_offers(restored) == open_offers(offered.log)
    assert restored.due(OVER, 9) == offered.log.due(OVER, 9)


def test_an_unknown_ground_is_refused_by_name(offered: House) -> None:
    sender(offered).post(f"{HERE}/1/withdrawals", "w1", json={"reason": "mistaken"})
    answer = sender(offered).post(HERE, "o2", json={**OFFER, "legal_basis": "wams"})
    assert (answer.status_code, answer.json()["title"]) == (409, "legal-basis-unknown")


def test_a_case_goes_up_and_down_on_the_grounds_of_the_policy(offered: House) -> None:
    def level(house: InProcess, key: str, **body: object) -> Any:  # noqa: ANN401 - an answer
        return house.post("/v1/clients/p-1/levels", key, json=body)

    assert level(sender(offered), "l1", level=3, reason="safety-at-risk").status_code == 201
    assert level(sender(offered), "l2", level=4, reason="bored").json()["title"] == "not-a-ground"
    assert level(sender(offered), "l3", level=2, reason="safe-again").json()["title"] == "not-a-director"
    assert level(offered.as_("manager"), "l4", level=1, reason="safe-again").json()["title"] == "not-a-ground"
    assert level(offered.as_("manager"), "l5", level=2, reason="safe-again").status_code == 201
    assert baton(offered)["level"] == 2


ROUTES = [
    ("POST", HERE, OFFER, {"caseworker", "coordinator", "manager"}),
    ("POST", f"{HERE}/1/acceptances", {"contact_person": "s-3"}, {"caseworker", "coordinator", "manager"}),
    ("POST", f"{HERE}/1/declines", {"reason": "no-capacity"}, {"caseworker", "coordinator", "manager"}),
    ("POST", f"{HERE}/1/withdrawals", {"reason": "mistaken"}, {"caseworker", "coordinator", "manager"}),
    ("POST", f"{HERE}/1/completions", {"result": "goal-reached"}, {"caseworker", "coordinator", "manager"}),
    ("POST", "/v1/clients/p-1/levels", {"level": 2, "reason": "more-complex"}, {"caseworker", "coordinator", "manager"}),
    ("GET", f"{HERE}/1", None, {"caseworker", "coordinator", "manager", "auditor"}),
    ("GET", "/v1/teams/team-1/offers", None, {"caseworker", "coordinator", "manager", "auditor"}),
]


@pytest.mark.parametrize(("method", "path", "body", "allowed"), ROUTES)
def test_every_route_checks_role_and_municipality(offered: House, method: str, path: str, body: object, allowed: set[str]) -> None:
    for role in ("caseworker", "payments-officer", "payments-approver", "coordinator", "manager", "operator", "auditor"):
        for municipality in (ALKMAAR, BERGEN):
            door = offered.as_(role, municipality, actor="s-9")
            status = door.request(method, path, json=body, headers={"Idempotency-Key": f"{role}-{municipality}"}).status_code
            assert (status != 403) == (role in allowed and municipality == ALKMAAR), (role, municipality, status)


def test_an_offer_of_a_team_for_youth_is_read_for_a_stated_purpose_alone(offered: House) -> None:
    described = {"domain": "youth", "name": "Jeugdteam", "telephone": "072 000 00 00", "email": "jeugd@example.org"}
    boss = offered.as_("coordinator")
    boss.post("/v1/teams/team-2/descriptions", "d2", json=described)
    sender(offered).post(f"{HERE}/1/withdrawals", "w1", json={"reason": "wrong-team"})
    told = sender(offered).post(HERE, "o2", json={**OFFER, "legal_basis": "consent", "consent_ref": "c-1"})
    assert told.status_code == 201, told.text
    headers = {"Processing-Purpose": "youth-help"}
    assert [sender(offered).get(f"{HERE}/2", headers=said).status_code for said in ({}, headers)] == [403, 200]


def test_contacts_of_a_client_of_a_team_for_youth_are_read_for_a_stated_purpose_alone(offered: House) -> None:
    described = {"domain": "youth", "name": "Jeugdteam", "telephone": "072 000 00 00", "email": "jeugd@example.org"}
    offered.as_("coordinator").post("/v1/teams/team-1/descriptions", "d1", json=described)
    headers = {"Processing-Purpose": "youth-help"}
    assert [sender(offered).get("/v1/clients/p-1/contacts", headers=said).status_code for said in ({}, headers)] == [403, 200]


def test_offers_to_a_team_for_youth_are_listed_for_a_stated_purpose_alone(offered: House) -> None:
    described = {"domain": "youth", "name": "Jeugdteam", "telephone": "072 000 00 00", "email": "jeugd@example.org"}
    offered.as_("coordinator").post("/v1/teams/team-2/descriptions", "d2", json=described)
    for team, purpose, listed in (("1", None, 0), ("2", None, 0), ("1", "support-at-home", 0), ("2", "youth-help", 1)):
        seen = sender(offered).get(f"/v1/teams/team-{team}/offers", headers=stated(purpose)).json()
        assert (len(seen["offers"]), seen["left_out"]) == (listed, [] if listed else ["youth"])
    assert offered.read_lines()[-1]["attributes"]["dpl.backbone.purpose"] == "youth-help"


def test_call_backs_of_a_team_for_care_are_listed_for_a_stated_purpose_alone(offered: House) -> None:
    described = {"domain": "wmo", "name": "Wmo-team", "telephone": "072 000 00 00", "email": "wmo@example.org"}
    offered.as_("coordinator").post("/v1/teams/team-1/descriptions", "d1", json=described)
    asked = {"channel": "telephone", "subject": "home-care"}
    sender(offered).post("/v1/clients/p-1/call-backs", "c1", json=asked)
    told: list[tuple[Role, str | None]] = [
        ("caseworker", None),
        ("caseworker", "youth-help"),
        ("manager", "support-at-home"),
        ("caseworker", "support-at-home"),
    ]
    seen = [offered.as_(role, actor="s-1").get("/v1/teams/team-1/call-backs", headers=stated(purpose)).json() for role, purpose in told]
    assert [(len(each["call_backs"]), each["left_out"]) for each in seen] == [*[(0, ["wmo"])] * 3, (1, [])]
    assert "p-1" not in str(seen[:3])


def stated(purpose: str | None) -> dict[str, str]:
    return {} if purpose is None else {"Processing-Purpose": purpose}


def test_what_a_team_for_youth_spoke_about_stays_behind_a_purpose_after_the_client_went_on(offered: House) -> None:
    described = {"domain": "youth", "name": "Jeugdteam", "telephone": "072 000 00 00", "email": "jeugd@example.org"}
    offered.as_("coordinator").post("/v1/teams/team-1/descriptions", "d1", json=described)
    sender(offered).post("/v1/clients/p-1/call-backs", "c1", json={"channel": "telephone", "subject": "school"})
    accept(offered)

    contacts = [receiver(offered).get("/v1/clients/p-1/contacts", headers=stated(purpose)).status_code for purpose in (None, "youth-help")]
    lists = [receiver(offered).get("/v1/teams/team-2/call-backs", headers=stated(purpose)).json() for purpose in (None, "youth-help")]

    assert contacts == [403, 200]
    assert [(len(each["call_backs"]), "school" in str(each), each["left_out"]) for each in lists] == [(1, False, ["youth"]), (1, True, [])]
