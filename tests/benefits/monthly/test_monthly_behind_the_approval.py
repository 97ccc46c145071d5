"""What became otherwise between approval and release is not paid: another account, payments that are blocked, a month that is less."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.contracts.benefits import PaymentInstructed
from services.contracts.monthly_money import EntitlementHeld, MonthlyRightGranted
from services.web.in_process import InProcess
from tests.benefits.a_house import House
from tests.benefits.a_region import KEYED, OFFICER, iban, person
from tests.benefits.monthly.test_monthly_api import ON
from tests.benefits.monthly.test_monthly_run import facts, on_benefit, prepared
from tests.benefits.monthly.test_monthly_setting_off import AGAIN, comes_back, ends, month_again
from tests.benefits.monthly.test_monthly_third_parties_again import CHARGE, arranges

HOME = f"/v1/benefits/{person(1)}"
CENTS = 121_964


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    on_benefit(made, 1)
    yield made
    made.processing.close()


def held(house: House) -> list[tuple[str, str]]:
    return [(each.client, each.reason_code) for each in facts(house, EntitlementHeld)]


def test_a_month_is_not_paid_on_an_account_that_changed_while_it_was_approved(house: House, officer: InProcess) -> None:
    run = prepared(house, officer)
    house.region.binds(person(1), 7)
    house.released(run)
    month_again(house, officer)
    (paid,) = facts(house, MonthlyRightGranted)

    assert held(house) == [(person(1), "account-changed-since-approval")]
    assert (paid.amount_cents, paid.account_fingerprint) == (CENTS, KEYED.of(iban(7)))


def test_a_landlord_is_paid_on_their_own_account_whatever_that_of_the_client(house: House, officer: InProcess) -> None:
    arranges(house, "fixed-charges", {**CHARGE, "name": "rent", "iban": iban(9)}, "c-1")
    house.released(prepared(house, officer))
    rent, own = (each.account_fingerprint for each in sorted(facts(house, MonthlyRightGranted), key=lambda each: each.amount_cents))

    assert (rent, own, held(house)) == (KEYED.of(iban(9)), KEYED.of(iban(1)), [])


def blocked(_house: House, worker: InProcess) -> None:
    worker.post(f"{HOME}/blocks", "b-1", json={**ON, "reason_code": "investigation"})


def lowered(_house: House, worker: InProcess) -> None:
    ends(worker, "2024-02-16")


def claimed(house: House, worker: InProcess) -> None:
    ends(worker, "2024-02-16")
    month_again(house, house.as_("payments-officer", OFFICER))


def moved_account(house: House, _worker: InProcess) -> None:
    house.region.binds(person(1), 6)


def told(house: House, run: str, client: str) -> str:
    """Why a payment of a run that pays again was not made, as the log was answered."""
    right = next(each.right_ref for each in facts(house, MonthlyRightGranted) if (each.client, each.amount_cents) == (client, CENTS))
    answer = house.region.log.submit(lambda tx: tx.answered("system:benefits", f"{run}:{right}-2:instruct")).result(5)
    assert answer is not None
    return answer[1].reason


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [(blocked, "blocked"), (lowered, "comes-to-less"), (claimed, "claimed-back"), (moved_account, "account-changed")],
)
def test_what_came_back_is_not_paid_again_where_that_is_not_due_so_any_more(
    house: House, officer: InProcess, worker: InProcess, meanwhile: Callable[[House, InProcess], None], reason: str
) -> None:
    on_benefit(house, 2)
    run = house.released(prepared(house, officer))
    for number in (1, 2):
        comes_back(house, CENTS, number=number)
        house.region.binds(person(number), number + 4)
    again = officer.post(f"{run}/pay-agains", "p-1", json=AGAIN).json()["run_ref"]
    house.region.works()
    meanwhile(house, worker)
    shown = house.shown(house.released(f"/v1/runs/{again}"))

    assert (shown["prepared"]["candidates"], shown["released"]["granted"], shown["released"]["withheld"]) == (2, 1, 1)
    assert [each.client for each in facts(house, PaymentInstructed) if each.attempt == 2] == [person(2)]
    assert told(house, again, person(1)) == reason


def test_once_unblocked_it_is_paid_again_by_the_next_such_run(house: House, officer: InProcess, worker: InProcess) -> None:
    run = house.released(prepared(house, officer))
    comes_back(house, CENTS)
    house.region.binds(person(1), 5)
    first = officer.post(f"{run}/pay-agains", "p-1", json=AGAIN).json()["run_ref"]
    house.region.works()
    blocked(house, worker)
    house.released(f"/v1/runs/{first}")
    worker.post(f"{HOME}/unblocks", "u-1", json={**ON, "reason_code": "investigation-ended"})
    second = officer.post(f"{run}/pay-agains", "p-2", json={**AGAIN, "promised_on": "2024-03-06"}).json()["run_ref"]
    house.region.works()
    house.released(f"/v1/runs/{second}")

    assert [each.message_id[:-4] for each in facts(house, PaymentInstructed) if each.attempt == 2] == [second]
