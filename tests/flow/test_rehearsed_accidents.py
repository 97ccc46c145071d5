"""The accidents of reliability.md chapter 5, each tried through HTTP on the real chain, and at the end every invariant holds."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.rehearsal.__main__ import REHEARSED
from deploy.rehearsal.desks import Turned
from deploy.rehearsal.runs import RunDesks
from deploy.rehearsal.staff import Staff, staff_of
from tests.benefits.a_region import iban
from tests.chain import Chain
from tests.flow.test_handover_chain import asked
from tests.flow.test_rehearsal import verify

pytestmark = pytest.mark.timeout(400)

MONTH = f"{REHEARSED:%Y-%m}"
FIRST = REHEARSED.replace(day=1).isoformat()
ALONE = {"household_type": "single", "age_bands": ["27-pension"]}
ON = {"effective_on": FIRST, "reason_code": "entitled"}


@pytest.fixture(scope="module")
def staff(chain: Chain) -> Staff:
    return staff_of(chain.settings)


@pytest.fixture(scope="module")
def desks(staff: Staff, tmp_path_factory: pytest.TempPathFactory) -> RunDesks:
    return RunDesks(staff, tmp_path_factory.mktemp("bank"), lambda: None, lambda _name, _total: lambda _number: None)


@pytest.fixture(scope="module")
def client(chain: Chain, staff: Staff) -> dict[str, str]:
    """Somebody who had the allowance on their account, and is granted the monthly benefit today."""
    return granted(chain, staff, 0)


@pytest.fixture(scope="module")
def mover(chain: Chain, staff: Staff) -> dict[str, str]:
    """Somebody else like that, whose account is closed while the month is approved."""
    return granted(chain, staff, 1)


def granted(chain: Chain, staff: Staff, number: int) -> dict[str, str]:
    (person,) = asked(chain, "SELECT client FROM payments WHERE state = 'paid' ORDER BY client LIMIT 2")[number]
    home = staff.intake.get(f"/v1/clients/{person}/household")
    about = {"household_ref": home["household_ref"], "municipality": home["facts"]["municipality"]}
    place = f"/v1/benefits/{person}"
    body = {**about, "declared": ALONE, "reported_on": FIRST, "applied_on": FIRST}
    staff.accounts.post(f"{place}/applications", f"accident-apply-{number}", body)
    decided = staff.accounts.post(f"{place}/grants", f"accident-grant-{number}", {**ON, "circumstances": ALONE})
    letter = {"decision_ref": decided["refs"]["decision_ref"], "notified_on": REHEARSED.isoformat()}
    staff.accounts.post(f"{place}/notifications", f"accident-letter-{number}", letter)
    return {"client": person, **about}


def ordered(staff: Staff, desks: RunDesks, days: int) -> str:
    """A run of the month that promises so many days from now, prepared."""
    promised = (REHEARSED + timedelta(days=days)).isoformat()
    body = {"decided_on": REHEARSED.isoformat(), "promised_on": promised}
    run = str(staff.officer.post(f"/v1/months/{MONTH}/runs", f"accident-{days}", body)["run_ref"])
    desks.prepared(run, "clients", 2)
    return run


@pytest.fixture(scope="module")
def runs(staff: Staff, desks: RunDesks, client: dict[str, str], mover: dict[str, str]) -> tuple[str, str]:
    """Two runs of the same month side by side."""
    assert client["client"] != mover["client"]
    both = ordered(staff, desks, 7), ordered(staff, desks, 8)
    first, second = (desks.shown(run)["prepared"]["total_cents"] for run in both)
    assert first == second > 0
    return both


@pytest.fixture(scope="module")
def released(desks: RunDesks, runs: tuple[str, str]) -> tuple[str, str]:
    """Both are signed and released."""
    for run in runs:
        desks.approve_and_release(run, REHEARSED + timedelta(days=6))
    return runs


def test_amsterdam_a_total_in_euros_is_not_signed(staff: Staff, desks: RunDesks, runs: tuple[str, str]) -> None:
    seen = desks.shown(runs[0])["prepared"]
    euros = {"manifest_hash": seen["manifest_hash"], "granted": seen["granted"], "total_cents": seen["total_cents"] // 100}

    with pytest.raises(Turned, match="other-total"):
        staff.approver.post(f"/v1/runs/{runs[0]}/approvals", "accident-euros", euros)


def test_apeldoorn_nothing_is_paid_that_people_have_not_looked_at(staff: Staff, runs: tuple[str, str]) -> None:
    with pytest.raises(Turned, match="not-approved"):
        staff.officer.post(f"/v1/runs/{runs[0]}/releases", "accident-unseen", {"execution_on": REHEARSED.isoformat()})


@pytest.mark.parametrize("amount", ["1300.00", "1300,00", "1.3e5", '"130000"'])
def test_the_hague_an_amount_with_a_decimal_is_not_taken_in(staff: Staff, client: dict[str, str], amount: str) -> None:
    line = json.dumps({"id": "accident-decimal", **client, "scheme_year": 2023})[:-1] + f', "amount_cents": {amount}}}'
    (told,) = staff.accounts.bulk("/v1/opening-balances/_bulk", [line.encode()], lambda _number: None)

    assert told["outcome"] == "invalid"


def test_img_one_person_cannot_move_money_to_another_account(staff: Staff, client: dict[str, str], runs: tuple[str, str]) -> None:
    account = {"client": client["client"], "municipality": client["municipality"], "iban": iban(777)}
    line = json.dumps({"id": "accident-iban", "holder_name": "Iemand Anders", **account}).encode()
    (told,) = staff.accounts.bulk("/v1/accounts/_bulk", [line], lambda _number: None)

    assert runs
    assert told["refs"]["waits_for"] == "second-person"
    with pytest.raises(Turned, match="proposer-cannot-confirm"):
        staff.accounts.post("/v1/accounts/confirmations", "accident-iban", account)


def test_img_an_account_that_two_people_replaced_while_the_month_was_approved_is_not_paid(
    staff: Staff, desks: RunDesks, mover: dict[str, str], runs: tuple[str, str], request: pytest.FixtureRequest
) -> None:
    approved_cents = desks.shown(runs[0])["prepared"]["total_cents"]
    account = {"client": mover["client"], "municipality": mover["municipality"], "iban": iban(778)}
    line = json.dumps({"id": "accident-closed", "holder_name": "Iemand", **account}).encode()
    (proposed,) = staff.accounts.bulk("/v1/accounts/_bulk", [line], lambda _number: None)
    confirmed = staff.second_officer.post("/v1/accounts/confirmations", "accident-confirmed", account)
    request.getfixturevalue("released")
    told = desks.shown(runs[0])["released"]

    assert (proposed["refs"]["waits_for"], confirmed["outcome"]) == ("second-person", "accepted")
    assert (told["granted"], told["withheld"], 0 < told["total_cents"] < approved_cents) == (1, 1, True)


def test_the_hague_and_uwv_two_runs_over_the_same_month_pay_it_once(desks: RunDesks, released: tuple[str, str]) -> None:
    first, second = (desks.shown(run)["released"] for run in released)

    assert first["total_cents"] > 0
    assert (second["granted"], second["total_cents"]) == (0, 0)


def test_santander_a_release_that_is_ordered_twice_is_one(staff: Staff, desks: RunDesks, released: tuple[str, str]) -> None:
    before = desks.shown(released[0])["released"]
    body = {"execution_on": (REHEARSED + timedelta(days=6)).isoformat()}
    again = staff.officer.post(f"/v1/runs/{released[0]}/releases", "accident-release", body)

    assert (again["outcome"], desks.shown(released[0])["released"]) == ("unchanged", before)


def test_zwolle_a_file_that_left_on_friday_does_not_leave_on_monday(staff: Staff, desks: RunDesks, released: tuple[str, str]) -> None:
    desks.hand_over(released[0])
    (file,) = desks.shown(released[0])["files"]
    sent = (Path(desks.bank) / "in" / f"{file['message_id']}.xml").read_text()

    assert iban(777) not in sent
    with pytest.raises(Turned, match="handed-over-already"):
        staff.officer.fetch(f"/v1/runs/{released[0]}/files/{file['message_id']}/handovers", "accident-monday")


def test_leiden_who_was_paid_gets_nothing_again_in_a_later_run_and_who_was_held_is_paid_on_the_account_of_now(
    staff: Staff, desks: RunDesks, mover: dict[str, str], released: tuple[str, str]
) -> None:
    assert released
    later = ordered(staff, desks, 9)
    lines = staff.officer.get(f"/v1/runs/{later}/lines")["lines"]
    prepared: dict[str, Any] = desks.shown(later)["prepared"]
    desks.approve_and_release(later, REHEARSED + timedelta(days=6))
    desks.hand_over(later)
    (file,) = desks.shown(later)["files"]

    assert prepared["granted"] == 1
    assert [line["client"] for line in lines if line["standing"] == "entitled"] == [mover["client"]]
    assert iban(778) in (Path(desks.bank) / "in" / f"{file['message_id']}.xml").read_text()


def test_after_every_accident_the_books_close_and_every_invariant_holds(chain: Chain, desks: RunDesks, released: tuple[str, str]) -> None:
    desks.hand_over(released[0])
    desks.hear_the_bank(released[0])
    desks.close(released[0])
    code, findings = verify(chain)

    assert [finding["detail"] for finding in findings if not finding["holds"]] == []
    assert code == 0
