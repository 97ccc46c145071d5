"""A keeper writes before it confirms, holds what it cannot place with its key, and lets go when the cause is mended."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.simulation.views import recover
from services.contracts.codec import Codec, published
from services.contracts.topics import BENEFITS_EVENTS, EVENT_TOPICS, INTAKE_EVENTS
from streams import contact_view
from streams.journal import MemoryJournal
from streams.keeper import Keeper
from streams.quarantine import verdicts
from streams.recovery import AnotherWriter
from streams.shelf import MemoryShelf
from streams.view import canonical
from tests.streams.history import Recorder, Sent, at, client_ref, facts_of, right_ref, sent

CODEC = published()


@dataclass
class Kept:
    """A keeper with what lies around it."""

    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    confirmed: dict[tuple[str, int], int] = field(default_factory=dict)
    codec: Codec = CODEC
    offset: int = 0

    def keeper(self) -> Keeper:
        told = verdicts(contact_view.VIEW.name, [headers for _, _, headers in self.journal.notices])
        keeper = Keeper(contact_view.VIEW, self.codec, self.shelf, self.journal, self._confirm, lambda: 0.0, told)
        keeper.open([0])
        return keeper

    def _confirm(self, _view: str, topic: str, partition: int, offset: int) -> None:
        self.confirmed[topic, partition] = offset

    def take(self, keeper: Keeper, records: Sequence[Sent]) -> None:
        for record in records:
            placed = at(record, 0, self.offset)
            self.offset += 1
            asyncio.run(keeper.take(placed.topic, 0, [placed]))

    def slots(self, number: int) -> dict[str, int]:
        row = self.shelf.get(0, client_ref(number).encode())
        return {} if row is None else orjson.loads(row)["slots"]


def records_of(number: int, extra: int = 1) -> list[Sent]:
    recorder = Recorder()
    return [sent(*recorder.record(*fact)) for fact in facts_of(number, extra)]


def broken(record: Sent) -> Sent:
    return Sent(record.topic, record.key, record.headers, b"{broken")


def decided(deed: Callable[[str], Awaitable[int]], number: int) -> int:
    async def decide() -> int:
        return await deed(client_ref(number))

    return asyncio.run(decide())


def test_what_is_not_acknowledged_is_neither_kept_nor_confirmed() -> None:
    kept = Kept()
    keeper = kept.keeper()
    kept.journal.failing = TimeoutError("Kafka is away")
    with pytest.raises(TimeoutError):
        kept.take(keeper, records_of(1)[:1])
    assert (kept.slots(1), kept.confirmed) == ({}, {})


def test_staff_applications_are_told_before_the_changelog_as_a_restart_would_not_tell_them() -> None:
    kept = Kept()
    keeper = kept.keeper()
    kept.journal.failing = TimeoutError("killed before the changelog was acknowledged")

    with pytest.raises(TimeoutError):
        kept.take(keeper, records_of(1)[:1])

    assert kept.journal.published == [client_ref(1)]


def test_a_portion_is_written_once_and_then_confirmed() -> None:
    kept = Kept()
    records = [at(record, 0, n) for n, record in enumerate(records_of(1)[:2])]
    asyncio.run(kept.keeper().take(INTAKE_EVENTS, 0, records))
    assert [key for key, _ in kept.journal.changelog[0]] == [client_ref(1).encode(), b"\x00offsets/0"]
    assert kept.confirmed == {(INTAKE_EVENTS, 0): 1}


def test_a_repeat_writes_nothing_and_is_confirmed() -> None:
    kept = Kept()
    keeper = kept.keeper()
    kept.take(keeper, [*records_of(1)[:1], *records_of(1)[:1]])
    assert (len(kept.journal.changelog[0]), kept.confirmed) == (2, {(INTAKE_EVENTS, 0): 1})


def test_a_worker_that_wakes_up_beside_its_successor_loses_nothing_of_what_that_one_wrote() -> None:
    records = [at(record, 0, n) for n, record in enumerate([*records_of(1)[:2], *records_of(2)[:1]])]
    first = Kept()
    suspended, in_hand = first.keeper(), records[1]
    asyncio.run(suspended.take(INTAKE_EVENTS, 0, records[:1]))
    successor = Kept(journal=first.journal)
    recover(successor.shelf, first.journal)
    asyncio.run(successor.keeper().take(INTAKE_EVENTS, 0, records[1:]))

    with pytest.raises(AnotherWriter, match="after offset 1 the changelog has entries of another worker"):
        asyncio.run(suspended.take(INTAKE_EVENTS, 0, [in_hand]))
    assert first.confirmed == {(INTAKE_EVENTS, 0): 0}

    recover(first.shelf, first.journal)
    assert (first.slots(1), first.slots(2)) == (successor.slots(1), successor.slots(2)) != ({}, {})
    asyncio.run(first.keeper().take(INTAKE_EVENTS, 0, records))


def test_rows_that_come_out_of_the_changelog_are_published_again() -> None:
    kept = Kept()
    keeper = kept.keeper()
    kept.take(keeper, records_of(1)[:1])
    asyncio.run(keeper.publish_again({0: {client_ref(1).encode(), client_ref(2).encode()}}))
    assert kept.journal.published == [client_ref(1), client_ref(1)]


def test_a_poison_record_holds_later_ones_of_its_key_and_no_other() -> None:
    kept = Kept()
    keeper = kept.keeper()
    poisoned = records_of(1)
    kept.take(keeper, [broken(poisoned[0]), *poisoned[1:], *records_of(2)])
    assert [held.reason for held in keeper.held[client_ref(1)].values()].count("behind-a-held-record") == len(poisoned) - 1
    assert (kept.slots(1), len(kept.slots(2))) == ({}, 4)


def test_a_record_that_says_nothing_of_itself_is_held_too() -> None:
    kept = Kept()
    keeper = kept.keeper()
    kept.take(keeper, [Sent(BENEFITS_EVENTS, client_ref(1).encode(), [], b"?"), *records_of(1)])
    assert {held.reason for held in keeper.held[client_ref(1)].values()} == {"not-an-event", "behind-a-held-record"}


def test_what_is_held_is_held_after_a_restart() -> None:
    kept = Kept()
    kept.take(kept.keeper(), [broken(records_of(1)[0]), records_of(1)[1]])
    again = kept.keeper()
    kept.take(again, [records_of(1)[2]])
    assert len(again.held[client_ref(1)]) == 3
    assert kept.slots(1) == {}


def test_a_missing_fact_that_comes_after_all_lets_its_client_go() -> None:
    kept, whole = Kept(), Kept()
    keeper, records = kept.keeper(), records_of(1)
    kept.take(keeper, [*records[:1], *records[2:], records[1]])
    whole.take(whole.keeper(), records)
    assert keeper.held == {}
    assert kept.shelf.get(0, client_ref(1).encode()) == whole.shelf.get(0, client_ref(1).encode())


def test_a_poison_record_that_comes_again_readable_lets_its_client_go() -> None:
    kept = Kept()
    keeper, records = kept.keeper(), records_of(1)
    kept.take(keeper, [broken(records[0]), *records[1:], records[0]])
    assert keeper.held == {}
    assert len(kept.slots(1)) == 4


def test_a_retry_with_a_codec_that_knows_the_future_version_completes_the_client() -> None:
    kept = Kept()
    records = records_of(1)
    future = "nl.sociaaldomein.intake.application-received.v2"
    headers = [(name, future.encode() if name == "ce_type" else value) for name, value in records[0].headers]
    kept.take(kept.keeper(), [Sent(records[0].topic, records[0].key, headers, records[0].value), *records[1:]])
    upcast = {future: lambda data: ("nl.sociaaldomein.intake.application-received.v1", data)}
    kept.codec = Codec(CODEC.types.values(), upcast)
    assert decided(kept.keeper().retry, 1) == 0
    assert len(kept.slots(1)) == 4


def test_a_retry_without_a_cure_changes_nothing() -> None:
    kept = Kept()
    keeper, records = kept.keeper(), records_of(1)
    kept.take(keeper, [broken(records[0]), *records[1:]])
    written = len(kept.journal.changelog[0])
    assert decided(keeper.retry, 1) == len(records)
    assert len(kept.journal.changelog[0]) == written


def test_a_discard_gives_up_the_poison_record_and_lets_the_others_in() -> None:
    kept = Kept()
    keeper, records = kept.keeper(), records_of(1)
    kept.take(keeper, [broken(records[0]), *records[1:]])
    assert decided(keeper.discard, 1) == 0
    assert kept.slots(1)[f"intake/client/{client_ref(1)}"] == 2


def test_a_discard_gives_up_what_is_missing_before_a_gap() -> None:
    kept = Kept()
    keeper, records = kept.keeper(), records_of(1)
    kept.take(keeper, [*records[1:5], *records[6:]])
    assert decided(keeper.discard, 1) > 0
    assert decided(keeper.discard, 1) == 0
    assert (kept.slots(1)[f"intake/client/{client_ref(1)}"], kept.slots(1)[f"benefits/right/{right_ref(1)}"]) == (2, 3)


def test_a_second_poison_record_still_holds_the_client_after_the_first_is_given_up() -> None:
    kept = Kept()
    keeper, records = kept.keeper(), records_of(1)
    kept.take(keeper, [broken(records[0]), broken(records[1]), *records[2:]])
    assert [decided(keeper.discard, 1) > 0, decided(keeper.discard, 1)] == [True, 0]


def test_what_was_given_up_stays_given_up_when_everything_is_read_again() -> None:
    kept = Kept()
    keeper, records = kept.keeper(), records_of(1)
    history = [broken(records[0]), *records[1:]]
    kept.take(keeper, history)
    decided(keeper.discard, 1)
    before = kept.shelf.get(0, client_ref(1).encode())
    kept.shelf, kept.offset = MemoryShelf(), 0
    kept.journal.changelog.clear()
    again = kept.keeper()
    kept.take(again, history)
    assert (again.held, kept.shelf.get(0, client_ref(1).encode())) == ({}, before)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(range(8)), max_size=30), st.data())
def test_after_any_faults_and_republishing_everything_the_client_is_whole(order: list[int], data: st.DataObject) -> None:
    records = records_of(1)
    kept, whole = Kept(), Kept()
    keeper = kept.keeper()
    for n in order:
        record = records[n % len(records)]
        kept.take(keeper, [broken(record) if data.draw(st.booleans()) else record])
    kept.take(keeper, records)
    whole.take(whole.keeper(), records)
    assert keeper.held == {}
    assert kept.shelf.get(0, client_ref(1).encode()) == whole.shelf.get(0, client_ref(1).encode())


def test_a_digest_is_of_the_rows_only_and_changes_with_them() -> None:
    kept = Kept()
    keeper = kept.keeper()
    kept.take(keeper, records_of(1))
    first = asyncio.run(keeper.digest(0))
    kept.take(keeper, [broken(records_of(2)[0])])
    held = asyncio.run(keeper.digest(0))
    kept.take(keeper, records_of(3)[:1])
    assert (first.keys, first.sha256) == (held.keys, held.sha256)
    assert [len(held.held), held.sha256 == asyncio.run(keeper.digest(0)).sha256] == [1, False]


def test_offsets_never_go_back_when_records_come_again() -> None:
    kept = Kept()
    keeper = kept.keeper()
    kept.take(keeper, records_of(1)[:2])
    kept.offset = 0
    kept.take(keeper, records_of(1)[:1])
    assert asyncio.run(keeper.digest(0)).offsets == {INTAKE_EVENTS: 1}


def test_the_rows_are_canonical() -> None:
    kept = Kept()
    kept.take(kept.keeper(), records_of(1))
    row = kept.shelf.get(0, client_ref(1).encode())
    assert row is not None
    assert row == canonical(orjson.loads(row))
    assert set(EVENT_TOPICS) == set(contact_view.VIEW.topics)
