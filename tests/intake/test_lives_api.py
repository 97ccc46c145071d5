"""Births, deaths and moves into another household over HTTP, and a household on any day as it was known at any moment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.intake.desk import household_of, person_of
from tests.intake.stories import address, household_body, member_body
from tests.intake.test_intake_api import House, problem

BIRTH = {"name": "Kleintje Testgeval", "birth_date": "2024-02-10", "household_type": "couple-with-children"}


class Homes:
    """A couple in Heiloo, and somebody who lives alone in another dwelling."""

    def __init__(self, house: House) -> None:
        self.house = house
        members = (member_body(house.people.bsn()), member_body(house.people.bsn(), "partner"))
        self.couple = self._registered("couple", household_body(*members, household_type="couple"))
        self.single = self._registered("single", household_body(member_body(house.people.bsn()), address=address(9)))

    def _registered(self, key: str, body: dict[str, Any]) -> dict[str, str]:
        refs: dict[str, str] = self.house.worker.post("/v1/households", key, json=body).json()["refs"]
        return refs

    def change(self, of: dict[str, str], what: str, body: dict[str, Any], key: str = "") -> httpx.Response:
        return self.house.worker.post(f"/v1/households/{of['household_ref']}/{what}", key or what, json=body)

    def shown(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.house.worker.get(path).json()
        return answer

    def move_together(self, on: str = "2024-02-01") -> httpx.Response:
        joiner = {"person": self.single["client"], "role": "resident"}
        body = {"on": on, "to_household": self.couple["household_ref"], "joiners": [joiner], "household_type": "couple"}
        return self.change(self.single, "joinings", body)


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Homes]:
    house = House(tmp_path)
    yield Homes(house)
    house.processing.close()


def test_a_child_is_found_by_number_and_lives_where_the_parents_do(homes: Homes) -> None:
    bsn = homes.house.people.bsn()

    child = homes.change(homes.couple, "births", {**BIRTH, "bsn": bsn}).json()["refs"]["person_ref"]

    house = homes.house
    assert (person_of(house.log, house.desk.hashes, bsn), household_of(house.log, child)) == (child, homes.couple["household_ref"])
    assert house.desk.vault.open(house.log, child) == {
        "bsn": bsn, "name": BIRTH["name"], "birth_date": "2024-02-10", "address": address(),
    }  # fmt: skip


def test_a_child_without_a_number_yet_is_registered_and_the_repeat_draws_nothing(homes: Homes) -> None:
    first, again = (homes.change(homes.couple, "births", BIRTH) for _ in range(2))

    assert first.status_code == 201
    assert first.json() == again.json()


def test_a_child_with_the_number_of_somebody_else_is_a_problem(homes: Homes) -> None:
    bsn, _ = homes.house.registered()

    assert problem(homes.change(homes.couple, "births", {**BIRTH, "bsn": bsn})) == (409, "duplicate-person")


def test_no_event_tells_a_birth_date(homes: Homes) -> None:
    homes.change(homes.couple, "births", BIRTH)

    assert not any(b"2024-02-10" in record.data for record in homes.house.log.after(0, 100))


def test_who_died_is_still_found_where_they_lived(homes: Homes) -> None:
    died = homes.change(homes.couple, "deaths", {"person": homes.couple["client"], "died_on": "2024-02-03", "household_type": "single"})

    assert died.status_code == 201
    path = f"/v1/clients/{homes.couple['client']}/household"
    assert homes.shown(f"{path}?on=2024-02-02")["facts"]["household_type"] == "couple"
    assert problem(homes.house.worker.get(f"{path}?on=2024-02-03")) == (404, "unknown-household")


def test_who_joins_has_the_address_and_the_household_that_they_came_from_has_ended(homes: Homes) -> None:
    told = homes.move_together()

    house, joiner = homes.house, homes.single["client"]
    assert told.json()["refs"] == {"household_ref": homes.single["household_ref"], "to_household_ref": homes.couple["household_ref"]}
    assert house.desk.vault.open(house.log, joiner)["address"] == address()
    assert homes.shown(f"/v1/households/{homes.single['household_ref']}")["facts"]["members"] == []


def test_a_home_is_told_on_any_day(homes: Homes) -> None:
    homes.move_together()
    path = f"/v1/clients/{homes.single['client']}/household"

    found = [homes.shown(f"{path}?on={day}")["household_ref"] for day in ("2024-01-31", "2024-02-01")]
    assert found == [homes.single["household_ref"], homes.couple["household_ref"]]
    assert problem(homes.house.worker.get(f"{path}?on=2023-12-31")) == (404, "unknown-household")


def test_a_home_is_told_as_it_was_known_at_a_moment(homes: Homes) -> None:
    path = f"/v1/households/{homes.couple['household_ref']}"

    assert homes.shown(f"{path}?on=2024-02-01&knownAt=2024-02-15T09:00:00Z")["version"] == 1
    assert problem(homes.house.worker.get(f"{path}?on=2024-02-01&knownAt=2024-02-15T08:59:59Z")) == (404, "unknown-household")


def test_every_member_who_is_shown_is_on_record_and_no_other_municipality_looks_in(homes: Homes) -> None:
    path = f"/v1/households/{homes.couple['household_ref']}"
    homes.shown(path)

    lines = (homes.house.folder / "processing.ndjson").read_text().splitlines()
    assert sum("dpl.core.data_subject_id" in line for line in lines) == 2
    assert problem(homes.house.caller("caseworker", of=("GM0361",)).get(path)) == (403, "forbidden")


def test_nobody_is_moved_into_a_household_of_another_municipality(homes: Homes) -> None:
    there = homes._registered("there", household_body(member_body(homes.house.people.bsn()), municipality="GM0361"))
    body = {
        "on": "2024-02-01", "to_household": there["household_ref"], "household_type": "single",
        "joiners": [{"person": homes.single["client"], "role": "resident"}],
    }  # fmt: skip
    caller = homes.house.caller("caseworker", of=("GM0399",))

    answer = caller.post(f"/v1/households/{homes.single['household_ref']}/joinings", "k-1", json=body)

    assert problem(answer) == (403, "forbidden")
