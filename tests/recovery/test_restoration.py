"""A restored service goes back into use by itself when everything matches, and by two persons when it does not."""

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event as Signal

import pytest

from services.contracts.codec import Undecodable, published
from services.contracts.restored import HandoverLogRestored
from services.eventlog.log import Contradiction, EventLog
from services.eventlog.memory import MemoryLog
from services.eventlog.readback import TopicAway
from services.eventlog.restored import Mark, mark_of, put_mark
from services.recovery import restoration
from services.recovery.restoration import Found, Restoration, Steps

NOW = datetime(2024, 3, 1, 3, 0, tzinfo=UTC)


class Service:
    """A restored log whose steps do what a test says, one after the other; `stop` is set when the script ends."""

    def __init__(self, reading: list[Exception | None], found: list[Found | Exception], phase: str = "reading-back") -> None:
        self.log: EventLog = MemoryLog("handover", published())
        self.log.submit(lambda tx: put_mark(tx, Mark(backup_position=4, phase=phase))).result(5)  # type: ignore[arg-type]  # a literal
        self.reading, self.found, self.stop, self.made_good = reading, found, Signal(), 0
        self.said: list[str | None] = []
        self.restoration = Restoration(self.log, lambda: NOW, Steps(self.reads_back, self.makes_good, self.compares))

    def reads_back(self, _stop: Signal, _told: Callable[[int], None]) -> Mark:
        self.said.append(self.restoration.trouble())
        wrong = self.reading.pop(0)
        if wrong is not None:
            self.stop_at_the_end(self.reading)
            raise wrong
        mark = Mark(backup_position=4, phase="matching", head=4)
        self.log.submit(lambda tx: put_mark(tx, mark)).result(5)
        return mark

    def makes_good(self) -> None:
        self.made_good += 1

    def compares(self) -> Found:
        self.said.append(self.restoration.trouble())
        found = self.found.pop(0)
        self.stop_at_the_end(self.found)
        if isinstance(found, Exception):
            raise found
        return found

    def stop_at_the_end(self, script: list[Exception | None] | list[Found | Exception]) -> None:
        if not script:
            self.stop.set()

    def runs(self) -> None:
        self.restoration.run(self.stop)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoration, "AGAIN_SECONDS", 0.001)


def test_a_service_where_everything_matches_lets_commands_in() -> None:
    service = Service([None], [Found()])

    service.runs()

    assert not service.restoration.blocked
    assert [envelope.event for envelope in service.log.read("handover/log")] == [
        HandoverLogRestored(backup_position=4, read_back=0, lost=0, lifting="matched", lifted_by=("system:handover",))
    ]
    assert mark_of(service.log) is None


def test_differences_keep_commands_out_until_they_are_gone() -> None:
    service = Service([None], [Found(("a", "b")), Found(("a",)), Found((), ("c",))])

    service.runs()

    assert not service.restoration.blocked
    assert [said.split(",")[1].split(" keep")[0] for said in service.said[2:] if said] == [" 2 differences", " 1 differences"]
    assert service.made_good == 1


def test_kafka_and_the_disk_are_waited_for() -> None:
    service = Service([TopicAway("x"), OSError(), None], [OSError(), Found()])

    service.runs()

    assert not service.restoration.blocked
    assert "waits for Kafka" in (service.said[1] or "")


@pytest.mark.parametrize("wrong", [Contradiction("two facts at position 3"), Undecodable("future-version")])
def test_facts_that_do_not_fit_stop_everything_and_are_told(wrong: Exception) -> None:
    service = Service([wrong], [])

    service.runs()

    assert service.restoration.blocked
    assert "reading back stopped" in (service.restoration.trouble() or "")
    assert mark_of(service.log) == Mark(backup_position=4)


def test_a_second_start_while_matching_does_not_read_back_again() -> None:
    service = Service([], [Found()], phase="matching")

    service.runs()

    assert not service.restoration.blocked


def test_two_persons_let_commands_in_over_a_difference() -> None:
    service = Service([None], [Found(("a",))])
    service.runs()
    assert service.restoration.blocked

    assert not service.restoration.override("s-1", "loss-accepted")
    assert service.restoration.override("s-2", "loss-accepted")

    [told] = [envelope.event for envelope in service.log.read("handover/log")]
    assert isinstance(told, HandoverLogRestored)
    assert (told.lifting, told.lifted_by) == ("loss-accepted", ("s-1", "s-2"))


def test_what_runs_in_the_background_waits_for_the_end_of_the_restoration() -> None:
    service, ran = Service([None], [Found(("a",))]), list[str]()
    loop = service.restoration.when_lifted(lambda _stop: ran.append("relay"))

    service.runs()
    loop(service.stop)
    assert ran == []

    for person in ("s-1", "s-2"):
        service.restoration.override(person, "loss-accepted")
    loop(Signal())
    assert ran == ["relay"]


def test_a_log_that_was_never_restored_lets_everybody_in() -> None:
    service = Restoration(
        MemoryLog("handover", published()), lambda: NOW, Steps(lambda _s, _t: Mark(backup_position=0), lambda: None, Found)
    )

    assert not service.blocked
    assert service.when_in_use(lambda: "red")() == "red"
