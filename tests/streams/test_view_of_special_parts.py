"""A client's view without what is of care and youth: the same view, and it says what is left out."""

from typing import Any

import pytest

from services.contracts.handover import BatonAccepted, BatonOffered
from streams import contact_view
from streams.special_parts import domains, without
from streams.view import Row, folded
from tests.contracts.examples import EXAMPLES
from tests.streams.history import envelopes

YOUTH, WORK = "m-0000000000000001", "m-0000000000000002"
VIEW: dict[str, Any] = {
    "client": "p-1",
    "matters": {YOUTH: {"subject": "youth-support"}, WORK: {"subject": "social-assistance"}},
    "timeline": [
        {"stream": f"intake/matter/{YOUTH}", "what": "matter-opened"},
        {"stream": f"intake/matter/{WORK}", "what": "matter-opened"},
        {"stream": "handover/contacts/p-1", "what": "contact-recorded", "channel": "desk", "subject": "school"},
    ],
    "open": {"matters": {YOUTH: {}, WORK: {}}, "call_backs": {"cb-1": {"channel": "desk", "subject": "school"}}},
    "slots": {f"intake/matter/{YOUTH}": 1, f"intake/matter/{WORK}": 1, "handover/contacts/p-1": 1},
    "team": {"domain": "work-income"},
}


def test_a_view_tells_of_the_domains_of_its_matters_and_of_the_team() -> None:
    assert set(domains(VIEW)) == {"youth", "work-income", ""}
    assert set(domains({"client": "p-1"})) == {""}


def test_a_matter_of_youth_leaves_no_trace_in_the_view_without_it() -> None:
    seen = without(VIEW, {"youth"})
    assert YOUTH not in str(seen)
    assert (list(seen["matters"]), list(seen["open"]["matters"]), seen["left_out"]) == ([WORK], [WORK], ["youth"])
    assert [entry["stream"] for entry in seen["timeline"]] == [f"intake/matter/{WORK}", "handover/contacts/p-1"]


def test_what_a_team_for_youth_spoke_about_is_left_out_and_that_it_spoke_is_not() -> None:
    seen = without({**VIEW, "team": {"domain": "youth"}}, {"youth"})
    assert "school" not in str(seen)
    assert seen["open"]["call_backs"] == {"cb-1": {"channel": "desk"}}


OFFER = {"offer": 1, "state": "offered", "purpose": "coordinate-care", "domain_from": "work-income", "domain_to": "youth"}
HELD: dict[str, Any] = {
    **VIEW,
    "call_backs": {"cb-1": {"channel": "desk", "subject": "school"}},
    "baton": {
        "team_ref": "team-1",
        "offer": None,
        "last_offer": {"offer": 1, "reason": "school"},
        "last_result": {"offer": 1, "result": "at-school"},
    },
}


@pytest.mark.parametrize(("team", "held"), [("youth", []), ("work-income", ["work-income", "youth"])])
def test_what_a_team_for_youth_did_is_left_out_for_good_wherever_it_stands_in_the_view(team: str, held: list[str]) -> None:
    view = {**HELD, "team": {"domain": team}, "held_domains": held}
    seen = without(view, {"youth"})
    assert "youth" in set(domains(view))
    assert ("school" in str(seen), "youth" in str(seen["held_domains"])) == (False, False)
    assert seen["baton"]["last_offer"] == {"offer": 1}


def test_an_offer_to_a_team_for_youth_stands_there_and_not_what_for() -> None:
    view = {**HELD, "baton": {**HELD["baton"], "offer": OFFER}, "open": {**VIEW["open"], "offer": OFFER}}
    seen = without(view, {"youth"})
    assert "youth" in set(domains(view))
    assert seen["baton"]["offer"] == seen["open"]["offer"] == {"offer": 1, "state": "offered"}


def test_needs_of_care_leave_no_trace_in_the_view_without_them() -> None:
    needs = {"n-1": {"domain": "care"}, "n-2": {"domain": "debt"}}
    entry = {"stream": "intake/needs/p-1", "what": "need-identified"}
    told = {**VIEW, "needs": needs, "timeline": [entry], "open": {**VIEW["open"], "needs": needs}}

    seen = without(told, {"wmo"})
    assert (list(seen["needs"]), list(seen["open"]["needs"]), seen["timeline"]) == (["n-2"], ["n-2"], [])
    assert "wmo" in set(domains(told))


def test_the_view_knows_of_which_domains_teams_held_the_client() -> None:
    offer = next(event for event in EXAMPLES if isinstance(event, BatonOffered)).model_copy(
        update={"domain_from": "work-income", "domain_to": "youth"}
    )
    accepted = next(event for event in EXAMPLES if isinstance(event, BatonAccepted)).model_copy(update={"offer": offer.offer})
    row: Row | None = None
    held = []
    for fact in envelopes([("handover", offer), ("handover", accepted)]):
        row = folded(contact_view.VIEW, row, fact)
        held.append(row["held_domains"])

    assert held == [["work-income"], ["work-income", "youth"]]
