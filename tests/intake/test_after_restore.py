"""Intake after a restore: who came back without a name is never registered as a second client."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from services.contracts.envelope import Envelope, Event
from services.eventlog.log import Answer, Transaction
from services.intake import changes
from services.intake.bodies import IdentityBody
from services.intake.desk import household_of, person_of
from services.intake.identification import identification
from services.intake.lines import ChangeLine
from services.intake.nameless import recall, told, without_name
from services.web.problem import Problem
from tests.intake.stories import ADULT, MINOR, NOW, People, address, answer, asked, household_body, member_body, new_desk, new_log, register


class House:
    """Intake, and what became of it once its vault was lost and its facts came back."""

    def __init__(self) -> None:
        self.people = People()
        self.desk, self.log = new_desk(self.people), new_log()

    def loses_its_disk(self, kept: int = 0) -> None:
        """The backup had `kept` facts; everything beside the later ones is lost."""
        facts = [self.log._codec.from_record("intake", record) for record in self.log.after(0, 1_000)]
        log = new_log()
        beside = {} if not kept else dict(self.log._contents.beside)
        log._contents.beside.update(beside)

        def back(tx: Transaction, facts: Sequence[Envelope[Event]] = facts) -> None:
            for record in self.log.after(0, 1_000):
                tx.take_back(record)
            recall(self.desk, tx, facts[kept:])

        log.submit(back).result(5)
        self.log = log

    def registers(self, *bsns: str, id_: str, **other: Any) -> Answer:  # noqa: ANN401 - any field that a test names
        members = [member_body(bsns[0]), *(member_body(bsn, "child", MINOR) for bsn in bsns[1:])]
        kind = "single-parent" if bsns[1:] else "single"
        return register(self.log, self.desk, household_body(*members, household_type=kind, **other), id_)

    def identifies(self, client: str, bsn: str) -> Answer:
        body = {"bsn": bsn, "name": "Jannie Testgeval", "birth_date": ADULT.isoformat(), "address": address()}
        work = identification(self.desk, asked(f"identify-{client}"), client, IdentityBody.model_validate_json(orjson.dumps(body)))
        return answer(self.log, work)


@pytest.fixture
def house() -> House:
    return House()


def test_the_same_household_again_gives_its_clients_their_names_back(house: House) -> None:
    parent, child = house.people.bsn(), house.people.bsn()
    before = house.registers(parent, child, id_="first")
    house.loses_its_disk()

    after = house.registers(parent, child, id_="again")

    assert (after.outcome, after.refs) == ("unchanged", before.refs)
    assert house.log.head() == 1
    assert person_of(house.log, house.desk.hashes, parent) == before.refs["client"]
    assert house.desk.vault.open(house.log, before.refs["client"])["bsn"] == parent
    assert without_name(house.log) == []


def test_nobody_new_is_registered_while_a_client_has_no_name(house: House) -> None:
    lost = house.people.bsn()
    house.registers(lost, id_="first")
    house.loses_its_disk()

    new = house.people.bsn()
    with pytest.raises(Problem) as wrong:
        house.registers(new, id_="new", address=address(9))

    assert wrong.value.title == "clients-without-name"
    house.registers(lost, id_="again")
    assert house.registers(new, id_="new", address=address(9)).outcome == "accepted"


def test_a_client_with_a_name_is_still_known(house: House) -> None:
    kept, lost = house.people.bsn(), house.people.bsn()
    house.registers(kept, id_="first")
    beside = dict(house.log._contents.beside)
    house.registers(lost, id_="second", address=address(9))
    house.loses_its_disk()
    house.log._contents.beside.update(beside)

    assert house.registers(kept, id_="again").reason == "duplicate-person"


def test_two_households_that_look_the_same_are_told_apart_by_people_only(house: House) -> None:
    first, second = house.people.bsn(), house.people.bsn()
    one = house.registers(first, id_="first")
    house.registers(second, id_="second")
    house.loses_its_disk()

    with pytest.raises(Problem):
        house.registers(first, id_="again")
    assert house.identifies(one.refs["client"], first).outcome == "unchanged"
    assert person_of(house.log, house.desk.hashes, first) == one.refs["client"]


def test_a_client_is_identified_once_and_not_with_anothers_number(house: House) -> None:
    first, second = house.people.bsn(), house.people.bsn()
    one = house.registers(first, id_="first")
    two = house.registers(second, id_="second", address=address(9))
    house.loses_its_disk()
    house.registers(second, id_="again", address=address(9))

    assert house.identifies(one.refs["client"], second).reason == "duplicate-person"
    assert house.identifies(two.refs["client"], first).reason == "client-has-a-name"


def test_a_household_that_moved_since_is_recognised_and_lives_where_it_moved(house: House) -> None:
    bsn = house.people.bsn()
    before = house.registers(bsn, id_="first")
    line = {"id": "m", "kind": "move", "on": "2024-01-20", "bsn": [bsn], "municipality": "GM0361", "address": address(2)}
    answer(house.log, changes.change(house.desk, asked("move"), ChangeLine.model_validate_json(orjson.dumps(line))))
    house.loses_its_disk()

    assert house.registers(bsn, id_="again").refs == before.refs
    assert house.log.head() == 2


def test_birthdays_are_looked_forward_to_again(house: House) -> None:
    parent, child = house.people.bsn(), house.people.bsn()
    house.registers(parent, child, id_="first")
    before = house.log.due(NOW.replace(year=2060), 10)
    house.loses_its_disk()

    house.registers(parent, child, id_="again")

    assert house.log.due(NOW.replace(year=2060), 10) == before != []


def test_whoever_was_erased_is_not_asked_for(house: House) -> None:
    client = house.registers(house.people.bsn(), id_="first").refs["client"]
    house.log.submit(lambda tx: house.desk.vault.erase(tx, client)).result(5)
    house.loses_its_disk(kept=1)

    assert told(house.log) == ()


def test_where_everyone_lives_comes_back_from_the_facts(house: House) -> None:
    before = house.registers(house.people.bsn(), id_="first")
    house.loses_its_disk()

    assert household_of(house.log, before.refs["client"]) == before.refs["household_ref"]
    [said] = told(house.log)
    assert before.refs["client"] in said


def test_the_vault_binds_a_name_to_the_fact_that_it_belongs_to(house: House) -> None:
    bsn = house.people.bsn()
    client = house.registers(bsn, id_="first").refs["client"]
    sealed_for = house.log._contents.beside["vault", client].split(b"\n")[2]
    house.loses_its_disk()

    house.identifies(client, bsn)

    assert house.log._contents.beside["vault", client].split(b"\n")[2] == sealed_for
