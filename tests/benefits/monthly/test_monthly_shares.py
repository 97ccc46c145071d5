"""From which day measures, charges, attachments and reports of income hold, to the day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.benefits.monthly.benefit import BENEFIT
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.shares import attachments, charges, measure_percent
from services.contracts.envelope import Event
from services.contracts.monthly import IncomeReported
from services.eventlog.decider import Refused
from tests.benefits.monthly.people import CLIENT, apply, attach, charge, earns, grant, lift, lived, measure, stop_charge
from tests.benefits.sentences import Given

FEB, MAR, NOV, JAN = date(2024, 2, 1), date(2024, 3, 1), date(2024, 11, 1), date(2025, 1, 1)
BEFORE = timedelta(days=1)
RUNNING = lived(apply(), grant())


def own(facts: list[Event]) -> Dossier:
    return BENEFIT.fold(facts)[CLIENT]


def test_a_measure_holds_over_the_turn_of_the_year_and_then_no_longer() -> None:
    dossier = own(lived(measure(NOV, 20, 3), since=RUNNING))
    months = [date(2024, 10, 1), NOV, date(2024, 12, 1), JAN, date(2025, 2, 1), date(2025, 11, 1)]

    assert [measure_percent(dossier, month) for month in months] == [0, 20, 20, 20, 0, 0]


@pytest.mark.parametrize(("months", "fits"), [(1, True), (2, False)])
def test_measures_that_meet_in_a_later_month_are_counted_there(months: int, fits: bool) -> None:  # noqa: FBT001 - the outcome itself
    facts = lived(measure(MAR, 60), since=RUNNING)
    then = Given(BENEFIT, facts).when(measure(FEB, 41, months, ref="other"))

    assert (then == Refused("measures-above-the-whole")) is not fits


def test_measures_may_take_the_whole_together() -> None:
    assert lived(measure(MAR, 60), measure(MAR, 40, ref="other"), since=RUNNING)


def test_a_charge_is_paid_from_its_day_up_to_the_day_on_which_it_stops() -> None:
    dossier = own(lived(charge(FEB), stop_charge(MAR), since=RUNNING))

    assert [len(charges(dossier, day)) for day in (FEB - BEFORE, FEB, MAR - BEFORE, MAR)] == [0, 1, 1, 0]


def test_an_attachment_holds_from_its_day_up_to_the_day_on_which_it_is_lifted() -> None:
    dossier = own(lived(attach(FEB), lift(MAR), since=RUNNING))

    assert [len(attachments(dossier, day)) for day in (FEB - BEFORE, FEB, MAR - BEFORE, MAR)] == [0, 1, 1, 0]


def test_income_is_reported_from_the_first_day_of_its_month() -> None:
    early = replace(earns("2024-03", 50_000), reported_on=MAR - BEFORE)
    told = Given(BENEFIT, RUNNING).when(replace(early, reported_on=MAR))

    assert Given(BENEFIT, RUNNING).when(early) == Refused("month-has-not-begun")
    assert [type(fact) for fact in told] == [IncomeReported]  # type: ignore[union-attr]  # facts, as it is not refused
