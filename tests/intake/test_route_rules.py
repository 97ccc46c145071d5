"""The rules of the integral route: they see a closed list, explain themselves, and more that is known never lowers a score."""

import json
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.contracts.codec import published
from services.contracts.export import FOLDER
from services.contracts.route import RouteFact, RouteSignalRecorded, SignalKind
from services.intake.route.bodies import SignalBody
from services.intake.route.rules import RuleMissing, installed, parse
from services.intake.route.weighing import Signal, weigh
from tests.intake.route_stories import INSTALLED, RULES, TOML, need, ref, signals
from tests.intake.stories import ON, TODAY

PROTECTED = (
    "nationality", "birth", "country", "origin", "ethnic", "race", "religion", "belief", "health", "diagnos", "medic", "disab", "sex",
    "gender", "orientation", "politic", "union", "crim", "language", "age", "name", "postcode", "address", "income",
)  # fmt: skip
"""AVG art. 9 and 10, Grondwet art. 1, and what stands for them."""

REFERENCES = {"client", "household_ref", "municipality", "signal_ref", "recorded_by"}


def of_signal() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((FOLDER / f"{RouteSignalRecorded.TYPE}.json").read_text())
    return schema


def words(schema: object) -> set[str]:
    """Every value that a signal may tell."""
    if isinstance(schema, dict):
        return {str(word) for word in schema.get("enum", ())}.union(*(words(part) for part in schema.values()))
    return set().union(*(words(part) for part in schema)) if isinstance(schema, list) else set()


def test_a_signal_has_no_field_for_a_word_or_number_of_its_own() -> None:
    fields = {name: field for name, field in of_signal()["properties"].items() if name not in REFERENCES}

    assert set(fields) == {"kind", "domain", "organisation", "source", "since"}
    assert fields["since"]["format"] == "date"
    assert all(words(fields[name]) for name in ("kind", "domain", "organisation", "source"))
    assert not any(option.keys() == {"title", "type"} and option["type"] == "string" for option in fields.values())


def test_no_signal_tells_a_protected_characteristic() -> None:
    told = words(of_signal()) - {"income"}  # the domain of life, not its height

    assert len(told) > 20
    assert [word for word in told for protected in PROTECTED if protected in word.split("-") or word.startswith(protected)] == []


def test_a_rule_about_anything_else_cannot_be_written() -> None:
    for kind in ("nationality", "age", "income", "health-diagnosis"):
        with pytest.raises(ValidationError, match="kind"):
            parse([TOML.replace(b'"problem-debt"', f'"{kind}"'.encode())])


def test_a_rule_has_no_room_to_look_at_anything_but_kind_and_count() -> None:
    for field in (b'domain = "integration"', b'source_is = "partner"', b'municipality = "GM0361"', b"weight_each = 2"):
        with pytest.raises(ValidationError):
            parse([TOML.replace(b"at_least = 1", b"at_least = 1, " + field, 1)])


def test_a_need_of_an_integration_course_is_not_weighed() -> None:
    needs = [need(1, "work"), need(2, "debt"), need(3, "integration")]
    told = [Signal(n.signal_ref, n.kind, n.domain, None, n.since) for n in needs]

    assert weigh(RULES, told, TODAY).score == 0
    assert weigh(RULES, [*told, told[0]._replace(ref=ref(4), domain="housing")], TODAY).score == 60


def test_two_needs_in_one_domain_count_once() -> None:
    told = [Signal(ref(n), "open-need", "debt", None, ON) for n in range(5)]

    assert weigh(RULES, told, TODAY).fired == ()


def test_every_rule_has_a_source_and_every_kind_a_rule() -> None:
    assert all(rule.source for rule in INSTALLED.rules)
    assert {rule.kind for rule in INSTALLED.in_force(TODAY)} == set(get_args(SignalKind))


def test_a_later_row_replaces_an_earlier_one_from_its_day_on_and_weight_zero_ends_it() -> None:
    later = b'rules = [{ code = "debts", from_on = 2024-03-01, kind = "problem-debt", at_least = 1, weight = 0, source = "test" }]'
    debt = [Signal(ref(1), "problem-debt", None, None, ON)]

    changed = parse([TOML, later])

    assert [weigh(changed, debt, date(2024, 2, 29)).score, weigh(changed, debt, date(2024, 3, 1)).score] == [20, 0]


def test_before_the_first_row_nothing_is_guessed() -> None:
    with pytest.raises(RuleMissing, match="thresholds"):
        weigh(RULES, [], date(2022, 12, 31))


def test_the_version_names_the_very_texts(tmp_path: Path) -> None:
    (tmp_path / "route.toml").write_bytes(TOML)
    (tmp_path / "terms-of-others.toml").write_bytes(b"not = 'read'")

    assert installed(tmp_path).version == RULES.version != parse([TOML + b"\n"]).version


@pytest.mark.parametrize(
    ("kind", "beside"), [("open-need", {}), ("open-need", {"organisation": "debt-help"}), ("problem-debt", {"domain": "debt"})]
)
def test_what_is_counted_is_named_and_nothing_else(kind: str, beside: dict[str, str]) -> None:
    told = {"kind": kind, "source": "client", "since": "2024-01-01", **beside}
    with pytest.raises(ValidationError):
        SignalBody.model_validate_json(json.dumps(told))


@given(st.lists(signals(), max_size=12), st.lists(signals(), max_size=4))
@settings(max_examples=150, deadline=None)
def test_more_that_is_known_never_lowers_a_score(known: list[Signal], more: list[Signal]) -> None:
    before, after = weigh(INSTALLED, known, TODAY), weigh(INSTALLED, [*known, *more], TODAY)

    assert before.score <= after.score
    assert {rule.rule for rule in before.fired} <= {rule.rule for rule in after.fired}


@given(st.lists(signals(), max_size=12), st.dates(date(2023, 6, 1), TODAY))
@settings(max_examples=150, deadline=None)
def test_an_explanation_adds_up_and_names_only_what_is_there(known: list[Signal], on: date) -> None:
    weighing = weigh(INSTALLED, known, on)
    there = {signal.ref for signal in known if signal.stands(on)}

    assert sum(rule.weight for rule in weighing.fired) == weighing.score
    assert all(rule.seen and rule.source for rule in weighing.fired)
    assert weighing.seen <= there


@given(st.lists(signals(), max_size=10), st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_order_in_which_things_became_known_does_not_matter(known: list[Signal], chance: Any) -> None:  # noqa: ANN401 - of hypothesis
    mixed = list(known)
    chance.shuffle(mixed)

    assert weigh(INSTALLED, known, TODAY).score == weigh(INSTALLED, mixed, TODAY).score


def test_every_fact_of_the_route_is_published() -> None:
    assert {fact.TYPE for fact in get_args(RouteFact)} <= set(published().types)
