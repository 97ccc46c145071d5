from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.benefits import bank_calendar
from services.benefits.monthly import norms
from services.benefits.monthly.punctuality import DUTCH_TIME, Promise, Timetable, per_municipality, standing
from services.web.in_process import InProcess
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, BERGEN, OFFICER, person
from tests.benefits.monthly.test_monthly_run import on_benefit, prepared

TIMES = Timetable(norms.installed(), bank_calendar.installed())
NOON = time(12)
PROMISED = date(2024, 3, 28)


def promise(step: str, paid_on: date | None = None, municipality: str = ALKMAAR) -> Promise:
    return Promise("p-1", municipality, PROMISED, step, "", paid_on)  # type: ignore[arg-type]  # a literal


@pytest.mark.parametrize(
    ("step", "paid_on", "today", "then"),
    [
        ("bank-booked", PROMISED, date(2024, 4, 5), "on-time"),
        ("bank-booked", date(2024, 3, 29), date(2024, 4, 5), "late"),
        ("bank", None, date(2024, 3, 29), "late"),
        ("bank", None, PROMISED, "on-its-way"),
        ("hand-over", None, date(2024, 3, 27), "on-its-way"),
        ("hand-over", None, PROMISED, "will-be-late"),
        ("approval", None, date(2024, 3, 25), "on-its-way"),
        ("approval", None, date(2024, 3, 26), "will-be-late"),
        ("preparation", None, date(2024, 3, 21), "on-its-way"),
        ("preparation", None, date(2024, 3, 22), "will-be-late"),
    ],
)
def test_lateness_is_foreseen_from_the_day_on_which_a_step_should_have_been_done(
    step: str, paid_on: date | None, today: date, then: str
) -> None:
    assert standing(promise(step, paid_on), datetime.combine(today, NOON, DUTCH_TIME), TIMES) == then


@pytest.mark.parametrize(("minute", "then"), [(0, "on-its-way"), (1, "will-be-late")])
def test_a_file_that_did_not_leave_by_closing_time_of_the_day_before_will_be_late(minute: int, then: str) -> None:
    assert standing(promise("hand-over"), datetime(2024, 3, 27, 17, minute, tzinfo=DUTCH_TIME), TIMES) == then


def test_the_bank_has_until_the_end_of_the_promised_day() -> None:
    assert standing(promise("bank"), datetime(2024, 3, 28, 23, 59, tzinfo=DUTCH_TIME), TIMES) == "on-its-way"


def test_each_municipality_has_its_share_on_time_and_the_steps_that_the_rest_waits_for() -> None:
    told = [promise("bank-booked", PROMISED)] * 3 + [promise("bank"), promise("approval", municipality=BERGEN)]
    rows = {row["municipality"]: row for row in per_municipality(told, datetime(2024, 3, 29, 12, tzinfo=DUTCH_TIME), TIMES)}

    assert (rows[ALKMAAR]["on_time_percent"], rows[ALKMAAR]["waits_for"]) == (75.0, {"bank": 1})
    assert (rows[BERGEN]["late"], rows[BERGEN]["on_time_percent"], rows[BERGEN]["waits_for"]) == (1, 0.0, {"approval": 1})


STEPS = st.sampled_from(["preparation", "approval", "release", "payment-file", "hand-over", "bank", "pay-again"])
DAYS = st.dates(date(2024, 3, 1), date(2024, 4, 15))


@given(step=STEPS, one=DAYS, other=DAYS)
@settings(deadline=None)
def test_a_promise_that_waits_only_gets_worse(step: str, one: date, other: date) -> None:
    order = ["on-its-way", "will-be-late", "late"]
    first, second = (order.index(standing(promise(step), datetime.combine(day, NOON, DUTCH_TIME), TIMES)) for day in sorted((one, other)))

    assert first <= second


def february(house: House) -> dict[str, Any]:
    (row,) = house.as_("manager", "s-manager").get("/v1/months/2024-02").json()["municipalities"]
    return dict(row)


def test_the_step_that_a_month_waits_for_moves_with_its_run(house: House, tmp_path: Path) -> None:
    officer: InProcess = house.as_("payments-officer", OFFICER)
    on_benefit(house, 1)
    seen = [february(house)["waits_for"]]
    run = prepared(house, officer)
    seen.append(february(house)["waits_for"])
    house.judged(run)
    seen.append(february(house)["waits_for"])
    house.released(run)
    seen.append(february(house)["waits_for"])
    officer.post(f"{run}/files/{run.rpartition('/')[2]}-001/handovers", "take-1")
    seen.append(february(house)["waits_for"])
    house.region.hears(*house.region.bank_answers(run.rpartition("/")[2], tmp_path))

    assert seen == [{"preparation": 1}, {"sample": 1}, {"approval": 1}, {"hand-over": 1}, {"bank": 1}]
    assert (february(house)["on_time"], february(house)["on_time_percent"]) == (1, 100.0)


def test_who_was_held_at_the_release_waits_for_another_run(house: House) -> None:
    officer = house.as_("payments-officer", OFFICER)
    on_benefit(house, 1)
    run = prepared(house, officer)
    slip = {"kind": "wages", "period": "month", "net_cents": 10_000}
    income = {"month": "2024-02", "source_ref": "form-1", "lines": [slip]}
    house.as_("caseworker", "s-worker").post(f"/v1/benefits/{person(1)}/incomes", "i-1", json=income)
    house.released(run)

    assert february(house)["waits_for"] == {"preparation": 1}


def test_who_will_be_late_is_named_with_the_step_that_blocks(house: House) -> None:
    officer = house.as_("payments-officer", OFFICER)
    on_benefit(house, 1, income_expected=True, start="2024-01-01")
    prepared(house, officer)
    (late,) = officer.get("/v1/months/2024-01/late").json()["late"]

    assert (late["client"], late["standing"], late["step"], late["promised_on"]) == (person(1), "late", "preparation", "2024-01-26")
    assert officer.get("/v1/months/2024-02/late").json()["late"] == []
    assert february(house)["waits_for"] == {"2024-02:income-form-missing": 1}
    assert person(1) not in str(february(house))
