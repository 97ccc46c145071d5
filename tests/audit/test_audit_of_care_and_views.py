"""I9, I10 and I11: who holds a client, who is to be met, and what the views show of both and of the money."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from services.contracts import benefits, erasure, handover, intake, teams
from streams import allowance_run, contact_view, payout_status
from tests.audit.world import GM, ON, ONE, RUN, TEAM, TWO, Household, World, producing

THREE = Household(3)
BATON: dict[str, Any] = {"client": ONE.client, "municipality": GM, "team_ref": TEAM, "on": ON, "contact_person": "s-1"}
ACCEPTED: dict[str, Any] = {"client": THREE.client, "household_ref": THREE.ref, "municipality": GM, "route": "standard", "accepted_on": ON}


def test_a_contact_person_who_left_is_seen(recorded: World) -> None:
    recorded.record("handover", teams.StaffLeft(team_ref=TEAM, municipality=GM, on=ON, staff_ref="s-1"))
    detail = recorded.verdict()["I10"].detail
    assert f"handover/baton/{ONE.client}: contact person s-1 is not active in {TEAM}" in detail


def test_a_contact_person_whom_nobody_knows_is_seen(recorded: World) -> None:
    recorded.record("handover", handover.ContactPersonAssigned(**{**BATON, "contact_person": "s-9"}, reason="leave"))
    assert f"handover/baton/{ONE.client}: contact person s-9 is not active in {TEAM}" in recorded.verdict()["I10"].detail


def test_a_contact_person_who_was_gone_for_a_moment_is_seen(recorded: World) -> None:
    recorded.record("handover", teams.StaffLeft(team_ref=TEAM, municipality=GM, on=ON, staff_ref="s-1"))
    recorded.record("handover", teams.StaffJoined(team_ref=TEAM, municipality=GM, on=ON, staff_ref="s-1"))
    detail = recorded.verdict()["I10"].detail
    assert f"handover/team/{TEAM}@3 leaves handover/baton/{ONE.client} with contact person s-1, who is gone" in detail
    assert "is not active" not in detail


def test_a_contact_person_who_hands_over_before_leaving_is_no_fault(recorded: World) -> None:
    team: dict[str, Any] = {"team_ref": TEAM, "municipality": GM, "on": ON}
    recorded.record("handover", teams.StaffJoined(**team, staff_ref="s-2"))
    for home in (ONE, TWO):
        assigned = handover.ContactPersonAssigned(**{**BATON, "client": home.client, "contact_person": "s-2"}, reason="leave")
        recorded.record("handover", assigned)
    recorded.record("handover", teams.StaffLeft(**team, staff_ref="s-1"))
    assert recorded.verdict()["I10"].holds


def test_an_erased_client_needs_no_contact_person(recorded: World) -> None:
    for home in (ONE, TWO):
        gone: dict[str, Any] = {"client": home.client, "municipality": GM, "erasure": 1, "erased_on": ON}
        recorded.record("handover", erasure.HandoverClientErased(**gone))
    recorded.record("handover", teams.StaffLeft(team_ref=TEAM, municipality=GM, on=ON, staff_ref="s-1"))
    verdict = recorded.verdict()
    assert (verdict["I10"].holds, verdict["I11"].holds) == (True, True)


def test_a_client_in_care_without_a_baton_is_seen(recorded: World) -> None:
    recorded.record("intake", intake.IntakeAccepted(**ACCEPTED))
    assert f"intake/client/{THREE.client} was accepted and has no baton" in recorded.verdict()["I10"].detail


@pytest.mark.parametrize(("seconds", "holds"), [(60, True), (61, False)])
def test_a_baton_must_be_opened_within_a_minute(recorded: World, seconds: int, *, holds: bool) -> None:
    recorded.record("intake", intake.IntakeAccepted(**ACCEPTED))
    opened = handover.BatonOpened(**{**BATON, "client": THREE.client}, organisation="region")
    recorded.record("handover", opened, after=timedelta(seconds=seconds))
    finding = recorded.verdict()["I10"]
    assert finding.holds is holds
    assert holds or f"handover/baton/{THREE.client} was opened 61 s after the intake" in finding.detail


def test_a_baton_opened_while_the_audit_runs_is_no_fault(backbone: World) -> None:
    backbone.record("intake", intake.IntakeAccepted(**ACCEPTED))
    backbone.publish()
    opened = handover.BatonOpened(**{**BATON, "client": THREE.client}, organisation="region")
    backbone.views.when_asked = lambda: backbone.record("handover", opened)
    assert backbone.verdict()["I10"].holds


def test_a_baton_opened_twice_has_two_holders(recorded: World) -> None:
    recorded.record("handover", handover.BatonOpened(**{**BATON, "team_ref": "team-2"}, organisation="region"))
    assert f"handover/baton/{ONE.client}@2 opens a baton that {TEAM} holds already" in recorded.verdict()["I11"].detail


def test_a_contact_person_of_a_team_that_does_not_hold_the_baton_is_seen(recorded: World) -> None:
    recorded.record("handover", handover.ContactPersonAssigned(**{**BATON, "team_ref": "team-2"}, reason="leave"))
    assert f"handover/baton/{ONE.client}@2 is of team-2, while {TEAM} holds the baton" in recorded.verdict()["I11"].detail


def test_a_contact_person_before_any_holder_is_seen(recorded: World) -> None:
    recorded.record("handover", handover.ContactPersonAssigned(**{**BATON, "client": THREE.client}, reason="leave"))
    assert f"handover/baton/{THREE.client}@1 assigns a contact person to a baton that nobody holds" in recorded.verdict()["I11"].detail


def shown(world: World, view: str, key: str) -> dict[str, Any]:
    """The row that a test changes."""
    row = dict(world.views.rows[view][key])
    world.views.rows[view][key] = row
    return row


def test_a_view_with_another_contact_person_is_seen(published: World) -> None:
    row = shown(published, contact_view.VIEW.name, ONE.client)
    row["contact"] = {**row["contact"], "contact_person": "s-2"}
    assert f"the read API's answer of {ONE.client} shows another contact person than the baton" in published.verdict()["I9"].detail


def test_a_view_that_was_a_moment_behind_is_no_fault(published: World) -> None:
    rows, right = published.views.rows[contact_view.VIEW.name], published.views.rows[contact_view.VIEW.name][ONE.client]
    asked = count()

    def catch_up() -> None:
        rows[ONE.client] = {**right, "timeline": right["timeline"][:-1]} if next(asked) < 3 else right

    published.views.when_read = catch_up
    assert published.verdict()["I9"].holds


def test_what_happens_to_a_run_while_views_are_read_is_no_fault(backbone: World) -> None:
    backbone.publish()
    returned = benefits.PaymentReturned(**ONE.payment, document_ref="bank-3", booked_on=ON, reason_code="AC04")
    payout, asked = shown(backbone, payout_status.VIEW.name, ONE.right), count()

    def come_back() -> None:
        if next(asked) == 0:
            backbone.record("benefits", returned)
            payout.update(state="returned", paid_cents=0, returned_cents=130_000, slots={f"benefits/right/{ONE.right}": 4})

    backbone.views.when_read = come_back
    assert backbone.verdict()["I9"].detail.startswith("views show what the facts come to")


def test_a_view_that_lost_a_fact_is_seen(published: World) -> None:
    row = shown(published, contact_view.VIEW.name, ONE.client)
    row["timeline"] = row["timeline"][:-1]
    assert f"the read API's answer of {ONE.client} tells 5 of 6 facts, or others" in published.verdict()["I9"].detail


def test_a_view_that_tells_what_never_was_is_seen(published: World) -> None:
    row = shown(published, contact_view.VIEW.name, ONE.client)
    row["timeline"] = [*row["timeline"], {**row["timeline"][-1], "version": 9}]
    assert f"tells benefits/right/{ONE.right}@9, which is in no log" in published.verdict()["I9"].detail


def test_a_view_that_shows_a_returned_payment_as_paid_is_seen(published: World) -> None:
    row = shown(published, payout_status.VIEW.name, TWO.right)
    row["state"] = "paid"
    assert f"{TWO.right} is returned for 130000 cents, shown paid" in published.verdict()["I9"].detail


def test_a_view_with_another_amount_is_seen(published: World) -> None:
    shown(published, payout_status.VIEW.name, ONE.right)["paid_cents"] = 1_300
    detail = published.verdict()["I9"].detail
    assert f"the read API's payouts of {ONE.client}: {ONE.right} is paid for 130000 cents" in detail
    assert f"the read API's answer of {RUN} shows 1 payouts paid" in detail


def test_a_payout_that_is_behind_is_seen(published: World) -> None:
    shown(published, payout_status.VIEW.name, ONE.right)["slots"] = {f"benefits/right/{ONE.right}": 2}
    assert f"the read API's payouts: {ONE.right} is behind" in published.verdict()["I9"].detail


@pytest.mark.parametrize(
    ("view", "key"),
    [(contact_view.VIEW.name, ONE.client), (payout_status.VIEW.name, ONE.right), (allowance_run.VIEW.name, RUN)],
)
def test_a_row_that_a_view_lacks_is_seen(published: World, view: str, key: str) -> None:
    del published.views.rows[view][key]
    assert f"view {view} has no row {key}" in published.verdict()["I9"].detail


def test_records_in_quarantine_are_seen(published: World) -> None:
    published.views.held = ["benefits.events/3/1042"]
    assert "view contact-view holds benefits.events/3/1042 in quarantine" in published.verdict()["I9"].detail


def test_a_published_row_that_differs_is_seen(backbone: World) -> None:
    backbone.publish()
    with producing(backbone.sources.kafka) as send:
        send(backbone.sources.contact_view, ONE.client, b'{"timeline": [], "contact": null, "payouts": {}}', [])
    assert f"the published contact view of {ONE.client} tells 0 of 6 facts, or others" in backbone.verdict()["I9"].detail


def test_a_client_who_was_never_published_is_seen(published: World) -> None:
    detail = published.verdict(contact_view=published.sources.topics["handover"])["I9"].detail
    assert "cannot be read" in detail
