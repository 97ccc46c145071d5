"""Promises as operations see them: before anybody is late, with the step that blocks, of months and allowances alike."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from math import inf
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services.benefits import bank_calendar
from services.benefits.monthly import norms
from services.benefits.monthly.punctuality import DUTCH_TIME, Timetable
from services.benefits.payout_figures import payout_figures
from services.benefits.promised import Group, Step, tell
from services.metrics import PAYOUT_PROMISES, PAYOUT_STEP_SECONDS
from tests.benefits.a_house import RUN, House
from tests.benefits.a_region import ALKMAAR, BERGEN, OFFICER, Home, person
from tests.benefits.monthly.test_monthly_run import on_benefit, prepared

TIMES = Timetable(norms.installed(), bank_calendar.installed())
PROMISED = date(2024, 3, 28)
MONTHLY, ALLOWANCE = "monthly-benefit", "energy-allowance"
HERE = (MONTHLY, ALKMAAR)


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2024, month, day, hour, minute, tzinfo=DUTCH_TIME)


def group(step: Step, promised_on: date = PROMISED, count: int = 2) -> Group:
    return Group(*HERE, promised_on, step, count)


def figures(house: House, name: str, label: str, scheme: str = MONTHLY, municipality: str = ALKMAAR) -> dict[str, float]:
    """The figures of a fresh process that are not nil, by state or step."""
    for gauge in (PAYOUT_PROMISES, PAYOUT_STEP_SECONDS):
        gauge.clear()
    payout_figures(house.region.office).take()
    found = (sample for family in REGISTRY.collect() for sample in family.samples if sample.name == name)
    own = [each for each in found if (each.labels["scheme"], each.labels["municipality"]) == (scheme, municipality)]
    return {each.labels[label]: each.value for each in own if each.value not in (0, inf)}


def states(house: House, scheme: str = MONTHLY, municipality: str = ALKMAAR) -> dict[str, float]:
    return figures(house, "payout_promises", "state", scheme, municipality)


def waits_for(house: House, scheme: str = MONTHLY) -> set[str]:
    return set(figures(house, "payout_step_seconds", "step", scheme))


def test_at_half_past_four_the_officer_sees_that_the_file_has_half_an_hour() -> None:
    told = tell([group("hand-over")], at(27, 16, 30), TIMES)

    assert told.seconds[HERE, "hand-over"] == 30 * 60
    assert (told.states[HERE, "instructed"], told.foreseen.total(), told.late.total()) == (2, 0, 0)


def test_at_closing_time_itself_the_promise_still_holds() -> None:
    assert tell([group("hand-over")], at(27, 17), TIMES).foreseen.total() == 0


def test_after_closing_time_the_promise_will_be_missed_and_the_step_is_named() -> None:
    told = tell([group("hand-over"), group("approval", count=3)], at(27, 17, 1), TIMES)

    assert told.foreseen == {(HERE, "hand-over"): 2, (HERE, "approval"): 3}
    assert told.seconds[HERE, "hand-over"] == -60
    assert told.late.total() == 0


def test_once_the_day_is_over_what_is_unpaid_is_late_and_foreseen_no_more() -> None:
    told = tell([group("bank")], at(29, 0, 0), TIMES)

    assert (told.late, told.foreseen.total(), told.seconds[HERE, "bank"]) == ({(HERE, "bank"): 2}, 0, inf)


def test_the_share_on_time_counts_what_is_over() -> None:
    paid = [Group(*HERE, PROMISED, "bank-booked", 3), Group(*HERE, PROMISED, "bank-booked", 1, is_paid_late=True)]
    told = tell([*paid, group("bank", count=1), group("bank", date(2024, 4, 26), count=7)], at(29, 9), TIMES)

    assert told.on_time(HERE) == 3 / 5


def test_what_was_paid_long_ago_is_told_no_more() -> None:
    assert tell([Group(*HERE, PROMISED, "bank-booked", 3)], at(29, 9, month=4), TIMES).on_time(HERE) is None


@pytest.mark.parametrize(("days", "count"), [(31, 2), (32, 0)])
def test_what_was_paid_is_told_for_a_month_before_and_after_its_day(days: int, count: int) -> None:
    for day in (PROMISED - timedelta(days=days), PROMISED + timedelta(days=days)):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=DUTCH_TIME)
        assert tell([group("bank-booked")], noon, TIMES).states[HERE, "paid"] == count


def test_payments_that_wait_for_the_same_are_told_together() -> None:
    kept = tell([group("bank-booked"), group("bank-booked", date(2024, 3, 27))], at(28, 12), TIMES)
    late = tell([group("bank", date(2024, 3, 26)), group("bank", date(2024, 3, 27))], at(28, 12), TIMES)
    waits = tell([group("hand-over"), group("hand-over", date(2024, 3, 29))], at(28, 18), TIMES)

    assert (kept.states[HERE, "paid"], late.states[HERE, "late"], late.late[HERE, "bank"]) == (4, 4, 4)
    assert (waits.states[HERE, "instructed"], waits.foreseen[HERE, "hand-over"]) == (4, 4)


@pytest.mark.parametrize("step", ["held", "another-run"])
def test_who_must_be_worked_out_anew_has_the_term_of_a_preparation(step: Step) -> None:
    told, like = tell([group(step)], at(20, 12), TIMES), tell([group("preparation")], at(20, 12), TIMES)

    assert told.seconds[HERE, step] == like.seconds[HERE, "preparation"]
    assert not told.rules_missing


def test_without_a_rule_a_promise_holds_until_its_day_is_over_and_the_gap_is_told() -> None:
    told = tell([group("approval", date(2026, 3, 27))], datetime(2026, 3, 27, 23, 0, tzinfo=DUTCH_TIME), TIMES)

    assert (told.rules_missing, told.seconds[HERE, "approval"], told.foreseen.total()) == (True, 3_600, 0)


def test_a_month_moves_from_due_to_paid(house: House, tmp_path: Path) -> None:
    seen = []

    def look() -> None:
        seen.append((states(house), waits_for(house)))

    officer = house.as_("payments-officer", OFFICER)
    on_benefit(house, 1)
    look()
    run = prepared(house, officer)
    look()
    house.judged(run)
    look()
    house.released(run)
    look()
    officer.post(f"{run}/files/{run.rpartition('/')[2]}-001/handovers", "take-1")
    look()
    house.region.hears(*house.region.bank_answers(run.rpartition("/")[2], tmp_path))
    look()

    assert seen == [
        ({"due": 1}, {"preparation"}),
        ({"ready": 1}, {"sample"}),
        ({"ready": 1}, {"approval"}),
        ({"instructed": 1}, {"hand-over"}),
        ({"instructed": 1}, {"bank"}),
        ({"paid": 1}, set()),
    ]
    assert REGISTRY.get_sample_value("payout_on_time_ratio", {"scheme": MONTHLY, "municipality": ALKMAAR}) == 1


def test_who_was_held_is_an_exception_and_not_a_run_that_is_missing(house: House) -> None:
    on_benefit(house, 1)
    on_benefit(house, 2, account=False)
    on_benefit(house, 3, municipality=BERGEN)
    prepared(house, house.as_("payments-officer", OFFICER))

    assert states(house) == {"exception": 1, "ready": 1}
    assert waits_for(house) == {"held", "sample"}
    assert states(house, municipality=BERGEN) == {"ready": 1}


def test_who_was_held_and_stands_in_a_later_run_is_ready_and_counted_once(house: House) -> None:
    officer = house.as_("payments-officer", OFFICER)
    on_benefit(house, 1)
    on_benefit(house, 2, account=False)
    prepared(house, officer)
    house.region.binds(person(2), 2)
    officer.post("/v1/months/2024-02/runs", "month-2", json={"decided_on": "2024-02-21"})
    house.region.works()

    assert states(house) == {"ready": 2}


def test_a_dry_run_promises_nothing(house: House) -> None:
    house.region.knows(Home(1))
    asked = {**RUN, "intake_position": house.region.told, "dry_run": True}
    answer = house.as_("payments-officer", OFFICER).post("/v1/runs", "dry-1", json=asked)
    house.region.works()

    assert answer.status_code == 202
    assert states(house, ALLOWANCE) == {}


def test_months_that_nobody_looks_at_any_more_are_let_go_of(house: House) -> None:
    on_benefit(house, 1)
    house.released(prepared(house, house.as_("payments-officer", OFFICER)))
    following = payout_figures(house.region.office)
    following.take()
    known = set(following.book.decided)
    replace(following, promises=replace(following.promises, now=lambda: at(1, 9, month=4))).take()

    assert (known, following.book.decided) == ({"2024-02"}, {})


def test_who_lives_where_nothing_was_prepared_yet_waits_for_the_run_itself(house: House) -> None:
    on_benefit(house, 1)
    prepared(house, house.as_("payments-officer", OFFICER, [BERGEN]))

    assert waits_for(house) == {"preparation"}


def test_who_came_after_the_run_is_due(house: House) -> None:
    on_benefit(house, 1)
    prepared(house, house.as_("payments-officer", OFFICER))
    on_benefit(house, 2)

    assert states(house) == {"due": 1, "ready": 1}
    assert waits_for(house) == {"another-run", "sample"}


def test_an_allowance_that_came_back_is_an_exception_until_it_is_paid(house: House) -> None:
    house.region.knows(Home(1), Home(2))
    run = house.prepared()
    assert (states(house, ALLOWANCE), waits_for(house, ALLOWANCE)) == ({"ready": 2}, {"sample"})
    house.released(run)
    house.bank_pays(run, 1)
    house.bank_sends_back(run, 1, "AC04")

    assert states(house, ALLOWANCE) == {"exception": 1, "instructed": 1}
    assert waits_for(house, ALLOWANCE) == {"hand-over", "pay-again"}


def test_a_client_without_a_benefit_any_more_is_due_nothing(house: House) -> None:
    on_benefit(house, 1)
    end = {"effective_on": "2024-02-01", "reason_code": "moved-away"}
    ended = house.as_("caseworker", "s-worker").post(f"/v1/benefits/{person(1)}/ends", "e-1", json=end)

    assert ended.status_code == 201
    assert states(house) == {}


def test_a_month_without_rules_is_told_before_it_is_due(house: House) -> None:
    on_benefit(house, 1)
    house.region.office = replace(house.region.office, now=lambda: datetime(2026, 1, 5, tzinfo=DUTCH_TIME))
    payout_figures(house.region.office).take()

    assert REGISTRY.get_sample_value("payout_rules_missing") == 1


def test_a_state_in_which_nothing_is_any_more_goes_to_nil(house: House) -> None:
    following = payout_figures(house.region.office)
    on_benefit(house, 1)
    following.take()
    prepared(house, house.as_("payments-officer", OFFICER))
    following.take()
    about = {"scheme": MONTHLY, "municipality": ALKMAAR}

    assert REGISTRY.get_sample_value("payout_promises", {**about, "state": "due"}) == 0
    assert REGISTRY.get_sample_value("payout_step_seconds", {**about, "step": "preparation"}) == inf


def test_figures_that_followed_every_change_are_those_of_a_fresh_start(house: House, tmp_path: Path) -> None:
    following, run = payout_figures(house.region.office), ""
    for number in (1, 2, 3):
        on_benefit(house, number)
        following.take()
    for step in ("prepare", "release", "answer"):
        match step:
            case "prepare":
                run = prepared(house, house.as_("payments-officer", OFFICER))
            case "release":
                house.released(run)
            case _:
                house.region.hears(*house.region.bank_answers(run.rpartition("/")[2], tmp_path))
        following.take()
        moved, fresh = following.book, payout_figures(house.region.office)
        fresh.take()
        assert (moved.runs, moved.entitled, moved.decided, moved.released_cents) == (
            fresh.book.runs, fresh.book.entitled, fresh.book.decided, fresh.book.released_cents
        )  # fmt: skip
