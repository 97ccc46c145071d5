"""What a dossier says after each fact: which months are settled, which rights there are, and what is open again."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.benefits.monthly.benefit import BENEFIT
from services.benefits.monthly.condition import Ended, Reopened, Running
from services.benefits.monthly.dossier import Dossier, Span, cut, evolve
from services.contracts.monthly import BenefitApplied, BenefitEnded, BenefitGranted, BenefitSuspended, ObjectionLodged
from services.eventlog.decider import Refused
from tests.benefits.monthly.a_month import Months, ask
from tests.benefits.monthly.people import (
    ALKMAAR,
    CLIENT,
    apply,
    block,
    change,
    circumstances,
    earns,
    end,
    grant,
    lived,
    notify,
    objects,
    outcome,
    refuse,
    reopen,
    suspend,
)
from tests.benefits.sentences import Given

JAN, FEB, MAR, APR = (date(2024, month, 1) for month in (1, 2, 3, 4))


def decided_up_to_march() -> Months:
    months = Months().has(apply(), grant()).told_of("grant")
    for month in (JAN, FEB, MAR):
        months.decide(ask(month))
    return months


def settled(months: Months) -> list[str]:
    return sorted(months.client().own.settled)


def test_a_month_is_settled_until_something_new_is_known_of_it() -> None:
    assert settled(decided_up_to_march()) == ["2024-01", "2024-02", "2024-03"]
    assert settled(decided_up_to_march().has(earns("2024-02", 1))) == ["2024-01", "2024-03"]
    assert settled(decided_up_to_march().has(change(circumstances(cost_sharers=1), date(2024, 2, 29)))) == ["2024-01"]
    assert settled(decided_up_to_march().has(change(circumstances(cost_sharers=1), JAN))) == []


def test_the_version_counts_what_amounts_rest_on_and_nothing_else() -> None:
    months = Months().has(apply(), grant())
    before = months.client().own.version
    months.told_of("grant")
    told = months.client().own.version
    months.decide(ask(JAN))

    assert (before, told, months.client().own.version) == (2, 2, 3)


def test_an_end_lifts_a_block_and_leaves_the_days_before_it() -> None:
    (own,) = BENEFIT.fold(lived(apply(), grant(), block(FEB), end(MAR))).values()

    assert (own.blocked, own.spans) == (False, (Span(JAN, MAR),))
    assert isinstance(own.condition, Ended)


def test_a_right_that_begins_on_the_day_of_an_end_is_gone() -> None:
    spans = (Span(JAN, FEB), Span(FEB))

    assert cut(spans, FEB) == (Span(JAN, FEB),)
    assert cut(spans, FEB + timedelta(days=1)) == (Span(JAN, FEB), Span(FEB, FEB + timedelta(days=1)))


def test_what_is_opened_again_rests_on_the_application_that_it_had() -> None:
    refused = BENEFIT.fold(lived(apply(), refuse(), reopen("refusal")))[CLIENT, ALKMAAR].condition
    ended = BENEFIT.fold(lived(apply(), grant(), end(MAR), reopen("end")))[CLIENT, ALKMAAR].condition
    again = BENEFIT.fold(lived(apply(), grant(), end(MAR), reopen("end"), grant(on=MAR, ref="grant-2")))[CLIENT, ALKMAAR].condition
    (applied,) = (fact for fact in lived(apply()) if isinstance(fact, BenefitApplied))

    assert (refused, ended, again) == (Reopened(applied, JAN), Reopened(applied, MAR), Running(applied, MAR))


def test_a_history_that_no_decider_can_have_written_is_named() -> None:
    facts = {type(fact): fact for fact in lived(apply(), grant(), suspend(FEB))}
    for kind, said in (
        (BenefitGranted, "a decision on an application that nobody made"),
        (BenefitSuspended, "a decision on a benefit that was not granted"),
    ):
        with pytest.raises(AssertionError) as raised:
            evolve(Dossier(), facts[kind])  # type: ignore[arg-type]  # each is a fact of a dossier
        assert str(raised.value) == said
    assert BenefitEnded not in facts


def test_an_objection_is_decided_within_its_weeks_after_the_term_or_after_it_came_in() -> None:
    told = lived(apply(), grant(), notify("grant", date(2024, 1, 20)))
    (in_time,) = Given(BENEFIT, told).when(objects("grant", date(2024, 2, 1)))  # type: ignore[misc]  # a refusal fails here
    (late,) = Given(BENEFIT, told).when(objects("grant", date(2024, 6, 1)))  # type: ignore[misc]  # a refusal fails here

    assert isinstance(in_time, ObjectionLodged)
    assert isinstance(late, ObjectionLodged)
    assert (in_time.decide_by, late.decide_by) == (date(2024, 3, 2) + timedelta(weeks=6), date(2024, 6, 1) + timedelta(weeks=6))
    assert in_time.text_ref == "t-grounds"


def test_an_objection_before_the_letter_is_refused_with_the_reason_and_one_to_nothing_too() -> None:
    granted = Given(BENEFIT, lived(apply(), grant()))

    assert granted.when(objects("grant")) == Refused("not-notified", "the term of objection begins with the letter")
    assert granted.when(objects("other")) == Refused("unknown-decision")
    lodged = next(
        fact for fact in lived(apply(), grant(), notify("grant", date(2024, 1, 20)), objects("grant")) if isinstance(fact, ObjectionLodged)
    )
    assert Given(BENEFIT, [lodged]).when(replace(outcome(), whose=outcome().whose)) == Refused("unknown-decision")
