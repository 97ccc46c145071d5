"""Births, deaths and members who go to live in another household: what is decided, and how a household was on a day."""

from datetime import date
from typing import Any

import pytest

from services.contracts.envelope import Event
from services.contracts.intake import (
    HouseholdFacts,
    HouseholdIncomeReported,
    HouseholdMemberBorn,
    HouseholdMemberDied,
    HouseholdMembersJoined,
    HouseholdMembersLeft,
    IntakeAccepted,
)
from services.eventlog.decider import Refused
from services.intake.household import household
from services.intake.household_commands import JoinHousehold, RecordBirth, RecordDeath
from services.intake.joining import JOINING
from tests.intake.stories import ADULT, BORN, GROWN, MINOR, TODAY, Story, facts, family, household_ref, member, person, registered

story, joined = Story(household), Story(JOINING)
BIRTH, DEATH = date(2024, 1, 20), date(2024, 2, 1)


def born(on: date = BIRTH, number: int = 9, **other: Any) -> RecordBirth:  # noqa: ANN401 - any field that a test names
    told = {"household_type": "couple-with-children", "known": False, "born": {**BORN, person(number): on}, **other}
    return RecordBirth(household_ref=household_ref(1), today=TODAY, on=on, person_ref=person(number), **told)


def died(number: int, household_type: Any = "single-parent", on: date = DEATH) -> RecordDeath:  # noqa: ANN401 - a type
    return RecordDeath(
        household_ref=household_ref(1), today=TODAY, born=BORN, on=on, person_ref=person(number), household_type=household_type
    )


def reason(decision: object) -> str:
    assert isinstance(decision, Refused), decision
    return decision.reason


def facts_after(decision: object) -> HouseholdFacts:
    assert not isinstance(decision, Refused), decision
    told: HouseholdFacts = next(iter(decision)).facts  # type: ignore[call-overload]  # facts of households
    return told


# births


def test_a_child_is_born_into_a_household() -> None:
    told = story.given(registered(family())).when(born())

    assert [member.role for member in facts_after(told).members] == ["applicant", "partner", "child", "child"]


def test_a_birth_tells_the_month_and_never_the_day() -> None:
    told = story.given(registered(family())).when(born())

    assert isinstance(told, list)
    assert isinstance(told[0], HouseholdMemberBorn)
    assert told[0].on == date(2024, 1, 1)


def test_a_birth_that_is_told_late_holds_from_the_last_change_on() -> None:
    income = HouseholdIncomeReported(household_ref=household_ref(1), on=date(2024, 2, 10), facts=family())

    told = story.given(registered(family()), income).when(born())

    assert isinstance(told, list)
    assert told[0].on == date(2024, 2, 10)


def test_a_single_person_becomes_a_parent() -> None:
    told = story.given(registered(facts())).when(born(household_type="single-parent"))

    assert facts_after(told).household_type == "single-parent"


def test_a_child_that_lives_there_already_is_no_news_and_one_that_lives_elsewhere_is_refused() -> None:
    given = story.given(registered(family()))

    assert given.when(born(number=3, known=True)) == []
    assert reason(given.when(born(known=True))) == "duplicate-person"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (born(on=date(2024, 3, 1)), "date-in-future"),
        (born(household_type="couple"), "household-type-does-not-fit"),
    ],
)
def test_births_that_cannot_be(command: RecordBirth, why: str) -> None:
    assert reason(story.given(registered(family())).when(command)) == why


# deaths


def test_after_a_death_the_partner_speaks_for_the_household() -> None:
    told = story.given(registered(family())).when(died(1))

    assert [(member.person_ref, member.role) for member in facts_after(told).members] == [(person(2), "applicant"), (person(3), "child")]
    assert isinstance(told, list)
    assert isinstance(told[0], HouseholdMemberDied)
    assert told[0].died_on == DEATH


def test_who_speaks_for_a_household_on_benefit_from_then_on_is_in_care() -> None:
    told = story.given(registered(family(benefit="pw"))).when(died(1))

    assert isinstance(told, list)
    assert [event.client for event in told if isinstance(event, IntakeAccepted)] == [person(2)]


def test_a_household_ends_with_its_last_member() -> None:
    given = story.given(registered(facts(benefit="pw")))

    told = given.when(died(1))
    assert (facts_after(told).members, facts_after(told).benefit) == ((), "none")
    assert isinstance(told, list)
    assert reason(given.given(*told).when(born())) == "household-ended"


def test_a_death_that_was_told_before_changes_nothing() -> None:
    given = story.given(registered(family()))
    told = given.when(died(1))

    assert isinstance(told, list)
    assert given.given(*told).when(died(1)) == []


def test_children_are_not_left_alone() -> None:
    single = facts(member(1), member(3, "child", "0-17"), household_type="single-parent")

    assert reason(story.given(registered(single)).when(died(1, "single"))) == "no-adult"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (died(8), "not-a-member"),
        (died(1, "couple"), "household-type-does-not-fit"),
        (died(1, on=date(2024, 3, 1)), "date-in-future"),
    ],
)
def test_deaths_that_cannot_be(command: RecordDeath, why: str) -> None:
    assert reason(story.given(registered(family())).when(command)) == why


# another household


def join(joiners: dict[str, Any], household_type: Any = "couple", remaining: Any = "single", **other: Any) -> JoinHousehold:  # noqa: ANN401 - types
    told = {"on": DEATH, "to_household_ref": household_ref(2), **other}
    lives = {person(1): ADULT, person(2): GROWN, person(3): MINOR, person(5): ADULT}
    return JoinHousehold(
        household_ref=household_ref(1), today=TODAY, born=lives, joiners=joiners, household_type=household_type,
        remaining_household_type=remaining, **told,
    )  # fmt: skip


ALONE: tuple[Event, ...] = (registered(facts(member(5)), number=2),)
MOTHER = facts(member(1), member(3, "child", "0-17"), household_type="single-parent")


def test_two_households_become_one() -> None:
    told = joined.given(registered(facts()), *ALONE).when(join({person(1): "partner"}))

    assert isinstance(told, list)
    assert isinstance(told[0], HouseholdMembersLeft)
    assert isinstance(told[1], HouseholdMembersJoined)
    assert [told[0].facts.members, told[1].facts.household_type] == [(), "couple"]
    assert [(each.person_ref, each.role) for each in told[1].facts.members] == [(person(5), "applicant"), (person(1), "partner")]


def test_a_child_goes_to_live_with_the_other_parent() -> None:
    told = joined.given(registered(MOTHER), *ALONE).when(join({person(3): "child"}, "single-parent"))

    assert isinstance(told, list)
    assert [len(event.facts.members) for event in told] == [1, 2]


def test_who_lives_there_already_changes_nothing() -> None:
    given = joined.given(registered(facts()), *ALONE)
    told = given.when(join({person(1): "partner"}))

    assert isinstance(told, list)
    assert given.given(*told).when(join({person(1): "partner"})) == []


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (join({person(8): "partner"}), "not-a-member"),
        (join({person(1): "partner"}), "no-adult"),
        (join({person(3): "child"}), "household-type-does-not-fit"),
        (join({person(3): "child"}, "single-parent", "couple"), "household-type-does-not-fit"),
        (join({person(3): "child"}, on=date(2024, 3, 1)), "date-in-future"),
        (join({person(3): "child"}, on=date(2023, 3, 1)), "later-change-known"),
        (join({person(3): "child"}, to_household_ref=household_ref(1)), "same-household"),
        (join({person(3): "child"}, to_household_ref=household_ref(7)), "unknown-household"),
    ],
)
def test_joinings_that_cannot_be(command: JoinHousehold, why: str) -> None:
    assert reason(joined.given(registered(MOTHER), *ALONE).when(command)) == why
