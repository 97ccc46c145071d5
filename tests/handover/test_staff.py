from datetime import date, timedelta

import pytest

from services.contracts.teams import StaffReturned, StandInNamed
from services.handover.commands import LeaveStaff, NameStandIn, OpenBaton, ReturnStaff
from tests.handover.teams import ALKMAAR, DAY, LATER, TEAM, assigned, formed, given, joined, left, opened, reason

THREE = (formed(), joined("s-1"), joined("s-2"), joined("s-3"))
NEXT_WEEK = LATER + timedelta(days=7)


def away(staff: str, stand_in: str, from_on: date = LATER, until_on: date | None = NEXT_WEEK) -> StandInNamed:
    return StandInNamed(team_ref=TEAM, municipality=ALKMAAR, staff_ref=staff, stand_in=stand_in, from_on=from_on, until_on=until_on)


def name(staff: str, stand_in: str | None, from_on: date = LATER, until_on: date | None = NEXT_WEEK) -> NameStandIn:
    return NameStandIn(TEAM, staff, stand_in, from_on, until_on, LATER)


def returned(staff: str) -> StaffReturned:
    return StaffReturned(team_ref=TEAM, municipality=ALKMAAR, staff_ref=staff, on=LATER)


def test_a_colleague_stands_in() -> None:
    assert given(*THREE).when(name("s-1", "s-2")) == [away("s-1", "s-2")]


def test_the_same_stand_in_again_changes_nothing() -> None:
    assert given(*THREE, away("s-1", "s-2")).when(name("s-1", "s-2")) == []


def test_nobody_named_somebody_who_is_there_stands_in() -> None:
    past = given(*THREE, away("s-2", "s-3"))
    assert past.when(name("s-1", None)) == [away("s-1", "s-3")]


@pytest.mark.parametrize("stand_in", ["s-1", "s-9", "s-2"])
def test_who_cannot_stand_in(stand_in: str) -> None:
    past = given(*THREE, away("s-2", "s-3"))
    assert reason(past.when(name("s-1", stand_in))) == "nobody-stands-in"


def test_who_is_away_on_other_days_can_stand_in() -> None:
    past = given(*THREE, away("s-2", "s-3", NEXT_WEEK, None))
    assert past.when(name("s-1", "s-2", LATER, NEXT_WEEK - timedelta(days=1))) == [away("s-1", "s-2", LATER, NEXT_WEEK - timedelta(days=1))]


def test_who_goes_away_while_standing_in_is_followed_up_first() -> None:
    past = given(*THREE, away("s-1", "s-2"))
    assert past.when(name("s-2", "s-3")) == [away("s-1", "s-3"), away("s-2", "s-3")]


def test_the_last_who_is_there_does_not_go_away() -> None:
    past = given(*THREE, away("s-1", "s-3"), away("s-2", "s-3"))
    assert reason(past.when(name("s-3", None))) == "nobody-stands-in"


def test_an_absence_that_is_over_is_not_told() -> None:
    assert reason(given(*THREE).when(name("s-1", "s-2", DAY, LATER - timedelta(days=1)))) == "over-already"


def test_leave_that_was_planned_stands_beside_an_absence_of_today() -> None:
    planned = away("s-1", "s-2", NEXT_WEEK, NEXT_WEEK + timedelta(days=7))
    today = name("s-1", "s-3", LATER, LATER + timedelta(days=2))
    assert given(*THREE, planned).when(today) == [away("s-1", "s-3", LATER, LATER + timedelta(days=2))]


def test_days_that_overlap_an_absence_are_not_told_beside_it() -> None:
    past = given(*THREE, away("s-1", "s-2"))
    assert reason(past.when(name("s-1", "s-3", LATER + timedelta(days=1), None))) == "away-already"


def test_an_absence_is_made_longer_by_its_first_day() -> None:
    past = given(*THREE, away("s-1", "s-2"))
    assert past.when(name("s-1", "s-2", LATER, None)) == [away("s-1", "s-2", LATER, None)]


def test_who_returns_keeps_the_leave_that_was_planned() -> None:
    planned = away("s-1", "s-2", NEXT_WEEK + timedelta(days=1), None)
    past = given(*THREE, away("s-1", "s-3"), planned, returned("s-1"))
    assert past.when(ReturnStaff(TEAM, "s-1", LATER, LATER)) == []
    assert past.when(LeaveStaff(TEAM, "s-2", LATER, LATER)) == [away("s-1", "s-3", NEXT_WEEK + timedelta(days=1), None), left("s-2")]


def test_a_leaver_who_stood_in_long_ago_simply_leaves() -> None:
    past = given(*THREE, away("s-1", "s-3", DAY, DAY), away("s-2", "s-3", DAY, DAY))
    assert past.when(LeaveStaff(TEAM, "s-3", LATER, LATER)) == [left("s-3")]


def test_somebody_returns() -> None:
    assert given(*THREE, away("s-1", "s-2")).when(ReturnStaff(TEAM, "s-1", LATER, LATER)) == [returned("s-1")]
    assert given(*THREE).when(ReturnStaff(TEAM, "s-1", LATER, LATER)) == []


def test_nobody_returns_tomorrow() -> None:
    assert reason(given(*THREE).when(ReturnStaff(TEAM, "s-1", NEXT_WEEK, LATER))) == "in-the-future"


@pytest.mark.parametrize("command", [name("s-9", None), ReturnStaff(TEAM, "s-9", LATER, LATER)])
def test_only_staff_of_the_team_are_away(command: NameStandIn | ReturnStaff) -> None:
    assert reason(given(*THREE).when(command)) == "not-in-team"


def test_a_leaver_stands_in_for_nobody_any_more() -> None:
    past = given(*THREE, away("s-1", "s-2"))
    assert past.when(LeaveStaff(TEAM, "s-2", LATER, LATER)) == [away("s-1", "s-3"), left("s-2")]


def test_a_leaver_whose_place_nobody_can_take_does_not_leave() -> None:
    past = given(*THREE, away("s-1", "s-3"), away("s-2", "s-3"))
    assert reason(past.when(LeaveStaff(TEAM, "s-3", LATER, LATER))) == "nobody-stands-in"


def test_the_clients_of_a_leaver_go_to_somebody_who_is_there() -> None:
    for client in ("p-1", "p-2", "p-3", "p-4"):
        past = given(*THREE, away("s-3", "s-2"), opened(client, "s-1"))
        assert past.when(LeaveStaff(TEAM, "s-1", LATER, LATER, (client,))) == [assigned(client, "s-2"), left("s-1")]


def test_a_new_client_goes_to_somebody_who_is_there() -> None:
    for client in ("p-1", "p-2", "p-3", "p-4"):
        past = given(*THREE, away("s-3", "s-2"), away("s-2", "s-1"))
        assert past.when(OpenBaton(client, ALKMAAR, TEAM, LATER)) == [opened(client, "s-1", on=LATER)]
