"""What is decided about the route of a client, given what is known of them."""

from datetime import date
from typing import Any

import pytest

from services.contracts.route import (
    IntegralFlagConfirmed,
    IntegralFlagExpired,
    IntegralFlagProposed,
    IntegralFlagRemoved,
    IntegralFlagReviewDue,
)
from services.eventlog.decider import Refused
from services.intake.route.commands import AssessRoute, ConfirmFlag, EndSignal, Moment, PassFlagMoment, RecordSignal, RemoveFlag, ReviewFlag
from services.intake.route.deciding import ROUTE
from tests.intake.route_stories import (
    CONFIRMED,
    DEBT,
    EXPIRED,
    KNOWN,
    PROPOSED,
    REMOVED,
    REVIEWED,
    RULES,
    SAFETY,
    WHO,
    ended,
    recorded,
    ref,
)
from tests.intake.stories import ON, TODAY, Story

story = Story(ROUTE)
NOW: dict[str, Any] = {**WHO, "today": TODAY, "rules": RULES}
BY: dict[str, Any] = {**NOW, "flag": 1, "by": "s-0002"}
TOMORROW = date(2024, 2, 16)
CONFIRM, REVIEW, REMOVE = (
    ConfirmFlag(**BY, reason="safety-first"),
    ReviewFlag(**BY, reason="safety-first"),
    RemoveFlag(**BY, reason="goals-reached"),
)


def record(number: int, kind: Any = "problem-debt", since: date = ON, **other: Any) -> RecordSignal:  # noqa: ANN401 - any field
    told: dict[str, Any] = {**NOW, "domain": None, "organisation": None, "source": "client", "recorded_by": "s-0001", **other}
    return RecordSignal(**told, signal_ref=ref(number), kind=kind, since=since)


def end(number: int, on: date = TODAY, how: Any = "over") -> EndSignal:  # noqa: ANN401 - a code
    return EndSignal(**NOW, signal_ref=ref(number), on=on, end=how)


def refused(decision: object) -> str:
    assert isinstance(decision, Refused)
    return decision.reason


# signals


def test_a_signal_below_the_threshold_is_recorded_and_proposes_nothing() -> None:
    assert story.when(record(1)) == [DEBT]


def test_a_signal_that_comes_to_the_threshold_proposes_a_flag_with_its_explanation() -> None:
    assert story.given(DEBT).when(record(2, "safety-report")) == [SAFETY, PROPOSED]


def test_the_same_signal_again_changes_nothing() -> None:
    assert story.given(DEBT).when(record(7)) == []


def test_the_same_from_another_source_is_another_signal() -> None:
    assert story.given(DEBT).when(record(7, source="partner")) == [recorded(7, source="partner")]


def test_a_signal_from_the_future_is_refused() -> None:
    assert story.when(record(1, since=TOMORROW)) == Refused("date-in-future")


def test_a_signal_before_any_rule_is_refused_and_says_what_to_do() -> None:
    early = RecordSignal(**{**NOW, "today": date(2022, 1, 1)}, signal_ref=ref(1), kind="problem-debt", domain=None, organisation=None,
                         source="client", since=date(2022, 1, 1), recorded_by="s-0001")  # fmt: skip
    assert refused(story.when(early)) == "no-rule"


def test_a_signal_ends() -> None:
    assert story.given(DEBT).when(end(1)) == [ended(1)]


def test_ending_it_again_changes_nothing() -> None:
    assert story.given(DEBT, ended(1)).when(end(1)) == []


def test_ending_it_otherwise_is_refused() -> None:
    assert refused(story.given(DEBT, ended(1)).when(end(1, how="mistaken"))) == "signal-ended"


@pytest.mark.parametrize(
    ("number", "on", "reason"), [(9, TODAY, "unknown-signal"), (1, TOMORROW, "date-in-future"), (1, date(2023, 1, 1), "before-signal")]
)
def test_a_signal_that_cannot_end_so_is_refused(number: int, on: date, reason: str) -> None:
    assert refused(story.given(DEBT).when(end(number, on))) == reason


def test_what_was_a_mistake_is_not_weighed() -> None:
    assert story.given(DEBT, ended(1, end="mistaken")).when(record(2, "safety-report")) == [SAFETY]


def test_what_is_over_may_be_there_again() -> None:
    assert story.given(DEBT, ended(1)).when(record(7)) == [recorded(7)]


# assessing


def test_who_came_to_the_threshold_by_a_change_of_rules_is_proposed_when_assessed() -> None:
    assert story.given(*KNOWN).when(AssessRoute(**NOW)) == [PROPOSED]


@pytest.mark.parametrize(
    "told", [(), (*KNOWN, PROPOSED), (*KNOWN, PROPOSED, CONFIRMED), (*KNOWN, PROPOSED, REMOVED), (*KNOWN, PROPOSED, EXPIRED)]
)
def test_assessing_proposes_nothing_where_nothing_is_new(told: Any) -> None:  # noqa: ANN401 - facts
    assert story.given(*told).when(AssessRoute(**NOW)) == []


@pytest.mark.parametrize("last", [REMOVED, EXPIRED])
def test_a_flag_is_proposed_again_on_something_new(last: Any) -> None:  # noqa: ANN401 - a fact
    decision = story.given(*KNOWN, PROPOSED, last).when(record(3, "safety-report", TODAY))

    assert not isinstance(decision, Refused)
    again = decision[-1]
    assert isinstance(again, IntegralFlagProposed)
    assert (again.flag, again.score, ref(3) in again.fired[1].seen) == (2, 60, True)


def test_what_no_rule_sees_is_nothing_new() -> None:
    assert story.given(*KNOWN, PROPOSED, REMOVED).when(record(3, "earlier-case")) == [recorded(3, "earlier-case")]


# a person answers


def test_a_flag_is_confirmed_with_days_of_review_and_expiry() -> None:
    assert story.given(*KNOWN, PROPOSED).when(CONFIRM) == [CONFIRMED]


def test_confirming_again_changes_nothing() -> None:
    assert story.given(*KNOWN, PROPOSED, CONFIRMED).when(CONFIRM) == []


def test_confirming_what_another_confirmed_is_refused() -> None:
    other = ConfirmFlag(**{**BY, "by": "s-0003"}, reason="safety-first")
    assert refused(story.given(*KNOWN, PROPOSED, CONFIRMED).when(other)) == "already-confirmed"


def test_a_confirmed_flag_is_kept_after_a_review() -> None:
    assert story.given(*KNOWN, PROPOSED, CONFIRMED).when(REVIEW) == [REVIEWED]


def test_reviewing_twice_on_a_day_changes_nothing() -> None:
    assert story.given(*KNOWN, PROPOSED, CONFIRMED, REVIEWED).when(REVIEW) == []


def test_a_proposal_is_not_reviewed() -> None:
    assert refused(story.given(*KNOWN, PROPOSED).when(REVIEW)) == "not-confirmed"


@pytest.mark.parametrize("told", [(PROPOSED,), (PROPOSED, CONFIRMED)])
def test_a_flag_is_removed(told: Any) -> None:  # noqa: ANN401 - facts
    assert story.given(*KNOWN, *told).when(REMOVE) == [REMOVED]


def test_removing_again_changes_nothing() -> None:
    assert story.given(*KNOWN, PROPOSED, REMOVED).when(REMOVE) == []


@pytest.mark.parametrize("command", [CONFIRM, REVIEW, RemoveFlag(**{**BY, "by": "s-0003"}, reason="goals-reached")])
def test_a_flag_that_ended_is_not_answered(command: Any) -> None:  # noqa: ANN401 - a command
    assert refused(story.given(*KNOWN, PROPOSED, REMOVED).when(command)) == "flag-ended"


@pytest.mark.parametrize("command", [CONFIRM, REVIEW, REMOVE])
def test_a_flag_that_nobody_proposed_is_not_answered(command: Any) -> None:  # noqa: ANN401 - a command
    assert refused(story.given(*KNOWN).when(command)) == "unknown-flag"


@pytest.mark.parametrize(("kind", "reason"), [(ConfirmFlag, "goals-reached"), (RemoveFlag, "safety-first"), (RemoveFlag, "because")])
def test_a_reason_that_the_policy_does_not_list_is_refused(kind: Any, reason: str) -> None:  # noqa: ANN401 - a command
    assert refused(story.given(*KNOWN, PROPOSED).when(kind(**BY, reason=reason))) == "not-a-reason"


# the clock


def passing(moment: Moment, due_on: date, flag: int = 1) -> PassFlagMoment:
    return PassFlagMoment(WHO["client"], flag, moment, due_on)


def test_the_clock_tells_once_that_a_review_is_due() -> None:
    due = IntegralFlagReviewDue(**WHO, flag=1, due_on=PROPOSED.review_on)
    command = passing("review", PROPOSED.review_on)

    assert story.given(*KNOWN, PROPOSED).when(command) == [due]
    assert story.given(*KNOWN, PROPOSED, due).when(command) == []


def test_a_flag_expires_and_tells_whether_anybody_confirmed_it() -> None:
    assert story.given(*KNOWN, PROPOSED).when(passing("expiry", PROPOSED.expires_on)) == [EXPIRED]
    confirmed = story.given(*KNOWN, PROPOSED, CONFIRMED).when(passing("expiry", CONFIRMED.expires_on))
    assert confirmed == [IntegralFlagExpired(**WHO, flag=1, on=CONFIRMED.expires_on, stood_as="confirmed")]


@pytest.mark.parametrize(
    ("told", "flag"), [((), 1), ((PROPOSED, REMOVED), 1), ((PROPOSED, EXPIRED), 1), ((PROPOSED,), 2), ((PROPOSED, CONFIRMED), 1)]
)
def test_a_day_that_no_flag_waits_for_any_more_passes_unseen(told: Any, flag: int) -> None:  # noqa: ANN401 - facts
    for moment, day in (("review", PROPOSED.review_on), ("expiry", PROPOSED.expires_on)):
        assert story.given(*KNOWN, *told).when(passing(moment, day, flag)) == []  # type: ignore[arg-type]  # a Moment


def test_every_answer_carries_the_persons_own_code_and_reference() -> None:
    for kind, fact in ((ConfirmFlag, IntegralFlagConfirmed), (RemoveFlag, IntegralFlagRemoved)):
        reason = "safety-first" if kind is ConfirmFlag else "goals-reached"
        decision = story.given(*KNOWN, PROPOSED).when(kind(**BY, reason=reason, text_ref="t-9"))
        assert not isinstance(decision, Refused)
        assert isinstance(decision[0], fact)
        assert decision[0].text_ref == "t-9"
