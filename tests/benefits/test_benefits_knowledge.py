"""What a run is worked out from: who lives where, what was paid and claimed before, who holds a dwelling, what was decided."""

from datetime import date
from pathlib import Path

import pytest

from services.benefits import knowledge
from services.benefits.knowledge import Knowledge, Period
from services.benefits.ledger import Ledger
from services.benefits.run_commands import CancelRun
from services.contracts.intake import HouseholdIncomeReported, HouseholdRegistered
from services.vault.erasure import ERASURE
from tests.benefits.a_region import OFFICER, Home, Region, household, person, region

FIRST = Period("energy-allowance", 2023, 1)


@pytest.fixture
def made(tmp_path: Path) -> Region:
    return region(tmp_path)


def known(made: Region) -> Knowledge:
    return knowledge.gather(made.log, 2023, made.told)


def held(made: Region) -> dict[str, str]:
    return knowledge.dwellings(known(made), made.office.rules[0])


def missing(made: Region) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.household_ref, each.persons) for each in knowledge.unclaimed_openings(known(made), made.office.rules[0])]


def past(made: Region, number: int = 1, period: Period = FIRST) -> tuple[int, int, bool]:
    """Number of the next right, what was granted, and whether the last decision was a refusal."""
    told = next(each for each in knowledge.households(made.log, known(made), period) if each.household_ref == household(number))
    return told.sequence, told.granted_cents, bool(told.last_facts_hash)


def erased(made: Region, client: str) -> None:
    made.log.submit(lambda tx: tx.keep(ERASURE, client, b"erased")).result(5)


def test_who_was_erased_has_no_account_any_more_and_who_never_had_one_neither(made: Region) -> None:
    made.knows(Home(1), Home(2))
    erased(made, Home(1).client)
    erased(made, person(99))

    assert known(made).accounts.keys() == {Home(2).client}


def test_a_household_that_had_something_holds_its_dwelling(made: Region) -> None:
    made.knows(Home(1, dwelling=7), Home(2, dwelling=8))
    made.paid_before(Home(1, dwelling=7), 50_000)

    assert held(made) == {"d-0000000000000007": household(1)}


def test_the_dwelling_is_that_of_the_reference_date(made: Region) -> None:
    made.knows(Home(1, dwelling=7))
    moved = HouseholdIncomeReported(household_ref=household(1), on=date(2023, 12, 1), facts=Home(1, dwelling=8).facts)
    later = HouseholdIncomeReported(household_ref=household(1), on=date(2024, 1, 10), facts=Home(1, dwelling=9).facts)
    made.tells(moved, version=2)
    made.tells(later, version=3)
    made.paid_before(Home(1), 50_000)

    assert held(made) == {"d-0000000000000008": household(1)}


def test_nobody_holds_a_dwelling_who_is_not_known_or_began_elsewhere_or_had_left_or_gave_everything_back(made: Region) -> None:
    made.paid_before(Home(1), 50_000)
    made.knows(Home(2, municipality="GM9999"), Home(3), Home(5, on=date(2024, 1, 2)))
    made.tells(
        HouseholdIncomeReported(household_ref=household(3), on=date(2023, 7, 1), facts=Home(3).facts.model_copy(update={"members": ()})),
        version=2,
    )
    for number in (2, 3, 5):
        made.paid_before(Home(number), 50_000)
    after = known(made)
    nothing = Knowledge({**after.households, household(6): after.households[household(5)]}, {household(6): Ledger()}, {}, {})

    assert held(made) == knowledge.dwellings(nothing, made.office.rules[0]) == {}


def test_the_first_of_two_households_that_were_paid_for_one_dwelling_holds_it(made: Region) -> None:
    made.knows(Home(1, dwelling=7), Home(2, dwelling=7))
    for number in (1, 2):
        made.paid_before(Home(number), 50_000)

    assert held(made) == {"d-0000000000000007": household(1)}


def test_adults_of_the_beginning_and_of_the_reference_date_share_in_what_was_paid_before(made: Region) -> None:
    pair = Home(1, bands=("27-pension", "27-pension"), household_type="couple", persons=(11, 12))
    other = Home(1, bands=("27-pension", "27-pension"), household_type="couple", persons=(11, 13))
    made.tells(HouseholdRegistered(household_ref=pair.ref, on=pair.on, facts=pair.facts))
    made.tells(HouseholdIncomeReported(household_ref=pair.ref, on=date(2023, 9, 1), facts=other.facts), version=2)
    made.paid_before(pair, 50_000)

    assert missing(made) == [(pair.ref, (person(12), person(13)))]


def test_a_household_that_is_not_known_keeps_nobody_elses_claims_waiting_and_two_payments_are_claimed_once(made: Region) -> None:
    pair = Home(2, bands=("27-pension", "27-pension"), household_type="couple", persons=(21, 22))
    made.paid_before(Home(1), 50_000)
    made.tells(HouseholdRegistered(household_ref=pair.ref, on=pair.on, facts=pair.facts))
    for source in ("old-1", "old-2"):
        made.paid_before(pair, 10_000, source)

    assert missing(made) == [(pair.ref, (person(22),))]


def test_who_began_where_no_rules_are_shares_as_at_the_beginning(made: Region) -> None:
    pair = Home(1, municipality="GM9999", bands=("27-pension", "27-pension"), household_type="couple", persons=(11, 12))
    made.tells(HouseholdRegistered(household_ref=pair.ref, on=pair.on, facts=pair.facts))
    made.paid_before(pair, 50_000)

    assert missing(made) == [(pair.ref, (person(12),))]


def test_the_next_right_follows_on_what_was_granted_and_a_revoked_one_granted_nothing(made: Region) -> None:
    made.knows(Home(1), Home(2))
    run = made.pays_out()
    before = past(made), past(made, period=Period("energy-allowance", 2023, 2)), past(made, period=Period("energy-allowance", 2022, 1))
    made.commands_run(CancelRun(run, "wrong-facts", OFFICER))
    made.works()

    assert before == ((2, 130_000, False), (1, 0, False), (1, 0, False))
    assert past(made) == (2, 0, False)


def test_what_was_refused_is_known_by_the_facts_that_it_rested_on(made: Region) -> None:
    made.knows(Home(1, benefit="none", income_cents=900_000, source="wages"))
    made.applies(Home(1))
    made.pays_out()

    assert past(made) == (2, 0, True)


def test_who_applied_without_a_benefit_has_a_past_too(made: Region) -> None:
    alone = Home(1, benefit="none", income_cents=90_000, source="wages")
    made.knows(alone)
    made.applies(alone)
    made.pays_out()

    assert past(made) == (2, 130_000, False)


def test_what_intake_told_behind_the_position_is_left_out(made: Region) -> None:
    made.knows(Home(1))
    upto = made.told
    richer = Home(1, income_cents=900_000).facts
    made.tells(HouseholdIncomeReported(household_ref=household(1), on=date(2024, 1, 1), facts=richer), version=2)

    assert [len(knowledge.gather(made.log, 2023, position).households[household(1)].noted) for position in (upto, made.told)] == [1, 2]
