"""A run is prepared on what intake told, for the households that were asked for, or it waits for somebody and says why."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.benefits.allowance_rules import AllowanceRules, installed
from services.benefits.manifest import GrantedLine, Line, RefusedLine
from services.benefits.preparation import Preparing, rules_of
from services.benefits.references import right_ref
from services.benefits.request import RunRequest, Stuck
from services.contracts.benefits import ClaimReserved
from services.contracts.intake import HouseholdIncomeReported
from services.contracts.runs import RunPrepared
from services.eventlog.reactor import HELD
from tests.benefits.a_region import ALKMAAR, BERGEN, NOW, OFFICER, REFERENCE, Home, Region, region

RULES = installed()[0]


def asked(told: int = 0, **otherwise: Any) -> RunRequest:  # noqa: ANN401 - fields of the request
    usual: dict[str, Any] = {
        "run_ref": "run-0000000000000001",
        "scheme": "energy-allowance",
        "scheme_year": 2023,
        "tranche": 1,
        "decided_on": NOW.date(),
        "promised_on": date(2024, 3, 1),
        "intake_position": told,
        "municipalities": (ALKMAAR, BERGEN),
        "prepared_by": OFFICER,
    }
    return RunRequest(**{**usual, **otherwise})


@pytest.fixture
def told(tmp_path: Path) -> Region:
    """Two households who get an allowance, and one in Bergen that earns too much."""
    made = region(tmp_path)
    made.knows(Home(1), Home(2), Home(3, municipality=BERGEN, income_cents=900_000))
    return made


def preparing(region: Region, rules: AllowanceRules = RULES, patience_seconds: float = 0.1) -> Preparing:
    return Preparing(region.log, [rules], region.office.manifests, lambda: NOW, patience_seconds)


def prepared(region: Region, request: RunRequest, rules: AllowanceRules = RULES) -> tuple[RunPrepared, list[Line]]:
    preparing(region, rules).prepare(request, lambda _seconds: None)
    fact = next(each for each in region.facts(RunPrepared) if each.run_ref == request.run_ref)
    return fact, list(region.office.manifests.read(fact.manifest_hash))


@pytest.mark.parametrize(("patience_seconds", "looks"), [(0.1, 3), (0.04, 1), (1.0, 21)])
def test_a_run_looks_so_often_whether_what_it_needs_was_told_and_then_waits_for_somebody(
    told: Region, patience_seconds: float, looks: int
) -> None:
    pauses: list[float] = []
    with pytest.raises(Stuck) as stuck:
        preparing(told, patience_seconds=patience_seconds).prepare(asked(told.told + 1), pauses.append)

    assert (stuck.value.reason, pauses) == ("intake-not-reached", [0.05] * looks)


def test_a_run_waits_for_somebody_while_a_record_of_intake_is_held(told: Region) -> None:
    told.log.submit(lambda tx: tx.keep(HELD, "topic/0/1", b"key\nunreadable")).result(5)
    with pytest.raises(Stuck) as stuck:
        preparing(told).prepare(asked(told.told), lambda _seconds: None)

    assert stuck.value.reason == "intake-records-held"


@pytest.mark.parametrize(
    ("otherwise", "reason"),
    [
        ({"scheme_year": 2031}, "no-rules-for-scheme-year"),
        ({"municipalities": ()}, "no-rules-for-municipality"),
        ({"municipalities": (ALKMAAR, "GM9999")}, "no-rules-for-municipality"),
        ({"decided_on": date(2024, 9, 1)}, "after-the-legal-last-day"),
    ],
)
def test_a_run_that_no_rule_allows_waits_for_somebody(otherwise: dict[str, Any], reason: str) -> None:
    with pytest.raises(Stuck) as stuck:
        rules_of([RULES], asked(**otherwise))

    assert stuck.value.reason == reason


def test_the_last_days_of_the_law_are_days_on_which_it_can_be_done() -> None:
    last = asked(decided_on=RULES.decide_until.on, promised_on=RULES.pay_until.on)

    assert rules_of([RULES], last) is RULES


def test_what_was_prepared_is_counted_by_what_it_came_to_under_the_rules_of_each_municipality(told: Region) -> None:
    fact, lines = prepared(told, asked(told.told, corrects="run-0"))

    assert (fact.households, fact.candidates, fact.granted, fact.refused, fact.excluded, fact.held) == (3, 3, 2, 1, 0, 0)
    assert fact.rule_versions == tuple(RULES.rule_version(code) for code in (ALKMAAR, BERGEN))
    assert fact.corrects == "run-0"
    assert {line.municipality: line.rule_version for line in lines} == {code: RULES.rule_version(code) for code in (ALKMAAR, BERGEN)}
    assert [(line.sequence, line.right_ref) for line in lines if isinstance(line, GrantedLine | RefusedLine)] == [
        (1, right_ref("energy-allowance", Home(number).ref, 2023, 1, 1)) for number in (1, 2, 3)
    ]


def test_a_correction_looks_at_the_households_that_were_named_and_no_others(told: Region) -> None:
    everybody = {line.household_ref for line in prepared(told, asked(told.told))[1]}
    named = (Home(1).ref, "h-unknown")
    fact, lines = prepared(told, asked(told.told, run_ref="run-0000000000000002", kind="correction", only_households=named))

    assert (len(everybody), fact.kind) == (3, "correction")
    assert [line.household_ref for line in lines] == [Home(1).ref]


def test_a_right_that_was_decided_before_gets_the_next_number_in_its_own_tranche(told: Region) -> None:
    told.pays_out()
    poorer = Home(3, municipality=BERGEN, income_cents=90_000)
    told.tells(HouseholdIncomeReported(household_ref=poorer.ref, on=REFERENCE, facts=poorer.facts), version=2)
    again = {line.household_ref: line for line in prepared(told, asked(told.told, run_ref="run-0000000000000003"))[1]}
    other = {line.household_ref: line for line in prepared(told, asked(told.told, run_ref="run-0000000000000004", tranche=2))[1]}
    rich = Home(3).ref

    numbers = [(line.sequence, line.right_ref) for lines in (again, other) if isinstance(line := lines[rich], RefusedLine | GrantedLine)]
    assert numbers == [(number, right_ref("energy-allowance", rich, 2023, tranche, number)) for tranche, number in ((1, 2), (2, 1))]


@pytest.mark.parametrize("applies", [True, False])
def test_a_dwelling_is_held_for_a_household_where_the_rules_give_one_allowance_to_each(told: Region, *, applies: bool) -> None:
    rule = RULES.one_per_dwelling.model_copy(update={"applies": applies})
    _, lines = prepared(told, asked(told.told), RULES.model_copy(update={"one_per_dwelling": rule}))
    dwellings = {line.household_ref: line.dwelling_ref for line in lines if isinstance(line, GrantedLine)}

    assert dwellings == {home.ref: home.facts.dwelling_ref if applies else "" for home in (Home(1), Home(2))}


def test_what_adults_had_before_is_claimed_by_the_service_itself_once_for_the_same_persons(told: Region) -> None:
    couple = Home(4, bands=("27-pension", "27-pension"), household_type="couple")
    told.knows(couple)
    told.paid_before(couple, 10_000)
    for number in (5, 6):
        prepared(told, asked(told.told, run_ref=f"run-000000000000000{number}"))
    partner = couple.members[1].person_ref
    claims = [(each.correlation_id, each.event) for each in told.log.scan("benefits/") if isinstance(each.event, ClaimReserved)]

    assert [(cause, event.person_ref) for cause, event in claims if event.person_ref == partner] == [(claims[0][1].right_ref, partner)]
