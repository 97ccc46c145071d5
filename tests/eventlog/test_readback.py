"""A restored log reads back from Kafka: the same facts at the same places, whatever the order, and nothing is guessed."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.contracts.codec import Record, headers_of, published, record_of
from services.contracts.envelope import Envelope, Event
from services.contracts.handover import BatonOpened, ContactPersonAssigned
from services.contracts.restored import HandoverLogRestored, HandoverPositionLost
from services.eventlog import readback
from services.eventlog.identity import event_ids
from services.eventlog.log import Contradiction, EventLog, Origin, Transaction
from services.eventlog.memory import MemoryLog
from services.eventlog.readback import Readback, nothing_beside, require_own
from services.eventlog.relay import CHECKPOINT, checkpoint
from services.eventlog.restored import ACTOR, Mark, ask_to_lift, lift, mark_of, put_mark
from services.eventlog.sqlite import SqliteLog
from tests.eventlog.readback_process import NEVER

NOW = datetime(2024, 3, 1, 3, 0, tzinfo=UTC)
BACKUP = 4
"""Position of the backup; the log went on to twelve facts."""


def facts() -> list[Record]:
    """Twelve facts on four streams, as they are on Kafka: without who gave the command."""
    log = MemoryLog("handover", published())
    for turn in range(3):
        for client in ("p-1", "p-2", "p-3", "p-4"):
            about = {"client": client, "municipality": "GM0361", "team_ref": "t", "contact_person": f"s-{turn}", "on": date(2024, 1, 1)}
            fact = ContactPersonAssigned(**about, reason="leave") if turn else BatonOpened(**about, organisation="r")  # type: ignore[arg-type]  # a table
            log.submit(lambda tx, fact=fact: tx.append([fact], Origin("s", "c", NOW, "x"), {})).result(5)  # type: ignore[misc]  # default binds the loop
    return [record._replace(actor="", command_id="") for record in log.after(0, 100)]


FACTS = facts()


@pytest.fixture(params=["memory", "sqlite"])
def new_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], EventLog]]:
    made: list[EventLog] = []

    def new() -> EventLog:
        path = tmp_path / f"{len(made)}.sqlite"
        made.append(MemoryLog("handover", published()) if request.param == "memory" else SqliteLog("handover", path, published()))
        return made[-1]

    yield new
    for log in made:
        log.close()


def restored(log: EventLog, upto: int = BACKUP, relayed: int = BACKUP) -> EventLog:
    """As a backup leaves it."""

    def put(tx: Transaction) -> None:
        for record in FACTS[:upto]:
            tx.take_back(record)
        tx.keep(*CHECKPOINT, str(relayed).encode())
        put_mark(tx, Mark(backup_position=upto))

    log.submit(put).result(5)
    return log


def reads_back(log: EventLog, batches: Sequence[Sequence[Record]], folder: Path, beside: readback.Beside = nothing_beside) -> Mark:
    return Readback(log, published(), folder / "staging", beside, lambda: NOW, event_ids()).run(batches)


def contents(log: EventLog) -> list[Record]:
    return [record._replace(actor="", command_id="") for record in log.after(0, 100)]


def test_what_travels_over_kafka_is_the_record_to_the_letter() -> None:
    for record in FACTS:
        assert record_of(record.key.encode(), headers_of(record, "urn:handover"), record.data) == record


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(order=st.permutations(range(12)), repeated=st.lists(st.integers(0, 11)), upto=st.integers(0, 12))
def test_facts_in_any_order_and_repeated_come_back_as_they_were(tmp_path: Path, order: list[int], repeated: list[int], upto: int) -> None:
    log = restored(MemoryLog("handover", published()), upto, upto)

    mark = reads_back(log, [[FACTS[at]] for at in (*order, *repeated)], tmp_path)

    assert contents(log) == FACTS
    assert (mark.phase, mark.head, mark.read_back, mark.lost) == ("matching", 12, 12 - upto, 0)
    assert checkpoint(log) == 12


def test_a_log_of_any_kind_reads_back(new_log: Callable[[], EventLog], tmp_path: Path) -> None:
    log = restored(new_log())

    reads_back(log, [FACTS[6:], FACTS[:6]], tmp_path)

    assert contents(log) == FACTS
    assert {record.actor for record in log.after(BACKUP, 100)} == {ACTOR}


def test_new_facts_go_on_above_everything_that_was_seen(new_log: Callable[[], EventLog], tmp_path: Path) -> None:
    log = restored(new_log())
    reads_back(log, [FACTS], tmp_path)

    [told] = log.submit(lambda tx: tx.append([HandoverPositionLost()], Origin("s", "c", NOW, "x"), {})).result(5)

    assert told.position == 13


def test_a_position_that_never_reached_kafka_is_told_as_lost(new_log: Callable[[], EventLog], tmp_path: Path) -> None:
    log = restored(new_log())

    # Of the last round eight and nine were not acknowledged, and no later fact of their streams was.
    mark = reads_back(log, [[*FACTS[:7], FACTS[9], FACTS[10]]], tmp_path)

    assert [r.position for r in contents(log) if r.type == HandoverPositionLost.TYPE] == [8, 9]
    assert [r.position for r in contents(log)] == list(range(1, 12))
    assert (mark.read_back, mark.lost) == (5, 2)
    assert checkpoint(log) == 7


def test_a_later_version_without_the_earlier_one_stops_the_reading(new_log: Callable[[], EventLog], tmp_path: Path) -> None:
    log = restored(new_log())

    with pytest.raises(Contradiction, match="earlier facts of it are missing"):
        reads_back(log, [[*FACTS[:4], *FACTS[8:]]], tmp_path)

    assert mark_of(log) == Mark(backup_position=BACKUP)


def test_another_fact_at_a_position_of_the_log_stops_the_reading(new_log: Callable[[], EventLog], tmp_path: Path) -> None:
    log = restored(new_log())
    other = FACTS[1]._replace(event_id="another")

    with pytest.raises(Contradiction, match="do not belong together"):
        reads_back(log, [[FACTS[0], other, *FACTS[2:]]], tmp_path)

    assert log.head() == BACKUP


def test_two_facts_at_one_position_of_kafka_stop_the_reading(new_log: Callable[[], EventLog], tmp_path: Path) -> None:
    log = restored(new_log())

    with pytest.raises(Contradiction, match="two facts at position 10"):
        reads_back(log, [FACTS, [FACTS[9]._replace(event_id="another")]], tmp_path)


@pytest.mark.parametrize("missing", [[], FACTS[1:]])
def test_a_topic_without_what_it_had_acknowledged_stops_the_reading(tmp_path: Path, missing: list[Record]) -> None:
    log = restored(MemoryLog("handover", published()))

    with pytest.raises(Contradiction, match="not whole"):
        reads_back(log, [missing], tmp_path)


def test_what_the_backup_had_and_kafka_not_is_sent_by_the_relay(new_log: Callable[[], EventLog], tmp_path: Path) -> None:
    log = restored(new_log(), upto=6, relayed=4)

    reads_back(log, [FACTS[:4]], tmp_path)

    assert (log.head(), checkpoint(log)) == (6, 4)


@pytest.mark.parametrize("portion", range(3))
def test_a_reading_that_breaks_off_goes_on_where_it_was(
    new_log: Callable[[], EventLog], tmp_path: Path, portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readback, "RECORDS_A_ROUND", 3)
    log, portions = restored(new_log()), count()

    def breaking(_tx: Transaction, _facts: Sequence[Envelope[Event]]) -> None:
        if next(portions) == portion:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        reads_back(log, [FACTS], tmp_path, breaking)
    assert contents(log) == FACTS[: BACKUP + 3 * portion]
    mark = reads_back(log, [FACTS], tmp_path)

    assert contents(log) == FACTS
    assert (mark.read_back, mark.lost) == (8, 0)


def test_a_reading_that_breaks_off_behind_a_hole_tells_it_once(
    new_log: Callable[[], EventLog], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readback, "RECORDS_A_ROUND", 2)
    log, portions, sent = restored(new_log()), count(), [[*FACTS[:7], FACTS[9], FACTS[10]]]

    def breaking(_tx: Transaction, _facts: Sequence[Envelope[Event]]) -> None:
        if next(portions) == 2:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        reads_back(log, sent, tmp_path, breaking)
    mark = reads_back(log, sent, tmp_path)

    assert (mark.read_back, mark.lost, log.head(), checkpoint(log)) == (5, 2, 11, 7)


def test_the_service_gets_back_what_it_keeps_beside_its_facts(new_log: Callable[[], EventLog], tmp_path: Path) -> None:
    log = restored(new_log())

    def beside(tx: Transaction, told: Sequence[Envelope[Event]]) -> None:
        for envelope in told:
            tx.keep("seen", str(envelope.position), b"")

    reads_back(log, [FACTS], tmp_path, beside)

    assert sorted(int(key) for key, _ in log.kept_all("seen")) == list(range(BACKUP + 1, 13))


def test_the_end_of_a_restoration_is_a_fact(new_log: Callable[[], EventLog], tmp_path: Path) -> None:
    log = restored(new_log())
    reads_back(log, [FACTS], tmp_path)

    log.submit(lambda tx: lift(tx, "handover", "matched", ("system:handover",), Origin(ACTOR, "lift", NOW, "lift"))).result(5)

    [told] = [envelope.event for envelope in log.read("handover/log")]
    assert told == HandoverLogRestored(backup_position=4, read_back=8, lost=0, lifting="matched", lifted_by=("system:handover",))
    assert mark_of(log) is None


def test_two_persons_with_the_same_reason_are_needed(new_log: Callable[[], EventLog], tmp_path: Path) -> None:
    log = restored(new_log())
    reads_back(log, [FACTS], tmp_path)

    asked = [("s-1", "loss-accepted"), ("s-1", "loss-accepted"), ("s-2", "bank-confirmed"), ("s-1", "bank-confirmed")]

    assert [ask_to_lift(log, actor, reason) for actor, reason in asked] == [(), (), (), ("s-2", "s-1")]  # type: ignore[arg-type]  # literals


def test_nobody_can_let_commands_in_before_all_is_read_back(new_log: Callable[[], EventLog]) -> None:
    log = restored(new_log())

    with pytest.raises(ValueError, match="reading-back"):
        ask_to_lift(log, "s-1", "loss-accepted")


def test_a_relay_begins_on_the_topic_of_its_own_log_only(new_log: Callable[[], EventLog]) -> None:
    empty, own = new_log(), restored(new_log())

    require_own(empty, None)
    require_own(own, FACTS[2])
    with pytest.raises(Contradiction, match="backbone restore"):
        require_own(empty, FACTS[0])
    with pytest.raises(Contradiction, match="a new or another log"):
        require_own(own, FACTS[0]._replace(event_id="another"))


def reads_back_in_a_process(folder: Path, before: int, behind: int) -> int:
    argv = [sys.executable, str(Path(__file__).with_name("readback_process.py")), str(folder / "log"), str(folder / "kafka")]
    ran = subprocess.run([*argv, str(before), str(behind)], cwd=Path(__file__).parents[2], env={"PYTHONPATH": "."}, timeout=60, check=False)
    return ran.returncode


@pytest.mark.parametrize(("before", "behind"), [(0, NEVER), (1, NEVER), (NEVER, 0), (NEVER, 1)])
def test_a_process_killed_while_it_reads_back_goes_on_at_the_next_start(tmp_path: Path, before: int, behind: int) -> None:
    log = restored(SqliteLog("handover", tmp_path / "log", published()))
    log.close()
    lines = (orjson.dumps({**record._asdict(), "data": record.data.decode()}) for record in [*FACTS[:7], FACTS[9], FACTS[10]])
    (tmp_path / "kafka").write_bytes(b"\n".join(lines))

    died = [reads_back_in_a_process(tmp_path, before, behind) for _ in range(2)]
    ended = reads_back_in_a_process(tmp_path, NEVER, NEVER)

    assert (died[0], ended) == (-signal.SIGKILL, 0)
    log = SqliteLog("handover", tmp_path / "log", published())
    mark = mark_of(log)
    assert [record.position for record in log.after(0, 100)] == list(range(1, 12))
    assert mark == Mark(backup_position=4, phase="matching", head=11, read_back=5, lost=2)
    assert checkpoint(log) == 7
    log.close()
