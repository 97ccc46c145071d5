"""A file may be sent again, in part or whole, mixed with others: each line counts once."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from services.eventlog.handle import Work
from services.eventlog.log import Answer
from services.eventlog.memory import MemoryLog
from services.intake import applications, changes
from services.intake.desk import Desk
from services.intake.lines import ApplicationLine, ChangeLine, HouseholdLine
from services.intake.registration import Registration
from tests.intake.stories import People, address, answer, asked, household_body, member_body, new_desk, new_log

PEOPLE = People()
BSNS = [PEOPLE.bsn() for _ in range(8)]
APPLICATION = {"scheme": "energy-allowance", "scheme_year": 2023, "channel": "desk", "received_on": "2024-02-01", "note": "later"}
SINGLES = {"household_type": "single", "remaining_household_type": "single"}

Line = HouseholdLine | ChangeLine | ApplicationLine


def couple_line(number: int, first: str, second: str) -> Line:
    members = (member_body(first), member_body(second, "partner"))
    return HouseholdLine.model_validate_json(orjson.dumps({"id": f"h-{number}", **household_body(*members, household_type="couple")}))


def change_line(kind: str, number: int, *bsn: str) -> Line:
    told = {
        "id": f"{kind}-{number}",
        "kind": kind,
        "on": "2024-01-20",
        "bsn": bsn,
        "municipality": "GM0361",
        "address": address(number + 1),
    }
    return ChangeLine.model_validate_json(orjson.dumps(told | (SINGLES if kind == "split" else {})))


def application_line(number: int, bsn: str) -> Line:
    return ApplicationLine.model_validate_json(orjson.dumps({"id": f"a-{number}", "bsn": bsn, **APPLICATION}))


# Person 1 stands in two households, person 7 in none that comes in; whole and half households move and split.
FILE: list[Line] = [
    *(couple_line(number, BSNS[number], BSNS[number + 1]) for number in (0, 1, 2, 4)),
    *(change_line("move", number, BSNS[number], BSNS[number + 1]) for number in (0, 2, 4)),
    *(change_line("split", number, BSNS[number]) for number in (0, 3, 5)),
    *(application_line(number, bsn) for number, bsn in enumerate(BSNS)),
]


def work_of(desk: Desk, line: Line) -> Work[Any, Any]:
    origin = asked(line.id)
    match line:
        case HouseholdLine():
            return Registration(desk, origin, line).work()
        case ChangeLine():
            return changes.change(desk, origin, line)
        case ApplicationLine():
            return applications.application_line(desk, origin, line)


def sent(places: list[int]) -> tuple[MemoryLog, Desk, list[Answer]]:
    log, desk = new_log(), new_desk(People())
    return log, desk, [answer(log, work_of(desk, FILE[place])) for place in places]


sendings = st.lists(st.integers(0, len(FILE) - 1), max_size=60)


@given(sendings)
def test_lines_that_come_again_change_nothing(places: list[int]) -> None:
    once = list(dict.fromkeys(places))

    (log, _, _), (expected, _, _) = sent(places), sent(once)

    assert [(r.stream, r.version, r.type) for r in log.after(0, 1_000)] == [(r.stream, r.version, r.type) for r in expected.after(0, 1_000)]


@given(sendings)
def test_a_line_that_comes_again_gets_its_first_answer(places: list[int]) -> None:
    _, _, answers = sent(places)

    first = dict(reversed(list(zip(places, answers, strict=True))))
    assert [first[place] for place in places] == answers


@given(sendings)
def test_in_any_order_each_person_lives_in_one_household_that_knows_it(places: list[int]) -> None:
    log, _, _ = sent(places)

    last = {e.stream: e.event.facts for e in log.scan("intake/household/")}  # type: ignore[attr-defined]  # all are facts of a household
    told = {member.person_ref: stream for stream, facts in last.items() for member in facts.members}
    kept = {person: f"intake/household/{home.decode()}" for person, home in log.kept_all("household-of")}
    assert kept == told
    assert sum(len(facts.members) for facts in last.values()) == len(kept) == len(log.kept_all("bsn"))


@given(sendings)
def test_in_any_order_what_is_in_the_vault_is_what_came_in_last(places: list[int]) -> None:
    log, desk, _ = sent(places)

    opened = {desk.vault.open(log, person.decode())["bsn"] for _, person in log.kept_all("bsn")}
    assert opened <= set(BSNS)
    assert len(opened) == len(log.kept_all("bsn"))
