from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from services.benefits.manifest import GrantedLine, Line
from services.benefits.run_state import Prepared
from services.contracts.intake import AgeBand, HouseholdMoved, HouseholdSplit
from tests.benefits.a_region import ALKMAAR, BERGEN, Home, Region, person, region

COUPLE: tuple[AgeBand, ...] = ("27-pension", "27-pension")


@pytest.fixture
def alkmaar(tmp_path: Path) -> Region:
    return region(tmp_path)


@pytest.fixture
def lines(alkmaar: Region) -> Callable[[], dict[str, Line]]:
    """The lines of a run prepared now, by household."""

    def prepared() -> dict[str, Line]:
        run = alkmaar.office.run(alkmaar.prepares())
        assert isinstance(run, Prepared)
        return {line.household_ref: line for line in alkmaar.office.manifests.read(run.prepared.manifest_hash)}

    return prepared


Lines = Callable[[], dict[str, Line]]


@pytest.mark.parametrize(
    ("home", "standing", "reasons"),
    [
        (Home(1), "granted", ()),
        (Home(1, benefit="none"), "excluded", ("no-application",)),
        (Home(1, living="postal-address"), "refused", ("postal-address",)),
        (Home(1, living="institution"), "refused", ("institution",)),
        (Home(1, bands=("18-20",), income_cents=30_000), "refused", ("age-18-20",)),
        (Home(1, bands=("18-20", "18-20"), household_type="couple", income_cents=60_000), "refused", ("age-18-20",)),
        (Home(1, bands=("18-20", "21-26"), household_type="couple"), "granted", ()),
        (Home(1, source="student-finance"), "refused", ("student-finance",)),
        (Home(1, student=True), "refused", ("student-finance",)),
        (Home(1, on=date(2024, 1, 2)), "excluded", ("no-application",)),
        (Home(1, living="institution", income_cents=500_000), "refused", ("institution", "income-above-limit")),
        (Home(1, bands=("0-17",)), "held", ("applicant-under-18",)),
        (Home(1, household_type="couple"), "held", ("household-contradictory",)),
    ],
)
def test_who_gets_the_allowance(alkmaar: Region, lines: Lines, home: Home, standing: str, reasons: tuple[str, ...]) -> None:
    alkmaar.knows(home)

    line = lines()[home.ref]
    assert (line.standing, line.reasons) == (standing, reasons)


@pytest.mark.parametrize(
    ("home", "norm_cents"),
    [
        (Home(1), 121_964),
        (Home(1, household_type="single-parent", bands=("21-26",)), 121_964),
        (Home(1, household_type="couple", bands=COUPLE), 174_234),
        (Home(1, household_type="couple-with-children", bands=(*COUPLE, "0-17")), 174_234),
        (Home(1, bands=("pension",)), 135_447),
        (Home(1, household_type="couple", bands=("pension", "27-pension")), 183_728),
        (Home(1, household_type="couple", bands=("18-20", "21-26")), 117_226),
    ],
)
def test_an_income_at_120_percent_is_granted_and_one_cent_more_is_not(alkmaar: Region, norm_cents: int, lines: Lines, home: Home) -> None:
    at_limit = norm_cents * 120 // 100
    below = Home(1, income_cents=at_limit, bands=home.bands, household_type=home.household_type)
    above = Home(2, income_cents=at_limit + 1, bands=home.bands, household_type=home.household_type)
    alkmaar.knows(below, above)

    found = lines()
    assert found[below.ref].standing == "granted"
    assert found[above.ref].reasons == ("income-above-limit",)


def test_an_application_after_the_reference_date_is_about_the_household_of_that_date(alkmaar: Region, lines: Lines) -> None:
    late = Home(1, benefit="none", on=date(2024, 1, 2))
    alkmaar.knows(late)
    alkmaar.applies(late)

    assert lines()[late.ref].reasons == ("no-household-on-reference-date",)


def test_who_moved_after_the_reference_date_is_paid_by_the_municipality_of_that_date(alkmaar: Region, lines: Lines) -> None:
    before, after = Home(1), Home(1, municipality=BERGEN, dwelling=5)
    alkmaar.knows(before)
    moved = HouseholdMoved(household_ref=before.ref, on=date(2024, 1, 15), facts=after.facts, from_municipality=ALKMAAR)
    alkmaar.tells(moved, version=2)

    assert lines()[before.ref].municipality == ALKMAAR


def test_a_couple_that_split_after_the_reference_date_gets_it_once(alkmaar: Region, lines: Lines) -> None:
    couple, rest, leaver = Home(1, bands=COUPLE, household_type="couple"), Home(1), Home(2, persons=(11,), on=date(2024, 1, 20))
    alkmaar.knows(couple)
    split = HouseholdSplit(
        household_ref=couple.ref, on=date(2024, 1, 20), facts=rest.facts, leavers=(person(11),), new_household_ref=leaver.ref
    )
    alkmaar.tells(split, version=2)
    alkmaar.knows(leaver)
    alkmaar.applies(leaver)

    found = lines()
    assert found[couple.ref].standing == "granted"
    assert found[leaver.ref].reasons == ("no-household-on-reference-date",)


def test_a_person_in_two_households_shares_in_one_allowance(alkmaar: Region, lines: Lines) -> None:
    first, second = Home(1), Home(2, bands=COUPLE, household_type="couple", persons=(20, 10))
    alkmaar.knows(first, second)

    assert {line.standing for line in lines().values()} == {"granted", "refused"}
    assert lines()[second.ref].reasons == ("adult-claimed-elsewhere",)


def test_a_dwelling_gets_it_once_benefit_first_then_the_earliest_application(alkmaar: Region, lines: Lines) -> None:
    earliest, later, on_benefit = (Home(n, benefit=kind, dwelling=7) for n, kind in ((1, "none"), (2, "none"), (3, "pw")))  # type: ignore[arg-type]  # literals
    alkmaar.knows(earliest, later, on_benefit)
    alkmaar.applies(later, on=date(2024, 2, 3))
    alkmaar.applies(earliest, on=date(2024, 2, 2))

    found = lines()
    assert found[on_benefit.ref].standing == "granted"
    assert found[earliest.ref].reasons == found[later.ref].reasons == ("dwelling-already-granted",)


def test_of_two_applications_at_one_address_the_earliest_is_granted(alkmaar: Region, lines: Lines) -> None:
    earliest, later = (Home(n, benefit="none", dwelling=7) for n in (1, 2))
    alkmaar.knows(earliest, later)
    alkmaar.applies(later, on=date(2024, 2, 3))
    alkmaar.applies(earliest, on=date(2024, 2, 2))

    assert (lines()[earliest.ref].standing, lines()[later.ref].standing) == ("granted", "refused")


def test_both_partners_who_apply_get_it_once_on_the_account_that_is_known(alkmaar: Region, lines: Lines) -> None:
    couple = Home(1, benefit="none", bands=COUPLE, household_type="couple")
    alkmaar.knows(couple)
    alkmaar.applies(couple, on=date(2024, 2, 1), by=person(11))
    alkmaar.applies(couple, on=date(2024, 2, 2))

    line = lines()[couple.ref]
    assert isinstance(line, GrantedLine)
    assert line.client == couple.client


def test_without_an_account_a_household_is_held_where_people_see_it(alkmaar: Region, lines: Lines) -> None:
    couple = Home(1, benefit="none", bands=COUPLE, household_type="couple")
    alkmaar.knows(couple)
    alkmaar.applies(couple, by=person(11))

    assert lines()[couple.ref].reasons == ("no-bound-account",)


def test_half_a_history_is_not_decided_on(alkmaar: Region, lines: Lines) -> None:
    home = Home(1)
    alkmaar.knows(home)
    moved = HouseholdMoved(household_ref=home.ref, on=date(2023, 12, 1), facts=home.facts, from_municipality=ALKMAAR)
    alkmaar.tells(moved, version=3)

    assert lines()[home.ref].reasons == ("history-incomplete",)


@pytest.mark.parametrize(("before", "standing", "cents"), [(50_000, "granted", 80_000), (130_000, "refused", 0), (180_000, "refused", 0)])
def test_what_was_paid_before_is_deducted(alkmaar: Region, lines: Lines, before: int, standing: str, cents: int) -> None:
    home = Home(1)
    alkmaar.knows(home)
    alkmaar.paid_before(home, before)

    line = lines()[home.ref]
    assert (line.standing, line.amount_cents) == (standing, cents)


def test_a_partner_who_left_before_the_reference_date_shared_in_what_was_paid_before(alkmaar: Region, lines: Lines) -> None:
    couple, rest, leaver = Home(1, bands=COUPLE, household_type="couple"), Home(1), Home(2, persons=(11,), on=date(2023, 12, 1))
    alkmaar.knows(couple)
    alkmaar.paid_before(couple, 130_000)
    split = HouseholdSplit(
        household_ref=couple.ref, on=date(2023, 12, 1), facts=rest.facts, leavers=(person(11),), new_household_ref=leaver.ref
    )
    alkmaar.tells(split, version=2)
    alkmaar.knows(leaver)

    assert lines()[leaver.ref].reasons == ("adult-claimed-elsewhere",)


def test_what_intake_told_after_the_named_position_is_left_out(alkmaar: Region) -> None:
    alkmaar.knows(Home(1))
    position = alkmaar.told
    alkmaar.knows(Home(2))
    run = alkmaar.office.run(alkmaar.prepares(position=position))

    assert isinstance(run, Prepared)
    assert (run.prepared.households, run.prepared.granted) == (1, 1)


def test_every_household_is_a_candidate_excluded_or_held(alkmaar: Region) -> None:
    alkmaar.knows(Home(1), Home(2, benefit="none"), Home(3, bands=("0-17",)), Home(4, living="institution"))
    run = alkmaar.office.run(alkmaar.prepares())

    assert isinstance(run, Prepared)
    assert (run.prepared.households, run.prepared.candidates, run.prepared.excluded, run.prepared.held) == (4, 2, 1, 1)
