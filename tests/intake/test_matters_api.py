"""Matters over HTTP: from a report to a decision, who may see them, and what is on record of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.intake.test_intake_api import House, problem

REPORT = {"subject": "social-assistance", "channel": "alderman", "reported_on": "2024-02-01", "note": "sleeps in a car"}
APPLICATION = {"subject": "social-assistance", "channel": "web-form", "applied_on": "2024-02-05"}
PAPERS = {"papers": ["bank-statements"], "recover_by": "2024-02-29"}


class Case:
    """A client with a matter."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.client = house.registered()[1]["client"]
        self.matter = self.tell("applications", "apply", APPLICATION).json()["refs"]["matter_ref"]

    def tell(self, what: str, key: str, body: dict[str, Any]) -> httpx.Response:
        return self.house.worker.post(f"/v1/clients/{self.client}/{what}", key, json=body)

    def do(self, what: str, key: str, body: dict[str, Any], version: int | None = None) -> httpx.Response:
        headers = {} if version is None else {"if-version": str(version)}
        return self.house.worker.post(f"/v1/matters/{self.matter}/{what}", key, json=body, headers=headers)

    def read(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.house.worker.get(f"/v1/matters/{self.matter}").json()
        return answer


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    house = House(tmp_path)
    yield Case(house)
    house.processing.close()


def test_a_report_joins_the_matter_and_moves_its_start(case: Case) -> None:
    joined = case.tell("reports", "report", REPORT)

    assert (joined.status_code, joined.json()["refs"]["matter_ref"]) == (201, case.matter)
    assert (case.read()["reported_on"], case.read()["applied_on"]) == ("2024-02-01", "2024-02-05")
    assert [told["note"] for told in case.read()["told"]] == [None, "sleeps in a car"]


def test_a_matter_waits_for_papers_is_extended_and_decided(case: Case) -> None:
    asked = case.do("paper-requests", "ask", PAPERS)
    assert case.read()["missing"] == {**PAPERS, "is_overdue": False}
    received = case.do("papers", "come", {"papers": ["bank-statements"], "received_on": "2024-02-15"})
    longer = case.do("extensions", "more", {"weeks": 2, "reason_code": "advice-awaited"})
    decided = case.do("decisions", "yes", {"outcome": "accepted", "reason_code": "entitled", "note": "nothing else to live on"})

    assert [each.status_code for each in (asked, received, longer, decided)] == [201] * 4
    assert (case.read()["state"], case.read()["told"][-1]["starts_on"]) == ("accepted", "2024-02-05")


def test_the_same_key_again_gets_the_same_answer(case: Case) -> None:
    first, again = (case.do("paper-requests", "ask", PAPERS) for _ in range(2))

    assert first.json() == again.json()
    assert case.read()["version"] == 5


def test_refusals_are_problems_with_a_code(case: Case) -> None:
    assert problem(case.do("extensions", "more", {"weeks": 12, "reason_code": "advice-awaited"})) == (409, "extension-too-long")
    assert problem(case.do("decisions", "no", {"outcome": "not-taken-into-handling", "reason_code": "papers"})) == (
        409,
        "papers-not-overdue",
    )
    assert problem(case.do("papers", "come", {"papers": ["pay-slip"], "received_on": "2024-02-15"})) == (409, "paper-not-asked")


def test_a_stale_version_is_a_problem(case: Case) -> None:
    assert problem(case.do("paper-requests", "ask", PAPERS, version=1)) == (409, "conflict")


@pytest.mark.parametrize("body", [{**REPORT, "subject": "lottery"}, {**REPORT, "organisation": "agency-12"}, {**REPORT, "note": ""}])
def test_a_body_that_is_wrong_is_a_problem(case: Case, body: dict[str, Any]) -> None:
    assert problem(case.tell("reports", "report", body)) == (400, "invalid input")


def test_what_is_not_there_is_a_problem(case: Case) -> None:
    case.matter = f"m-{255:016x}"

    assert problem(case.do("paper-requests", "ask", PAPERS)) == (404, "unknown-matter")
    assert problem(case.house.worker.get(f"/v1/matters/{case.matter}")) == (404, "unknown-matter")


def test_nobody_touches_or_reads_a_matter_of_another_municipality(case: Case) -> None:
    elsewhere = case.house.caller("caseworker", of=("GM0361",))
    other = case.house.registered(municipality="GM0361")[1]["client"]
    asked = [
        elsewhere.post(f"/v1/matters/{case.matter}/paper-requests", "k-1", json=PAPERS),
        elsewhere.post(f"/v1/clients/{case.client}/reports", "k-2", json=REPORT),
        elsewhere.get(f"/v1/matters/{case.matter}"),
    ]

    assert [problem(each) for each in asked] == [(403, "forbidden")] * 3
    assert elsewhere.post(f"/v1/clients/{other}/reports", "k-3", json=REPORT).status_code == 201
    assert elsewhere.get("/v1/matters?standing=near").json() == {"matters": [], "left_out": []}


def test_reading_a_matter_is_on_record(case: Case) -> None:
    case.read()

    (line,) = (case.house.folder / "processing.ndjson").read_text().splitlines()
    assert case.client in line
    assert orjson.loads(line)["attributes"]["dpl.core.processing_activity_id"].endswith("read-matter")


def test_a_couple_that_turns_out_to_be_one_is_merged(case: Case) -> None:
    other = case.house.registered()[1]["client"]
    reported = case.house.worker.post(f"/v1/clients/{other}/reports", "k-1", json=REPORT).json()["refs"]["matter_ref"]
    into, case.matter = case.matter, reported

    assert problem(case.do("mergers", "one", {"into_matter_ref": into})) == (409, "other-household")


YOUTH = {"subject": "youth-support", "channel": "desk", "applied_on": "2024-02-05"}


def test_a_matter_of_youth_is_read_for_a_stated_purpose_alone_and_the_purpose_is_on_record(case: Case) -> None:
    matter = case.tell("applications", "youth", YOUTH).json()["refs"]["matter_ref"]
    asked = [None, "support-at-home", "curiosity", "youth-help"]
    headers = [{} if purpose is None else {"Processing-Purpose": purpose} for purpose in asked]
    answers = [case.house.worker.get(f"/v1/matters/{matter}", headers=stated) for stated in headers]
    lines = [orjson.loads(text) for text in (case.house.folder / "processing.ndjson").read_text().splitlines()]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 200]
    assert problem(answers[0]) == (403, "forbidden")
    assert [line["attributes"].get("dpl.backbone.purpose") for line in lines] == [None, None, None, "youth-help"]
    assert lines[-1]["attributes"]["dpl.backbone.legal_basis"] == "jw-7.4.0"
