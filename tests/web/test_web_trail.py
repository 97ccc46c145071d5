"""Who was refused, and what operators did, stands in the audit log before the answer leaves."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.access.processing_log import ProcessingLog
from services.web.in_process import InProcess
from services.web.quarantine import add_quarantine
from services.web.trail import STRANGERS_A_MINUTE, Strangers, keep_trail
from tests.eventlog.test_held_records import NEWER, fact
from tests.eventlog.test_held_records import House as Held
from tests.web.desk import NOW, Desk

BSN = "999990019"


class Watched(Desk):
    """The desk, with a trail."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder, self.trail = folder, ProcessingLog(folder / "processing")
        add_quarantine(self.app, Held(fact(1, "p-1", NEWER), fact(2, "p-1")).held)
        keep_trail(self.app, self.trail, lambda: NOW)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in (self.folder / "processing" / "audit.ndjson").read_text().splitlines()]

    def told(self) -> list[tuple[str, str, str, str]]:
        return [(line["actor"], line["action"], line["object"], line["result"]) for line in self.lines()]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    yield made
    made.trail.close()


def test_who_lacks_the_role_stands_in_the_audit_log_with_the_trace_of_the_answer(watched: Watched) -> None:
    answer = watched.visitor("auditor", "s-9").post("/v1/forms", "k", json={})
    assert watched.told() == [("s-9", "POST /v1/forms", "", "forbidden")]
    assert answer.json()["instance"].replace("-", "").endswith(watched.lines()[0]["trace_id"])
    assert watched.lines()[0]["origin"] == "127.0.0.1"


def test_who_has_no_token_is_nobody_and_no_address_is_repeated(watched: Watched) -> None:
    InProcess(watched.app).get(f"/v1/forms/{BSN}/broken")
    assert watched.told() == [("-", "enter", "", "unauthenticated")]


def test_a_number_in_an_address_is_not_written(watched: Watched) -> None:
    watched.visitor("auditor").get(f"/v1/forms/{BSN}/broken")
    watched.visitor("auditor").get("/v1/forms/form-1/broken")
    assert [told[2] for told in watched.told()] == ["(no reference)", "form-1"]


@pytest.mark.parametrize("verdict", ["_retry", "_discard"])
def test_what_an_operator_does_stands_there_with_what_it_was_done_to(watched: Watched, verdict: str) -> None:
    assert watched.visitor("operator", "s-op").post(f"/v1/quarantine/{verdict}", json={"key": "p-1"}).status_code == 200
    assert watched.told() == [("s-op", f"POST /v1/quarantine/{verdict}", "p-1", "ok")]


def test_what_goes_well_and_is_in_the_event_log_leaves_no_line(watched: Watched) -> None:
    watched.visitor().post("/v1/forms", "k", json={"name": "anna", "on": "2024-02-01"})
    watched.visitor("operator").get("/v1/quarantine")
    assert watched.told() == []


def test_where_the_line_cannot_be_written_a_refusal_stays_a_refusal(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    watched.trail.close()
    assert watched.visitor("auditor", "s-9").post("/v1/forms", "k", json={}).status_code == 403
    assert "forbidden by s-9 is not in the audit log" in caplog.text


def test_who_floods_the_gate_fills_no_disk() -> None:
    strangers, at = Strangers(), datetime(2024, 2, 15, 9, tzinfo=UTC)
    written = [strangers.result(at) for _ in range(STRANGERS_A_MINUTE + 500)]
    assert len([each for each in written if each]) == STRANGERS_A_MINUTE
    assert strangers.result(at + timedelta(minutes=1)) == "unauthenticated, as were 500 before it"
    assert strangers.result(at + timedelta(minutes=1)) == "unauthenticated"
