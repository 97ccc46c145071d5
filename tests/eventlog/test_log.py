"""What every log promises, on disk as in memory."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.handover import BatonOpened, ContactPersonAssigned
from services.eventlog.decider import Decider, Refused
from services.eventlog.handle import Work, handle
from services.eventlog.log import Answer, Conflict, Due, EventLog, Origin, OtherBody, Transaction
from services.eventlog.memory import MemoryLog
from services.eventlog.sqlite import SqliteLog

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TODAY = date(2026, 1, 5)


@dataclass(frozen=True)
class Open:
    """Open the baton of a client."""

    client: str


@dataclass(frozen=True)
class Reassign:
    """Give the clients another contact person, all together."""

    clients: tuple[str, ...]
    to: str


Command = Open | Reassign
State = dict[str, str]


def stream(client: str) -> str:
    return f"handover/baton/{client}"


def decide(state: State, command: Command) -> list[Event] | Refused:
    match command:
        case Open(client):
            return [] if client in state else [opened(client)]
        case Reassign(clients, to):
            if any(client not in state for client in clients):
                return Refused("not-in-care")
            return [assigned(client, to) for client in clients if state[client] != to]


def evolve(state: State, event: Event) -> State:
    assert isinstance(event, BatonOpened | ContactPersonAssigned)
    return {**state, event.client: event.contact_person}


def reads(command: Command) -> tuple[str, ...]:
    return tuple(map(stream, command.clients if isinstance(command, Reassign) else (command.client,)))


BATON = Decider[Command, State](initial={}, reads=reads, decide=decide, evolve=evolve)


def opened(client: str) -> BatonOpened:
    return BatonOpened(client=client, municipality="GM0361", organisation="region", team_ref="team-1", contact_person="s-1", on=TODAY)


def assigned(client: str, to: str) -> ContactPersonAssigned:
    return ContactPersonAssigned(client=client, municipality="GM0361", team_ref="team-1", contact_person=to, on=TODAY, reason="leave")


def origin(command_id: str) -> Origin:
    return Origin("s-caseworker", command_id, NOW, f"corr-{command_id}")


def send(log: EventLog, command: Command, command_id: str, *, body: bytes = b"", expected: int | None = None) -> Answer:
    work = Work(BATON, lambda _: command, origin(command_id), body or repr(command).encode(), expected)
    return handle(log, work).result(10)


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventLog]:
    made: dict[str, Callable[[], EventLog]] = {
        "memory": lambda: MemoryLog("handover", published()),
        "sqlite": lambda: SqliteLog("handover", tmp_path / "handover.sqlite", published()),
    }
    log = made[request.param]()
    yield log
    log.close()


def test_a_command_leaves_its_fact_at_the_next_version_and_position(log: EventLog) -> None:
    send(log, Open("p-1"), "1")

    answer = send(log, Reassign(("p-1",), "s-2"), "2")

    assert answer == Answer("accepted", stream("p-1"), 2, 2)
    assert [e.event for e in log.read(stream("p-1"))] == [opened("p-1"), assigned("p-1", "s-2")]


def test_a_fact_carries_who_it_is_about_and_where_it_came_from(log: EventLog) -> None:
    send(log, Open("p-1"), "1")

    fact = log.read(stream("p-1"))[0]

    assert (fact.version, fact.position, fact.key, fact.client, fact.municipality) == (1, 1, "p-1", "p-1", "GM0361")
    assert (fact.recorded_at, fact.effective_at, fact.correlation_id, fact.causation_id) == (NOW, NOW, "corr-1", None)


def test_a_repeated_command_gets_the_first_answer_and_changes_nothing(log: EventLog) -> None:
    first = send(log, Open("p-1"), "1")
    send(log, Open("p-2"), "2")

    assert send(log, Open("p-1"), "1") == first
    assert log.head() == 2


def test_a_refused_command_is_refused_again_though_it_would_be_accepted_now(log: EventLog) -> None:
    refused = send(log, Reassign(("p-1",), "s-2"), "1")
    send(log, Open("p-1"), "2")

    assert refused.reason == "not-in-care"
    assert send(log, Reassign(("p-1",), "s-2"), "1") == refused


def test_a_command_id_with_another_body_is_refused(log: EventLog) -> None:
    send(log, Open("p-1"), "1")

    with pytest.raises(OtherBody):
        send(log, Open("p-2"), "1")
    assert log.head() == 1


def test_the_same_command_id_of_another_actor_is_another_command(log: EventLog) -> None:
    send(log, Open("p-1"), "1")
    other = Origin("s-other", "1", NOW, "corr")

    assert handle(log, Work(BATON, lambda _: Open("p-2"), other, b"x")).result(10).outcome == "accepted"


def test_a_stale_version_is_a_conflict_and_can_be_sent_again(log: EventLog) -> None:
    send(log, Open("p-1"), "1")

    with pytest.raises(Conflict, match="at version 1, not 0"):
        send(log, Reassign(("p-1",), "s-2"), "2", expected=0)
    assert send(log, Reassign(("p-1",), "s-2"), "2", expected=1).outcome == "accepted"


def test_a_command_that_brings_what_it_has_seen_rests_on_later_facts_only(log: EventLog) -> None:
    send(log, Open("p-1"), "c-1")
    send(log, Reassign(("p-1",), "s-2"), "c-2")
    send(log, Reassign(("p-1",), "s-3"), "c-3")
    folded: list[State] = []

    def tell(state: State, _command: Command) -> list[Event]:
        folded.append(state)
        return [assigned("p-1", "s-4")]

    late = Decider[Command, State](initial={}, reads=reads, decide=tell, evolve=evolve, seen=lambda _command: {stream("p-1"): 2})
    answer = log.submit(Work(late, lambda _tx: Open("p-1"), origin("c-4"), b"")).result(5)

    assert folded == [{"p-1": "s-3"}]
    assert (answer.version, [each.version for each in log.read(stream("p-1"))]) == (4, [1, 2, 3, 4])


def test_histories_are_the_streams_of_a_kind_each_with_its_facts_in_order(log: EventLog) -> None:
    for client in ("p-2", "p-1"):
        send(log, Open(client), f"open-{client}")
    send(log, Reassign(("p-1", "p-2"), "s-2"), "c-1")

    assert list(log.histories(stream("p-"))) == [(stream(client), [opened(client), assigned(client, "s-2")]) for client in ("p-1", "p-2")]
    assert list(log.histories(stream("p-2"))) == [(stream("p-2"), [opened("p-2"), assigned("p-2", "s-2")])]


def test_some_facts_of_a_stream_are_read_by_version_and_those_behind_one(log: EventLog) -> None:
    send(log, Open("p-1"), "open")
    for number in range(2, 6):
        send(log, Reassign(("p-1",), f"s-{number}"), f"c-{number}")

    assert log.heads(stream("p-")) == [(stream("p-1"), 5)]
    assert log.heads(stream("p-2")) == []
    assert log.facts(stream("p-1"), (1, 3), 4) == [(1, opened("p-1")), (3, assigned("p-1", "s-3")), (5, assigned("p-1", "s-5"))]
    assert [version for version, _ in log.facts(stream("p-1"), (), 0)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("facts", [0, 1])
def test_a_command_that_has_seen_more_than_the_stream_has_is_a_conflict(log: EventLog, facts: int) -> None:
    for number in range(facts):
        send(log, Open("p-1"), f"c-{number}")

    with pytest.raises(Conflict, match=f"at version {facts}, not 2"):
        log.submit(lambda tx: tx.read(stream("p-1"), 2)).result(5)


def test_facts_on_several_streams_are_recorded_together_or_not_at_all(log: EventLog) -> None:
    send(log, Open("p-1"), "1")
    send(log, Open("p-2"), "2")

    send(log, Reassign(("p-1", "p-2"), "s-2"), "3")
    send(log, Reassign(("p-1", "p-3"), "s-3"), "4")

    assert [e.event.contact_person for e in log.scan("handover/baton/") if isinstance(e.event, ContactPersonAssigned)] == ["s-2", "s-2"]


def test_work_that_fails_halfway_leaves_nothing_and_hurts_nobody_else(log: EventLog) -> None:
    def half(tx: Transaction) -> None:
        tx.append([opened("p-1")], origin("1"), {})
        tx.keep("vault", "t-1", b"secret")
        tx.schedule(Due(stream("p-1"), "review", NOW))
        raise RuntimeError("power")

    ended: list[Future[Any]] = [log.submit(half), handle(log, Work(BATON, lambda _: Open("p-2"), origin("2"), b""))]

    assert isinstance(ended[0].exception(10), RuntimeError)
    assert ended[1].result(10).position == 1
    assert (log.head(), log.kept("vault", "t-1"), log.due(NOW, 9)) == (1, None, [])


def test_values_beside_the_facts_are_written_over_and_removed(log: EventLog) -> None:
    for key, value in (("b", b"1"), ("a", b"1"), ("b", b"2")):
        log.submit(lambda tx, key=key, value=value: tx.keep("bsn", key, value)).result(10)  # type: ignore[misc]  # defaults bind the loop
    before = log.kept_all("bsn")
    log.submit(lambda tx: tx.drop("bsn", "b")).result(10)

    assert before == [("a", b"1"), ("b", b"2")]
    assert (log.kept("bsn", "a"), log.kept("bsn", "b")) == (b"1", None)


def test_moments_come_due_oldest_first_and_the_last_word_on_a_kind_counts(log: EventLog) -> None:
    day = timedelta(days=1)
    dues = [Due("b", "term", NOW + day), Due("a", "term", NOW + 2 * day), Due("b", "term", NOW), Due("c", "term", NOW + 3 * day)]
    for due in dues:
        log.submit(lambda tx, due=due: tx.schedule(due)).result(10)  # type: ignore[misc]  # default binds the loop

    log.submit(lambda tx: tx.unschedule("c", "term")).result(10)

    assert log.due(NOW + 9 * day, 9) == [Due("b", "term", NOW), Due("a", "term", NOW + 2 * day)]


def test_a_moment_is_taken_once_and_not_where_it_was_set_to_another_since(log: EventLog) -> None:
    old, new = Due("b", "term", NOW), Due("b", "term", NOW + timedelta(days=1))
    for due in (old, new):
        log.submit(lambda tx, due=due: tx.schedule(due)).result(10)  # type: ignore[misc]  # default binds the loop

    taken = [log.submit(lambda tx, due=due: tx.take_due(due)).result(10) for due in (old, new, new)]  # type: ignore[misc]  # default binds the loop

    assert taken == [False, True, False]
    assert log.due(NOW + timedelta(days=9), 9) == []


def test_a_reader_by_position_sees_every_fact_once_in_order(log: EventLog) -> None:
    for number in range(7):
        send(log, Open(f"p-{number}"), str(number))

    pages = [log.after(0, 3), log.after(3, 3), log.after(6, 3)]

    assert [r.position for page in pages for r in page] == [1, 2, 3, 4, 5, 6, 7]


def test_commands_from_many_threads_get_versions_without_gap(log: EventLog) -> None:
    def caller(name: int) -> None:
        for number in range(20):
            send(log, Open(f"p-{number}"), f"{name}-{number}")

    threads = [Thread(target=caller, args=(name,)) for name in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(r.position for r in log.after(0, 100)) == list(range(1, 21))


def test_facts_and_answers_outlive_the_process(tmp_path: Path) -> None:
    log = SqliteLog("handover", tmp_path / "l.sqlite", published())
    first = send(log, Open("p-1"), "1")
    log.close()

    again = SqliteLog("handover", tmp_path / "l.sqlite", published())

    assert send(again, Open("p-1"), "1") == first
    assert again.head() == 1
    again.close()


def test_a_caller_that_went_away_does_not_stop_the_log(tmp_path: Path) -> None:
    log = SqliteLog("handover", tmp_path / "l.sqlite", published())
    futures = [handle(log, Work(BATON, lambda _, n=n: Open(f"p-{n}"), origin(str(n)), b"")) for n in range(200)]  # type: ignore[misc]  # default binds n
    for future in futures[::2]:
        future.cancel()

    assert send(log, Open("p-last"), "last").outcome == "accepted"
    assert log.head() >= 101
    log.close()
