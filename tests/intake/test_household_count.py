"""How many households there are, at the position that the answer names."""

from collections import Counter

import orjson
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.codec import published
from services.contracts.intake import HouseholdEvent
from services.eventlog.memory import MemoryLog
from services.intake import changes
from services.intake.count import HouseholdCount
from services.intake.lines import ChangeLine
from tests.intake.stories import People, address, answer, asked, household_body, member_body, new_desk, new_log, register

Step = tuple[str, int, str]
steps = st.lists(st.tuples(st.sampled_from(["register", "move", "count"]), st.integers(0, 5), st.sampled_from(["GM0399", "GM0361"])))


def move_line(bsn: str, number: int, municipality: str) -> ChangeLine:
    told = {"id": "c-1", "kind": "move", "on": "2024-01-20", "bsn": [bsn], "municipality": municipality, "address": address(number)}
    return ChangeLine.model_validate_json(orjson.dumps(told))


def recounted(log: MemoryLog) -> dict[str, int]:
    """By the last fact of each household, read anew."""
    lives = {e.stream: e.event.facts.municipality for e in log.scan("intake/household/") if isinstance(e.event, HouseholdEvent)}
    return dict(Counter(lives.values()))


def counted(count: HouseholdCount) -> tuple[int, dict[str, int]]:
    position, households = count.now()
    return position, {code: number for code, number in households.items() if number}


@given(steps)
def test_the_count_is_that_of_the_facts_however_often_it_is_asked(story: list[Step]) -> None:
    people, log = People(), new_log()
    desk, count, known = new_desk(people), HouseholdCount(log, published()), list[str]()

    for number, (step, who, municipality) in enumerate(story, 1):
        if step == "register":
            known.append(people.bsn())
            register(log, desk, household_body(member_body(known[-1]), municipality=municipality), f"register-{number}")
        elif step == "move" and known:
            line = move_line(known[who % len(known)], number, municipality)
            answer(log, changes.change(desk, asked(f"move-{number}"), line))
        elif step == "count":
            assert counted(count) == (log.head(), recounted(log))

    assert counted(count) == (log.head(), recounted(log))


def test_nobody_is_counted_before_anybody_came() -> None:
    assert HouseholdCount(new_log(), published()).now() == (0, {})
