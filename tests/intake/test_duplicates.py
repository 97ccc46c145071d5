"""Persons who may be registered twice: found alike without a number, judged by somebody, and remembered."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.contracts.persons import PersonsLinked, PersonsToldApart, PossibleDuplicateFound, pair_ref
from services.eventlog.decider import Refused
from services.intake.likeness import Described, installed, likeness
from services.intake.look_alikes import BORN_ON, WITHOUT_BSN, forget
from services.intake.open_pairs import open_pairs
from services.intake.pairs import PAIRS, FindAlike, JudgePair
from services.intake.recalling import recall
from tests.intake.stories import ADULT, Story, address, household_body, member_body, new_desk, new_log, person
from tests.intake.test_intake_api import House, problem

RULE = installed()
JAN = Described("Jan de Vries", date(1980, 5, 7), "d-1")


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (JAN, ("name", "birth-date", "address")),
        (Described("de Vries, Jan", date(1980, 5, 7), "d-2"), ("name", "birth-date")),
        (Described("Jan de Vriés", date(1980, 7, 5), "d-1"), ("name", "birth-date", "address")),
        (Described("Jan de Fries", date(1980, 5, 7), "d-2"), ("name", "birth-date")),
    ],
)
def test_who_is_alike_is_told_with_what_is_alike(other: Described, alike: tuple[str, ...]) -> None:
    found = likeness(RULE, JAN, other)

    assert found is not None
    assert found.alike == alike
    assert RULE.told_from_percent <= found.score_percent <= 100


@pytest.mark.parametrize(
    "other",
    [
        Described("Fatima Yilmaz", date(1980, 5, 7), "d-1"),
        Described("Jan de Vries", date(1955, 1, 2), "d-9"),
        Described("Piet Bakker", date(1980, 5, 7), "d-1"),
    ],
)
def test_who_shares_a_birthday_or_a_name_alone_is_not_told(other: Described) -> None:
    assert likeness(RULE, JAN, other) is None


# decided

FOUND = PossibleDuplicateFound(
    person_ref=person(2), other_ref=person(1), municipality="GM0399", other_municipality="GM0361", score_percent=90, alike=("name",),
    rule_version=RULE.version,
)  # fmt: skip
PAIR = pair_ref(person(1), person(2))
story = Story(PAIRS)


def judge(verdict: Any = "different") -> JudgePair:  # noqa: ANN401 - a verdict
    return JudgePair(PAIR, verdict, "twins", "s-0001")


def test_two_who_were_found_are_not_found_again() -> None:
    find = FindAlike((FOUND,), "intake/client/p-1")

    assert story.when(find) == [FOUND]
    assert story.given(FOUND).when(find) == []


def test_who_was_told_apart_is_never_found_again() -> None:
    apart = story.given(FOUND).when(judge())

    assert not isinstance(apart, Refused)
    assert [type(event) for event in apart] == [PersonsToldApart]
    assert story.given(FOUND, *apart).when(FindAlike((FOUND,), "intake/client/p-1")) == []


def test_who_is_one_person_is_linked_once() -> None:
    linked = story.given(FOUND).when(judge("same"))

    assert not isinstance(linked, Refused)
    assert [type(event) for event in linked] == [PersonsLinked]
    assert story.given(FOUND, *linked).when(judge("same")) == []
    assert story.given(FOUND, *linked).when(judge()) == Refused("pair-judged-already", "these two were judged same")


def test_a_pair_that_nobody_found_is_not_judged() -> None:
    assert story.when(judge()) == Refused("unknown-pair")


# over HTTP


class Town:
    """A house in which people come in with and without a number."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.first = self.comes(house.people.bsn())

    def comes(self, bsn: str | None, name: str = "Jannie Testgeval", born: date = ADULT, **other: Any) -> str:  # noqa: ANN401 - any field
        member = {**member_body("", born=born), "bsn": bsn, "name": name}
        key = f"household-{self.house.log.head()}"
        told = self.house.worker.post("/v1/households", key, json=household_body(member, **other))
        assert told.status_code == 201, told.text
        client: str = told.json()["refs"]["client"]
        return client

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.house.worker.get("/v1/duplicates").json()["duplicates"]
        return found

    def judged(self, pair: str, verdict: str, key: str = "k-1") -> Any:  # noqa: ANN401 - an answer
        return self.house.worker.post(f"/v1/duplicates/{pair}/verdicts", key, json={"verdict": verdict, "reason_code": "asked-them"})


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    house = House(tmp_path)
    yield Town(house)
    house.processing.close()


def test_who_comes_without_a_number_and_is_like_somebody_is_put_before_a_person(town: Town) -> None:
    second = town.comes(None, "Janny Testgeval", address=address(7))

    (found,) = town.listed()
    assert (found["person_ref"], found["other_ref"], found["alike"]) == (second, town.first, ["name", "birth-date"])
    assert not any(b"Testgeval" in record.data for record in town.house.log.after(0, 100))


def test_somebody_at_the_same_address_with_a_mistaken_birth_date_is_found_too(town: Town) -> None:
    town.comes(None, born=date(1981, 6, 18))

    assert [found["alike"] for found in town.listed()] == [["name", "address"]]


def test_two_who_have_a_number_each_are_different(town: Town) -> None:
    town.comes(town.house.people.bsn())

    assert town.listed() == []


def test_who_comes_with_a_number_is_like_one_who_came_without(town: Town) -> None:
    without = town.comes(None, "Kees Zonderland")
    town.comes(town.house.people.bsn(), "Kees Zonderland")

    assert [found["other_ref"] for found in town.listed()] == [without]


def test_a_verdict_is_remembered_when_somebody_looks_again(town: Town) -> None:
    second = town.comes(None)
    (found,) = town.listed()
    assert town.judged(found["pair"], "different").status_code == 201

    again = town.house.worker.post(f"/v1/clients/{second}/duplicates", "k-1", json={})
    assert (again.status_code, again.json()["outcome"], town.listed()) == (200, "unchanged", [])
    assert problem(town.judged(found["pair"], "same", "k-2")) == (409, "pair-judged-already")


def test_nobody_judges_about_a_person_of_another_municipality(town: Town) -> None:
    town.comes(None, municipality="GM0361")
    (found,) = town.listed()
    elsewhere = town.house.caller("caseworker", of=("GM0361",))

    assert elsewhere.get("/v1/duplicates").json() == {"duplicates": []}
    answer = elsewhere.post(f"/v1/duplicates/{found['pair']}/verdicts", "k-1", json={"verdict": "same", "reason_code": "asked-them"})
    assert problem(answer) == (403, "forbidden")


def test_a_restored_log_knows_at_whom_nobody_looked_yet(town: Town) -> None:
    town.comes(None)
    back, desk = new_log(), new_desk(town.house.people)

    def put_back(tx: Any) -> None:  # noqa: ANN401 - a transaction
        for stream in ("intake/household/", "intake/pair/"):
            recall(desk, tx, list(town.house.log.scan(stream)))

    back.submit(put_back).result(10)

    assert open_pairs(back) == open_pairs(town.house.log)


def test_who_is_forgotten_is_found_by_nobody(town: Town) -> None:
    log, desk = town.house.log, town.house.desk
    without = town.comes(None, "Kees Zonderland")
    log.submit(lambda tx: forget(tx, desk, without)).result(10)

    assert without.encode() not in b"".join(value for _, value in log.kept_all(BORN_ON))
    assert log.kept_all(WITHOUT_BSN) == []
