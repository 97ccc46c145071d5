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
from services.intake.same_person import LINKED, look_at_all
from services.vault.erasure import destroy
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
    return JudgePair(PAIR, person(1), verdict, "twins", "s-0001")


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
    assert [(type(event), event.person_ref) for event in linked] == [(PersonsLinked, person(1))]  # type: ignore[attr-defined]  # of a pair
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


APPLIED = {"subject": "debt-help", "channel": "desk", "applied_on": "2024-02-05"}
ALLOWANCE = {"scheme": "energy-allowance", "scheme_year": 2023, "channel": "desk", "received_on": "2024-02-01"}


def one_person(town: Town, **other: Any) -> str:  # noqa: ANN401 - any field
    """Somebody who came again, without a number, and was recognised."""
    second = town.comes(None, **other)
    (found,) = town.listed()
    assert town.judged(found["pair"], "same").status_code == 201
    return second


def at(town: Town, client: str, *of: str) -> Any:  # noqa: ANN401 - JSON
    caller = town.house.caller("caseworker", of=of) if of else town.house.worker
    return caller.get(f"/v1/clients/{client}/household").json()["same_person"]


def test_at_both_it_is_told_which_reference_is_used(town: Town) -> None:
    second = one_person(town)

    assert at(town, second) == [{"other_ref": town.first, "use": "other"}]
    assert at(town, town.first) == [{"other_ref": second, "use": "this"}]


def test_the_one_with_a_number_is_used_whoever_came_first(town: Town) -> None:
    without = town.comes(None, "Kees Zonderland")
    with_number = town.comes(town.house.people.bsn(), "Kees Zonderland")
    (found,) = town.listed()
    town.judged(found["pair"], "same")

    assert at(town, without) == [{"other_ref": with_number, "use": "other"}]


@pytest.mark.parametrize(("what", "body"), [("reports", {**APPLIED, "reported_on": "2024-02-05"}), ("applications", APPLIED)])
def test_nothing_new_begins_on_the_other_reference_and_the_right_one_is_named(town: Town, what: str, body: dict[str, Any]) -> None:
    second = one_person(town)
    told = {name: value for name, value in body.items() if what == "applications" or name != "applied_on"}

    refused = town.house.worker.post(f"/v1/clients/{second}/{what}", "k-9", json=told)

    assert problem(refused) == (409, "person-registered-twice")
    assert refused.json()["detail"] == f"the same person is {town.first}: use that reference"
    assert town.house.worker.post(f"/v1/clients/{town.first}/{what}", "k-9", json=told).status_code == 201


def test_an_allowance_is_not_applied_for_under_the_other_reference(town: Town) -> None:
    second = one_person(town)

    answers = [
        town.house.worker.post("/v1/applications", f"a-{client}", json={**ALLOWANCE, "client": client}) for client in (second, town.first)
    ]

    assert [answer.status_code for answer in answers] == [409, 201]


def test_a_reference_of_another_municipality_is_not_named_to_whom_it_does_not_concern(town: Town) -> None:
    second = one_person(town, municipality="GM0361")
    elsewhere = town.house.caller("caseworker", of=("GM0361",))

    refused = elsewhere.post(f"/v1/clients/{second}/applications", "k-9", json=APPLIED)

    assert at(town, second, "GM0361") == [{"other_ref": None, "use": "other"}]
    assert (refused.status_code, town.first in refused.text, at(town, second)) == (409, False, [{"other_ref": town.first, "use": "other"}])


def test_once_the_other_was_erased_the_person_goes_on_under_this_reference(town: Town) -> None:
    second, log, desk = one_person(town), town.house.log, town.house.desk
    log.submit(lambda tx: destroy(tx, desk.vault, town.first)).result(10)

    assert town.house.worker.post(f"/v1/clients/{second}/applications", "k-9", json=APPLIED).status_code == 201


def test_verdicts_of_before_are_remembered_at_the_next_start(town: Town) -> None:
    second, log = one_person(town), town.house.log
    for client in (second, town.first):
        log.submit(lambda tx, client=client: tx.drop(LINKED, client)).result(10)  # type: ignore[misc]  # a default binds it

    look_at_all(log)
    look_at_all(log)

    assert (len(at(town, second)), at(town, town.first)) == (1, [{"other_ref": second, "use": "this"}])
