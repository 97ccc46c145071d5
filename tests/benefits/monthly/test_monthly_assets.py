"""The limit of assets at a grant, with the published amounts."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest

from services.benefits.monthly.benefit import BENEFIT
from services.benefits.monthly.commands import GrantBenefit
from services.benefits.monthly.dated import RuleMissing
from services.contracts.circumstances import AssetsTested
from services.contracts.monthly import BenefitGranted
from services.eventlog.decider import Refused
from services.web.in_process import InProcess
from tests.benefits.a_house import House
from tests.benefits.monthly.a_month import NORMS
from tests.benefits.monthly.people import ALONE, apply, lived, terms
from tests.benefits.monthly.test_monthly_api import APPLICATION, GRANT, HOME
from tests.benefits.sentences import Given


def grant(owned: int, home: int = 0) -> GrantBenefit:
    tested = AssetsTested(assets_cents=owned, limit_cents=757_500, home_cents=home, home_limit_cents=6_390_000)
    return GrantBenefit(terms("grant"), ALONE, "cl-grant", None, tested)


@pytest.mark.parametrize(
    ("household", "day", "most", "home"),
    [
        ("single", date(2024, 1, 1), 757_500, 6_390_000),
        ("family", date(2024, 1, 1), 1_515_000, 6_390_000),
        ("single", date(2024, 12, 31), 757_500, 6_390_000),
        ("family", date(2024, 7, 1), 1_515_000, 6_390_000),
    ],
)
def test_the_limits_are_as_published(household: Literal["single", "family"], day: date, most: int, home: int) -> None:
    limit = NORMS.asset_limit(household, day)

    assert (limit.most_cents, limit.home_cents) == (most, home)


def test_a_limit_that_was_not_found_is_an_error_and_no_guess() -> None:
    with pytest.raises(RuleMissing, match="assets single"):
        NORMS.asset_limit("single", date(2025, 1, 1))


def test_up_to_the_limit_a_benefit_is_granted_and_the_test_is_told() -> None:
    command = grant(757_500, 6_390_000)
    facts = lived(apply(), command)

    assert isinstance(facts[-1], BenefitGranted)
    assert facts[-1].assets == command.assets
    assert Given(BENEFIT, facts).when(command) == []


@pytest.mark.parametrize(("owned", "home", "reason"), [(757_501, 0, "assets-above-limit"), (0, 6_390_001, "home-above-limit")])
def test_above_a_limit_nothing_is_granted(owned: int, home: int, reason: str) -> None:
    then = Given(BENEFIT, lived(apply())).when(grant(owned, home))

    assert isinstance(then, Refused)
    assert then.reason == reason


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[InProcess]:
    house = House(tmp_path)
    house.region.houses(1)
    yield house.as_("caseworker", "s-worker")
    house.processing.close()


@pytest.mark.parametrize(
    ("household", "owned", "status", "title"),
    [
        ("single", 757_500, 201, None),
        ("single", 757_501, 409, "assets-above-limit"),
        ("single-parent", 757_501, 201, None),
        ("single-parent", 1_515_001, 409, "assets-above-limit"),
    ],
)
def test_the_limit_is_that_of_the_household(worker: InProcess, household: str, owned: int, status: int, title: str | None) -> None:
    worker.post(f"{HOME}/applications", "a-1", json=APPLICATION)
    found = {**GRANT["circumstances"], "household_type": household}
    answer = worker.post(f"{HOME}/grants", "g-1", json={**GRANT, "circumstances": found, "assets": {"assets_cents": owned}})

    assert (answer.status_code, answer.json().get("title")) == (status, title)


def test_a_grant_in_a_year_without_a_limit_waits_for_the_rule(worker: InProcess) -> None:
    dates: dict[str, Any] = {"reported_on": "2025-02-01", "applied_on": "2025-02-01"}
    worker.post(f"{HOME}/applications", "a-1", json={**APPLICATION, **dates})
    answer = worker.post(f"{HOME}/grants", "g-1", json={**GRANT, "effective_on": "2025-02-01", "assets": {"assets_cents": 1}})

    assert (answer.status_code, answer.json()["title"]) == (409, "rule-missing")
