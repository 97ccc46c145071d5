from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from services.handover.commands import AssignContactPerson, FormTeam, JoinStaff, LeaveStaff, OpenBaton, Waiting
from services.handover.domain import HANDOVER
from services.handover.policy import chosen_for
from tests.handover.teams import ALKMAAR, BERGEN, DAY, LATER, TEAM, assigned, formed, given, joined, left, opened, reason

FORM = FormTeam(TEAM, ALKMAAR, "werk", DAY)
OPEN = OpenBaton("p-1", ALKMAAR, TEAM, DAY)


def test_a_team_is_formed() -> None:
    assert given().when(FORM) == [formed()]


def test_a_team_that_is_there_is_not_formed_again() -> None:
    assert given(formed()).when(FORM) == []


def test_a_team_is_not_formed_for_another_municipality() -> None:
    assert reason(given(formed(municipality=BERGEN)).when(FORM)) == "team-exists"


def test_somebody_joins() -> None:
    assert given(formed()).when(JoinStaff(TEAM, "s-1", DAY, LATER)) == [joined("s-1")]


def test_somebody_who_is_there_does_not_join_again() -> None:
    assert given(formed(), joined("s-1")).when(JoinStaff(TEAM, "s-1", LATER, LATER)) == []


def test_somebody_who_left_may_come_back() -> None:
    past = given(formed(), joined("s-1"), joined("s-2"), left("s-1"))
    assert past.when(JoinStaff(TEAM, "s-1", LATER, LATER)) == [joined("s-1", on=LATER)]


def test_nobody_joins_a_team_that_is_not_there() -> None:
    assert reason(given().when(JoinStaff(TEAM, "s-1", DAY, LATER))) == "team-unknown"


def test_nobody_joins_tomorrow() -> None:
    assert reason(given(formed()).when(JoinStaff(TEAM, "s-1", LATER + timedelta(days=1), LATER))) == "in-the-future"


def test_who_joins_first_takes_who_waited() -> None:
    waiting = (Waiting("p-1", DAY), Waiting("p-2", LATER + timedelta(days=1)))
    decided = given(formed()).when(JoinStaff(TEAM, "s-1", LATER, LATER, waiting))
    assert decided == [joined("s-1", on=LATER), opened("p-1", "s-1", on=LATER), opened("p-2", "s-1", on=waiting[1].accepted_on)]


def test_who_waited_and_is_held_already_is_not_taken_again() -> None:
    past = given(formed(), joined("s-1"), opened("p-1", "s-1"))
    assert past.when(JoinStaff(TEAM, "s-2", LATER, LATER, (Waiting("p-1", DAY),))) == [joined("s-2", on=LATER)]


def test_a_client_in_care_is_held_by_the_team_with_one_contact_person() -> None:
    assert given(formed(), joined("s-1")).when(OPEN) == [opened("p-1", "s-1")]


def test_a_client_who_is_held_is_not_taken_again() -> None:
    assert given(formed(), joined("s-1"), opened("p-1", "s-1")).when(OPEN) == []


def test_a_team_without_staff_takes_nobody() -> None:
    assert reason(given(formed()).when(OPEN)) == "no-staff"


def test_a_team_of_another_municipality_takes_nobody() -> None:
    assert reason(given(formed(municipality=BERGEN), joined("s-1")).when(OPEN)) == "other-municipality"


def test_a_team_that_was_never_formed_takes_nobody() -> None:
    assert reason(given().when(OPEN)) == "team-unknown"


def test_who_left_does_not_become_contact_person() -> None:
    for client in ("p-1", "p-2", "p-3", "p-4", "p-5", "p-6"):
        decided = given(formed(), joined("s-1"), joined("s-2"), left("s-1")).when(OpenBaton(client, ALKMAAR, TEAM, DAY))
        assert decided == [opened(client, "s-2")]


def test_the_clients_of_a_leaver_have_another_before_the_leaver_is_gone() -> None:
    past = given(formed(), joined("s-1"), joined("s-2"), opened("p-1", "s-1"), opened("p-2", "s-2"))
    decided = past.when(LeaveStaff(TEAM, "s-1", LATER, LATER, ("p-1", "p-2")))
    assert decided == [assigned("p-1", "s-2"), left("s-1")]


def test_a_client_who_moved_on_stays_where_they_are() -> None:
    past = given(formed(), joined("s-1"), joined("s-2"), opened("p-1", "s-1"), assigned("p-1", "s-2"))
    assert past.when(LeaveStaff(TEAM, "s-1", LATER, LATER, ("p-1",))) == [left("s-1")]


def test_a_client_of_another_team_stays_where_they_are() -> None:
    past = given(formed(), joined("s-1"), joined("s-2"), opened("p-1", "s-1", "team-2"))
    assert past.when(LeaveStaff(TEAM, "s-1", LATER, LATER, ("p-1",))) == [left("s-1")]


def test_who_left_does_not_leave_again() -> None:
    assert given(formed(), joined("s-1"), joined("s-2"), left("s-1")).when(LeaveStaff(TEAM, "s-1", LATER, LATER)) == []


def test_the_last_of_a_team_does_not_leave() -> None:
    assert reason(given(formed(), joined("s-1")).when(LeaveStaff(TEAM, "s-1", LATER, LATER))) == "last-of-team"


@pytest.mark.parametrize(("staff", "on", "code"), [("s-3", LATER, "not-in-team"), ("s-1", LATER + timedelta(days=1), "in-the-future")])
def test_who_cannot_leave(staff: str, on: object, code: str) -> None:
    command = LeaveStaff(TEAM, staff, LATER if on == LATER else LATER + timedelta(days=1), LATER)
    assert reason(given(formed(), joined("s-1"), joined("s-2")).when(command)) == code


def test_nobody_leaves_a_team_that_is_not_there() -> None:
    assert reason(given().when(LeaveStaff(TEAM, "s-1", LATER, LATER))) == "team-unknown"


def assign(person: str, team_ref: str = TEAM, on: date = LATER) -> AssignContactPerson:
    return AssignContactPerson("p-1", team_ref, person, on, LATER, "by-request")


def test_a_client_gets_another_contact_person() -> None:
    past = given(formed(), joined("s-1"), joined("s-2"), opened("p-1", "s-1"))
    assert past.when(assign("s-2")) == [assigned("p-1", "s-2", "by-request")]


def test_the_contact_person_is_not_assigned_again() -> None:
    assert given(formed(), joined("s-1"), opened("p-1", "s-1")).when(assign("s-1")) == []


def test_only_staff_of_the_team_become_contact_person() -> None:
    past = given(formed(), joined("s-1"), joined("s-2"), left("s-2"), opened("p-1", "s-1"))
    assert reason(past.when(assign("s-2"))) == reason(past.when(assign("s-3"))) == "not-in-team"


def test_only_the_holding_team_assigns() -> None:
    past = given(formed("team-2"), joined("s-1", "team-2"), opened("p-1", "s-9"))
    assert reason(past.when(assign("s-1", "team-2"))) == "not-the-holder"


def test_nobody_is_assigned_tomorrow() -> None:
    past = given(formed(), joined("s-1"), joined("s-2"), opened("p-1", "s-1"))
    assert reason(past.when(assign("s-2", on=LATER + timedelta(days=1)))) == "in-the-future"


def test_nobody_is_assigned_to_a_client_whom_nobody_holds() -> None:
    assert reason(given(formed(), joined("s-1")).when(assign("s-1"))) == "baton-not-open"


def test_nobody_is_assigned_by_a_team_that_is_not_there() -> None:
    assert reason(given(opened("p-1", "s-1")).when(assign("s-1"))) == "team-unknown"


def test_clients_are_spread_evenly() -> None:
    staff = [f"s-{n}" for n in range(10)]
    shares = Counter(chosen_for(f"p-{n}", staff) for n in range(5_000))
    assert set(shares) == set(staff)
    assert all(400 < share < 600 for share in shares.values())


@examples(st.sets(st.text(min_size=1), min_size=2), st.text())
def test_a_leaver_changes_nothing_for_the_clients_of_others(staff: set[str], client: str) -> None:
    chosen = chosen_for(client, staff)
    for leaver in staff - {chosen}:
        assert chosen_for(client, staff - {leaver}) == chosen


def test_fifty_thousand_batons_fold() -> None:
    state = HANDOVER.fold(opened(f"p-{n}", "s-1") for n in range(50_000))
    assert len(state.batons()) == 50_000
