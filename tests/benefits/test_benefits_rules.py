from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.benefits.allowance_rules import POLICIES, AllowanceRules, installed, parse
from services.benefits.policy import react
from services.benefits.references import end_to_end_id, message_id, payment_of, right_ref, run_ref
from services.benefits.schemas import REFERENCE
from services.contracts.benefits import HouseholdNoted
from services.contracts.envelope import Envelope, Event
from services.contracts.intake import HouseholdMoved, IntakeAccepted
from tests.benefits.a_region import ALKMAAR, BERGEN, NOW, Home, region

TEXT = (POLICIES / "energy-allowance-2023.toml").read_bytes()


@pytest.fixture
def rules() -> AllowanceRules:
    return installed()[0]


def test_the_six_municipalities_have_rules_and_say_what_is_assumed(rules: AllowanceRules) -> None:
    assert sorted(row.code for row in rules.municipalities) == ["GM0361", "GM0373", "GM0383", "GM0399", "GM0450", "GM1980"]
    assert {row.assumed for row in rules.municipalities} == {True}
    assert (rules.pay_until.on, rules.decide_until.on) == (date(2024, 8, 31), date(2024, 8, 31))


@pytest.mark.parametrize(
    ("with_holiday_pay", "category"),
    [
        (128_383, "single"),
        (183_404, "couple"),
        (142_576, "single-pension-age"),
        (193_398, "couple-pension-age"),
        (31_694, "single-18-20"),
        (63_388, "couple-18-20"),
        (100_069, "couple-18-20-with-children"),
        (123_396, "couple-one-18-20"),
        (160_077, "couple-one-18-20-with-children"),
    ],
)
def test_a_norm_without_holiday_pay_is_95_percent_half_up(rules: AllowanceRules, with_holiday_pay: int, category: str) -> None:
    assert rules.norm_cents(category) == (with_holiday_pay * 95 + 50) // 100  # type: ignore[arg-type]  # a literal


def test_any_change_to_the_rules_changes_their_version(rules: AllowanceRules) -> None:
    other = parse(TEXT.replace(b"income_limit_percent = 120", b"income_limit_percent = 130", 1))

    assert other.rule_version(ALKMAAR) != rules.rule_version(ALKMAAR)


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        (b"amount_cents = 130000", b"amount_cents = 1300.00"),
        (b"amount_cents = 130000", b"amount_cents = -1"),
        (b'version = "1"', b'version = "1"\ncolour = "blue"'),
        (b'source = "Stb. 2023, 329, art. 35(5) Participatiewet"', b'source = ""'),
        (b'reason = "institution"', b'reason = "red-hair"'),
        (b"reference_on = 2024-01-01", b'reference_on = "1 January"'),
        (b"income_limit_percent = 120", b"income_limit_percent = 12000"),
        (b"tranche = 1\namount_cents = 130000", b"tranche = 1\namount_cents = 130001"),
    ],
)
def test_rules_with_a_slip_of_the_pen_are_not_read(said: bytes, instead: bytes) -> None:
    assert said in TEXT
    with pytest.raises(ValidationError):
        parse(TEXT.replace(said, instead, 1))


def test_names_are_the_same_each_time_and_within_what_banks_take() -> None:
    right = right_ref("energy-allowance", "h-1", 2023, 1, 1)
    run = run_ref(("energy-allowance", 2023, 1))

    assert right == right_ref("energy-allowance", "h-1", 2023, 1, 1)
    assert all(REFERENCE.fullmatch(name) for name in (right, end_to_end_id(right, 99), message_id(run, 1)))
    assert (len(right), len(message_id(run, 1))) == (27, 24)


@pytest.mark.parametrize(("scheme_year", "tranche", "sequence"), [(2022, 1, 1), (2023, 2, 1), (2023, 1, 2)])
def test_another_year_tranche_or_sequence_is_another_right(scheme_year: int, tranche: int, sequence: int) -> None:
    assert right_ref("energy-allowance", "h-1", scheme_year, tranche, sequence) != right_ref("energy-allowance", "h-1", 2023, 1, 1)


@pytest.mark.parametrize("name", ["", "NOTPROVIDED", "r" + "a" * 26, "r" + "a" * 26 + "-0", "r" + "g" * 26 + "-1", "x" + "a" * 26 + "-1"])
def test_a_name_that_we_did_not_give_names_no_payment(name: str) -> None:
    assert payment_of(name) is None


def test_a_payment_is_found_by_its_name() -> None:
    assert payment_of(end_to_end_id("r" + "a" * 26, 2)) == ("r" + "a" * 26, 2)


def envelope(event: Event, version: int = 1) -> Envelope[Event]:
    home = event.home()
    return Envelope("e-1", "intake", home.stream, version, 7, home.key, home.client, home.municipality, NOW, NOW, None, "c", event)


def test_the_same_fact_of_intake_twice_is_noted_once(tmp_path: Path) -> None:
    alkmaar = region(tmp_path)
    moved = HouseholdMoved(household_ref="h-1", on=date(2024, 1, 5), facts=Home(1).facts, from_municipality=BERGEN)
    for _ in range(2):
        (work,) = react(lambda: NOW)(envelope(moved, version=2))
        alkmaar.log.submit(work).result(5)

    assert [(fact.cause, fact.source_version) for fact in alkmaar.facts(HouseholdNoted)] == [("moved", 2)]


def test_who_comes_into_care_is_no_matter_of_benefits() -> None:
    accepted = IntakeAccepted(client="p-1", household_ref="h-1", municipality=ALKMAAR, route="standard", accepted_on=date(2024, 2, 1))

    assert react(lambda: NOW)(envelope(accepted)) == []
