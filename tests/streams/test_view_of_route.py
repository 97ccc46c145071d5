"""What the contact view shows of the integral flag: state, codes and days, and nothing about a person."""

from typing import Any

from services.contracts.envelope import Event
from services.contracts.intake import IntakeAccepted
from streams import contact_view
from streams.view import Row, canonical, folded
from tests.contracts.examples import EXAMPLES
from tests.streams.history import envelopes

BY_NAME: dict[str, Event] = {event.TYPE.split(".")[3]: event for event in EXAMPLES}
ACCEPTED = BY_NAME["intake-accepted"]
FLAG = ("proposed", "confirmed", "review-due", "reviewed", "removed", "expired")


def seen(*facts: Event) -> dict[str, Any]:
    row: Row | None = None
    for fact in envelopes([("intake", fact) for fact in facts]):
        row = folded(contact_view.VIEW, row, fact)
    assert row is not None
    return contact_view.shown(row)


def told(*names: str) -> dict[str, Any]:
    return seen(ACCEPTED, *(BY_NAME[f"integral-flag-{name}"] for name in names))


def test_a_proposed_flag_shows_its_rules_and_its_days_and_is_not_integral_yet() -> None:
    shown = told("proposed")

    assert (shown["integral"], shown["flag"]["state"], shown["flag"]["rules"]) == (False, "proposed", ["safety", "debts"])
    assert (shown["flag"]["review_on"], shown["flag"]["expires_on"]) == ("2024-07-01", "2025-01-01")


def test_a_confirmed_flag_is_integral_with_its_reason() -> None:
    shown = told("proposed", "confirmed")

    assert (shown["integral"], shown["flag"]["state"], shown["flag"]["reason"]) == (True, "confirmed", "safety-first")


def test_a_review_that_is_due_shows_until_somebody_looked() -> None:
    assert told("proposed", "confirmed", "review-due")["flag"]["review_due"] is True
    assert told("proposed", "confirmed", "review-due", "reviewed")["flag"]["review_due"] is False


def test_a_flag_that_ended_is_not_integral_whatever_the_route_was() -> None:
    assert isinstance(ACCEPTED, IntakeAccepted)
    by_hand = ACCEPTED.model_copy(update={"route": "integral"})

    assert seen(by_hand)["integral"] is True
    for end in ("removed", "expired"):
        assert seen(by_hand, BY_NAME["integral-flag-proposed"], BY_NAME[f"integral-flag-{end}"])["integral"] is False


def test_who_was_never_proposed_has_no_flag() -> None:
    assert seen(ACCEPTED)["flag"] is None


def test_the_view_tells_no_signal_of_a_person() -> None:
    text = canonical(seen(ACCEPTED, BY_NAME["route-signal-recorded"], BY_NAME["integral-flag-proposed"])).decode()

    assert "route-signal-recorded" in text
    assert not any(word in text for word in ("housing", "sg-", "s-1", "text_ref"))


def test_a_flag_whose_proposal_was_given_up_still_shows() -> None:
    for name in FLAG[1:]:
        shown = told(name)
        assert shown["flag"] is not None
        assert shown["integral"] is (name in {"confirmed", "reviewed"})
