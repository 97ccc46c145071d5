"""Who is under 27 searches for four weeks before applying."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from services.benefits.monthly.benefit import BENEFIT
from services.benefits.monthly.commands import ApplyForBenefit
from services.contracts.monthly import BenefitApplied
from services.eventlog.decider import Refused
from services.web.in_process import InProcess
from tests.benefits.a_house import House
from tests.benefits.monthly.people import circumstances, lived, whose
from tests.benefits.monthly.test_monthly_api import APPLICATION, HOME
from tests.benefits.sentences import Given

YOUNG = circumstances(age_bands=("21-26",))
REPORTED = date(2024, 2, 1)


def applies(on: date, search_weeks: int = 4) -> ApplyForBenefit:
    return ApplyForBenefit(whose(), YOUNG, REPORTED, on, 8, search_weeks)


def test_after_four_weeks_an_application_is_taken_in_once() -> None:
    facts = lived(applies(date(2024, 2, 29)))

    assert isinstance(facts[0], BenefitApplied)
    assert Given(BENEFIT, facts).when(applies(date(2024, 2, 29))) == []


def test_a_day_earlier_it_is_refused_with_the_first_day() -> None:
    then = Given(BENEFIT, []).when(applies(date(2024, 2, 28)))

    assert isinstance(then, Refused)
    assert (then.reason, "2024-02-29" in then.detail) == ("search-period-runs", True)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[InProcess]:
    house = House(tmp_path)
    house.region.houses(1)
    yield house.as_("caseworker", "s-worker")
    house.processing.close()


@pytest.mark.parametrize(
    ("bands", "kind", "waived", "status"),
    [
        (["21-26"], "single", False, 409),
        (["18-20"], "single", False, 409),
        (["21-26"], "single", True, 201),
        (["27-pension"], "single", False, 201),
        (["21-26", "27-pension"], "couple", False, 201),
        (["21-26", "18-20"], "couple", False, 409),
    ],
)
def test_only_who_is_under_27_and_was_not_excused_waits(
    worker: InProcess, bands: list[str], kind: str, waived: object, status: int
) -> None:
    declared = {"household_type": kind, "age_bands": bands}
    answer = worker.post(f"{HOME}/applications", "a-1", json={**APPLICATION, "declared": declared, "search_waived": waived})

    assert answer.status_code == status
