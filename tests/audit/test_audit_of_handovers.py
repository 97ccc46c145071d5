"""I10 and I11: offers, acceptances, falling back, leavers and stand-ins, each with a planted fault."""

from datetime import timedelta
from typing import Any

import pytest

from services.contracts import handover, teams
from services.contracts.envelope import Event
from tests.audit.world import AT, GM, ON, ONE, TEAM, World

OTHER = "team-2"
BATON = f"handover/baton/{ONE.client}"
ABOUT: dict[str, Any] = {"client": ONE.client, "municipality": GM, "offer": 1, "from_team_ref": TEAM, "to_team_ref": OTHER}


def of(**changed: object) -> dict[str, Any]:
    return {**ABOUT, **changed}


def offered(**changed: object) -> Event:
    return handover.BatonOffered(
        **of(**changed), from_organisation="region", to_organisation="region", kind="within-organisation", purpose="guide-to-work",
        legal_basis="same-task", domain_from="work-income", domain_to="work-income", shares=("reference",), keeps_quality="receiver",
        keeps_coherence="receiver", keeps_contact="receiver", near_at=AT, due_at=AT, fall_back_at=AT, rule_version="1", offered_by="s-1",
    )  # fmt: skip


def accepted(person: str = "s-3", **changed: object) -> Event:
    return handover.BatonAccepted(**of(**changed), organisation="region", contact_person=person, on=ON, accepted_by="s-3")


def fell_back(**changed: object) -> Event:
    return handover.BatonFellBack(**of(**changed), due_at=AT)


def declined(**changed: object) -> Event:
    return handover.BatonDeclined(**of(**changed), reason="no-capacity", declined_by="s-3")


def away(staff: str, stand_in: str) -> Event:
    return teams.StandInNamed(team_ref=TEAM, municipality=GM, staff_ref=staff, stand_in=stand_in, from_on=ON, until_on=None)


def joined(staff: str, team_ref: str = TEAM) -> Event:
    return teams.StaffJoined(team_ref=team_ref, municipality=GM, staff_ref=staff, on=ON)


def left(staff: str) -> Event:
    return teams.StaffLeft(team_ref=TEAM, municipality=GM, staff_ref=staff, on=ON)


@pytest.fixture
def two_teams(recorded: World) -> World:
    """The standard course of things, and a second team where s-3 works."""
    recorded.record("handover", teams.TeamFormed(team_ref=OTHER, municipality=GM, organisation="region", on=ON))
    recorded.record("handover", joined("s-3", OTHER))
    return recorded


def told(world: World, *facts: Event) -> World:
    for fact in facts:
        world.record("handover", fact, after=timedelta(seconds=1))
    return world


def test_a_handover_by_the_rules_holds(two_teams: World) -> None:
    found = told(two_teams, offered(), declined(), offered(offer=2), accepted(offer=2), joined("s-2"), away("s-1", "s-2")).verdict()
    assert (found["I10"].holds, found["I11"].holds) == (True, True), (found["I10"].detail, found["I11"].detail)


@pytest.mark.parametrize(
    ("facts", "detail"),
    [
        ([accepted()], f"{BATON}@2 moves the baton to {OTHER}, to whom no offer 1 stands"),
        ([offered(), fell_back(), accepted()], f"{BATON}@4 moves the baton to {OTHER}, to whom no offer 1 stands"),
        ([offered(), accepted(), accepted()], f"{BATON}@4 is an offer of {TEAM}, while {OTHER} holds the baton"),
        ([offered(), accepted(to_team_ref="team-3")], f"{BATON}@3 moves the baton to team-3, to whom no offer 1 stands"),
        ([offered(), offered(offer=2)], f"{BATON}@3 offers a baton of which offer 1 still stands"),
        ([offered(offer=2)], f"{BATON}@2 is offer 2, after 0"),
        ([offered(from_team_ref="team-3")], f"{BATON}@2 is an offer of team-3, while {TEAM} holds the baton"),
        ([declined()], f"{BATON}@2 declines offer 1, which does not stand"),
        ([offered(), declined(), fell_back()], f"{BATON}@4 lets fall back offer 1, which does not stand"),
        (
            [offered(), declined(), handover.BatonDueNeared(**ABOUT, due_at=AT)],
            f"{BATON}@4 tells time of offer 1, which was answered",
        ),
        ([offered(client="p-9")], "handover/baton/p-9@1 is about a baton that nobody holds"),
    ],
)
def test_a_baton_that_moves_against_the_rules_is_seen(two_teams: World, facts: list[Event], detail: str) -> None:
    assert detail in told(two_teams, *facts).verdict()["I11"].detail


@pytest.mark.parametrize(
    ("facts", "detail"),
    [
        ([offered(), accepted("s-9")], f"{BATON}@3 names contact person s-9, who is not active in {OTHER}"),
        ([joined("s-2"), left("s-1"), joined("s-1")], f"leaves {BATON} with contact person s-1, who is gone"),
        ([joined("s-2"), away("s-1", "s-2"), left("s-2")], f"s-2 leaves {TEAM} while standing in for s-1"),
        ([away("s-1", "s-1")], f"s-1, who stands in for s-1, is not a colleague in {TEAM}"),
        ([away("s-1", "s-9")], f"s-9, who stands in for s-1, is not a colleague in {TEAM}"),
        (
            [joined("s-2"), joined("s-4"), away("s-1", "s-2"), away("s-2", "s-4")],
            "s-2 stands in for s-1 and is away on the same days",
        ),
    ],
)
def test_a_client_without_somebody_who_is_there_is_seen(two_teams: World, facts: list[Event], detail: str) -> None:
    assert detail in told(two_teams, *facts).verdict()["I10"].detail
