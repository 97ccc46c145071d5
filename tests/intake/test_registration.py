"""How households come in and change, with what is kept beside the facts."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier, Thread

import orjson
import pytest

from services.contracts.codec import published
from services.eventlog.clock import Clock, JumpGuard
from services.eventlog.log import Answer, Conflict, Due, EventLog
from services.eventlog.memory import MemoryLog
from services.eventlog.sqlite import SqliteLog
from services.intake import applications, changes
from services.intake.bodies import AcceptanceBody, ApplicationBody, IncomeBody, MoveBody, SplitBody
from services.intake.desk import Absent, Desk, household_of, person_of
from services.intake.erasing import Eraser
from services.intake.household import Registered, household, stream_of
from services.intake.lines import ApplicationLine, ChangeLine
from services.intake.waking import on_due
from services.vault import retention
from tests.intake.stories import (
    ADULT,
    MINOR,
    RULES,
    People,
    address,
    answer,
    asked,
    household_body,
    household_ref,
    member_body,
    new_desk,
    new_log,
    person,
    register,
)


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def desk(people: People) -> Desk:
    return new_desk(people)


@pytest.fixture
def log() -> MemoryLog:
    return new_log()


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[SqliteLog]:
    log = SqliteLog("intake", tmp_path / "intake.sqlite", published())
    yield log
    log.close()


def state_of(log: EventLog, ref: str) -> Registered:
    state = household.fold(envelope.event for envelope in log.read(stream_of(ref)))
    assert isinstance(state, Registered)
    return state


def couple(people: People) -> tuple[list[str], dict[str, object]]:
    numbers = [people.bsn(), people.bsn()]
    members = [member_body(numbers[0]), member_body(numbers[1], "partner")]
    return numbers, household_body(*members, household_type="couple")


def move_line(bsn: list[str], **other: object) -> ChangeLine:
    told = {"id": "c-1", "kind": "move", "on": "2024-01-20", "bsn": bsn, "municipality": "GM0361", "address": address(2)}
    return ChangeLine.model_validate_json(orjson.dumps({**told, **other}))


def split_line(bsn: list[str]) -> ChangeLine:
    return move_line(bsn, kind="split", household_type="single", remaining_household_type="single")


def application_line(bsn: str, note: str | None = None) -> ApplicationLine:
    told = {"id": "a-1", "bsn": bsn, "scheme": "energy-allowance", "scheme_year": 2023, "channel": "desk", "received_on": "2024-02-01"}
    return ApplicationLine.model_validate_json(orjson.dumps(told | ({} if note is None else {"note": note})))


def change(log: EventLog, desk: Desk, line: ChangeLine, command_id: str = "change-1") -> Answer:
    return answer(log, changes.change(desk, asked(command_id), line))


def receive(log: EventLog, desk: Desk, line: ApplicationLine, command_id: str = "apply-1") -> Answer:
    return answer(log, applications.application_line(desk, asked(command_id), line))


# registering


def test_a_registered_person_is_found_by_bsn_in_their_household(log: MemoryLog, desk: Desk, people: People) -> None:
    bsn = people.bsn()

    told = register(log, desk, household_body(member_body(bsn)))

    assert told.outcome == "accepted"
    assert person_of(log, desk.hashes, bsn) == told.refs["client"]
    assert household_of(log, told.refs["client"]) == told.refs["household_ref"]


def test_what_is_personal_lies_in_the_vault(log: MemoryLog, desk: Desk, people: People) -> None:
    bsn = people.bsn()

    told = register(log, desk, household_body(member_body(bsn)))

    assert desk.vault.open(log, told.refs["client"]) == {
        "bsn": bsn,
        "name": "Jannie Testgeval",
        "birth_date": ADULT.isoformat(),
        "address": address(),
    }


def test_the_same_command_again_gets_the_same_answer_and_changes_nothing(log: MemoryLog, desk: Desk, people: People) -> None:
    body = household_body(member_body(people.bsn()))

    first, again = register(log, desk, body), register(log, desk, body)

    assert first == again
    assert log.head() == 1


def test_a_person_in_a_second_household_is_refused_and_nothing_of_it_is_written(log: MemoryLog, desk: Desk, people: People) -> None:
    known, new = people.bsn(), people.bsn()
    register(log, desk, household_body(member_body(known)))

    second = household_body(member_body(new), member_body(known, "partner"), household_type="couple")
    told = register(log, desk, second, "register-2")

    assert (told.outcome, told.reason) == ("refused", "duplicate-person")
    assert person_of(log, desk.hashes, new) is None
    assert log.head() == 1


def test_a_person_who_stands_in_a_household_twice_is_refused(log: MemoryLog, desk: Desk, people: People) -> None:
    bsn = people.bsn()

    told = register(log, desk, household_body(member_body(bsn), member_body(bsn, "partner"), household_type="couple"))

    assert (told.outcome, told.reason) == ("refused", "person-twice")


def test_a_person_sent_by_many_at_the_same_moment_is_registered_once(on_disk: SqliteLog, desk: Desk, people: People) -> None:
    bsn, told, together = people.bsn(), list[Answer](), Barrier(8)

    def send(number: int) -> None:
        body = household_body(member_body(people_bsns[number]), member_body(bsn, "partner"), household_type="couple")
        together.wait(10)
        told.append(register(on_disk, desk, body, f"register-{number}"))

    people_bsns = [people.bsn() for _ in range(8)]
    senders = [Thread(target=send, args=(number,)) for number in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)

    assert sorted(one.reason for one in told) == ["", *["duplicate-person"] * 7]
    assert len(list(on_disk.scan("intake/household/"))) == 1


def test_households_at_one_address_share_a_dwelling_however_it_was_typed(log: MemoryLog, desk: Desk, people: People) -> None:
    typed = [address(number="12 A"), address(number="12-a", postcode="1851TV"), address(number="12A", town="HEILOO")]

    told = [register(log, desk, household_body(member_body(people.bsn()), address=place), f"r-{n}") for n, place in enumerate(typed)]

    assert len({state_of(log, one.refs["household_ref"]).facts.dwelling_ref for one in told}) == 1


@pytest.mark.parametrize("other", [{"number": "121"}, {"number": "12"}, {"number": "12-11"}, {"postcode": "1851 TW"}])
def test_another_number_addition_or_postcode_is_another_dwelling(log: MemoryLog, desk: Desk, people: People, other: dict[str, str]) -> None:
    places = [{**address(), "number": "12-1"}, {**address(), "number": "12-1", **other}]

    told = [register(log, desk, household_body(member_body(people.bsn()), address=place), f"r-{n}") for n, place in enumerate(places)]

    assert len({state_of(log, one.refs["household_ref"]).facts.dwelling_ref for one in told}) == 2


# changes


def test_everyone_who_moves_has_the_new_address_in_the_vault(log: MemoryLog, desk: Desk, people: People) -> None:
    numbers, body = couple(people)
    register(log, desk, body)

    told = change(log, desk, move_line(numbers))

    assert told.outcome == "accepted"
    persons = [person_of(log, desk.hashes, bsn) or "" for bsn in numbers]
    assert [desk.vault.open(log, ref)["address"] for ref in persons] == [address(2)] * 2
    assert [desk.vault.open(log, ref)["bsn"] for ref in persons] == numbers


def test_who_leaves_lives_in_another_household_and_who_stays_does_not_move(log: MemoryLog, desk: Desk, people: People) -> None:
    (stays, leaves), body = couple(people)
    first = register(log, desk, body)

    told = change(log, desk, split_line([leaves]))

    where = [household_of(log, person_of(log, desk.hashes, bsn) or "") for bsn in (stays, leaves)]
    assert where == [first.refs["household_ref"], told.refs["new_household_ref"]]
    stayed, left = (desk.vault.open(log, person_of(log, desk.hashes, bsn) or "")["address"] for bsn in (stays, leaves))
    assert (stayed, left) == (address(), address(2))


@pytest.mark.parametrize(
    ("kind", "who", "reason"),
    [
        (move_line, [0], "not-the-whole-household"),
        (move_line, [0, 1, 2], "not-one-household"),
        (move_line, [0, 3], "unknown-person"),
        (split_line, [3], "unknown-person"),
        (split_line, [0, 1], "whole-household-leaves"),
    ],
)
def test_a_change_of_people_who_are_not_a_household_is_refused(
    log: MemoryLog, desk: Desk, people: People, kind: Callable[[list[str]], ChangeLine], who: list[int], reason: str
) -> None:
    numbers, body = couple(people)
    register(log, desk, body)
    numbers += [people.bsn(), people.bsn()]
    register(log, desk, household_body(member_body(numbers[2])), "register-2")

    told = change(log, desk, kind([numbers[place] for place in who]))

    assert (told.outcome, told.reason) == ("refused", reason)


def test_a_change_at_a_stale_version_is_a_conflict(log: MemoryLog, desk: Desk, people: People) -> None:
    ref = register(log, desk, household_body(member_body(people.bsn()))).refs["household_ref"]
    body = IncomeBody(on=date(2024, 1, 20), income_cents_per_month=0, income_source="none", benefit="none")

    with pytest.raises(Conflict):
        answer(log, changes.income(desk, asked("income-1", expected=0), ref, body))

    assert answer(log, changes.income(desk, asked("income-2", expected=1), ref, body)).version == 2


def test_a_household_that_nobody_registered_is_absent(log: MemoryLog, desk: Desk) -> None:
    body = MoveBody.model_validate_json(orjson.dumps({"on": "2024-01-20", "municipality": "GM0361", "address": address()}))

    with pytest.raises(Absent, match="household"):
        answer(log, changes.move(desk, asked("move-1"), household_ref(99), body))


def test_a_household_that_moves_out_of_an_institution_says_so(log: MemoryLog, desk: Desk, people: People) -> None:
    ref = register(log, desk, household_body(member_body(people.bsn()), living="institution")).refs["household_ref"]
    told = {"on": "2024-01-20", "municipality": "GM0361", "address": address(2)}

    answer(log, changes.move(desk, asked("move-1"), ref, MoveBody.model_validate_json(orjson.dumps(told))))
    assert state_of(log, ref).facts.living == "institution"

    told |= {"on": "2024-01-21", "living": "independent"}
    answer(log, changes.move(desk, asked("move-2"), ref, MoveBody.model_validate_json(orjson.dumps(told))))
    assert state_of(log, ref).facts.living == "independent"


def test_who_was_erased_moves_along_without_an_address(log: MemoryLog, desk: Desk, people: People) -> None:
    numbers, body = couple(people)
    register(log, desk, body)
    erased = person_of(log, desk.hashes, numbers[1]) or ""
    log.submit(lambda tx: desk.vault.erase(tx, erased)).result(10)

    assert change(log, desk, move_line(numbers)).outcome == "accepted"
    assert desk.vault.open(log, person_of(log, desk.hashes, numbers[0]) or "")["address"] == address(2)


def test_leavers_named_by_reference_form_a_household(log: MemoryLog, desk: Desk, people: People) -> None:
    numbers, body = couple(people)
    ref = register(log, desk, body).refs["household_ref"]
    leaver = person_of(log, desk.hashes, numbers[1])
    told = {"on": "2024-01-20", "leavers": [leaver], "municipality": "GM0361", "address": address(2)}
    types = {"household_type": "single", "remaining_household_type": "single"}

    parted = answer(log, changes.split(desk, asked("split-1"), ref, SplitBody.model_validate_json(orjson.dumps(told | types))))

    assert [m.person_ref for m in state_of(log, parted.refs["new_household_ref"]).facts.members] == [leaver]


# applications


def test_both_partners_may_apply_once_each(log: MemoryLog, desk: Desk, people: People) -> None:
    numbers, body = couple(people)
    register(log, desk, body)

    told = [receive(log, desk, application_line(bsn), f"apply-{n}").outcome for n, bsn in enumerate([*numbers, numbers[0]])]

    assert told == ["accepted", "accepted", "unchanged"]


def test_who_left_applies_for_the_household_where_they_live_now(log: MemoryLog, desk: Desk, people: People) -> None:
    (_, leaves), body = couple(people)
    register(log, desk, body)
    parted = change(log, desk, split_line([leaves]))

    told = receive(log, desk, application_line(leaves))

    assert told.refs["household_ref"] == parted.refs["new_household_ref"]


def test_an_application_by_somebody_unknown_is_refused(log: MemoryLog, desk: Desk, people: People) -> None:
    told = receive(log, desk, application_line(people.bsn()))

    assert (told.outcome, told.reason) == ("refused", "unknown-person")


def test_a_note_lies_in_the_vault_of_the_client(log: MemoryLog, desk: Desk, people: People) -> None:
    bsn = people.bsn()
    register(log, desk, household_body(member_body(bsn)))

    client = receive(log, desk, application_line(bsn, "Belt overdag liever niet.")).refs["client"]

    received = log.read(f"intake/client/{client}")[0].event
    assert desk.vault.open(log, received.text_ref) == {"note": "Belt overdag liever niet."}  # type: ignore[attr-defined]  # an ApplicationReceived


def test_a_client_applies_by_reference_and_an_unknown_one_is_absent(log: MemoryLog, desk: Desk, people: People) -> None:
    told = {"scheme": "energy-allowance", "scheme_year": 2023, "channel": "desk", "received_on": "2024-02-01"}
    client = register(log, desk, household_body(member_body(people.bsn()))).refs["client"]

    known, unknown = (ApplicationBody.model_validate_json(orjson.dumps(told | {"client": ref})) for ref in (client, person(99)))

    assert answer(log, applications.application(desk, asked("apply-1"), known)).outcome == "accepted"
    with pytest.raises(Absent, match="client"):
        answer(log, applications.application(desk, asked("apply-2"), unknown))


def test_a_client_comes_into_care_once(log: MemoryLog, desk: Desk, people: People) -> None:
    client = register(log, desk, household_body(member_body(people.bsn()))).refs["client"]
    body = AcceptanceBody(route="integral", accepted_on=date(2024, 2, 1))

    told = [answer(log, applications.acceptance(asked(f"accept-{n}"), client, body)).outcome for n in (1, 2)]

    assert told == ["accepted", "unchanged"]


def test_a_household_on_benefit_has_its_applicant_in_care_in_the_same_transaction(log: MemoryLog, desk: Desk, people: People) -> None:
    told = register(log, desk, household_body(member_body(people.bsn()), benefit="pw", income_source="benefit"))

    (accepted,) = log.read(f"intake/client/{told.refs['client']}")
    assert accepted.event.route == "standard"  # type: ignore[attr-defined]  # an IntakeAccepted
    assert accepted.position == 2


# birthdays

TURNS_18 = date(2024, 6, 1)
AFTER = datetime(2024, 6, 1, 0, 30, tzinfo=UTC)


def clock_at(log: EventLog, desk: Desk, moment: datetime) -> Clock:
    eraser = Eraser(desk, retention.installed(), lambda: moment)
    return Clock(log, lambda: moment, on_due(desk, RULES, eraser), JumpGuard(lambda: moment, moment.timestamp, 1.0))


def birthdays(log: EventLog, until: datetime) -> list[Due]:
    return [due for due in log.due(until, 10) if due.kind == "age-band"]


def parent_and_youth(people: People) -> dict[str, object]:
    youth = member_body(people.bsn(), "child", date(2006, 6, 1))
    return household_body(member_body(people.bsn()), youth, household_type="single-parent")


def test_a_birthday_waits_for_its_own_day_here(log: MemoryLog, desk: Desk, people: People) -> None:
    told = register(log, desk, parent_and_youth(people))

    (due,) = birthdays(log, datetime(2030, 1, 1, tzinfo=UTC))

    # Midnight in the Netherlands, in summer.
    assert (due.stream, due.kind, due.at) == (
        stream_of(told.refs["household_ref"]),
        "age-band",
        datetime(2024, 5, 31, 22, 0, tzinfo=UTC),
    )


def test_the_clock_records_a_birthday_and_waits_for_the_next(log: MemoryLog, desk: Desk, people: People) -> None:
    ref = register(log, desk, parent_and_youth(people)).refs["household_ref"]

    assert clock_at(log, desk, AFTER).round() == 1

    assert state_of(log, ref).facts.members[1].age_band == "18-20"
    assert [due.at.date() for due in birthdays(log, datetime(2030, 1, 1, tzinfo=UTC))] == [date(2027, 5, 31)]
    assert clock_at(log, desk, AFTER).round() == 0


def test_a_birthday_that_changes_nothing_still_lets_the_clock_look_forward(log: MemoryLog, desk: Desk, people: People) -> None:
    ref = register(log, desk, parent_and_youth(people)).refs["household_ref"]
    body = IncomeBody(on=TURNS_18, income_cents_per_month=0, income_source="none", benefit="none")
    answer(log, changes.income(desk, asked("income-1", at=AFTER), ref, body))

    clock_at(log, desk, datetime(2027, 6, 1, 9, 0, tzinfo=UTC)).round()

    assert [due.at.year for due in birthdays(log, datetime(2090, 1, 1, tzinfo=UTC))] == [2033]


def test_who_left_comes_of_age_in_their_own_household_only(log: MemoryLog, desk: Desk, people: People) -> None:
    young = people.bsn()
    members = [member_body(people.bsn()), member_body(young, "partner", date(2003, 6, 1)), member_body(people.bsn(), "child", MINOR)]
    stays = register(log, desk, household_body(*members, household_type="couple-with-children")).refs["household_ref"]
    line = move_line([young], kind="split", household_type="single", remaining_household_type="single-parent")
    left = change(log, desk, line).refs["new_household_ref"]

    assert clock_at(log, desk, AFTER).round() == 1

    assert state_of(log, left).facts.members[0].age_band == "21-26"
    assert [m.age_band for m in state_of(log, stays).facts.members] == ["27-pension", "0-17"]


def test_the_birth_date_never_stands_in_an_event(log: MemoryLog, desk: Desk, people: People) -> None:
    register(log, desk, parent_and_youth(people))
    clock_at(log, desk, AFTER).round()

    assert not any(b"2006-06-01" in record.data for record in log.after(0, 100))
