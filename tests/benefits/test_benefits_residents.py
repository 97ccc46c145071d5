"""An officer of Bergen cannot act on a client of Alkmaar by naming their own municipality, on any route that takes one."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from services.access.caller import Role
from services.benefits.residents import Residents
from services.contracts.benefits import AccountBound, OpeningBalanceRecorded
from services.contracts.intake import HouseholdMoved
from services.contracts.monthly import BenefitApplied, BenefitGranted
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, BERGEN, Home, household, iban, person

HERS, NEW, THEIRS, UNHEARD_OF = person(1), person(2), person(3), person(99)
ALONE = {"household_type": "single", "age_bands": ["27-pension"]}
DAYS = {"reported_on": "2024-02-01", "applied_on": "2024-02-01"}
GRANT = {"effective_on": "2024-02-01", "reason_code": "entitled"}


class Attempt(NamedTuple):
    """What somebody does who names a municipality."""

    role: Role
    path: Callable[[str], str]
    body: Callable[[str, str], dict[str, Any]]
    bulk: bool = False


def named(client: str, municipality: str) -> dict[str, Any]:
    return {"client": client, "municipality": municipality}


def account(client: str, municipality: str) -> dict[str, Any]:
    return {**named(client, municipality), "id": f"a-{client}-{municipality}", "iban": iban(99), "holder_name": "Iemand Anders"}


def home_of(client: str) -> str:
    return f"h-{client[2:]}"


def paid_before(client: str, municipality: str) -> dict[str, Any]:
    about = {**named(client, municipality), "household_ref": home_of(client)}
    return {**about, "id": f"b-{client}-{municipality}", "scheme_year": 2023, "amount_cents": 130_000}


ATTEMPTS = {
    "account": Attempt("payments-officer", lambda _c: "/v1/accounts/_bulk", account, bulk=True),
    "confirmation": Attempt("payments-officer", lambda _c: "/v1/accounts/confirmations", lambda c, m: {**named(c, m), "iban": iban(1)}),
    "balance": Attempt("payments-officer", lambda _c: "/v1/opening-balances/_bulk", paid_before, bulk=True),
    "application": Attempt(
        "caseworker",
        lambda client: f"/v1/benefits/{client}/applications",
        lambda c, m: {"household_ref": home_of(c), "municipality": m, "declared": ALONE, **DAYS},
    ),
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.houses(1)
    made.region.houses(2)
    made.region.houses(3, BERGEN)
    yield made
    made.processing.close()


def tried(house: House, attempt: Attempt, client: str, municipality: str, works_for: str) -> tuple[int, str]:
    """Status and reason of the answer."""
    who = house.as_(attempt.role, "s-bergen", [works_for] if works_for else (ALKMAAR, BERGEN))
    body = attempt.body(client, municipality)
    if attempt.bulk:
        told = who.post(attempt.path(client), content=json.dumps(body).encode()).json()
        status = {"forbidden": 403, "unavailable": 503}.get(told.get("reason", ""), 409 if told["outcome"] == "refused" else 200)
        return status, told.get("reason", "")
    answer = who.post(attempt.path(client), f"k-{client}-{municipality}-{works_for}", json=body)
    return answer.status_code, answer.json().get("title", "")


@pytest.mark.parametrize("name", ATTEMPTS)
def test_who_works_elsewhere_gets_nowhere_by_naming_a_municipality_of_their_own(house: House, name: str) -> None:
    house.region.binds(HERS, 1)
    before = house.region.log.head()

    assert [tried(house, ATTEMPTS[name], client, BERGEN, BERGEN)[0] for client in (HERS, NEW)] == [403, 403]
    assert house.region.log.head() == before


@pytest.mark.parametrize("name", ATTEMPTS)
def test_who_works_for_both_cannot_have_a_client_of_one_paid_by_the_other(house: House, name: str) -> None:
    assert tried(house, ATTEMPTS[name], NEW, BERGEN, "") == (409, "client-unknown-there")


@pytest.mark.parametrize("name", ATTEMPTS)
def test_who_is_not_heard_of_yet_is_taken_in_on_the_next_try(house: House, name: str) -> None:
    house.region.binds(UNHEARD_OF, 1)  # before intake told, by an older release
    too_early = tried(house, ATTEMPTS[name], UNHEARD_OF, ALKMAAR, ALKMAAR)
    house.region.houses(99)

    assert too_early == (503, "unavailable")
    assert tried(house, ATTEMPTS[name], UNHEARD_OF, ALKMAAR, ALKMAAR)[0] in (200, 201)


@pytest.mark.parametrize("name", ["account", "balance", "application"])
def test_who_works_where_the_client_lives_is_served(house: House, name: str) -> None:
    status, _ = tried(house, ATTEMPTS[name], THEIRS, BERGEN, BERGEN)

    assert status in (200, 201)
    assert [len(house.region.facts(kind)) for kind in (AccountBound, OpeningBalanceRecorded, BenefitApplied)].count(1) == 1


def test_an_application_names_the_household_in_which_the_client_lives(house: House) -> None:
    worker = house.as_("caseworker", "s-worker", [ALKMAAR])
    body = {"household_ref": household(2), "municipality": ALKMAAR, "declared": ALONE, **DAYS}

    assert worker.post(f"/v1/benefits/{HERS}/applications", "a-1", json=body).json()["title"] == "client-unknown-there"


def test_an_adult_of_another_municipality_loses_no_right_by_an_opening_balance(house: House) -> None:
    line = {**paid_before(THEIRS, BERGEN), "persons": [HERS]}
    officer = house.as_("payments-officer", "s-bergen", [BERGEN])
    told = officer.post("/v1/opening-balances/_bulk", content=json.dumps(line).encode()).json()

    assert (told["outcome"], told["reason"], house.region.facts(OpeningBalanceRecorded)) == ("refused", "forbidden", [])


def test_nobody_of_another_municipality_becomes_a_partner_in_a_benefit(house: House) -> None:
    worker, place = house.as_("caseworker", "s-bergen", [BERGEN]), f"/v1/benefits/{THEIRS}"
    worker.post(f"{place}/applications", "a-1", json=ATTEMPTS["application"].body(THEIRS, BERGEN))
    pair = {"household_type": "couple", "age_bands": ["27-pension", "27-pension"], "partner": HERS}
    answer = worker.post(f"{place}/grants", "g-1", json={**GRANT, "circumstances": pair})

    assert (answer.status_code, house.region.facts(BenefitGranted)) == (403, [])


def moves(house: House, number: int, to: str, on: date, version: int = 2) -> None:
    """A household goes to live elsewhere."""
    facts = Home(number, municipality=to, persons=(number,)).facts
    house.region.tells(HouseholdMoved(household_ref=household(number), on=on, facts=facts, from_municipality=ALKMAAR), version)


def test_who_moved_is_served_where_they_live_now_also_on_the_account_that_was_bound_before(house: House) -> None:
    house.region.binds(HERS, 1)
    moves(house, 1, BERGEN, date(2024, 2, 10))

    assert tried(house, ATTEMPTS["account"], HERS, BERGEN, BERGEN)[0] == 200
    assert tried(house, ATTEMPTS["account"], HERS, ALKMAAR, ALKMAAR)[0] == 403


def test_who_will_move_lives_where_they_live_until_that_day(house: House) -> None:
    moves(house, 1, BERGEN, date(2024, 3, 1))
    residents = Residents(house.region.log)

    assert [set(residents.homes(HERS, date(2024, month, 1))) for month in (2, 3)] == [{ALKMAAR}, {BERGEN}]
    assert residents.lived_in(HERS) == {ALKMAAR, BERGEN}


def test_before_a_first_fact_somebody_lives_where_that_says(house: House) -> None:
    assert Residents(house.region.log).homes(HERS, date(1999, 1, 1)) == {ALKMAAR}
    assert Residents(house.region.log).homes(UNHEARD_OF, date(2024, 1, 1)) == frozenset()


def test_money_that_is_near_is_still_the_matter_of_who_decided_it(house: House) -> None:
    house.region.knows(Home(5))
    run = house.prepared()
    house.released(run)
    facts = Home(5, municipality=BERGEN).facts
    house.region.tells(HouseholdMoved(household_ref=household(5), on=date(2024, 2, 10), facts=facts, from_municipality=ALKMAAR), 2)
    officer = house.as_("payments-officer", "s-alkmaar", [ALKMAAR])
    told = officer.post("/v1/accounts/_bulk", content=json.dumps(account(Home(5).client, ALKMAAR)).encode()).json()

    assert (told["outcome"], told["refs"]["waits_for"]) == ("accepted", "second-person")
