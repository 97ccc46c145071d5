"""What an imported file brought leads to every right that rested on it: facts, applications, and what was paid before."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.benefits.blast_radius import BlastRadius, WrongFact, WrongImport
from services.benefits.household import HOUSEHOLD, NoteApplication, NoteHousehold
from services.benefits.ledger import LEDGER, RecordOpeningBalance
from services.benefits.policy import SEEN_AT, seen_key
from services.benefits.references import opening_right_ref
from services.contracts.intake import HouseholdIncomeReported
from services.eventlog.handle import Work
from services.eventlog.log import Origin
from tests.benefits.a_region import ALKMAAR, NOW, OFFICER, Home, Region, household, person, region


@pytest.fixture
def made(tmp_path: Path) -> Region:
    return region(tmp_path)


def brings(made: Region, decider: Any, command: Any, key: str) -> None:  # noqa: ANN401 - any
    work: Work[Any, Any] = Work(decider, lambda _tx: command, Origin(OFFICER, key, NOW, key), b"")
    assert made.log.submit(work).result(5).outcome == "accepted"


def rested(made: Region, cause: WrongImport | WrongFact) -> list[str]:
    found = BlastRadius(made.log, made.office.payments, made.office.rules).of(cause)
    return [each.household_ref for each in found.decisions]


def test_an_imported_application_leads_to_the_right_that_it_led_to(made: Region) -> None:
    alone = [Home(number, benefit="none", income_cents=90_000, source="wages") for number in (1, 2)]
    made.knows(*alone)
    made.applies(alone[1])
    applied = NoteApplication(household(1), alone[0].client, ALKMAAR, "a-1", "energy-allowance", 2023, date(2024, 2, 1))
    brings(made, HOUSEHOLD, applied, "file-7:line-1")
    made.pays_out()

    assert (rested(made, WrongImport("file-7")), rested(made, WrongImport("file-8"))) == ([household(1)], [])


def test_what_an_imported_file_said_was_paid_before_leads_to_the_rest_that_was_paid(made: Region) -> None:
    made.knows(Home(1), Home(2))
    named = opening_right_ref("energy-allowance", household(1), 2023, "old-1")
    before = RecordOpeningBalance(household(1), ALKMAAR, "energy-allowance", 2023, named, 50_000, "old-1", (Home(1).client,))
    brings(made, LEDGER, before, "file-7:line-1")
    made.pays_out()

    assert rested(made, WrongImport("file-7")) == [household(1)]


def test_an_imported_household_leads_to_its_right_and_one_that_was_put_right_before_the_run_to_none(made: Region) -> None:
    for number in (1, 2):
        noted = NoteHousehold(household(number), date(2023, 6, 1), "registered", Home(number).facts, 1, None)
        brings(made, HOUSEHOLD, noted, f"file-7:line-{number}")
        made.binds(person(number * 10), number)
    made.tells(HouseholdIncomeReported(household_ref=household(2), on=date(2023, 12, 1), facts=Home(2).facts), version=2)
    made.pays_out()

    assert rested(made, WrongImport("file-7")) == [household(1)]


def test_a_fact_whose_position_was_lost_was_there_before_every_run(made: Region) -> None:
    made.knows(Home(1))
    made.pays_out()
    made.log.submit(lambda tx: tx.drop(SEEN_AT, seen_key(household(1), 1))).result(5)

    assert rested(made, WrongFact(household(1), 1)) == [household(1)]


def test_a_fact_of_behind_the_reference_date_led_to_nothing(made: Region) -> None:
    made.knows(Home(1))
    made.tells(HouseholdIncomeReported(household_ref=household(1), on=date(2024, 1, 10), facts=Home(1).facts), version=2)
    made.pays_out()

    assert (rested(made, WrongFact(household(1), 2)), rested(made, WrongFact(household(1), 1))) == ([], [household(1)])
