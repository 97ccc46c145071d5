"""Who begins a day sees which runs wait, and for what, and which messages of the bank hold lines that fit nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.benefits.run_commands import AbortRun
from tests.bank.bank_messages import details, entry, statement, transaction
from tests.benefits.a_house import RELEASE, RUN, House
from tests.benefits.a_region import ALKMAAR, APPROVER, OFFICER, Home
from tests.benefits.test_benefits_pay_again import finding


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.knows(Home(1), Home(2))
    yield made
    made.processing.close()


def listed(house: House) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = house.as_("payments-officer", OFFICER).get("/v1/runs").json()["runs"]
    return runs


def waits(house: House) -> list[str]:
    return [row["waits_for"] for row in listed(house)]


def test_a_run_says_at_each_step_what_it_waits_for(house: House) -> None:
    officer, told = house.as_("payments-officer", OFFICER), [waits(house)]
    run = house.prepared()
    told.append(waits(house))
    house.judged(run)
    told.append(waits(house))
    house.as_("payments-approver", APPROVER).post(f"{run}/approvals", "approve-1", json=house.approval(run))
    told.append(waits(house))
    officer.post(f"{run}/releases", "release-1", json=RELEASE)
    told.append(waits(house))
    house.region.works()
    told.append(waits(house))

    assert told == [[], ["sample"], ["approval"], ["release"], ["decisions"], ["hand-over"]]


def test_a_run_whose_file_left_waits_for_the_bank_then_to_be_closed_and_then_is_gone(house: House) -> None:
    officer, run = house.as_("payments-officer", OFFICER), house.paid_out()
    officer.post(f"{run}/files/{run.rpartition('/')[2]}-001/handovers", "take-1")
    told = [waits(house)]
    for number in (1, 2):
        house.bank_pays(run, number)
        told.append(waits(house))
    officer.post(f"{run}/closings", "close-1")

    assert [*told, waits(house)] == [["bank"], ["bank"], ["closing"], []]


def test_a_row_says_what_the_run_is_and_comes_to(house: House) -> None:
    run = house.prepared()
    (row,) = listed(house)

    assert {name: row[name] for name in ("run_ref", "kind", "corrects", "granted", "total_cents", "prepared_by", "problem")} == {
        "run_ref": run.rpartition("/")[2],
        "kind": "decide",
        "corrects": None,
        "granted": 2,
        "total_cents": 260_000,
        "prepared_by": OFFICER,
        "problem": None,
    }
    assert (row["promised_on"], row["decided_on"], row["tranche"], ALKMAAR in row["municipalities"]) == (
        "2024-03-01",
        "2024-02-15",
        1,
        True,
    )


def test_a_run_with_a_wrong_row_waits_to_be_aborted(house: House) -> None:
    house.judged(house.prepared(), "wrong")

    assert waits(house) == ["abortion"]


def test_the_run_that_is_promised_first_is_listed_first(house: House) -> None:
    run = house.paid_out()
    house.bank_sends_back(run, 1, "AM05")
    finding(house, run, "investigated")
    dates = {"decided_on": "2024-02-15", "promised_on": "2024-02-29"}
    house.as_("payments-officer", OFFICER).post(f"{run}/pay-agains", "again-1", json=dates)
    told = [(row["kind"], row["waits_for"], row["granted"], row["total_cents"]) for row in listed(house)]

    assert told == [("pay-again", "preparation", None, None), ("decide", "hand-over", 2, 260_000)]


def test_a_run_that_waits_for_somebody_names_its_problem(house: House) -> None:
    run = house.prepared()
    house.region.log.submit(lambda tx: tx.keep("run-problem", run.rpartition("/")[2], b"account-key-gone")).result(5)

    assert [(row["waits_for"], row["problem"]) for row in listed(house)] == [("somebody", "account-key-gone")]


def test_a_cancelled_run_is_gone_once_its_payments_are_withdrawn(house: House) -> None:
    run = house.paid_out()
    house.as_("payments-officer", OFFICER).post(f"{run}/cancellations", "cancel-1", json={"reason_code": "wrong-facts"})
    before = waits(house)
    house.region.works()

    assert (before, waits(house)) == (["withdrawal"], [])


def test_what_was_aborted_and_a_dry_run_wait_for_nobody(house: House) -> None:
    house.region.commands_run(AbortRun(house.prepared().rpartition("/")[2], "other", OFFICER))
    dry = {**RUN, "intake_position": house.region.told, "dry_run": True}
    house.as_("payments-officer", OFFICER).post("/v1/runs", "dry-1", json=dry)
    before = waits(house)
    house.region.works()

    assert (before, waits(house)) == (["preparation"], [])


def test_a_run_is_listed_for_who_works_for_all_its_municipalities(house: House) -> None:
    house.prepared()

    assert house.as_("payments-officer", OFFICER, [ALKMAAR]).get("/v1/runs").json() == {"runs": []}
    assert house.as_("caseworker", "s-worker").get("/v1/runs").status_code == 403


def test_messages_of_the_bank_with_lines_that_fit_nothing_are_listed_the_last_first(house: House) -> None:
    run = house.paid_out()
    house.bank_pays(run, 1)
    for cents in ("1.00", "2.00"):
        house.region.hears(statement(entry("DBIT", cents, details(transaction("r-unknown-1", cents)))))
    listed = house.as_("payments-officer", OFFICER).get("/v1/bank-answers").json()["bank_answers"]
    shown = [house.as_("payments-officer", OFFICER).get(f"/v1/bank-answers/{row['document_ref']}").json() for row in listed]

    assert [(row["state"], row["kind"], row["unmatched"]) for row in listed] == [("read", "camt.053", 1)] * 2
    assert [each["unmatched"][0]["amount_cents"] for each in shown] == [200, 100]


def test_a_message_that_is_not_read_yet_is_listed_first(house: House) -> None:
    house.region.hears(statement(entry("DBIT", "1.00", details(transaction("r-unknown-1", "1.00")))))
    waiting = statement(entry("DBIT", "2.00", details(transaction("r-unknown-2", "2.00"))))
    officer = house.as_("payments-officer", OFFICER)
    ref = officer.post("/v1/bank-answers", content=waiting, headers={"Content-Type": "application/xml"}).json()["document_ref"]
    first, second = officer.get("/v1/bank-answers").json()["bank_answers"]

    assert first == {"document_ref": ref, "state": "waiting", "kind": None, "unmatched": 0}
    assert (second["state"], second["unmatched"]) == ("read", 1)
