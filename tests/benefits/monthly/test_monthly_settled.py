"""A month of which nothing new is known is not worked out again, and that changes nothing in what a run comes to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from services.benefits.monthly.entitlement import plan
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.periods import months
from tests.benefits.monthly.a_month import NORMS, Months, ask
from tests.benefits.monthly.people import (
    apply,
    block,
    change,
    circumstances,
    earns,
    end,
    grant,
    measure,
    resume,
    suspend,
    unblock,
    withdraw,
)

PAST = list(months(date(2024, 1, 1), date(2024, 6, 1)))
NEXT = date(2024, 7, 1)
Life = Callable[[Months], object]


def lived() -> Months:
    """Somebody alone, paid from January to June."""
    year = Months().has(apply(), grant()).told_of("grant")
    for month in PAST:
        year.decide(ask(month))
    return year


LIVES: dict[str, Life] = {
    "nothing new": lambda _year: None,
    "a change from an earlier day": lambda year: year.has(change(circumstances(cost_sharers=1), date(2024, 4, 15))),
    "a change from now on": lambda year: year.has(change(circumstances(cost_sharers=1), date(2024, 7, 1))),
    "a form of an earlier month": lambda year: year.has(earns("2024-03", 40_000)),
    "two forms of one month": lambda year: year.has(earns("2024-03", 40_000), earns("2024-03", 0, "form-2")),
    "a measure": lambda year: year.has(measure(date(2024, 5, 1))),
    "an end in the past": lambda year: year.has(end(date(2024, 5, 20))),
    "a withdrawal": lambda year: year.has(withdraw(date(2024, 2, 10))),
    "suspended and resumed": lambda year: year.has(suspend(date(2024, 6, 5)), resume(date(2024, 6, 5))),
    "blocked and unblocked": lambda year: year.has(block(date(2024, 7, 1)), unblock(date(2024, 7, 1))),
}


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
def test_a_run_comes_to_the_same_as_if_every_month_were_worked_out_again(life: Life) -> None:
    year = lived()
    life(year)
    client, run = year.client(), ask(NEXT)
    worked_out_again = replace(client, own=replace(client.own, settled=frozenset()))

    assert plan(run, client) == plan(run, worked_out_again)


def test_only_months_of_which_something_new_is_known_are_open_again() -> None:
    year = lived()
    assert year.client().own.settled == {f"{month:%Y-%m}" for month in PAST}
    year.has(earns("2024-02", 40_000), change(circumstances(cost_sharers=1), date(2024, 5, 15)))

    assert year.client().own.settled == {"2024-01", "2024-03", "2024-04"}


def other_rules(cents: int) -> Norms:
    """Rules of another text, in which the norm of somebody alone from January 2024 is so much."""

    def changed(norm: object) -> object:
        first = getattr(norm, "category", "") == "single" and getattr(norm, "begins", None) == date(2024, 1, 1)
        return norm.model_copy(update={"with_holiday_cents": cents}) if first else norm  # type: ignore[attr-defined]  # a norm

    return NORMS.model_copy(update={"digest": "0" * 64, "norms": tuple(map(changed, NORMS.norms))})


def test_under_rules_of_another_text_that_say_the_same_nothing_is_paid_twice() -> None:
    client, run = lived().client(), replace(ask(NEXT), norms=other_rules(128_383))

    assert {right.month for right in plan(run, client).rights} == {"2024-07"}
    assert len(run.worked) == len(PAST)


def test_a_norm_that_was_wrong_is_paid_for_every_month_that_rested_on_it() -> None:
    client, run = lived().client(), replace(ask(NEXT), norms=other_rules(130_383))

    back = [(right.month, right.kind, right.amount_cents) for right in plan(run, client).rights]
    assert [month for month, kind, _ in back if kind == "back-payment"] == [f"{month:%Y-%m}" for month in PAST]
