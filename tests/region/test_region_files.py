"""The files of a region are what six municipalities could deliver, the same again for the same seed."""

import ast
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schwifty import IBAN
from stdnum import iban as stdnum_iban
from stdnum.nl import bsn as stdnum_bsn
from stdnum.nl import postcode

from deploy.region import generate
from deploy.region.identifiers import bsns
from deploy.region.lines import FILES
from deploy.region.municipalities import MUNICIPALITIES

Files = dict[str, list[dict[str, Any]]]
REPOSITORY = Path(__file__).parents[2]


def read(folder: Path) -> Files:
    return {name: [json.loads(line) for line in (folder / f"{name}.ndjson").read_text("utf-8").splitlines()] for name in FILES}


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "deploy.region", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("region")
    generate(3000, 7).write(folder)
    return folder


@pytest.fixture(scope="module")
def files(folder: Path) -> Files:
    return read(folder)


def members(files: Files) -> Iterator[dict[str, Any]]:
    for household in files["households"]:
        yield from household["members"]


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    for name, hash_seed in (("one", "1"), ("two", "2")):
        assert run("--households", "200", "--seed", "5", "--out", str(tmp_path / name), PYTHONHASHSEED=hash_seed).returncode == 0

    generate(200, 5).write(tmp_path / "here")

    assert content(tmp_path / "one") == content(tmp_path / "two") == content(tmp_path / "here")


def test_another_seed_gives_other_people_accounts_and_addresses(folder: Path, tmp_path: Path) -> None:
    generate(3000, 8).write(tmp_path)
    ours, theirs = read(folder), read(tmp_path)
    assert [m["bsn"] for m in members(ours)] != [m["bsn"] for m in members(theirs)]
    assert not {line["iban"] for line in ours["accounts"]} & {line["iban"] for line in theirs["accounts"]}
    assert [h["address"] for h in ours["households"]] != [h["address"] for h in theirs["households"]]


@settings(max_examples=40, deadline=None)
@given(households=st.integers(1, 150), seed=st.integers(0, 10**9))
def test_a_region_of_any_size_has_exactly_that_many_households(households: int, seed: int) -> None:
    dossiers = [dossier for _, dossier in generate(households, seed).dossiers()]
    ids = [line["id"] for dossier in dossiers for _, line in dossier.lines()]
    assert len(dossiers) == households
    assert len(ids) == len(set(ids))


@settings(max_examples=40, deadline=None)
@given(households=st.integers(10, 400), seed=st.integers(0, 10**9))
def test_each_municipality_has_a_household_from_ten_on(households: int, seed: int) -> None:
    codes = {dossier.household["municipality"] for _, dossier in generate(households, seed).dossiers()}
    assert codes == {"GM0361", "GM0373", "GM0383", "GM1980", "GM0399", "GM0450"}


@pytest.mark.parametrize(("households", "seed", "percent"), [(0, 1, 120), (300_001, 1, 120), (10, -1, 120), (10, 1, 99), (10, 1, 171)])
def test_a_region_that_cannot_be_is_refused(households: int, seed: int, percent: int) -> None:
    with pytest.raises(ValueError, match="must"):
        generate(households, seed, income_limit_percent=percent)


def test_line_ids_carry_the_seed_and_are_unique_over_all_files(files: Files) -> None:
    ids = [line["id"] for lines in files.values() for line in lines]
    assert files["households"][0]["id"] == "region-7-h-000001"
    assert len(ids) == len(set(ids))
    assert all(line_id.startswith("region-7-") for line_id in ids)


def test_every_bsn_passes_the_eleven_test_and_lies_in_a_range_for_tests(files: Files) -> None:
    assert all(stdnum_bsn.is_valid(member["bsn"]) for member in members(files))
    assert all(member["bsn"].startswith("999") for member in members(files))
    assert not {"999990342", "999999990"} & {member["bsn"] for member in members(files)}


def test_no_bsn_comes_back_when_the_usual_test_range_is_used_up() -> None:
    issued = list(islice(bsns(Random(3)), 250_000))
    assert len(set(issued)) == 250_000
    assert {bsn[:2] for bsn in issued} == {"99"}


def test_only_the_listed_people_live_in_two_households(folder: Path, files: Files) -> None:
    awkward = json.loads((folder / "expected.json").read_text("utf-8"))["awkward"]
    listed = len(awkward["person-in-two-households"]) + len(awkward["person-in-two-households-both-apply"])
    assert sum(number > 1 for number in Counter(m["bsn"] for m in members(files)).values()) == listed


def test_every_iban_is_dutch_valid_and_used_once(files: Files) -> None:
    ibans = [line["iban"] for line in files["accounts"]]
    assert len(ibans) == len(set(ibans)) == len({iban[8:] for iban in ibans})
    assert all(stdnum_iban.is_valid(iban) and IBAN(iban).bic and iban[8:11] == "099" for iban in ibans)


def test_every_address_is_well_formed_and_lies_in_its_municipality(files: Files) -> None:
    towns = {each.code: {town.name for town in each.towns} for each in MUNICIPALITIES}
    for household in files["households"]:
        assert household["address"]["town"] in towns[household["municipality"]]
        assert postcode.is_valid(household["address"]["postcode"])
        assert household["address"]["number"][0].isdigit()


def test_whoever_is_on_benefit_or_applies_has_one_account(files: Files) -> None:
    holders = [line["bsn"] for line in files["accounts"]]
    known = {h["members"][0]["bsn"] for h in files["households"] if h["benefit"] != "none"}
    both = {line["bsn"] for line in files["applications"]}
    partners = {m["bsn"] for m in members(files) if m["role"] == "partner"}
    assert len(holders) == len(set(holders))
    assert known | (both - partners) <= set(holders)


def test_whoever_applies_has_an_account_or_a_listed_household_partner_with_one(folder: Path, files: Files) -> None:
    awkward = json.loads((folder / "expected.json").read_text("utf-8"))["awkward"]
    holders = {line["bsn"] for line in files["accounts"]}
    without = [line["id"] for line in files["applications"] if line["bsn"] not in holders]
    listed = {line_id for occurrence in awkward["both-partners-apply"] for line_id in occurrence}
    assert without
    assert set(without) <= listed


def test_applications_come_in_november_after_every_change(files: Files) -> None:
    received = {line["received_on"] for line in files["applications"]}
    changed = {line["on"] for line in files["changes"]}
    assert min(received) >= "2023-11-01"
    assert max(received) <= "2023-11-30"
    assert min(changed) > "2023-10-01"
    assert max(changed) < min(received)


def test_nobody_changes_age_band_between_reference_date_and_application(files: Files) -> None:
    def age(birth: str, on: date) -> int:
        born = date.fromisoformat(birth)
        return on.year - born.year - ((on.month, on.day) < (born.month, born.day))

    births = [member["birth_date"] for member in members(files)]
    assert [age(b, date(2023, 10, 1)) for b in births] == [age(b, date(2023, 11, 30)) for b in births]


def test_adults_and_children_fit_the_household_type(files: Files) -> None:
    for household in files["households"]:
        roles = Counter(member["role"] for member in household["members"])
        assert roles["applicant"] == 1
        assert roles["partner"] == household["household_type"].startswith("couple")
        assert (roles["child"] > 0) == (household["household_type"] in {"single-parent", "couple-with-children"})


def test_incomes_lie_between_nothing_and_180_percent_of_the_norm(files: Files) -> None:
    for household in files["households"]:
        assert 0 <= household["income_cents_per_month"] <= 175_142 * 18 // 10
        assert (household["income_source"] == "none") == (household["income_cents_per_month"] == 0)
        assert (household["income_source"] == "benefit") == (household["benefit"] != "none")


def test_opening_balances_are_about_thirty_percent_of_those_who_can_be_paid(files: Files) -> None:
    households = {h["members"][0]["bsn"] for h in files["households"]}
    early = [line for line in files["opening_balances"] if line["tranche"] == "early"]
    assert {line["amount_cents"] for line in early} == {50_000}
    assert {line["bsn"] for line in files["opening_balances"]} <= households
    assert 0.27 < len(early) / len(files["accounts"]) < 0.31


def test_the_expected_counts_are_those_of_the_files(folder: Path, files: Files) -> None:
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    per_municipality = {code: count["households"] for code, count in expected["households_per_municipality"].items()}
    assert expected["lines"] == {name: len(lines) for name, lines in files.items()}
    assert expected["persons"] == len({member["bsn"] for member in members(files)})
    assert per_municipality == Counter(h["municipality"] for h in files["households"])
    assert expected["benefit_households"] == sum(h["benefit"] != "none" for h in files["households"])
    assert expected["opening_balance_cents"] == sum(line["amount_cents"] for line in files["opening_balances"])
    assert expected["changes"] == Counter(line["kind"] for line in files["changes"])


def test_a_full_region_has_the_real_proportions_in_reasonable_time(tmp_path: Path) -> None:
    started = time.process_time()
    expected = generate(15_000, 1).write(tmp_path)
    assert time.process_time() - started < 15
    assert expected["benefit_households"] == pytest.approx(4500, rel=0.01)
    assert expected["households_with_application"] == pytest.approx(6750, rel=0.01)
    assert expected["households_per_municipality"]["GM0361"]["households"] == pytest.approx(15_000 * 2500 / 4500, abs=2)
    assert expected["households_per_municipality"]["GM0450"]["households"] == pytest.approx(15_000 * 100 / 4500, abs=2)


def test_the_reference_date_moves_every_date(tmp_path: Path) -> None:
    generate(100, 3, date(2024, 2, 29)).write(tmp_path)
    files = read(tmp_path)
    assert {h["on"] for h in files["households"]} == {"2024-02-29"}
    assert {line["scheme_year"] for line in files["applications"]} == {2024}
    assert min(line["received_on"] for line in files["applications"]) >= "2024-03-31"


def test_the_command_prints_a_table_and_writes_the_files(tmp_path: Path) -> None:
    finished = run("--households", "10", "--out", str(tmp_path))
    assert finished.returncode == 0, finished.stderr
    assert "Dijk en Waard" in finished.stdout
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.ndjson" for name in FILES} | {"expected.json"}


def test_the_command_refuses_what_cannot_be_with_a_sentence(tmp_path: Path) -> None:
    finished = run("--households", "0", "--out", str(tmp_path))
    assert finished.returncode == 2
    assert finished.stderr == "region: households must be 1 to 300000, not 0\n"


def test_the_region_knows_nothing_of_the_product() -> None:
    for path in (REPOSITORY / "deploy/region").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not {name.split(".")[0] for name in names} & {"services", "streams"}, path
