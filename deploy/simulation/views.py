"""The worker of a history: the product's own keepers, fed in portions, on rows and changelogs that a crash can pull apart."""

from collections import deque
from collections.abc import Coroutine, Sequence
from types import SimpleNamespace
from typing import Any, TypeVar

from deploy.simulation.broker import Broker, OnKafka, Place
from deploy.simulation.faults import Crashed
from deploy.simulation.nature import Nature
from services.contracts.topics import EVENT_TOPICS, PARTITIONS
from streams import allowance_run, contact_view, payout_status
from streams.batching import Confirmed, Continuity
from streams.journal import MemoryJournal
from streams.keeper import Keeper
from streams.onlookers import NobodyWatches
from streams.payout_totals import PayoutTotals
from streams.recovery import AnotherWriter, newest
from streams.shelf import Entry, MemoryShelf
from streams.view import View

VIEWS = (contact_view.VIEW, payout_status.VIEW, allowance_run.VIEW)
GROUP = "views"
WORKER = "worker"

T = TypeVar("T")


class Unheard(Exception):
    """The changelog did not acknowledge; the portion is taken again."""


def driven(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never has to wait, because nobody else holds what it asks for."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        result: T = ended.value
        return result
    raise AssertionError("a coroutine waited in a simulation")


class FaultyJournal(MemoryJournal):
    """The changelog of one view on the broker; an entry that was acknowledged is there for ever."""

    def __init__(self, nature: Nature) -> None:
        super().__init__()
        self._nature = nature

    async def rows(self, view: str, partition: int, entries: Sequence[Entry]) -> int:
        """See `Journal`. Raises `Unheard` or `Crashed`."""
        faults = self._nature.faults
        self._nature.others()
        if faults.strikes("changelog-lost"):
            raise Unheard
        if faults.strikes("changelog-torn"):
            await super().rows(view, partition, entries[: self._nature.chance.randrange(len(entries))])
            raise Crashed(WORKER)
        last = await super().rows(view, partition, entries)
        if faults.strikes("changelog-unheard"):
            raise Unheard
        return last


class Views:
    """The process `worker`: one consumer, a queue of portions and a keeper per view; shelves and changelogs outlive it."""

    name = WORKER

    def __init__(self, broker: Broker, nature: Nature) -> None:
        self._broker, self._nature = broker, nature
        self.shelves = {view.name: MemoryShelf() for view in VIEWS}
        self.journals = {view.name: FaultyJournal(nature) for view in VIEWS}
        self.keepers: dict[str, Keeper] = {}
        self.totals = PayoutTotals()
        self.is_up = False

    def start(self) -> None:
        """Recover every view from its shelf and changelog, and go on where the group committed."""
        now, self.totals = self._nature.clock_of(self.name), PayoutTotals()
        readers = {topic: frozenset(view.name for view in VIEWS if topic in view.topics) for topic in EVENT_TOPICS}
        self._confirmed = Confirmed(readers)
        committed: dict[Any, int] = {place: offset for (group, place), offset in self._broker.committed.items() if group == GROUP}
        self._confirmed.begin(committed)
        self._next: dict[Place, int] = dict(committed)
        self._queues: dict[str, deque[Sequence[OnKafka]]] = {view.name: deque() for view in VIEWS}
        consumer = SimpleNamespace(seek_wait=self._seek, _read_offset={})
        self._continuity = Continuity(SimpleNamespace(consumer=consumer), self._confirmed, self._nature.monotonic)
        for view in VIEWS:
            self.keepers[view.name] = self._keeper(view, lambda: now().timestamp())
        self.is_up = True

    def _keeper(self, view: View, now: Any) -> Keeper:  # noqa: ANN401 - a clock
        if self._nature.faults.strikes("shelf-lost"):
            self.shelves[view.name] = MemoryShelf()
        shelf, journal = self.shelves[view.name], self.journals[view.name]
        recover(shelf, journal)
        watcher = self.totals if view is payout_status.VIEW else NobodyWatches()
        keeper = Keeper(view, self._nature.codec, shelf, journal, self._confirmed.confirm, now, watcher=watcher)
        keeper.open()
        return keeper

    async def _seek(self, offsets: dict[Place, int]) -> None:
        self._next.update({Place(*tp): offset for tp, offset in offsets.items()})

    def fall(self) -> None:
        """End, as kill -9 does."""
        self.is_up = False

    def fetch(self) -> None:
        """Give every view of a topic its next portion."""
        chance, faults = self._nature.chance, self._nature.faults
        for place in self._broker.of_topics(EVENT_TOPICS):
            records, begin = self._broker.partitions[place], self._next.get(place, 0)
            if begin < len(records) and not faults.strikes("fetch-delayed"):
                portion = records[begin : begin + chance.randint(1, 8)]
                self._next[place] = begin + len(portion)
                for view in VIEWS:
                    has_later = self._next[place] < len(records)
                    if place.topic in view.topics and not (has_later and faults.strikes("fetch-skips")):
                        self._queues[view.name].append(portion)

    def fold(self) -> None:
        """Each view takes what waits for it, until its changelog does not answer."""
        for view in VIEWS:
            queue = self._queues[view.name]
            while queue:
                if not self._taken(view.name, queue[0]):
                    break
                queue.popleft()

    def _taken(self, view: str, portion: Sequence[OnKafka]) -> bool:
        try:
            if driven(self._continuity.holds(view, portion)):
                driven(self.keepers[view].take(portion[0].topic, portion[0].partition, portion))
        except Unheard:
            return False
        except AnotherWriter:
            raise Crashed(WORKER) from None
        return True

    def commit(self) -> None:
        """Commit what every view of a topic has written."""
        if not self._nature.faults.strikes("commit-lost"):
            for tp, offset in self._confirmed.committable().items():
                self._broker.committed[GROUP, Place(*tp)] = offset


def recover(shelf: MemoryShelf, journal: MemoryJournal) -> None:
    """Put on the shelf what the changelog has behind it, as Faust does at a start."""
    for partition in range(PARTITIONS):
        written = journal.changelog.get(partition, [])
        entries = written[shelf.position(partition) + 1 :]
        if entries:
            shelf.write(partition, newest(shelf, partition, entries), len(written) - 1)
