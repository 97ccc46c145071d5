"""Clients on a monthly benefit, and what a year brings them, are the same again for the same seed and fit what benefits takes in."""

import json
from collections import Counter
from datetime import date

import pytest

from deploy.region.benefit_clients import BenefitClient, benefit_clients
from deploy.region.courses import COURSES, Course
from deploy.region.happenings import Happening, account_comes, happenings, mistaken
from services.benefits.monthly.api import DECISIONS
from services.benefits.monthly.bodies import ApplicationBody, CircumstancesBody, IncomeBody, ObjectionBody, OutcomeBody
from services.web.body import Body

FIRST = date(2024, 6, 1)
FIRSTS = [FIRST.replace(month=month) for month in (6, 7, 8, 9)]
BODIES: dict[str, type[Body]] = {
    **{collection: body for collection, body, _ in DECISIONS},
    "applications": ApplicationBody,
    "incomes": IncomeBody,
    "objections": ObjectionBody,
    "objection-decisions": OutcomeBody,
}
KNOWN_BY_WHO_POSTS = {"applications": {"household_ref": "h-" + "1" * 16}, "objections": {"decision_ref": "dec-" + "1" * 16}}


@pytest.fixture(scope="module")
def region() -> list[BenefitClient]:
    return list(benefit_clients(60, 7, FIRST, len(FIRSTS)))


def year_of(client: BenefitClient) -> list[tuple[int, Happening]]:
    return [(month, each) for month in range(len(FIRSTS)) for each in happenings(client, month, FIRSTS)]


def test_the_same_seed_gives_the_same_clients_and_another_seed_others(region: list[BenefitClient]) -> None:
    assert list(benefit_clients(60, 7, FIRST, len(FIRSTS))) == region
    assert list(benefit_clients(60, 8, FIRST, len(FIRSTS))) != region


def test_a_small_region_has_every_course_once_and_a_tiny_one_the_first_of_them(region: list[BenefitClient]) -> None:
    few = [each.course for each in benefit_clients(3, 7, FIRST, len(FIRSTS))]

    assert {each.course for each in region} == set(COURSES) == set(Course)
    assert few == list(COURSES)[:3]


def test_whatever_a_year_brings_is_a_body_that_benefits_takes_in(region: list[BenefitClient]) -> None:
    brought = [each for client in region for _, each in year_of(client)]
    brought += [mistaken(client, FIRSTS) for client in region if client.course is Course.MISTAKEN]

    for each in brought:
        if each.collection in BODIES:
            BODIES[each.collection].model_validate_json(json.dumps({**each.body, **KNOWN_BY_WHO_POSTS.get(each.collection, {})}))
    assert {each.collection for each in brought} - BODIES.keys() == {"moves", "notifications"}


def test_everybody_applies_once_unless_they_move_and_is_granted_unless_refused(region: list[BenefitClient]) -> None:
    for client in region:
        told = Counter(each.collection for _, each in year_of(client))
        moved = client.course is Course.MOVED and client.turns + 1 < len(FIRSTS)
        assert told["applications"] == 1 + moved
        assert told["grants"] == (0 if client.course is Course.REFUSED else 1 + moved)


def test_accounts_to_which_the_bank_pays_nothing_are_of_those_whose_course_it_is(region: list[BenefitClient]) -> None:
    ends = {client.course: client.account["iban"][-3:] for client in region}
    failing = {Course.ACCOUNT_CLOSED: "901", Course.DECEASED: "902", Course.ACCOUNT_INCORRECT: "903"}

    assert {course: end for course, end in ends.items() if end in failing.values()} == failing
    assert all(client.third[-3:] not in failing.values() for client in region)


def test_an_account_is_known_with_the_application_or_a_month_late(region: list[BenefitClient]) -> None:
    late = {client.course for client in region if account_comes(client) > client.starts}

    assert late == {Course.NO_ACCOUNT}


def test_the_form_of_a_month_comes_in_that_month_or_where_it_is_late_in_the_next(region: list[BenefitClient]) -> None:
    client = next(each for each in region if each.course is Course.INCOME_LATE)
    came = [(month, each.body["month"]) for month, each in year_of(client) if each.collection == "incomes"]
    expected = [(index + (index == client.turns), f"{first:%Y-%m}") for index, first in enumerate(FIRSTS)]

    assert sorted(came, key=lambda each: each[1]) == expected


def test_circumstances_are_as_benefits_knows_them(region: list[BenefitClient]) -> None:
    said = [json.dumps(client.circumstances) for client in benefit_clients(400, 7, FIRST, len(FIRSTS))]
    living = {CircumstancesBody.model_validate_json(each).living for each in said}

    assert living == {"independent", "institution"}
    assert all(client.circumstances["cost_sharers"] == 0 for client in region if "18-20" in client.circumstances["age_bands"])
