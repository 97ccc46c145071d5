"""The sink of a history: the product's own, between the broker and a ClickHouse that may refuse, or take rows and not say so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.simulation.broker import Broker, OnKafka, Place
from deploy.simulation.nature import Nature, Waiting
from services.contracts.topics import EVENT_TOPICS
from streams.reporting.memory import MemoryTable
from streams.reporting.reading import Aside
from streams.reporting.rows import Row
from streams.reporting.sink import Sink
from streams.reporting.store import StoreAway
from streams.reporting.table import Partition

GROUP = "reporting-sink"
POLL_SECONDS = 0.4


@dataclass
class FaultyTable(MemoryTable):
    """`Table` whose inserts fail, before the rows are there or behind that."""

    nature: Nature = field(kw_only=True)

    def keep(self, rows: Sequence[Row]) -> None:
        """See `Table`."""
        self._before()
        super().keep(rows)
        self._behind()

    def set_aside(self, records: Sequence[Aside]) -> None:
        """See `Table`."""
        self._before()
        super().set_aside(records)
        self._behind()

    def _before(self) -> None:
        self.nature.others()
        if self.nature.faults.strikes("insert-refused"):
            raise StoreAway("insert-refused")

    def _behind(self) -> None:
        if self.nature.faults.strikes("insert-unheard"):
            raise StoreAway("insert-unheard")


class BrokerSource:
    """`Source` on the simulated broker; what one poll gives, and how long it takes, is left to chance."""

    def __init__(self, broker: Broker, nature: Nature) -> None:
        self._broker, self._nature = broker, nature
        self._next: dict[Place, int] = {}

    def begin(self, offsets: Mapping[Partition, int]) -> None:
        """See `Source`."""
        self._next = {Place(*partition): offset for partition, offset in offsets.items()}

    def poll(self, records: int) -> Sequence[Any]:
        """See `Source`."""
        chance = self._nature.chance
        self._nature.passes(chance.uniform(0.05, POLL_SECONDS))
        polled: list[OnKafka] = []
        for place in self._broker.of_topics(EVENT_TOPICS):
            begin = self._next.get(place, 0)
            if begin < len(self._broker.partitions[place]) and not self._nature.faults.strikes("fetch-delayed"):
                part = self._broker.partitions[place][begin : begin + min(records, chance.randint(1, 8))]
                self._next[place] = begin + len(part)
                polled.extend(part)
        return polled

    def waiting(self) -> int | None:
        """See `Source`."""
        places = self._broker.of_topics(EVENT_TOPICS)
        return sum(len(self._broker.partitions[place]) - self._next.get(place, 0) for place in places)

    def note(self, offsets: Mapping[Partition, int]) -> None:
        """See `Source`."""
        if not self._nature.faults.strikes("commit-lost"):
            self._broker.committed |= {(GROUP, Place(*partition)): offset for partition, offset in offsets.items()}


class Reporting:
    """The process `sink`; `table` outlives it."""

    name = "sink"

    def __init__(self, broker: Broker, nature: Nature, make: type[Sink]) -> None:
        self._broker, self._nature, self._make = broker, nature, make
        self.table = FaultyTable(nature=nature)
        self._stop = Waiting(nature)
        self._sink: Sink | None = None

    @property
    def is_up(self) -> bool:
        """Whether the process runs."""
        return self._sink is not None

    def start(self) -> None:
        """Begin behind what ClickHouse holds."""
        now = self._nature.clock_of(self.name)
        source = BrokerSource(self._broker, self._nature)
        sink = self._make(source, lambda: self.table, self._nature.codec, lambda: now().timestamp(), self._step, self._nature.monotonic)
        sink.begin(self._stop)
        self._sink = sink

    def fall(self) -> None:
        """End, as kill -9 does."""
        self._sink = None

    def round(self) -> None:
        """One round of the sink."""
        assert self._sink is not None
        self._sink.round(self._stop)

    def _step(self, _name: str) -> None:
        self._nature.faults.ends_at("sink-ends", self.name)
