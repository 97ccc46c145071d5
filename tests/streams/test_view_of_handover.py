"""What the contact view and the team directory show of handovers, contacts, call-backs and absences."""

from datetime import date
from typing import Any

from services.contracts.envelope import Event
from services.contracts.handover_contacts import CallBackAnswered, CallBackRequested, CallBackTermPassed, ContactChannel, ContactRecorded
from services.contracts.teams import StaffJoined, StaffLeft, StaffReturned, StandInNamed, TeamDescribed, TeamFormed
from streams import contact_view, team_directory
from streams.view import Row, folded
from tests.contracts.examples import AT, EXAMPLES, GM, P
from tests.streams.history import DAY, envelopes, facts_of

BY_NAME: dict[str, Event] = {event.TYPE.split(".")[3]: event for event in EXAMPLES}
OPENED = BY_NAME["baton-opened"]


def seen(*facts: Event) -> dict[str, Any]:
    row: Row | None = None
    for fact in envelopes([("handover", fact) for fact in facts]):
        row = folded(contact_view.VIEW, row, fact)
    assert row is not None
    return contact_view.shown(row)


def told(*names: str) -> dict[str, Any]:
    return seen(OPENED, *(BY_NAME[name] for name in names))


def team(*facts: Event) -> Row:
    row: Row | None = None
    for fact in envelopes([("handover", fact) for fact in facts]):
        row = folded(team_directory.VIEW, row, fact)
    assert row is not None
    return row


def test_an_offer_is_open_until_a_moment_and_the_holder_stays() -> None:
    shown = told("baton-offered")
    assert (shown["baton"]["team_ref"], shown["open"]["offer"]["state"]) == ("team-1", "offered")
    assert shown["open"]["offer"]["due_at"] == "2024-02-15T08:30:00.000125Z"


def test_near_and_late_show_before_an_offer_falls() -> None:
    assert told("baton-offered", "baton-due-neared")["open"]["offer"]["state"] == "near"
    assert told("baton-offered", "baton-due-neared", "baton-due-passed")["open"]["offer"]["state"] == "late"


def test_an_acceptance_shows_another_holder_and_contact_person() -> None:
    shown = told("baton-offered", "baton-accepted")
    assert shown["contact"] == {"contact_person": "s-3", "team_ref": "team-2", "organisation": "municipality", "since": "2024-01-01"}
    assert (shown["baton"]["team_ref"], shown["open"]["offer"], shown["load"]["handovers"]) == ("team-2", None, 1)


def test_the_sender_sees_how_an_offer_ended() -> None:
    for name, state in (("baton-declined", "declined"), ("baton-offer-withdrawn", "withdrawn"), ("baton-fell-back", "fell-back")):
        shown = told("baton-offered", name)
        assert (shown["baton"]["team_ref"], shown["baton"]["last_offer"]["state"]) == ("team-1", state)
    assert told("baton-offered", "baton-declined")["baton"]["last_offer"]["reason"] == "no-capacity"


def test_a_level_shows_who_directs() -> None:
    shown = told("escalation-raised")
    assert (shown["baton"]["level"], shown["baton"]["directs"]) == (2, "case-director")


def test_a_result_shows() -> None:
    assert told("baton-offered", "baton-accepted", "handover-completed")["baton"]["last_result"] == {"offer": 1, "result": "goal-reached"}


def test_contacts_over_all_channels_stand_in_the_timeline_and_count() -> None:
    channels: tuple[ContactChannel, ...] = ("telephone", "letter", "desk")
    contacts = [
        ContactRecorded(
            client=P, municipality=GM, contact_ref=f"c-{channel}", channel=channel, direction="to-client", subject="payment",
            staff_ref=f"s-{channel}", at=AT,
        )
        for channel in channels
    ]  # fmt: skip
    shown = seen(OPENED, *contacts)
    assert [entry["channel"] for entry in shown["timeline"] if "channel" in entry] == list(channels)
    assert shown["load"] == {"professionals": 4, "handovers": 0, "contacts": 3}


def test_a_call_back_is_open_by_its_term_until_it_is_answered() -> None:
    asked, late, answered = (BY_NAME[name] for name in ("call-back-requested", "call-back-term-passed", "call-back-answered"))
    assert isinstance(asked, CallBackRequested)
    assert isinstance(late, CallBackTermPassed)
    assert isinstance(answered, CallBackAnswered)
    assert seen(asked)["open"]["call_backs"]["cb-1"]["state"] == "open"
    assert seen(asked, late)["open"]["call_backs"]["cb-1"]["state"] == "overdue"
    assert seen(asked, late, answered)["open"]["call_backs"] == {}


def test_promised_paid_and_returned_cents_are_summed() -> None:
    row: Row | None = None
    for fact in envelopes(facts_of(2)):
        row = folded(contact_view.VIEW, row, fact)
    assert row is not None
    assert contact_view.shown(row)["payout_cents"] == {"promised": 80_000, "paid": 0, "returned": 80_000}


FORMED = TeamFormed(team_ref="team-1", municipality=GM, organisation="region", on=DAY)
JOINED = [StaffJoined(team_ref="team-1", municipality=GM, staff_ref=f"s-{n}", on=DAY) for n in (1, 2)]
AWAY = StandInNamed(team_ref="team-1", municipality=GM, staff_ref="s-1", stand_in="s-2", from_on=DAY, until_on=date(2024, 2, 20))


def test_a_team_shows_how_it_is_reached() -> None:
    described = BY_NAME["team-described"]
    assert isinstance(described, TeamDescribed)
    shown = team_directory.reach(team(FORMED, described))
    assert (shown["name"], shown["telephone"], shown["organisation"]) == ("Team 1", "+31 72 000 00 00", "region")


def test_somebody_stands_in_on_the_days_of_an_absence() -> None:
    row = team(FORMED, *JOINED, AWAY)
    days = (date(2024, 2, 14), DAY, date(2024, 2, 20), date(2024, 2, 21))
    assert [team_directory.stand_in(row, "s-1", day) for day in days] == [None, "s-2", "s-2", None]
    assert team_directory.stand_in(row, "s-2", DAY) is None


def test_planned_leave_stands_beside_an_absence_of_today() -> None:
    planned = AWAY.model_copy(update={"stand_in": "s-3", "from_on": date(2024, 3, 1), "until_on": None})
    row = team(FORMED, *JOINED, planned, AWAY)
    assert [team_directory.stand_in(row, "s-1", day) for day in (DAY, date(2024, 3, 2))] == ["s-2", "s-3"]


def test_who_returned_or_left_is_not_away() -> None:
    about: dict[str, Any] = {"team_ref": "team-1", "municipality": GM, "staff_ref": "s-1", "on": DAY}
    assert team_directory.stand_in(team(FORMED, *JOINED, AWAY, StaffReturned(**about)), "s-1", DAY) is None
    left = team(FORMED, *JOINED, AWAY, StaffLeft(**about))
    assert (left["away"], left["staff"]) == ({}, ["s-2"])
