from datetime import date
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.benefits.allowance_rules import POLICIES, AllowanceRules, Budget, installed, parse
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


def test_a_run_needs_signatures_by_its_total_and_above_the_last_row_what_that_says(rules: AllowanceRules) -> None:
    rows = sorted(rules.signatures, key=lambda row: row.upto_cents)
    turned = rules.model_copy(update={"signatures": tuple(reversed(rows))})

    assert len(rows) > 1
    for low, high in pairwise(rows):
        assert [turned.signatures_for(cents) for cents in (low.upto_cents, low.upto_cents + 1)] == [low, high]
    assert [turned.signatures_for(cents) for cents in (0, rows[-1].upto_cents + 1)] == [rows[0], rows[-1]]


def test_rules_guard_the_runs_of_their_own_scheme_year(rules: AllowanceRules) -> None:
    asked = [("energy-allowance", 2023), ("energy-allowance", 2024), ("monthly-benefit", 2023)]

    assert [rules.guards(scheme, year) for scheme, year in asked] == [True, False, False]  # type: ignore[arg-type]  # literals


def test_a_tranche_without_a_row_is_the_whole_year(rules: AllowanceRules) -> None:
    early = rules.model_copy(update={"tranches": (rules.tranches[0].model_copy(update={"tranche": 1, "amount_cents": 50_000}),)})

    assert [early.tranche_cents(tranche) for tranche in (1, 2)] == [50_000, 130_000]


def test_a_municipality_that_does_not_take_part_has_no_rule_and_no_budget(rules: AllowanceRules) -> None:
    some = rules.model_copy(update={"budgets": (Budget(source="a test", code=ALKMAAR, amount_cents=1_000),)})

    assert (some.municipality("GM9999"), some.budget_cents("GM9999"), some.budget_cents(ALKMAAR)) == (None, None, 1_000)
    assert [found.code for code in (ALKMAAR, BERGEN) if (found := some.municipality(code))] == [ALKMAAR, BERGEN]


def test_a_decision_names_the_exact_text_of_the_rules(rules: AllowanceRules) -> None:
    digest = sha256(TEXT).hexdigest()

    assert rules.rule_version(ALKMAAR) == f"energy-allowance-2023/{ALKMAAR}/{rules.version}+{digest[:8]}"


def test_an_exclusion_that_the_rules_do_not_name_excludes_nobody(rules: AllowanceRules) -> None:
    none = rules.model_copy(update={"exclusions": tuple(row for row in rules.exclusions if row.reason != "institution")})

    assert (rules.excludes("institution"), none.excludes("institution"), none.excludes("age-18-20")) == (True, False, True)


@pytest.mark.parametrize(
    ("before", "instead", "said"),
    [
        (
            b"[year_amount]\namount_cents = 130000",
            b"[year_amount]\namount_cents = 13000000",
            "the year amount is above the ceiling per payment",
        ),
        (b"[year_amount]\namount_cents = 130000", b"[year_amount]\namount_cents = 129999", "a tranche above the year amount"),
    ],
)
def test_amounts_that_do_not_fit_each_other_say_which(before: bytes, instead: bytes, said: str) -> None:
    assert before in TEXT
    with pytest.raises(ValidationError, match=f"Value error, {said} "):
        parse(TEXT.replace(before, instead, 1))


def test_the_year_amount_may_be_the_ceiling_itself(rules: AllowanceRules) -> None:
    assert rules.year_amount.amount_cents == rules.payment_ceiling.amount_cents == rules.tranches[0].amount_cents


def test_above_the_last_of_three_rows_the_last_row_holds(rules: AllowanceRules) -> None:
    row = rules.signatures[0]
    three = tuple(row.model_copy(update={"upto_cents": cents, "signatures": number}) for number, cents in enumerate((10, 20, 30), 1))

    assert [rules.model_copy(update={"signatures": three}).signatures_for(cents).signatures for cents in (10, 11, 30, 31)] == [1, 2, 3, 3]


def test_rules_without_a_list_of_tranches_are_read_and_grant_the_whole_year() -> None:
    start, end = TEXT.index(b"[[tranches]]"), TEXT.index(b"[decide_until]")

    assert parse(TEXT[:start] + TEXT[end:]).tranche_cents(1) == 130_000
