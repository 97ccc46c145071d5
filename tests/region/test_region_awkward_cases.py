"""Each awkward case that expected.json lists is in the files what its name says."""

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from deploy.region import NORM_CENTS_2023_07_01, generate
from deploy.region.cases import Case
from deploy.region.lines import FILES
from deploy.region.norms import NormTable, limit_cents, plain_limit_category

Line = dict[str, Any]
SEPA = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
FAILING = {"901": "account-closed", "902": "holder-deceased", "903": "account-incorrect"}


class Delivery:
    """A region read back, its lines by id and by file."""

    def __init__(self, folder: Path, households: int, norms: NormTable = NORM_CENTS_2023_07_01) -> None:
        generate(households, 11, norm_cents=norms).write(folder)
        self.expected = json.loads((folder / "expected.json").read_text("utf-8"))
        text = {name: (folder / f"{name}.ndjson").read_text("utf-8") for name in FILES}
        self.files: dict[str, list[Line]] = {name: [json.loads(row) for row in rows.splitlines()] for name, rows in text.items()}
        self.by_id = {line["id"]: (name, line) for name, lines in self.files.items() for line in lines}

    def occurrences(self, case: str) -> list[dict[str, list[Line]]]:
        """Per occurrence of the case its lines by file."""
        return [self._by_file(ids) for ids in self.expected["awkward"][case]]

    def _by_file(self, ids: list[str]) -> dict[str, list[Line]]:
        found: dict[str, list[Line]] = {name: [] for name in FILES}
        for line_id in ids:
            name, line = self.by_id[line_id]
            found[name].append(line)
        return found


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    return Delivery(tmp_path_factory.mktemp("awkward"), 4000)


def applicant(household: Line) -> Line:
    member: Line = household["members"][0]
    return member


@pytest.mark.parametrize("households", [100, 1000])
def test_from_a_hundred_households_on_every_case_occurs(tmp_path: Path, households: int) -> None:
    assert set(Delivery(tmp_path, households).expected["awkward"]) == {case.value for case in Case}


def test_a_region_of_ten_has_the_cases_of_the_first_demonstration(tmp_path: Path) -> None:
    awkward = Delivery(tmp_path, 10).expected["awkward"]
    assert {case: len(found) for case, found in awkward.items()} == {
        "account-closed": 2,
        "account-incorrect": 1,
        "age-18-20": 1,
        "holder-deceased": 1,
        "income-one-cent-above-limit": 1,
        "moved-between-municipalities": 1,
        "split-both-halves-apply": 1,
        "two-applications-one-address": 1,
    }


@pytest.mark.parametrize("seed", range(20))
def test_a_region_of_ten_has_at_least_six_households_that_can_be_paid(seed: int) -> None:
    payable = 0
    for _, dossier in generate(10, seed).dossiers():
        household, comes_forward = dossier.household, bool(dossier.accounts)
        norm = NORM_CENTS_2023_07_01["couple" if household["household_type"].startswith("couple") else "single"]
        full = any(line["amount_cents"] >= 130_000 for line in dossier.opening_balances)
        grown = household["members"][0]["birth_date"] <= "2002-10-01"
        payable += comes_forward and grown and not full and household["income_cents_per_month"] <= norm * 12 // 10
    assert payable >= 6


@pytest.mark.parametrize("ending", FAILING)
def test_the_bank_fails_exactly_the_listed_accounts(region: Delivery, ending: str) -> None:
    listed = [line["id"] for found in region.occurrences(FAILING[ending]) for line in found["accounts"]]
    assert listed == [line["id"] for line in region.files["accounts"] if line["iban"].endswith(ending)]
    assert listed


def test_about_half_a_percent_of_the_accounts_fail(region: Delivery) -> None:
    failing = sum(line["iban"][-3:] in FAILING for line in region.files["accounts"])
    assert 0.003 < failing / len(region.files["accounts"]) < 0.007


def test_two_households_at_one_address_each_apply(region: Delivery) -> None:
    for found in region.occurrences("two-applications-one-address"):
        first, second = found["households"]
        assert (first["address"], first["municipality"]) == (second["address"], second["municipality"])
        assert {applicant(first)["bsn"], applicant(second)["bsn"]} == {line["bsn"] for line in found["applications"]}


def test_no_other_households_share_an_address(region: Delivery) -> None:
    addresses = Counter(json.dumps(h["address"]) for h in region.files["households"])
    assert sum(number > 1 for number in addresses.values()) == len(region.occurrences("two-applications-one-address"))


def test_both_partners_of_one_household_apply(region: Delivery) -> None:
    for found in region.occurrences("both-partners-apply"):
        (household,) = found["households"]
        assert [line["bsn"] for line in found["applications"]] == [m["bsn"] for m in household["members"][:2]]
        assert len(found["accounts"]) == 1


def test_both_halves_of_a_split_household_apply_with_an_account_each(region: Delivery) -> None:
    for found in region.occurrences("split-both-halves-apply"):
        (household,), (split,) = found["households"], found["changes"]
        stays, leaves = household["members"][:2]
        assert (split["kind"], split["bsn"]) == ("split", [leaves["bsn"]])
        assert {line["bsn"] for line in found["applications"]} == {stays["bsn"], leaves["bsn"]}
        assert {line["bsn"] for line in found["accounts"]} == {stays["bsn"], leaves["bsn"]}
        assert split["address"] != household["address"]


def test_a_split_says_what_both_households_become(region: Delivery) -> None:
    for found in region.occurrences("split-both-halves-apply"):
        (household,), (split,) = found["households"], found["changes"]
        stays = "single-parent" if household["household_type"] == "couple-with-children" else "single"
        assert (split["household_type"], split["remaining_household_type"]) == ("single", stays)


def test_who_leaves_a_household_on_benefit_applies_alone(region: Delivery) -> None:
    for found in region.occurrences("split-on-benefit-leaver-applies"):
        (household,), (split,), (application,) = found["households"], found["changes"], found["applications"]
        assert household["benefit"] != "none"
        assert split["bsn"] == [application["bsn"]] == [household["members"][1]["bsn"]]


def test_applicants_of_18_to_20_are_so_on_every_day_of_the_run(region: Delivery) -> None:
    births = [applicant(h)["birth_date"] for found in region.occurrences("age-18-20") for h in found["households"]]
    assert len(births) == 32
    assert min(births) > "2002-12-31"
    assert max(births) <= "2005-10-01"


def test_nobody_else_who_applies_is_under_21(region: Delivery) -> None:
    listed = {h["id"] for found in region.occurrences("age-18-20") for h in found["households"]}
    young = {h["id"] for h in region.files["households"] if applicant(h)["birth_date"] > "2002-10-01"}
    assert young == listed


def test_one_applicant_turns_21_on_the_reference_date(region: Delivery) -> None:
    births = [applicant(h)["birth_date"] for found in region.occurrences("age-21-on-reference-date") for h in found["households"]]
    assert set(births) == {"2002-10-01"}


def test_the_students_are_exactly_those_listed(region: Delivery) -> None:
    listed = [h["id"] for found in region.occurrences("student") for h in found["households"]]
    assert listed == [h["id"] for h in region.files["households"] if applicant(h)["student"]]
    assert {h["income_source"] for found in region.occurrences("student") for h in found["households"]} <= {"student-finance", "none"}


@pytest.mark.parametrize("living", ["institution", "postal-address"])
def test_who_lives_otherwise_is_exactly_listed(region: Delivery, living: str) -> None:
    listed = [h["id"] for found in region.occurrences(living) for h in found["households"]]
    assert listed == [h["id"] for h in region.files["households"] if h["living"] == living]
    assert listed


NORMS_2024: NormTable = {
    "single": 121_964,
    "couple": 174_234,
    "single-pension-age": 135_447,
    "couple-pension-age": 183_728,
    "single-18-20": 30_109,
}


@pytest.mark.parametrize("norms", [NORM_CENTS_2023_07_01, NORMS_2024])
def test_the_limit_cases_stand_on_either_side_of_the_limit_however_it_is_rounded(tmp_path: Path, norms: NormTable) -> None:
    region = Delivery(tmp_path, 1000, norms)
    exact = Fraction(norms[plain_limit_category(norms, 120)] * 120, 100)
    at = {h["income_cents_per_month"] for found in region.occurrences("income-at-limit") for h in found["households"]}
    above = {h["income_cents_per_month"] for found in region.occurrences("income-one-cent-above-limit") for h in found["households"]}
    assert at == {exact.__floor__()} == {round(exact)}
    assert above == {exact.__floor__() + 1}


def test_the_norms_used_stand_in_the_expected_file(region: Delivery) -> None:
    assert region.expected["norm_cents"] == NORM_CENTS_2023_07_01
    assert region.expected["income_limit_percent"] == 120
    assert limit_cents(NORM_CENTS_2023_07_01["couple"], 120) == 198_134


def test_a_norm_table_without_a_plain_limit_falls_back_to_the_couple() -> None:
    assert plain_limit_category(dict.fromkeys(NORM_CENTS_2023_07_01, 1_004), 120) == "couple"


@pytest.mark.parametrize(("case", "applications"), [("person-in-two-households", 1), ("person-in-two-households-both-apply", 2)])
def test_one_person_stands_in_two_households(region: Delivery, case: str, applications: int) -> None:
    for found in region.occurrences(case):
        first, second = found["households"]
        assert applicant(first) | {"role": "partner"} == second["members"][1]
        assert len(found["applications"]) == len(found["accounts"]) == applications
        assert found["applications"][0]["bsn"] == applicant(first)["bsn"]


@pytest.mark.parametrize("case", ["moved-between-municipalities", "on-benefit-moved-and-applies"])
def test_a_whole_household_moves_to_another_municipality(region: Delivery, case: str) -> None:
    for found in region.occurrences(case):
        (household,), (move,) = found["households"], found["changes"]
        assert household["benefit"] != "none"
        assert move["municipality"] != household["municipality"]
        assert move["bsn"] == [member["bsn"] for member in household["members"]]
        assert bool(found["applications"]) == (case == "on-benefit-moved-and-applies")


def test_a_move_within_the_municipality_changes_only_the_address(region: Delivery) -> None:
    for found in region.occurrences("moved-within-municipality"):
        (household,), (move,) = found["households"], found["changes"]
        assert move["municipality"] == household["municipality"]
        assert move["address"] != household["address"]


def test_who_got_the_full_amount_before_is_listed(region: Delivery) -> None:
    listed = [line["id"] for found in region.occurrences("opening-balance-full") for line in found["opening_balances"]]
    assert listed == [line["id"] for line in region.files["opening_balances"] if line["amount_cents"] == 130_000]
    assert {region.by_id[line_id][1]["tranche"] for line_id in listed} == {"full-year"}


def test_names_that_a_payment_cannot_carry_are_there(region: Delivery) -> None:
    (strange, *_), (long, *_) = (region.occurrences(case) for case in ("name-outside-sepa-characters", "name-longer-than-70"))
    assert set(strange["accounts"][0]["holder_name"]) - SEPA
    assert len(long["accounts"][0]["holder_name"]) > 70
