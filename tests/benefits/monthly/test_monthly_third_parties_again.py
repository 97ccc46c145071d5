"""What a third party was paid out of a benefit and sent back is paid again to that third party, on the account of the last arrangement."""

from datetime import date
from typing import Any

import pytest

from services.contracts.benefits import PaymentInstructed
from services.contracts.intake import HouseholdRegistered
from services.web.in_process import InProcess
from tests.bank.bank_messages import details, entry, statement, transaction
from tests.benefits.a_house import House
from tests.benefits.a_region import APPROVER, BERGEN, KEYED, Home, household, iban, person
from tests.benefits.monthly.test_monthly_api import APPLICATION, GRANT, ON
from tests.benefits.monthly.test_monthly_run import facts, on_benefit, prepared

HOME = f"/v1/benefits/{person(1)}"
CHARGE = {**ON, "holder_name": "Woonstichting", "cents_per_month": 60_000}
ATTACHED = {**ON, "holder_name": "Deurwaarder", "claimed_cents": 90_000}


def arranges(house: House, collection: str, body: dict[str, Any], key: str, actor: str = "s-worker") -> int:
    return house.as_("caseworker", actor).post(f"{HOME}/{collection}", key, json=body).status_code


def came_back(house: House, officer: InProcess, cents: int, reason: str = "AC04") -> str:
    """A month was paid, and one payment of it came back; the run."""
    run = house.released(prepared(house, officer))
    sent = next(each for each in facts(house, PaymentInstructed) if each.amount_cents == cents)
    back = details(transaction(sent.end_to_end_id, f"{cents / 100:.2f}", reason))
    house.region.hears(statement(entry("CRDT", f"{cents / 100:.2f}", back, family="RRTN")))
    return run


def again(house: House, officer: InProcess, run: str) -> tuple[str, list[str], str | None]:
    asked = {"decided_on": "2024-02-21", "promised_on": "2024-03-05"}
    ref = officer.post(f"{run}/pay-agains", "p-1", json=asked).json()["run_ref"]
    house.region.works()
    (line,) = officer.get(f"/v1/runs/{ref}/lines").json()["lines"]
    (kept,) = house.region.office.manifests.read(house.region.office.run(ref).prepared.manifest_hash)  # type: ignore[union-attr]  # prepared
    return line["standing"], line["reasons"], getattr(kept, "account_fingerprint", None)


def test_a_landlord_with_another_account_is_paid_on_that_one(house: House, officer: InProcess) -> None:
    on_benefit(house, 1)
    arranges(house, "fixed-charges", {**CHARGE, "name": "rent", "iban": iban(9)}, "c-1")
    arranges(house, "fixed-charges", {**CHARGE, "name": "energy", "cents_per_month": 100, "iban": iban(7)}, "c-2")
    run = came_back(house, officer, 60_000)
    arranges(house, "fixed-charge-stops", {**ON, "name": "rent"}, "c-3")
    arranges(house, "fixed-charges", {**CHARGE, "name": "rent", "iban": iban(8)}, "c-4")

    assert again(house, officer, run) == ("again", [], KEYED.of(iban(8)))


def test_a_bailiff_who_was_served_again_on_another_account_is_paid_on_that_one(house: House, officer: InProcess) -> None:
    on_benefit(house, 1, holiday="monthly")
    arranges(house, "attachments", {**ATTACHED, "name": "bailiff", "iban": iban(9)}, "a-1")
    run = came_back(house, officer, 6_419)
    arranges(house, "attachments", {**ATTACHED, "name": "bailiff", "iban": iban(8)}, "a-2", "s-colleague")

    assert again(house, officer, run) == ("again", [], KEYED.of(iban(8)))


@pytest.mark.parametrize(("ends_on", "account"), [("2024-02-01", 1), ("2024-02-15", 1), ("2024-02-16", 9)])
def test_what_a_landlord_sent_back_is_the_clients_once_nothing_is_arranged_any_more(
    house: House, officer: InProcess, ends_on: str, account: int
) -> None:
    on_benefit(house, 1)
    arranges(house, "fixed-charges", {**CHARGE, "name": "rent", "iban": iban(9)}, "c-1")
    run = came_back(house, officer, 60_000, "AM05")
    arranges(house, "fixed-charge-stops", {**ON, "effective_on": ends_on, "name": "rent"}, "c-2")
    (row,) = officer.get(f"{run}/exceptions").json()["exceptions"]
    found = {"attempt": 1, "ground": "investigated"}
    house.as_("payments-approver", APPROVER).post(f"{run}/exceptions/{row['right_ref']}/findings", "f-1", json=found)

    assert again(house, officer, run) == ("again", [], KEYED.of(iban(account)))


def test_what_a_bailiff_sent_back_is_the_clients_once_the_attachment_is_lifted(house: House, officer: InProcess) -> None:
    on_benefit(house, 1, holiday="monthly")
    arranges(house, "attachments", {**ATTACHED, "name": "bailiff", "iban": iban(9)}, "a-1")
    run = came_back(house, officer, 6_419)
    arranges(house, "attachment-liftings", {**ON, "name": "bailiff"}, "a-2")

    assert again(house, officer, run) == ("again", [], KEYED.of(iban(1)))


def test_an_arrangement_of_that_name_in_another_municipality_is_with_somebody_else(house: House, officer: InProcess) -> None:
    on_benefit(house, 1)
    arranges(house, "fixed-charges", {**CHARGE, "name": "rent", "iban": iban(9)}, "c-1")
    run = came_back(house, officer, 60_000)
    arranges(house, "ends", {**ON, "effective_on": "2024-03-01"}, "e-1")
    away = Home(2, municipality=BERGEN, persons=(1,), on=date(2024, 3, 1))
    house.region.tells(HouseholdRegistered(household_ref=away.ref, on=away.on, facts=away.facts))
    there = {"municipality": BERGEN, "household_ref": household(2), "reported_on": "2024-03-01", "applied_on": "2024-03-01"}
    answers = [
        arranges(house, "applications", {**APPLICATION, **there}, "a-2"),
        arranges(house, "grants", {**GRANT, "effective_on": "2024-03-01"}, "g-2"),
        arranges(house, "fixed-charges", {**CHARGE, "effective_on": "2024-03-01", "name": "rent", "iban": iban(8)}, "c-2"),
    ]

    assert answers == [201, 201, 201]
    assert again(house, officer, run)[:2] == ("kept-back", ["other-account-needed"])


@pytest.mark.parametrize("ends_on", ["2024-02-15", "2024-02-16"])
def test_a_landlord_whose_arrangement_ended_behind_the_approval_is_not_paid_again_and_one_whose_ends_later_is(
    house: House, officer: InProcess, ends_on: str
) -> None:
    on_benefit(house, 1)
    arranges(house, "fixed-charges", {**CHARGE, "name": "rent", "iban": iban(9)}, "c-1")
    run = came_back(house, officer, 60_000, "MS03")
    right = next(each.right_ref for each in facts(house, PaymentInstructed) if each.amount_cents == 60_000)
    found_out = {"attempt": 1, "ground": "investigated"}
    house.as_("payments-approver", APPROVER).post(f"{run}/exceptions/{right}/findings", "f-1", json=found_out)
    asked = {"decided_on": "2024-02-21", "promised_on": "2024-03-05"}
    ref = officer.post(f"{run}/pay-agains", "p-1", json=asked).json()["run_ref"]
    house.region.works()
    arranges(house, "fixed-charge-stops", {**ON, "name": "rent", "effective_on": ends_on}, "c-2")
    released = house.shown(house.released(f"/v1/runs/{ref}"))["released"]

    assert (released["granted"], released["withheld"]) == ((0, 1) if ends_on == "2024-02-15" else (1, 0))
