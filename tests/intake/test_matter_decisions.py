"""What is decided about a matter, given what was told of it."""

from datetime import date

import pytest

from services.contracts.intake import IntakeAccepted
from services.contracts.matters import MatterAbsorbed, MatterAdvanceFellDue, MatterDecided, MatterPapersAsked, MatterReported
from tests.intake.matter_stories import (
    MONDAY,
    OTHER,
    WHOSE,
    M,
    after,
    apply,
    ask,
    complete,
    decide,
    extend,
    facts,
    later,
    merge,
    moment,
    names,
    receive,
    refused,
    report,
    term_of,
)
from tests.intake.stories import person

# told


def test_a_report_opens_a_matter_and_no_term_of_decision_runs_yet() -> None:
    assert names(facts(report())) == ["matter-opened", "matter-reported"]


def test_an_application_begins_the_terms_and_brings_the_client_into_care() -> None:
    told = facts(report(), apply(later(7)))

    assert names(told) == ["matter-applied", "matter-term-started", "matter-term-started", "intake-accepted"]
    assert told[-1] == IntakeAccepted(**WHOSE.said, route="standard", accepted_on=later(7))


def test_eight_weeks_after_the_application_is_the_last_day() -> None:
    assert term_of(apply()).due_on == date(2024, 3, 4)


def test_a_report_over_another_channel_joins_the_matter() -> None:
    told = facts(report(), report(later(2), channel="alderman"))

    assert names(told) == ["matter-reported"]
    assert isinstance(told[0], MatterReported)
    assert told[0].channel == "alderman"


def test_the_same_report_told_again_changes_nothing() -> None:
    assert facts(report(), report()) == []


def test_a_second_application_joins_and_the_first_term_stands() -> None:
    told = facts(apply(), apply(later(3), channel="post"))

    assert names(told) == ["matter-applied"]
    assert term_of(apply(), apply(later(3), channel="post")).began_on == MONDAY


def test_an_application_that_lay_longer_begins_the_term_earlier() -> None:
    lay = apply(later(1), on=later(-3), channel="post")

    assert term_of(apply(), lay).began_on == later(-3)


def test_a_report_from_the_future_is_refused() -> None:
    assert refused(report(MONDAY, on=later(1))) == "date-in-future"


def test_what_is_reported_after_the_end_is_no_part_of_the_matter() -> None:
    assert refused(apply(), decide(later(1)), report(later(2))) == "matter-ended"


# under 27


def test_who_is_under_27_searches_four_weeks_first() -> None:
    assert refused(report(is_young=True), apply(later(27), is_young=True)) == "search-period-runs"
    assert "matter-applied" in names(facts(report(is_young=True), apply(later(28), is_young=True)))


def test_an_exemption_of_2026_does_not_reach_back_to_2024() -> None:
    assert refused(report(is_young=True), apply(later(1), exemption="vulnerable-youth")) == "unknown-exemption"


def test_since_2026_vulnerable_youth_need_not_search() -> None:
    day = date(2026, 2, 2)

    assert "matter-applied" in names(facts(report(day, is_young=True), apply(day, is_young=True, exemption="vulnerable-youth")))


def test_a_search_period_belongs_to_social_assistance_alone() -> None:
    assert "matter-applied" in names(facts(apply(subject="special-assistance", is_young=True)))


# papers


def test_while_papers_are_awaited_the_term_stands_still() -> None:
    told = facts(apply(), ask(later(10)))

    assert isinstance(told[0], MatterPapersAsked)
    assert told[0].suspends
    assert facts(apply(), ask(later(10)), moment(later(57), "passed")) == []


def test_the_days_between_asking_and_receiving_do_not_count() -> None:
    term = term_of(apply(), ask(later(10)), receive(later(15)))

    assert (term.runs_until - term.began_on).days == 8 * 7 + 4


def test_part_of_the_papers_lets_the_term_stand_still() -> None:
    assert names(facts(apply(), ask(later(10)), receive(later(12), "bank-statements"))) == ["matter-papers-received"]


def test_papers_that_do_not_come_let_the_term_run_on_after_their_own() -> None:
    told = facts(apply(), ask(later(10), 14), moment(later(25), "papers"))

    assert names(told) == ["matter-papers-term-passed", "matter-term-resumed"]
    assert (term_of(apply(), ask(later(10), 14), moment(later(25), "papers")).runs_until - MONDAY).days == 8 * 7 + 14


def test_papers_that_come_after_their_term_are_taken_in_and_stretch_nothing() -> None:
    assert names(facts(apply(), ask(later(1), 7), moment(later(9), "papers"), receive(later(20)))) == ["matter-papers-received"]


def test_papers_that_came_already_change_nothing() -> None:
    assert facts(apply(), ask(later(1)), receive(later(2)), receive(later(3))) == []


def test_the_same_papers_asked_again_change_nothing() -> None:
    assert facts(apply(), ask(later(1)), ask(later(1))) == []


def test_papers_asked_after_the_term_do_not_bring_it_back() -> None:
    told = facts(apply(), moment(later(57), "passed"), ask(later(58)))

    assert isinstance(told[0], MatterPapersAsked)
    assert not told[0].suspends


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        ((report(), ask(later(1))), "no-application"),
        ((apply(), ask(later(1), 0)), "papers-term-too-short"),
        ((apply(), ask(later(1), 29)), "papers-term-too-long"),
        ((apply(), receive(later(1))), "paper-not-asked"),
        ((apply(), ask(later(2)), receive(later(3), received_on=later(1))), "received-before-asked"),
        ((apply(), ask(later(2)), receive(later(3), received_on=later(4))), "date-in-future"),
    ],
)
def test_papers_that_cannot_be(commands: tuple[object, ...], reason: str) -> None:
    assert refused(*commands) == reason  # type: ignore[arg-type]  # commands


# terms


def test_a_term_is_extended_once_with_a_reason() -> None:
    assert term_of(apply(), extend(later(50))).due_on == date(2024, 3, 18)
    assert refused(apply(), extend(later(50)), extend(later(51), 3)) == "extended-already"
    assert facts(apply(), extend(later(50)), extend(later(51))) == []


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        ((apply(), extend(later(57))), "term-passed"),
        ((apply(), extend(later(1), 9)), "extension-too-long"),
        ((report(), extend(later(1))), "no-application"),
    ],
)
def test_a_term_that_cannot_be_extended(commands: tuple[object, ...], reason: str) -> None:
    assert refused(*commands) == reason  # type: ignore[arg-type]  # commands


def test_a_term_is_near_and_then_over_once() -> None:
    near, over = moment(later(42), "near"), moment(later(57), "passed")

    assert [names(facts(apply(), near)), names(facts(apply(), near, over))] == [["matter-term-neared"], ["matter-term-passed"]]
    assert facts(apply(), near, over, over) == []
    assert facts(apply(), moment(later(41), "near")) == facts(apply(), moment(later(56), "passed")) == []


def test_an_advance_falls_due_four_weeks_after_the_application() -> None:
    told = facts(apply(), moment(later(28), "passed", "advance"))

    assert told == [MatterAdvanceFellDue(matter_ref=M, **WHOSE.said, due_on=later(28), papers_missing=False)]


def test_no_advance_falls_due_after_the_decision() -> None:
    assert facts(apply(), decide(later(20)), moment(later(28), "passed", "advance")) == []


def test_an_advance_that_was_paid_does_not_fall_due() -> None:
    assert facts(apply(), complete(later(20), "advance"), moment(later(28), "passed", "advance")) == []


def test_debt_help_has_four_weeks_for_a_first_talk_and_three_working_days_under_threat() -> None:
    calm, threatened = facts(report(subject="debt-help"))[2], facts(report(later(4), "debt-help", threat=True))[2]

    assert calm.term.due_on == later(28)  # type: ignore[attr-defined]  # a term that started
    assert threatened.term.due_on == later(9)  # type: ignore[attr-defined]  # Friday, and three working days


def test_a_threat_that_shows_later_shortens_the_term() -> None:
    told = facts(report(subject="debt-help"), report(later(7), "debt-help", threat=True))

    assert [fact.term.due_on for fact in told[1:]] == [later(10)]  # type: ignore[attr-defined]  # a term that started


def test_social_support_is_investigated_before_it_is_applied_for() -> None:
    asked, done = report(subject="social-support"), complete(later(20))

    assert refused(asked, apply(later(21), "social-support")) == "step-comes-first"
    assert facts(asked, done, apply(later(21), "social-support"))[1].term.due_on == later(35)  # type: ignore[attr-defined]  # a term
    assert "matter-applied" in names(facts(asked, apply(later(43), "social-support")))


def test_a_step_is_completed_once_and_only_where_it_runs() -> None:
    assert facts(report(subject="social-support"), complete(later(20)), complete(later(21))) == []
    assert refused(report(), complete(later(20))) == "no-such-step"
    assert refused(report(subject="social-support"), complete(later(2), completed_on=later(3))) == "date-in-future"


# ends


def test_an_accepted_matter_starts_on_the_day_of_reporting() -> None:
    told = facts(report(), apply(later(7)), decide(later(30)))

    assert isinstance(told[0], MatterDecided)
    assert (told[0].starts_on, told[0].due_on) == (MONDAY, date(2024, 3, 11))


def test_who_applied_too_late_starts_on_the_application() -> None:
    told = facts(report(), apply(later(7)), decide(later(30), start_ground="application"))

    assert isinstance(told[0], MatterDecided)
    assert told[0].starts_on == later(7)


def test_since_2026_a_right_may_begin_three_months_before_the_report() -> None:
    day, ground = date(2026, 5, 31), "retroactive"

    assert facts(apply(day), decide(day, start_ground=ground, starts_on=date(2026, 2, 28))) != []
    assert refused(apply(day), decide(day, start_ground=ground, starts_on=date(2026, 2, 27))) == "start-out-of-reach"
    assert refused(apply(), decide(later(1), start_ground=ground, starts_on=later(-1))) == "not-retroactive"


def test_the_same_decision_again_changes_nothing_and_another_is_refused() -> None:
    assert facts(apply(), decide(later(1)), decide(later(2))) == []
    assert refused(apply(), decide(later(1)), decide(later(2), "rejected")) == "matter-ended"


def test_who_reported_can_withdraw_without_an_application() -> None:
    assert names(facts(report(), decide(later(1), "withdrawn"))) == ["matter-decided"]
    assert refused(report(), decide(later(1), "rejected")) == "no-application"


def test_only_who_let_papers_lapse_is_left_without_handling() -> None:
    lapsed = (apply(), ask(later(1), 7), moment(later(9), "papers"))

    assert refused(apply(), ask(later(1), 7), decide(later(5), "not-taken-into-handling")) == "papers-not-overdue"
    assert names(facts(*lapsed, decide(later(36), "not-taken-into-handling"))) == ["matter-decided"]
    assert refused(*lapsed, decide(later(37), "not-taken-into-handling")) == "handle-after-all"


# merged


def two(*of_other: int) -> tuple[object, ...]:
    """A matter that was reported, and another that was applied for on these days."""
    return (report(), *(apply(later(day), matter_ref=OTHER, person_ref=person(2)) for day in of_other))


def test_a_matter_goes_on_in_one_about_the_same() -> None:
    told = facts(*two(1), merge())  # type: ignore[arg-type]  # commands

    assert names(told) == ["matter-merged", "matter-absorbed"]
    assert isinstance(told[1], MatterAbsorbed)
    assert told[1].reported_on == MONDAY


def test_a_matter_that_was_merged_is_not_merged_again() -> None:
    assert facts(*two(1), merge(), merge()) == []  # type: ignore[arg-type]  # commands


def test_nobody_waits_longer_by_a_merger() -> None:
    applied = apply(matter_ref=OTHER)

    assert refused(apply(), report(matter_ref=OTHER), merge()) == "older-term-runs"
    assert refused(apply(), applied, merge(M)) == "same-matter"
    assert refused(report(), applied, merge(together=False)) == "other-household"
    assert refused(report(), apply(matter_ref=OTHER, subject="debt-help"), merge()) == "other-subject"
    assert after(report()).when(merge()).reason == "unknown-matter"  # type: ignore[union-attr]  # refused
