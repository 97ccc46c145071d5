"""The route over HTTP: who may do what, what the clock does, and what a restore makes again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.contracts.codec import published
from services.eventlog.clock import Clock, JumpGuard
from services.eventlog.log import Due, EventLog
from services.eventlog.memory import MemoryLog
from services.intake.erasing import Eraser
from services.intake.recalling import recall
from services.intake.route.standing import standing_flags
from services.intake.waking import on_due
from services.vault import retention
from services.vault.erasure import destroy
from tests.intake.stories import NOW, RULES
from tests.intake.test_intake_api import House, problem

DEBT = {"kind": "problem-debt", "source": "client", "since": "2024-01-01"}
SAFETY = {"kind": "safety-report", "source": "partner", "since": "2024-02-01"}
REASON = {"reason": "safety-first", "note": "two visits, the neighbours called again"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.processing.close()


def flagged(house: House) -> str:
    """A client for whom a flag is proposed; the path of what is about them."""
    _, refs = house.registered()
    path = f"/v1/clients/{refs['client']}"
    assert house.worker.post(f"{path}/route-signals", "k-1", json=DEBT).json()["refs"].keys() == {"signal_ref"}
    answer = house.worker.post(f"{path}/route-signals", "k-2", json=SAFETY)
    assert (answer.status_code, answer.json()["refs"]["flag"]) == (201, "1"), answer.text
    return path


def flag_of(house: House) -> Any:  # noqa: ANN401 - a flag or nothing
    return next(iter(standing_flags(house.log)), None)


def days_of_flags(log: EventLog) -> list[Due]:
    return [due for due in log.due(datetime(2030, 1, 1, tzinfo=UTC), 10) if due.kind.startswith("flag-")]


def wakes(house: House, at: datetime) -> None:
    clock = Clock(
        house.log,
        lambda: at,
        on_due(house.desk, RULES, Eraser(house.desk, retention.installed(), lambda: at)),
        JumpGuard(lambda: at, at.timestamp, 1),
    )
    while clock.round():
        pass
    assert clock.trouble() is None


def test_a_signal_proposes_a_flag_and_the_repeat_gets_the_same_answer(house: House) -> None:
    path = flagged(house)

    again = house.worker.post(f"{path}/route-signals", "k-2", json=SAFETY)

    assert again.json()["refs"]["flag"] == "1"
    assert (flag_of(house).state, flag_of(house).rules) == ("proposed", ("debts", "safety"))


def test_another_body_under_the_same_key_and_a_stale_version_are_problems(house: House) -> None:
    path = flagged(house)

    assert problem(house.worker.post(f"{path}/route-signals", "k-2", json=DEBT)) == (409, "other-body")
    stale = house.worker.post(f"{path}/route-assessments", "k-3", json={}, headers={"If-Version": "1"})
    assert problem(stale) == (409, "conflict")


@pytest.mark.parametrize("action", ["confirmations", "removals", "reviews"])
def test_a_caseworker_proposes_by_signals_and_only_a_coordinator_answers(house: House, action: str) -> None:
    path = flagged(house)

    assert house.worker.post(f"{path}/route-flags/1/{action}", "k-3", json=REASON).status_code == 403


def test_somebody_of_another_municipality_answers_nothing(house: House) -> None:
    path = flagged(house)
    elsewhere = house.caller("coordinator", of=("GM0361",))

    assert elsewhere.post(f"{path}/route-flags/1/confirmations", "k-3", json=REASON).status_code == 403
    assert elsewhere.post(f"{path}/route-signals", "k-4", json=DEBT).status_code == 403


def test_a_reason_in_words_goes_to_the_vault_and_stands_in_no_fact(house: House) -> None:
    path = flagged(house)

    answer = house.caller("coordinator").post(f"{path}/route-flags/1/confirmations", "k-3", json=REASON)

    assert answer.status_code == 201, answer.text
    told = house.log.read(answer.json()["stream"])[-1]
    assert house.desk.vault.open(house.log, told.event.text_ref)["note"] == REASON["note"]  # type: ignore[attr-defined]  # a confirmation
    assert not any(b"neighbours" in record.data for record in house.log.after(0, 100))


def test_a_flag_of_a_client_who_was_erased_is_answered_by_nobody(house: House) -> None:
    path = flagged(house)
    client, coordinator = path.rpartition("/")[2], house.caller("coordinator", actor="s-0009")
    house.log.submit(lambda tx: destroy(tx, house.desk.vault, client)).result(5)

    assert problem(coordinator.post(f"{path}/route-flags/1/confirmations", "k-3", json=REASON)) == (409, "client-erased")


@pytest.mark.parametrize(
    "body",
    [{"kind": "nationality"}, {"domain": "church"}, {"note": "from elsewhere"}, {"kind": "open-need"}, {"organisation": "debt-help"}],
)
def test_what_is_not_on_the_list_is_not_taken_in(house: House, body: dict[str, str]) -> None:
    _, refs = house.registered()

    answer: httpx.Response = house.worker.post(f"/v1/clients/{refs['client']}/route-signals", "k-1", json=DEBT | body)

    assert problem(answer) == (400, "invalid input")


def test_a_proposal_that_nobody_answers_is_due_and_expires(house: House) -> None:
    flagged(house)

    wakes(house, datetime(2024, 2, 29, 0, 0, tzinfo=UTC))
    assert (flag_of(house).state, flag_of(house).is_review_due) == ("proposed", True)
    wakes(house, datetime(2024, 5, 15, 0, 0, tzinfo=UTC))
    assert flag_of(house) is None


def test_a_clock_that_slept_tells_both_days_in_order_and_nothing_after_an_answer(house: House) -> None:
    path = flagged(house)
    house.caller("coordinator").post(f"{path}/route-flags/1/confirmations", "k-3", json=REASON)

    wakes(house, datetime(2026, 1, 1, tzinfo=UTC))

    names = [told.event.TYPE.split(".")[3] for told in house.log.read(f"intake/route/{path.rpartition('/')[2]}")]
    assert names[3:] == ["integral-flag-confirmed", "integral-flag-review-due", "integral-flag-expired"]
    assert days_of_flags(house.log) == []


def test_a_removed_flag_has_no_day_any_more(house: House) -> None:
    path = flagged(house)

    answer = house.caller("coordinator").post(f"{path}/route-flags/1/removals", "k-3", json={"reason": "one-domain-is-enough"})

    assert answer.status_code == 201
    assert (flag_of(house), days_of_flags(house.log)) == (None, [])


def test_a_restore_makes_the_list_and_its_days_again(house: House) -> None:
    flagged(house)
    before, days = standing_flags(house.log), days_of_flags(house.log)
    restored = MemoryLog("intake", published())
    facts = [published().from_record("intake", record) for record in house.log.after(0, 100)]

    restored.submit(lambda tx: recall(house.desk, tx, facts)).result(5)

    assert (standing_flags(restored), days_of_flags(restored)) == (before, days)
    assert before[0].since == NOW.date()
