"""A client's view without what is of care and youth: the same view, and it says what is left out."""

from typing import Any

from streams.special_parts import domains, without

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


def test_needs_of_care_leave_no_trace_in_the_view_without_them() -> None:
    needs = {"n-1": {"domain": "care"}, "n-2": {"domain": "debt"}}
    entry = {"stream": "intake/needs/p-1", "what": "need-identified"}
    told = {**VIEW, "needs": needs, "timeline": [entry], "open": {**VIEW["open"], "needs": needs}}

    seen = without(told, {"wmo"})
    assert (list(seen["needs"]), list(seen["open"]["needs"]), seen["timeline"]) == (["n-2"], ["n-2"], [])
    assert "wmo" in set(domains(told))
