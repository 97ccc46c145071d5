"""Decisions on the very day at which they begin or cease to be possible, and the words with which they are refused."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.benefits.monthly.benefit import BENEFIT, benefit_stream, concerned
from services.benefits.monthly.commands import BenefitCommand, GrantBenefit
from services.benefits.monthly.recovery import recovery_stream
from services.contracts.circumstances import AssetsTested
from services.contracts.monthly import BenefitApplied, BenefitChanged
from services.eventlog.decider import Refused
from tests.benefits.monthly.people import (
    CLIENT,
    PARTNER,
    REPORTED,
    TOGETHER,
    apply,
    change,
    end,
    grant,
    lived,
    notify,
    suspend,
    withdraw,
)

FEB, MAR = date(2024, 2, 1), date(2024, 3, 1)
RUNNING: Sequence[BenefitCommand] = (apply(), grant())


def decided(before: Sequence[BenefitCommand], command: BenefitCommand) -> object:
    """The first fact of a decision, or its refusal."""
    decision = BENEFIT.decide(BENEFIT.fold(lived(*before)), command)
    return decision if isinstance(decision, Refused) else decision[0]


def owning(assets_cents: int = 0, home_cents: int = 0) -> GrantBenefit:
    return replace(
        grant(), assets=AssetsTested(assets_cents=assets_cents, limit_cents=757_500, home_cents=home_cents, home_limit_cents=6_390_000)
    )


@pytest.mark.parametrize(
    ("before", "command", "refused"),
    [
        ([], replace(apply(), reported_on=REPORTED + timedelta(days=1)), Refused("applied-before-the-report")),
        ([apply(FEB)], grant(on=REPORTED), Refused("before-the-report", "the first day that can be granted is 2024-02-01")),
        ([apply()], owning(assets_cents=757_501), Refused("assets-above-limit", "at most 757500 cents")),
        (
            [apply()],
            owning(home_cents=6_390_001),
            Refused("home-above-limit", "above 6390000 cents it is a loan on the home, which is not decided here"),
        ),
        (RUNNING, suspend(MAR, weeks=9), Refused("suspended-too-long", "a right is suspended for 8 weeks at most")),
        ([*RUNNING, end(MAR)], withdraw(MAR), Refused("ended-already")),
        ([*RUNNING, end(MAR)], apply(MAR - timedelta(days=1)), Refused("reported-before-the-end")),
    ],
)
def test_a_refusal_says_from_when_or_up_to_what_it_would_not_be(
    before: Sequence[BenefitCommand], command: BenefitCommand, refused: Refused
) -> None:
    assert decided(before, command) == refused


@pytest.mark.parametrize(
    ("before", "command", "kind"),
    [
        ([*RUNNING, end(MAR)], apply(MAR), "BenefitApplied"),
        ([*RUNNING, end(MAR)], withdraw(MAR - timedelta(days=1)), "BenefitWithdrawn"),
        (RUNNING, suspend(MAR, weeks=8), "BenefitSuspended"),
        ([apply()], owning(757_500, 6_390_000), "BenefitGranted"),
    ],
)
def test_the_last_day_and_the_last_cent_still_count(before: Sequence[BenefitCommand], command: BenefitCommand, kind: str) -> None:
    assert type(decided(before, command)).__name__ == kind


def test_an_application_is_decided_within_its_weeks_and_keeps_that_the_search_was_waived() -> None:
    fact = decided([], replace(apply(), search_waived=True))

    assert isinstance(fact, BenefitApplied)
    assert (fact.decide_by, fact.search_waived) == (REPORTED + timedelta(weeks=8), True)


def test_who_shares_already_may_go_on_sharing_on_other_circumstances() -> None:
    with_sharer = TOGETHER.model_copy(update={"cost_sharers": 1})

    assert isinstance(decided([apply(), grant(TOGETHER)], change(with_sharer, MAR)), BenefitChanged)


@pytest.mark.parametrize(
    ("command", "who"),
    [
        (grant(), (CLIENT,)),
        (grant(TOGETHER), (CLIENT, PARTNER)),
        (change(TOGETHER, MAR), (CLIENT, PARTNER)),
        (grant(TOGETHER.model_copy(update={"partner": CLIENT})), (CLIENT,)),
        (apply(), (CLIENT,)),
    ],
)
def test_a_decision_concerns_the_client_and_who_is_to_share(command: BenefitCommand, who: tuple[str, ...]) -> None:
    assert concerned(command) == who
    assert BENEFIT.reads(command) == tuple(map(benefit_stream, who))


def test_a_letter_of_a_claim_rests_on_the_claim_as_well() -> None:
    of_claim = replace(notify(), decision_ref="cl-1")

    assert BENEFIT.reads(notify()) == (benefit_stream(CLIENT),)
    assert BENEFIT.reads(of_claim) == (benefit_stream(CLIENT), recovery_stream("cl-1"))
