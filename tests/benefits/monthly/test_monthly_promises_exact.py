"""What each line of a month waits for, by where its payments stand, and which of its steps is told."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from services.benefits.manifest import EntitledLine
from services.benefits.monthly.promises import _stands, step_of
from services.benefits.monthly.punctuality import DUTCH_TIME, Promise, per_municipality, standing
from services.benefits.payments import Position, Standing
from services.benefits.run_commands import OrderRelease
from services.benefits.run_state import Approved, Prepared, Released, Releasing
from services.web.in_process import InProcess
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, NOW, OFFICER, household, person
from tests.benefits.monthly.test_monthly_punctuality import PROMISED, TIMES, february, promise
from tests.benefits.monthly.test_monthly_run import on_benefit, prepared
from tests.benefits.monthly.test_monthly_third_parties_again import CHARGE, arranges


@pytest.fixture
def line(house: House, officer: InProcess) -> EntitledLine:
    """Of a client whose landlord is paid out of the benefit: two payments."""
    on_benefit(house, 1)
    arranges(house, "fixed-charges", {**CHARGE, "name": "rent", "iban": "NL02ABNA0123456789"}, "c-1")
    run = house.region.office.run(prepared(house, officer).rpartition("/")[2])
    assert isinstance(run, Prepared)
    (found,) = house.region.office.manifests.read(run.prepared.manifest_hash)
    assert isinstance(found, EntitledLine)
    return found


def at(line: EntitledLine, *standings: tuple[Standing, str, str]) -> dict[str, Position]:
    """By right: how its payment stands, in which file it is, and on which day it was booked."""
    who = (person(1), household(1), ALKMAAR, "run-1", 1)
    return {
        right.right_ref: Position(right.right_ref, *who, standing, message_id=file, booked_on=day)
        for right, (standing, file, day) in zip(line.rights, standings, strict=False)
    }


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        (("paid", "f-1", "2024-02-28"), ("paid", "f-1", "2024-02-27"), ("bank-booked", date(2024, 2, 28))),
        (("paid", "f-1", "2024-02-28"), ("revoked", "", ""), ("bank-booked", date(2024, 2, 28))),
        (("revoked", "", ""), ("revoked", "", "2024-03-01"), ("bank-booked", date(2024, 2, 20))),
        (("paid", "f-1", "2024-02-28"), ("sent", "f-1", ""), ("bank", None)),
        (("paid", "f-1", "2024-02-28"), ("sent", "f-2", ""), ("hand-over", None)),
        (("sent", "f-1", ""), ("sent", "f-2", ""), ("hand-over", None)),
        (("granted", "", ""), ("sent", "f-2", ""), ("payment-file", None)),
        (("granted", "", ""), ("rejected", "f-1", ""), ("pay-again", None)),
        (("returned", "f-1", ""), ("sent", "f-2", ""), ("pay-again", None)),
        (("paid", "f-1", "2024-02-28"), ("withdrawn", "f-1", ""), ("pay-again", None)),
    ],
)
def test_a_line_waits_for_the_slowest_of_its_payments(
    line: EntitledLine, first: tuple[Standing, str, str], second: tuple[Standing, str, str], stands: tuple[str, date | None]
) -> None:
    assert _stands(line, at(line, first, second), {"f-1"}, "release") == stands


def test_a_line_without_its_rights_waits_for_what_its_run_waits_for(line: EntitledLine) -> None:
    assert _stands(line, {}, set(), "release") == ("release", None)
    assert _stands(line, at(line, ("paid", "f-1", "2024-02-28")), {"f-1"}, "sample") == ("sample", None)


def test_the_step_of_a_run_is_that_of_its_people(house: House, officer: InProcess) -> None:
    on_benefit(house, 1)
    run = prepared(house, officer)
    ref, steps = run.rpartition("/")[2], []
    for act in (lambda: house.judged(run), lambda: house.region.approves(ref), lambda: None):
        state = house.region.office.run(ref)
        assert isinstance(state, Prepared | Approved)
        steps.append(step_of(state))
        act()
    waits = february(house)["waits_for"]
    house.region.commands_run(OrderRelease(ref, OFFICER, NOW.date().replace(day=20), NOW.date(), date.max))
    releasing = house.region.office.run(ref)
    assert isinstance(releasing, Releasing)
    then = step_of(releasing), february(house)["waits_for"]
    house.region.works()
    released = house.region.office.run(ref)
    assert isinstance(released, Released)

    assert (steps, waits, then) == (["sample", "approval", "release"], {"release": 1}, ("release", {"release": 1}))
    assert step_of(released) == "preparation"


def test_a_closed_month_and_the_last_of_its_runs_count(house: House, officer: InProcess, tmp_path: Path) -> None:
    on_benefit(house, 1)
    run = house.released(prepared(house, officer))
    officer.post(f"{run}/files/{run.rpartition('/')[2]}-001/handovers", "take-1")
    house.region.hears(*house.region.bank_answers(run.rpartition("/")[2], tmp_path))
    officer.post(f"{run}/closings", "close-1")
    closed = february(house)
    on_benefit(house, 2)
    later = officer.post("/v1/months/2024-02/runs", "month-2", json={"decided_on": "2024-02-21"}).json()["run_ref"]
    house.region.works()

    assert (closed["on_time"], closed["waits_for"]) == (1, {})
    assert house.shown(f"/v1/runs/{later}")["prepared"]["households"] == 2
    assert february(house)["waits_for"] == {"sample": 1}


def test_who_is_due_nothing_is_promised_nothing_and_who_waits_is_named_by_the_last_reason(house: House, officer: InProcess) -> None:
    on_benefit(house, 1, income_expected=True, start="2024-01-01")
    on_benefit(house, 2, start="2024-03-01")
    prepared(house, officer)

    assert february(house)["waits_for"] == {"2024-02:income-form-missing": 1}
    assert february(house)["promised"] == 1


def test_of_three_months_that_wait_the_last_is_told(house: House, officer: InProcess) -> None:
    on_benefit(house, 1, income_expected=True, start="2024-01-01")
    officer.post("/v1/months/2024-03/runs", "march", json={"decided_on": "2024-03-20"})
    house.region.works()
    (row,) = officer.get("/v1/months/2024-03").json()["municipalities"]

    assert row["waits_for"] == {"2024-03:income-form-missing": 1}


def test_who_is_late_in_a_run_waits_for_its_step_and_for_no_other_reason(house: House, officer: InProcess) -> None:
    on_benefit(house, 1, start="2024-01-01")
    officer.post("/v1/months/2024-01/runs", "january", json={"decided_on": "2024-02-15", "promised_on": "2024-02-16"})
    house.region.works()
    (late,) = officer.get("/v1/months/2024-01/late").json()["late"]

    assert (late["step"], late["reason"]) == ("sample", "")


def test_a_municipality_has_every_count_of_its_promises() -> None:
    told = [promise("bank-booked", PROMISED), promise("bank-booked", date(2024, 3, 29)), *[promise("bank")] * 2, promise("approval")]
    (row,) = per_municipality(told, datetime(2024, 3, 28, 12, tzinfo=DUTCH_TIME), TIMES)

    assert row == {
        "municipality": ALKMAAR,
        "promised": 5,
        "on_time": 1,
        "late": 1,
        "will_be_late": 1,
        "on_its_way": 2,
        "on_time_percent": 50.0,
        "waits_for": {"approval": 1, "bank": 2},
    }


def test_a_share_is_told_to_a_tenth_of_a_percent() -> None:
    told = [promise("bank-booked", PROMISED)] * 2 + [promise("bank-booked", date(2024, 3, 29))]
    (row,) = per_municipality(told, datetime(2024, 3, 28, 12, tzinfo=DUTCH_TIME), TIMES)

    assert row["on_time_percent"] == 66.7


@pytest.mark.parametrize(("hour", "then"), [(22, "on-its-way"), (23, "late")])
def test_a_promised_day_ends_at_midnight_here(hour: int, then: str) -> None:
    """In summer the day here ends two hours before that of UTC; in March, before the clock changes, one."""
    assert standing(Promise("p-1", ALKMAAR, PROMISED, "bank"), datetime(2024, 3, 28, hour, 30, tzinfo=UTC), TIMES) == then
