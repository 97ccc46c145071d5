from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.bank.outcomes import read_outcomes
from services.benefits import payment_file
from services.benefits.payments import cents_by_standing
from services.benefits.run_commands import HandOverFile
from services.benefits.run_state import Closed, Released
from services.contracts.benefits import AllowanceRefused, PaymentReturned
from services.contracts.codec import published
from services.eventlog.log import EventLog
from services.eventlog.memory import MemoryLog
from services.eventlog.sqlite import SqliteLog
from tests.benefits.a_region import OFFICER, Home, Region, region


@pytest.fixture(params=["memory", "sqlite"])
def ten(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Region]:
    """Ten households: seven on a benefit, of which one has a closed account; one poor and one rich applicant; one silent."""
    log: EventLog = MemoryLog("benefits", published()) if request.param == "memory" else SqliteLog("benefits", tmp_path / "b", published())
    made = region(tmp_path, log)
    poor, rich, silent = (Home(n, benefit="none", source="wages", income_cents=cents) for n, cents in ((8, 90_000), (9, 500_000), (10, 0)))
    made.knows(*(Home(n) for n in range(1, 7)), Home(901), poor, rich, silent)
    made.applies(poor)
    made.applies(rich)
    yield made
    log.close()


def test_ten_households_from_preparation_to_close(ten: Region, tmp_path: Path) -> None:
    run = ten.pays_out()
    ten.commands_run(HandOverFile(run, f"{run}-001", OFFICER))
    ten.hears(*ten.bank_answers(run, tmp_path))
    ten.closes(run)

    state = ten.office.run(run)
    assert isinstance(state, Closed)
    assert (state.run.prepared.candidates, state.run.prepared.excluded, state.run.prepared.held) == (9, 1, 0)
    assert (state.closed.granted_cents, state.closed.paid_cents, state.closed.returned_cents) == (1_040_000, 910_000, 130_000)
    assert [refused.reasons for refused in ten.facts(AllowanceRefused)] == [("income-above-limit",)]
    assert [returned.reason_code for returned in ten.facts(PaymentReturned)] == ["AC04"]


def test_the_product_and_the_bank_count_the_same(ten: Region, tmp_path: Path) -> None:
    run = ten.pays_out()
    ten.hears(*ten.bank_answers(run, tmp_path))

    cents, counted = cents_by_standing(ten.office.payments.of_run(run)), read_outcomes(tmp_path / "the-bank")
    assert (cents["paid"], cents["returned"], cents["rejected"]) == (counted.paid_cents, counted.returned_cents, counted.rejected_cents)


def test_the_payment_file_is_what_was_approved(ten: Region) -> None:
    run = ten.pays_out()

    state = ten.office.run(run)
    assert isinstance(state, Released)
    assert (state.files[0].count, state.files[0].total_cents) == (state.approved.granted, state.approved.total_cents)
    assert payment_file.check(ten.message(run)) == []


def test_the_payment_file_is_for_its_owner_alone(ten: Region) -> None:
    run = ten.pays_out()

    assert ten.office.bank.place(f"{run}-001").stat().st_mode & 0o777 == 0o600


def test_a_run_is_split_over_files_that_add_up(tmp_path: Path) -> None:
    small = region(tmp_path, most_transfers=3)
    small.knows(*(Home(n) for n in range(1, 9)))
    run = small.pays_out()

    state = small.office.run(run)
    assert isinstance(state, Released)
    assert [(file.part, file.parts, file.count) for file in state.files] == [(1, 3, 3), (2, 3, 3), (3, 3, 2)]


def test_every_step_done_twice_changes_nothing(ten: Region, tmp_path: Path) -> None:
    run = ten.pays_out()
    answers = ten.bank_answers(run, tmp_path)
    ten.hears(*answers)
    before = ten.log.head()

    assert ten.prepares(position=12) == run
    ten.releases(run)
    ten.hears(*answers)
    assert ten.log.head() == before


def test_no_number_or_name_is_in_the_log(ten: Region) -> None:
    ten.pays_out()

    facts = b"".join(record.data for record in ten.log.after(0, 1_000))
    assert b"TEST" not in facts
    assert b"Rekening" not in facts
