"""Records that a reactor could not read are held with the later ones of their key, and let in when an operator says so."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import pytest

from services.contracts.codec import Record, headers_of, published
from services.contracts.envelope import Envelope, Event
from services.contracts.handover import BatonOpened
from services.contracts.intake import IntakeAccepted
from services.eventlog.held_records import HeldRecord, HeldRecords, Unfetched
from services.eventlog.log import Answer, Origin, Transaction
from services.eventlog.memory import MemoryLog
from services.eventlog.reactor import Incoming, Reactor, watermark
from tests.contracts.examples import recorded

NOW = datetime(2024, 3, 1, tzinfo=UTC)
GOOD, NEWER = IntakeAccepted.TYPE, "nl.sociaaldomein.intake.intake-accepted.v9"


def fact(position: int, client: str, type_: str = GOOD) -> Incoming:
    event = IntakeAccepted(client=client, household_ref="h-1", municipality="GM0361", route="standard", accepted_on=date(2024, 1, 1))
    record: Record = recorded(event, position, position)._replace(type=type_)
    return Incoming("intake.events", 0, position, record.key.encode(), headers_of(record, "urn:systeem:intake"), record.data)


class House:
    """Handover, which opens a baton for each accepted intake; `topic` is what Kafka has."""

    def __init__(self, *topic: Incoming) -> None:
        self.log, self.topic = MemoryLog("handover", published()), dict[str, Incoming]()
        self.reactor = Reactor(self.log, published(), self.react)
        self.held = HeldRecords(self.log, self.reactor, self.fetch)
        self.comes(*topic)

    def comes(self, *records: Incoming) -> None:
        """Kafka has these records, and they are delivered."""
        self.topic.update({record.place: record for record in records})
        self.reactor.batch(records)

    def react(self, envelope: Envelope[Event]) -> Sequence[Callable[[Transaction], Answer]]:
        client = str(envelope.client)
        about = {"client": client, "municipality": "GM0361", "team_ref": "t", "contact_person": "s-1", "on": date(2024, 1, 1)}
        opened = BatonOpened(**about, organisation="r")  # type: ignore[arg-type]  # a table

        def work(tx: Transaction) -> Answer:
            tx.append([opened], Origin("reactor", envelope.event_id, NOW, "c"), {})
            return Answer("accepted", "", 0, 0)

        return [work]

    def fetch(self, places: Sequence[str]) -> list[Incoming]:
        if any(place not in self.topic for place in places):
            raise Unfetched(places[0])
        return [self.topic[place] for place in places]

    def becomes_readable(self, position: int, client: str) -> None:
        """A newer release runs, which knows the type."""
        record = fact(position, client)
        self.topic[record.place] = record

    @property
    def clients(self) -> list[str | None]:
        return [record.client for record in self.log.after(0, 100)]


@pytest.fixture
def house() -> House:
    return House(fact(1, "p-1"), fact(2, "p-2", NEWER), fact(3, "p-2"), fact(4, "p-1"))


def test_a_key_is_held_from_its_unreadable_record_on(house: House) -> None:
    assert house.clients == ["p-1", "p-1"]
    assert house.held.all() == [
        HeldRecord("intake.events/0/000000000002", "p-2", "future-version"),
        HeldRecord("intake.events/0/000000000003", "p-2", "behind-a-held-record"),
    ]
    assert watermark(house.log, "intake") == 1


def test_what_can_be_read_now_is_taken_in_order_and_the_key_is_free(house: House) -> None:
    house.becomes_readable(2, "p-2")

    assert house.held.retry("p-2") == 0

    assert house.held.all() == []
    assert watermark(house.log, "intake") == 4
    house.comes(fact(5, "p-2"))
    assert house.clients.count("p-2") == 3


def test_what_still_cannot_be_read_stays_held(house: House) -> None:
    assert house.held.retry("p-2") == 2

    assert house.clients.count("p-2") == 0
    house.comes(fact(5, "p-2"))
    assert len(house.held.all()) == 3


def test_a_record_that_is_given_up_lets_the_later_ones_in(house: House) -> None:
    assert house.held.discard("p-2") == 0

    assert house.clients.count("p-2") == 1
    assert watermark(house.log, "intake") == 4


def test_only_the_first_is_given_up(house: House) -> None:
    house.comes(fact(5, "p-2", NEWER), fact(6, "p-2"))

    assert house.held.discard("p-2") == 2
    assert [record.reason for record in house.held.all()] == ["future-version", "behind-a-held-record"]


def test_a_key_that_holds_nothing_changes_nothing(house: House) -> None:
    assert house.held.retry("p-1") == house.held.discard("p-9") == 0
    assert house.clients == ["p-1", "p-1"]


def test_a_record_that_kafka_does_not_give_stays_held(house: House) -> None:
    house.topic.clear()

    with pytest.raises(Unfetched):
        house.held.retry("p-2")

    assert len(house.held.all()) == 2


def test_what_came_meanwhile_keeps_the_key_held(house: House) -> None:
    house.becomes_readable(2, "p-2")
    seen = house.fetch(["intake.events/0/000000000002", "intake.events/0/000000000003"])
    house.comes(fact(5, "p-2"))

    assert house.reactor.let_in(b"p-2", seen) == 1
    assert [record.origin for record in house.held.all()] == ["intake.events/0/000000000005"]
