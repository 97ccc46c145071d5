"""What is decided about a household, given what happened to it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.envelope import Event
from services.contracts.intake import (
    AgeBandReached,
    HouseholdFacts,
    HouseholdIncomeReported,
    HouseholdMoved,
    HouseholdRegistered,
    HouseholdSplit,
    IntakeAccepted,
)
from services.eventlog.decider import Refused
from services.intake.household import Registered, household
from services.intake.household_commands import (
    Command,
    Means,
    MoveHousehold,
    ReachAgeBand,
    RegisterHousehold,
    ReportIncome,
    SplitHousehold,
)
from tests.intake.stories import ADULT, BORN, ON, TODAY, Story, facts, family, household_ref, member, person, registered

story = Story(household)
HOME = household_ref(1)
MOVED_ON = date(2024, 1, 20)
ALONE = {person(1): ADULT}
TURNED_18 = date(2024, 1, 10)
YOUTH = {person(1): ADULT, person(2): date(2006, 1, 10)}


def register(told: HouseholdFacts, born: Mapping[str, date], **other: Any) -> RegisterHousehold:  # noqa: ANN401 - any field that a test names
    known = other.pop("known", frozenset())
    return RegisterHousehold(household_ref=HOME, today=TODAY, born=born, on=other.pop("on", ON), facts=told, known=known)


def move(born: Mapping[str, date] = ALONE, on: date = MOVED_ON, **other: Any) -> MoveHousehold:  # noqa: ANN401 - any field that a test names
    there = {"municipality": "GM0361", "dwelling_ref": "d-0000000000000002", "living": "independent"}
    return MoveHousehold(household_ref=HOME, today=TODAY, born=born, on=on, **{**there, **other})


def report(born: Mapping[str, date] = ALONE, on: date = MOVED_ON, cents: int = 90_000, **other: Any) -> ReportIncome:  # noqa: ANN401 - any field that a test names
    means = Means(**{"income_cents_per_month": cents, "income_source": "wages", "benefit": "none", **other})
    return ReportIncome(household_ref=HOME, today=TODAY, born=born, on=on, means=means)


def split(*leavers: str, **other: Any) -> SplitHousehold:  # noqa: ANN401 - any field that a test names
    told: dict[str, Any] = {
        "on": MOVED_ON,
        "municipality": "GM0361",
        "dwelling_ref": "d-0000000000000002",
        "living": "independent",
        "household_type": "single",
        "remaining_household_type": "single-parent",
        "means": Means(income_cents_per_month=0, income_source="none", benefit="none"),
        "born": BORN,
    }
    return SplitHousehold(household_ref=HOME, today=TODAY, leavers=leavers, new_household_ref=household_ref(2), **{**told, **other})


def youth() -> HouseholdFacts:
    """A parent, and a child who turns 18 on TURNED_18."""
    return facts(member(1), member(2, "child", "0-17"), household_type="single-parent")


def facts_of(events: object) -> list[HouseholdFacts]:
    assert isinstance(events, list)
    return [event.facts for event in events if not isinstance(event, IntakeAccepted)]


# registering


def test_a_household_becomes_known() -> None:
    assert story.when(register(facts(), ALONE)) == [registered(facts())]


def test_registering_the_same_household_again_changes_nothing() -> None:
    assert story.given(registered(facts())).when(register(facts(), ALONE)) == []


def test_another_household_under_the_same_reference_is_refused() -> None:
    assert story.given(registered(facts())).when(register(family(), BORN)) == Refused("household-exists")


def test_a_household_on_benefit_brings_its_applicant_into_care() -> None:
    on_benefit = family(benefit="pw", income_source="benefit")

    *_, accepted = story.when(register(on_benefit, BORN))  # type: ignore[misc]  # facts, as the next line checks

    assert accepted == IntakeAccepted(client=person(1), household_ref=HOME, municipality="GM0399", route="standard", accepted_on=TODAY)


def test_a_person_who_is_known_already_is_refused() -> None:
    decision = story.when(register(facts(), ALONE, known=frozenset({"hash"})))

    assert isinstance(decision, Refused)
    assert decision.reason == "duplicate-person"


@pytest.mark.parametrize(
    ("told", "born", "on", "reason"),
    [
        (facts(member(1), member(1, "resident")), ALONE, ON, "person-twice"),
        (facts(), ALONE, date(2024, 2, 16), "date-in-future"),
        (facts(), {person(1): date(2024, 1, 2)}, ON, "born-after-date"),
        (facts(household_type="couple"), ALONE, ON, "household-type-does-not-fit"),
        (facts(household_type="single-parent"), ALONE, ON, "household-type-does-not-fit"),
        (facts(member(1), member(2, "child", "0-17")), ALONE, ON, "household-type-does-not-fit"),
    ],
)
def test_a_household_that_cannot_be_is_refused(told: HouseholdFacts, born: Mapping[str, date], on: date, reason: str) -> None:
    decision = story.when(register(told, born, on=on))

    assert isinstance(decision, Refused)
    assert decision.reason == reason


def test_a_grown_child_may_go_on_living_in() -> None:
    at_home = facts(member(1), member(2, "child", "21-26"))

    assert story.when(register(at_home, ALONE)) == [registered(at_home)]


def test_an_age_reached_between_the_description_and_today_follows_at_once() -> None:
    first, reached = story.when(register(youth(), YOUTH))  # type: ignore[misc]  # facts, as the next lines check

    assert first == registered(youth())
    assert isinstance(reached, AgeBandReached)
    assert (reached.on, reached.person_ref, reached.age_band) == (TURNED_18, person(2), "18-20")
    assert [m.age_band for m in reached.facts.members] == ["27-pension", "18-20"]


# moving


def test_a_household_moves() -> None:
    there = facts(municipality="GM0361", dwelling_ref="d-0000000000000002")

    decision = story.given(registered(facts())).when(move())

    assert decision == [HouseholdMoved(household_ref=HOME, on=MOVED_ON, facts=there, from_municipality="GM0399")]


def test_moving_to_where_it_lives_changes_nothing() -> None:
    there = facts(municipality="GM0361", dwelling_ref="d-0000000000000002")

    assert story.given(registered(there)).when(move()) == []


@pytest.mark.parametrize("command", [move(), report(), split(person(2)), ReachAgeBand(household_ref=HOME, today=TODAY, born=ALONE)])
def test_nothing_is_decided_about_an_unknown_household(command: Command) -> None:
    assert story.when(command) == Refused("unknown-household")


@pytest.mark.parametrize("command", [move(on=date(2024, 2, 16)), report(on=date(2024, 2, 16))])
def test_a_change_in_the_future_is_refused(command: Command) -> None:
    assert story.given(registered(facts())).when(command) == Refused("date-in-future")


def test_a_change_from_before_the_last_one_is_refused() -> None:
    moved = HouseholdMoved(household_ref=HOME, on=MOVED_ON, facts=facts(), from_municipality="GM0361")

    decision = story.given(registered(facts()), moved).when(report(on=date(2024, 1, 19)))

    assert isinstance(decision, Refused)
    assert decision.reason == "later-change-known"


# another income


def test_another_income_is_reported() -> None:
    decision = story.given(registered(facts())).when(report())

    assert decision == [HouseholdIncomeReported(household_ref=HOME, on=MOVED_ON, facts=facts(income_cents_per_month=90_000))]


def test_reporting_the_same_income_changes_nothing() -> None:
    assert story.given(registered(facts())).when(report(cents=120_000)) == []


def test_a_household_that_comes_on_benefit_brings_its_applicant_into_care() -> None:
    decision = story.given(registered(facts())).when(report(benefit="pw", income_source="benefit"))

    assert isinstance(decision, list)
    assert [type(event) for event in decision] == [HouseholdIncomeReported, IntakeAccepted]


def test_who_is_in_care_is_not_accepted_again() -> None:
    accepted = IntakeAccepted(client=person(1), household_ref=HOME, municipality="GM0399", route="standard", accepted_on=ON)

    decision = story.given(registered(facts()), accepted).when(report(benefit="pw", income_source="benefit"))

    assert isinstance(decision, list)
    assert [type(event) for event in decision] == [HouseholdIncomeReported]


# splitting


def test_who_leaves_has_a_household_of_their_own() -> None:
    decision = story.given(registered(family())).when(split(person(2)))

    assert isinstance(decision, list)
    parted, new = decision
    assert isinstance(parted, HouseholdSplit)
    assert isinstance(new, HouseholdRegistered)
    assert (parted.leavers, parted.new_household_ref) == ((person(2),), household_ref(2))
    assert [m.person_ref for m in parted.facts.members] == [person(1), person(3)]
    assert (new.household_ref, new.split_from, new.on) == (household_ref(2), HOME, MOVED_ON)
    assert [(m.person_ref, m.role) for m in new.facts.members] == [(person(2), "applicant")]


def test_who_leaves_takes_no_income_along_and_who_stays_keeps_it() -> None:
    decision = story.given(registered(family())).when(split(person(2)))

    assert [(told.income_cents_per_month, told.municipality) for told in facts_of(decision)] == [(120_000, "GM0399"), (0, "GM0361")]


def test_where_the_applicant_leaves_the_partner_speaks_for_who_stays() -> None:
    remains, _ = facts_of(story.given(registered(family())).when(split(person(1))))

    assert [(m.person_ref, m.role) for m in remains.members] == [(person(2), "applicant"), (person(3), "child")]


def test_the_same_people_leave_once() -> None:
    parted = story.given(registered(family())).when(split(person(2)))

    assert isinstance(parted, list)
    assert story.given(registered(family()), parted[0]).when(split(person(2))) == []


def test_who_leaves_on_benefit_comes_into_care() -> None:
    means = Means(income_cents_per_month=0, income_source="benefit", benefit="pw")

    decision = story.given(registered(family())).when(split(person(2), means=means))

    assert isinstance(decision, list)
    assert isinstance(decision[-1], IntakeAccepted)
    assert (decision[-1].client, decision[-1].household_ref) == (person(2), household_ref(2))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (split(person(4)), "not-a-member"),
        (split(person(1), person(2), person(3)), "whole-household-leaves"),
        (split(person(3)), "no-adult"),
        (split(person(1), person(2), household_type="couple"), "no-adult"),
        (split(person(2), household_type="couple"), "household-type-does-not-fit"),
        (split(person(2), remaining_household_type="single"), "household-type-does-not-fit"),
        (split(person(2), on=date(2024, 2, 16)), "date-in-future"),
    ],
)
def test_a_split_that_cannot_be_is_refused(command: SplitHousehold, reason: str) -> None:
    decision = story.given(registered(family())).when(command)

    assert isinstance(decision, Refused)
    assert decision.reason == reason


# ageing


def age(today: date, born: Mapping[str, date] = YOUTH) -> ReachAgeBand:
    return ReachAgeBand(household_ref=HOME, today=today, born=born)


def test_a_birthday_brings_a_member_into_the_next_band() -> None:
    (reached,) = story.given(registered(youth())).when(age(TURNED_18))  # type: ignore[misc]  # a fact, as the next lines check

    assert isinstance(reached, AgeBandReached)
    assert (reached.on, reached.person_ref, reached.age_band) == (TURNED_18, person(2), "18-20")


def test_a_birthday_that_was_recorded_changes_nothing() -> None:
    (reached,) = story.given(registered(youth())).when(age(TURNED_18))  # type: ignore[misc]  # as above

    assert story.given(registered(youth()), reached).when(age(TODAY)) == []


def test_no_birthday_changes_nothing() -> None:
    assert story.given(registered(youth())).when(age(date(2024, 1, 9))) == []


def test_who_was_erased_stays_in_the_band_that_is_known() -> None:
    assert story.given(registered(youth())).when(age(TODAY, ALONE)) == []


def test_after_a_long_sleep_of_the_clock_every_birthday_is_recorded_on_its_own_day() -> None:
    decision = story.given(registered(youth())).when(age(date(2034, 1, 1)))

    assert isinstance(decision, list)
    assert [(event.on, event.age_band) for event in decision] == [
        (TURNED_18, "18-20"),
        (date(2027, 1, 10), "21-26"),
        (date(2033, 1, 10), "27-pension"),
    ]


def test_a_birthday_that_the_clock_has_not_recorded_comes_before_a_later_change() -> None:
    decision = story.given(registered(youth())).when(move(YOUTH))

    assert isinstance(decision, list)
    assert [(type(event), event.on) for event in decision] == [(AgeBandReached, TURNED_18), (HouseholdMoved, MOVED_ON)]
    assert [told.members[1].age_band for told in facts_of(decision)] == ["18-20", "18-20"]


def test_a_change_from_before_a_recorded_birthday_is_followed_by_that_birthday_again() -> None:
    (reached,) = story.given(registered(youth())).when(age(TODAY))  # type: ignore[misc]  # as above

    decision = story.given(registered(youth()), reached).when(move(YOUTH, on=date(2024, 1, 5)))

    assert [(told.municipality, told.members[1].age_band) for told in facts_of(decision)] == [("GM0361", "0-17"), ("GM0361", "18-20")]


# in any order

changes = st.one_of(
    st.builds(lambda day, flat: move(YOUTH, on=date(2024, 1, day), dwelling_ref=f"d-{flat}"), st.integers(1, 31), st.integers(1, 3)),
    st.builds(lambda day, cents: report(YOUTH, on=date(2024, 1, day), cents=cents), st.integers(1, 31), st.integers(0, 3)),
    st.builds(lambda day: age(date(2024, 1, day)), st.integers(1, 31)),
)


def carried_out(commands: list[Command]) -> list[Event]:
    told: list[Event] = [registered(youth())]
    for command in commands:
        decision = story.given(*told).when(command)
        told += [] if isinstance(decision, Refused) else decision
    return told


@given(st.lists(changes, max_size=12))
def test_on_every_day_the_last_recorded_fact_until_then_has_the_right_ages(commands: list[Command]) -> None:
    told = [event for event in carried_out(commands) if not isinstance(event, IntakeAccepted)]

    for day in (1, 9, 10, 31):
        on = date(2024, 1, day)
        until = [event for event in told if event.on <= on]  # type: ignore[attr-defined]  # all are facts of a household
        recorded = any(isinstance(event, AgeBandReached) for event in told) or max(e.on for e in told) >= TURNED_18  # type: ignore[attr-defined]  # as above
        expected = "18-20" if on >= TURNED_18 and recorded else "0-17"
        assert until[-1].facts.members[1].age_band == expected  # type: ignore[attr-defined]  # as above


@given(st.lists(changes, max_size=12))
def test_giving_the_last_command_again_changes_nothing(commands: list[Command]) -> None:
    told = carried_out(commands)

    for again in commands[-1:]:
        assert story.given(*told).when(again) in (
            [],
            Refused("later-change-known", "a change of this household from a later date is known already"),
        )


def test_a_household_remembers_until_when_it_was_reported() -> None:
    (reached,) = story.given(registered(youth())).when(age(TODAY))  # type: ignore[misc]  # as above

    state = household.fold([registered(youth()), reached])

    assert isinstance(state, Registered)
    assert (state.reported_on, state.on) == (ON, TURNED_18)
