from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from services.benefits.account import ACCOUNT, BindAccount
from services.benefits.household import HOUSEHOLD, Household, NoteApplication, NoteHousehold, adults
from services.contracts.benefits import AccountBound, ApplicationNoted, HouseholdNoted
from services.contracts.intake import (
    HouseholdMemberBorn,
    HouseholdMemberDied,
    HouseholdMembersJoined,
    HouseholdMembersLeft,
    HouseholdRegistered,
)
from tests.benefits.a_region import Home, region
from tests.benefits.sentences import Given

HOME = Home(1, bands=("27-pension", "18-20", "0-17"), household_type="couple-with-children")
NOTE = NoteHousehold(HOME.ref, date(2023, 6, 1), "registered", HOME.facts, 1, None)
NOTED = HouseholdNoted(household_ref=HOME.ref, on=date(2023, 6, 1), cause="registered", facts=HOME.facts, source_version=1)
MOVED = NOTED.model_copy(update={"on": date(2024, 1, 10), "cause": "moved", "source_version": 2, "facts": Home(1, dwelling=9).facts})
APPLY = NoteApplication(HOME.ref, HOME.client, "GM0361", "a-1", "energy-allowance", 2023, date(2024, 2, 1))
APPLIED = ApplicationNoted(
    household_ref=HOME.ref,
    client=HOME.client,
    municipality="GM0361",
    application_ref="a-1",
    scheme="energy-allowance",
    scheme_year=2023,
    received_on=date(2024, 2, 1),
)
BIND = BindAccount(HOME.client, "GM0361", "acc-1", "print", date(2024, 2, 1))
BOUND = AccountBound(client=HOME.client, municipality="GM0361", account_ref="acc-1", fingerprint="print", on=date(2024, 2, 1))


def test_a_household_is_noted_once_per_version_of_intake() -> None:
    assert Given(HOUSEHOLD, []).when(NOTE) == [NOTED]
    assert Given(HOUSEHOLD, [NOTED]).when(NOTE) == []


def test_a_household_that_split_off_another_says_so() -> None:
    (noted,) = Given(HOUSEHOLD, []).when(replace(NOTE, split_from="h-0")) or (None,)  # type: ignore[misc]  # a refusal fails here

    assert noted == NOTED.model_copy(update={"split_from": "h-0"})


def test_an_application_is_noted_once_also_before_its_household() -> None:
    assert Given(HOUSEHOLD, []).when(APPLY) == [APPLIED]
    assert Given(HOUSEHOLD, [NOTED, APPLIED]).when(APPLY) == []


def test_a_household_is_known_as_it_was_on_any_day() -> None:
    known = HOUSEHOLD.fold([NOTED, MOVED])

    assert known.at(date(2023, 5, 31)) is None
    assert known.at(date(2024, 1, 9)) == HOME.facts
    assert known.at(date(2024, 1, 10)) == Home(1, dwelling=9).facts


def test_of_two_facts_from_one_day_the_later_one_holds() -> None:
    known = HOUSEHOLD.fold([NOTED, MOVED.model_copy(update={"on": date(2023, 6, 1)})])

    assert known.at(date(2023, 6, 1)) == Home(1, dwelling=9).facts


def test_a_history_with_a_hole_is_not_complete() -> None:
    assert HOUSEHOLD.fold([NOTED, MOVED]).complete
    assert not HOUSEHOLD.fold([MOVED]).complete


def test_applications_come_in_order_of_receipt() -> None:
    earlier = APPLIED.model_copy(update={"application_ref": "a-2", "received_on": date(2024, 1, 5)})

    assert Household((), (APPLIED, earlier)).applied("energy-allowance", 2023) == (earlier, APPLIED)
    assert Household((), (APPLIED,)).applied("energy-allowance", 2022) == ()


def test_everybody_of_eighteen_and_older_shares_in_an_allowance() -> None:
    assert adults(HOME.facts) == tuple(sorted(member.person_ref for member in HOME.members[:2]))


def test_an_account_is_bound_and_bound_again_only_when_it_is_another() -> None:
    other = BIND.__class__(HOME.client, "GM0361", "acc-2", "other", date(2024, 2, 2))

    assert Given(ACCOUNT, []).when(BIND) == [BOUND]
    assert Given(ACCOUNT, [BOUND]).when(BIND) == []
    assert Given(ACCOUNT, [BOUND]).when(other) == [
        BOUND.model_copy(update={"account_ref": "acc-2", "fingerprint": "other", "on": other.on})
    ]


def test_births_deaths_and_joinings_reach_the_household_that_benefits_knows(tmp_path: Path) -> None:
    here = region(tmp_path)
    told: dict[str, Any] = {"household_ref": HOME.ref, "on": date(2024, 1, 10), "facts": HOME.facts}
    here.tells(HouseholdRegistered(household_ref=HOME.ref, on=HOME.on, facts=HOME.facts))
    here.tells(HouseholdMemberBorn(**told, person_ref=HOME.client), 2)
    here.tells(HouseholdMemberDied(**told, person_ref=HOME.client, died_on=date(2024, 1, 9)), 3)
    here.tells(HouseholdMembersLeft(**told, leavers=(HOME.client,), to_household_ref="h-2"), 4)
    here.tells(HouseholdMembersJoined(**told, joiners=(HOME.client,), from_household_ref="h-2"), 5)

    noted = [envelope.event.cause for envelope in here.log.read(f"benefits/household/{HOME.ref}")]  # type: ignore[attr-defined]  # noted
    assert noted == ["registered", "member-born", "member-died", "members-left", "members-joined"]


def test_a_household_in_which_nobody_lives_any_more_is_none() -> None:
    empty = HOME.facts.model_copy(update={"members": ()})
    ended = MOVED.model_copy(update={"cause": "member-died", "facts": empty})
    known = HOUSEHOLD.fold([NOTED, ended])

    assert (known.at(date(2024, 1, 9)), known.at(date(2024, 1, 10))) == (HOME.facts, None)
