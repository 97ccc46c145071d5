"""In an emergency somebody is let in for an hour, by a known emergency, and another person judges it."""

from dataclasses import replace
from datetime import date, timedelta

from services.handover.break_glass import ExpireAccess
from tests.handover.glass import (
    AT,
    BREAK,
    REVIEW,
    REVIEW_TERM,
    WITHDRAW,
    expired,
    later,
    opened,
    overdue,
    reviewed,
    when,
    withdrawn,
)
from tests.handover.teams import reason


def test_a_broken_glass_lets_in_for_the_term_of_the_policy() -> None:
    assert when(BREAK) == [opened()]


def test_breaking_it_again_while_it_runs_is_one_opening() -> None:
    assert when(later(59), opened()) == []


def test_another_emergency_while_it_runs_is_refused() -> None:
    assert reason(when(later(59, reason="no-roof-or-food"), opened())) == "already-open"


def test_after_its_time_it_is_another_opening_also_before_the_clock_said_so() -> None:
    assert when(later(60), opened()) == [opened(2, at=AT + timedelta(minutes=60))]


def test_a_colleague_gets_an_opening_of_their_own() -> None:
    assert when(later(5, opened_by="s-8"), opened()) == [opened(2, "s-8", AT + timedelta(minutes=5))]


def test_an_emergency_that_no_policy_knows_is_refused() -> None:
    assert reason(when(replace(BREAK, reason="curious"))) == "emergency-unknown"


def test_before_any_policy_nobody_is_let_in() -> None:
    assert reason(when(replace(BREAK, today=date(2022, 12, 31)))) == "emergency-unknown"


def test_who_opened_it_ends_it() -> None:
    assert when(WITHDRAW, opened()) == [withdrawn()]


def test_a_director_of_the_clients_municipality_ends_it_too() -> None:
    assert when(replace(WITHDRAW, withdrawn_by="s-boss", directs=True), opened()) == [withdrawn("s-boss")]


def test_a_colleague_does_not_end_it() -> None:
    assert reason(when(replace(WITHDRAW, withdrawn_by="s-8"), opened())) == "not-yours"


def test_ending_it_again_changes_nothing() -> None:
    assert when(WITHDRAW, opened(), withdrawn()) == []


def test_what_ended_by_itself_is_not_withdrawn() -> None:
    assert reason(when(WITHDRAW, opened(), expired())) == "already-expired"


def test_an_opening_that_never_was_is_not_ended() -> None:
    assert reason(when(replace(WITHDRAW, opening=2), opened())) == "opening-unknown"


def test_it_ends_by_itself_once() -> None:
    assert when(ExpireAccess("p-1", 1), opened()) == [expired()]
    assert when(ExpireAccess("p-1", 1), opened(), expired()) == []
    assert when(ExpireAccess("p-1", 1), opened(), withdrawn()) == []


def test_somebody_else_judges_it_when_it_is_over() -> None:
    assert when(REVIEW, opened(), expired()) == [reviewed()]
    assert when(REVIEW, opened(), withdrawn(), overdue()) == [reviewed()]


def test_whoever_broke_the_glass_does_not_judge_it() -> None:
    assert reason(when(replace(REVIEW, reviewed_by="s-9"), opened(), expired())) == "own-opening"


def test_it_is_not_judged_while_it_runs() -> None:
    assert reason(when(REVIEW, opened())) == "still-open"


def test_the_same_judgement_again_changes_nothing() -> None:
    assert when(REVIEW, opened(), expired(), reviewed()) == []


def test_another_judgement_is_refused() -> None:
    assert reason(when(replace(REVIEW, verdict="unjustified"), opened(), expired(), reviewed())) == "already-reviewed"


def test_an_opening_that_never_was_is_not_judged() -> None:
    assert reason(when(REVIEW)) == "opening-unknown"


def test_a_judgement_that_is_late_is_told_once() -> None:
    assert when(REVIEW_TERM, opened(), expired()) == [overdue()]
    assert when(REVIEW_TERM, opened(), expired(), overdue()) == []
    assert when(REVIEW_TERM, opened(), expired(), reviewed()) == []
