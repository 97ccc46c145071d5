"""A service that was restored answers readings, refuses commands, and is let in by two persons."""

from pathlib import Path
from typing import Any

import pytest

from services.contracts.restored import Lifting
from services.eventlog.log import LogUnavailable
from services.web.in_process import InProcess
from services.web.restoring import keep_out
from tests.web.desk import Desk


class Restored:
    """Blocked until two others have asked; the fake of `Restoring`."""

    def __init__(self) -> None:
        self.blocked, self.asked, self.reading = True, list[str](), False
        self.failing: Exception | None = None

    def trouble(self) -> str | None:
        return "restored from a backup" if self.blocked else None

    def told(self) -> dict[str, Any]:
        return {"state": "matching" if self.blocked else "in-use", "asked": self.asked}

    def override(self, actor: str, lifting: Lifting) -> bool:
        if self.failing:
            raise self.failing
        self.asked.append(f"{actor}: {lifting}")
        self.blocked = len(self.asked) < 2
        return not self.blocked


@pytest.fixture
def restored() -> Restored:
    return Restored()


@pytest.fixture
def desk(tmp_path: Path, restored: Restored) -> Desk:
    desk = Desk(tmp_path)
    keep_out(desk.app, restored, allowed=("/v1/notes",))
    return desk


def test_a_command_is_refused_with_a_reason_and_nothing_is_recorded(desk: Desk) -> None:
    answer = desk.visitor().post("/v1/forms", "a", json={"name": "n", "on": "2024-01-01"})

    assert (answer.status_code, answer.json()["title"]) == (503, "restoring")
    assert "restored from a backup; nothing was recorded" in answer.json()["detail"]
    assert answer.headers["API-Version"]
    assert desk.log.submitted == 0


def test_a_bulk_file_is_refused_before_it_is_read(desk: Desk) -> None:
    assert desk.visitor().post("/v1/forms/_bulk", content=b'{"id": "1", "name": "n"}\n').json()["title"] == "restoring"
    assert desk.log.submitted == 0


def test_who_is_nobody_is_told_nothing(desk: Desk) -> None:
    assert InProcess(desk.app, {}).post("/v1/forms", "a", json={}).status_code == 401


def test_readings_and_searches_and_what_is_allowed_come_in(desk: Desk) -> None:
    visitor = desk.visitor("operator")

    assert visitor.get("/v1/restoration").json()["state"] == "matching"
    assert visitor.post("/v1/persons/_search", json={}).status_code == 404
    assert visitor.post("/v1/notes", "a", json={}).status_code == 404


def test_two_persons_let_commands_in(desk: Desk) -> None:
    first = desk.visitor("operator", actor="s-1").post("/v1/restoration/lifts", json={"reason": "bank-confirmed"})
    assert first.json() == {"in_use": False, "next": "another person must ask for the same reason"}

    second = desk.visitor("payments-approver", actor="s-2").post("/v1/restoration/lifts", json={"reason": "bank-confirmed"})

    assert second.json()["in_use"]
    assert desk.visitor().post("/v1/forms", "a", json={"name": "n", "on": "2024-01-01"}).status_code == 201


def test_that_everything_matches_is_for_the_service_to_say(desk: Desk, restored: Restored) -> None:
    answer = desk.visitor("operator").post("/v1/restoration/lifts", json={"reason": "matched"})

    assert answer.json()["title"] == "not-yours-to-say"
    assert restored.asked == []


@pytest.mark.parametrize(("failing", "status"), [(ValueError("reading-back"), 409), (LogUnavailable("full"), 503)])
def test_a_word_that_cannot_be_taken_is_answered_with_why(desk: Desk, restored: Restored, failing: Exception, status: int) -> None:
    restored.failing = failing

    assert desk.visitor("operator").post("/v1/restoration/lifts", json={"reason": "loss-accepted"}).status_code == status


def test_a_caseworker_does_not_decide_about_it(desk: Desk) -> None:
    assert desk.visitor("caseworker").post("/v1/restoration/lifts", json={"reason": "loss-accepted"}).status_code == 403
