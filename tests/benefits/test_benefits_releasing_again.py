"""What is paid again leaves once, in files of the run that pays it, under the name of the next attempt."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.benefits.manifest import AgainLine
from services.benefits.run_commands import OrderRelease
from services.benefits.run_state import Released, Releasing, prepared_of
from services.contracts.runs import PaymentFileWritten
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, NOW, OFFICER, Home, iban
from tests.benefits.test_benefits_pay_again import finding


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.knows(Home(1), Home(2))
    yield made
    made.processing.close()


@pytest.fixture
def failed(house: House) -> str:
    """A run of which both payments came back; somebody found out that they may be made again."""
    run = house.paid_out()
    for number in (1, 2):
        house.bank_sends_back(run, number, "AM05")
        finding(house, run, "investigated", number)
    return run


def ordered(house: House, run: str) -> str:
    """Its release is ordered and nothing done yet; the reference."""
    ref = run.rpartition("/")[2]
    house.region.approves(ref)
    house.region.judges(ref)
    house.region.commands_run(OrderRelease(ref, OFFICER, NOW.date().replace(day=20), NOW.date(), NOW.date().replace(month=8)))
    return ref


def test_each_payment_is_instructed_and_written_under_its_next_attempt_and_says_how_far_it_is(house: House, failed: str) -> None:
    ref, steps = ordered(house, house.pays_again(failed)), house.region.office.jobs._steps.releasing_again
    seen: list[int] = []
    releasing = house.region.office.run(ref)
    assert isinstance(releasing, Releasing)
    steps.release(releasing, seen.append)
    released = house.region.office.run(ref)
    assert isinstance(released, Released)
    steps.write(released, seen.append)
    body = house.region.message(ref)

    assert (released.released.granted, released.released.total_cents, seen) == (2, 260_000, [0, 2, 2])
    assert sorted(body.count(f"<EndToEndId>{house.right(failed, number)}-2<".encode()) for number in (1, 2)) == [1, 1]


def test_of_two_runs_over_the_same_payments_the_second_writes_no_file(house: House, failed: str) -> None:
    officer = house.as_("payments-officer", OFFICER)
    first = house.pays_again(failed)
    dates = {"decided_on": "2024-02-15", "promised_on": "2024-03-16"}
    second = f"/v1/runs/{officer.post(f'{failed}/pay-agains', 'again-2', json=dates).json()['run_ref']}"
    house.region.works()
    for run in (first, second):
        house.released(run)
    written = [file.run_ref for file in house.region.facts(PaymentFileWritten)]

    assert written.count(first.rpartition("/")[2]) == 1
    assert second.rpartition("/")[2] not in written
    assert (house.shown(second)["state"], house.shown(second).get("problem")) == ("released", None)


def test_a_payment_that_was_not_made_is_in_no_file(house: House, failed: str) -> None:
    again = house.pays_again(failed).rpartition("/")[2]
    prepared = prepared_of(house.region.office.run(again))
    assert prepared is not None
    line = next(each for each in house.region.office.manifests.read(prepared.manifest_hash) if isinstance(each, AgainLine))

    assert house.region.office.jobs._steps.releasing_again._instructed_in(line) is None
    assert (line.municipality, line.attempt, iban(1) != iban(2)) == (ALKMAAR, 2, True)
