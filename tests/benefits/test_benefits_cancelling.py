"""A released run whose files are still here is taken back whole: payments, grants, dwellings and budgets, and nothing of another run."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from services.benefits.allowance_rules import Budget
from services.benefits.cancelling import Cancellation
from services.benefits.payments import cents_by_standing
from services.benefits.portions import ANSWER_SECONDS
from services.benefits.release import DWELLINGS
from services.benefits.run_commands import CancelRun
from services.benefits.run_state import Cancelled, Cancelling
from services.contracts.benefits import AllowanceGranted
from services.contracts.payouts import AllowanceRevoked, LedgerReleased, PaymentWithdrawn
from services.contracts.run_control import BudgetReleased, RunCancelled
from services.eventlog.log import Answer, Transaction
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, APPROVER, BERGEN, NOW, OFFICER, Home, Region, region
from tests.benefits.test_benefits_manifest import Slow
from tests.benefits.test_benefits_safeguards import strict

SYSTEM = "system:benefits"
GRANTED, PAID_BEFORE, REFUSED, UNKNOWN = Home(1), Home(2, municipality=BERGEN), Home(3, income_cents=900_000), Home(4, benefit="none")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.knows(Home(1), Home(2, municipality=BERGEN))
    yield made
    made.processing.close()


def alkmaar(folder: Path, log: Slow | None = None) -> Region:
    """One household with a grant, one that had 500 euro before, one refused, one excluded."""
    made = region(folder, log)
    made.knows(GRANTED, PAID_BEFORE, REFUSED, UNKNOWN)
    made.paid_before(PAID_BEFORE, 50_000)
    return made


def cancelled(made: Region, run: str) -> Region:
    assert made.commands_run(CancelRun(run, "wrong-facts", OFFICER)).outcome == "accepted"
    made.works()
    return made


def standing(made: Region, run: str) -> dict[str, int]:
    return {name: cents for name, cents in cents_by_standing(made.office.payments.statement(run)).items() if cents}


def answered(made: Region, command_id: str) -> tuple[bytes, Answer] | None:
    """The body and the answer of a command that the system gave."""
    found: list[tuple[bytes, Answer] | None] = []

    def looks(tx: Transaction) -> Answer:
        found.append(tx.answered(SYSTEM, command_id))
        return Answer("unchanged", "", 0, 0)

    made.log.submit(looks).result(5)
    return found[0]


def test_what_a_run_reserved_of_each_budget_is_given_back_whole(house: House) -> None:
    strict(house, budgets=tuple(Budget(source="a test", code=code, amount_cents=1_000_000) for code in (ALKMAAR, BERGEN)))
    run = house.paid_out().rpartition("/")[2]
    facts = cancelled(house.region, run).facts(BudgetReleased)

    assert sorted((fact.municipality, fact.scheme_year, fact.amount_cents) for fact in facts) == [
        (ALKMAAR, 2023, 130_000),
        (BERGEN, 2023, 130_000),
    ]
    assert [fact.total_cents for fact in house.region.facts(RunCancelled)] == [260_000]


def test_a_dwelling_is_free_again_unless_something_of_the_year_stays(tmp_path: Path) -> None:
    made = alkmaar(tmp_path)
    run = made.pays_out()
    assert len(made.log.kept_all(DWELLINGS)) == 2
    cancelled(made, run)

    assert [holder.decode() for _, holder in made.log.kept_all(DWELLINGS)] == [PAID_BEFORE.ref]


def test_a_cancellation_is_the_work_of_the_system_for_its_run_and_each_command_is_answered_once(tmp_path: Path) -> None:
    made = alkmaar(tmp_path)
    run = made.pays_out()
    before = made.log.head()
    cancelled(made, run)
    rights = [fact.right_ref for fact in made.facts(AllowanceGranted)]
    told = [envelope for envelope in made.log.scan("benefits/") if envelope.position > before + 1]

    assert {envelope.correlation_id for envelope in told} == {run}
    answers = [answered(made, f"{run}:{name}") for name in ("cancelled", *(f"{right}:revoke" for right in rights))]
    assert [answer and (answer[0], answer[1].outcome) for answer in answers] == [(b"", "accepted")] * 3


def test_a_cancellation_that_a_crash_broke_off_goes_on_where_it_was(tmp_path: Path) -> None:
    made = alkmaar(tmp_path)
    run = made.pays_out()
    made.commands_run(CancelRun(run, "wrong-facts", OFFICER))
    state, cancellation = made.office.run(run), Cancellation(made.log, made.office.manifests, lambda: NOW)
    assert isinstance(state, Cancelling)
    first = next(cancellation._works(state))
    made.log.submit(first).result(5)
    told = list[int]()
    cancellation.cancel(state, told.append)

    assert told[-1] == len(made.facts(AllowanceRevoked)) == len(made.facts(LedgerReleased)) == 2
    assert standing(made, run) == {"revoked": 210_000}


def test_what_another_run_granted_meanwhile_stays(tmp_path: Path) -> None:
    made = alkmaar(tmp_path)
    late, early = made.prepares(), made.prepares(promised_on=date(2024, 3, 8))
    for run in (early, late):
        made.approves(run)
        made.releases(run)
    cancelled(made, late)

    assert isinstance(made.office.run(late), Cancelled)
    assert standing(made, early) == {"sent": 210_000}
    assert [*made.facts(AllowanceRevoked), *made.facts(PaymentWithdrawn)] == []


def test_no_answer_is_waited_for_without_a_limit(tmp_path: Path) -> None:
    log = Slow()
    made = alkmaar(tmp_path, log)
    run = made.pays_out()
    made.commands_run(CancelRun(run, "wrong-facts", OFFICER))
    state, before = made.office.run(run), len(log.futures)
    assert isinstance(state, Cancelling)
    Cancellation(log, made.office.manifests, lambda: NOW).cancel(state, lambda _done: None)

    assert {future.seconds for future in log.futures[before:]} == {ANSWER_SECONDS}


def test_a_payment_that_is_taken_back_is_taken_back_by_the_system_for_the_run_that_made_it(house: House) -> None:
    run = house.paid_out()
    house.bank_sends_back(run, 1, "AM04")
    right = house.right(run, 1)
    house.as_("payments-approver", APPROVER).post(
        f"{run}/exceptions/{right}/findings", "found-1", json={"attempt": 1, "ground": "cause-mended"}
    )
    again = house.released(house.pays_again(run)).rpartition("/")[2]
    cancelled(house.region, again)
    (envelope,) = (each for each in house.region.log.scan("benefits/") if isinstance(each.event, PaymentWithdrawn))
    answer = answered(house.region, f"{again}:{right}:withdraw")

    assert answer is not None
    assert (envelope.correlation_id, answer[0], answer[1].outcome) == (again, b"", "accepted")
