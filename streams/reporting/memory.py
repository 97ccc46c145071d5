"""Records and rows held in memory behave as Kafka and ClickHouse do, so that the sink's own rules are tested in an instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streams.reporting.reading import Aside, Polled
from streams.reporting.rows import Row
from streams.reporting.store import StoreAway
from streams.reporting.table import Partition


@dataclass
class MemorySource:
    """`Source` over a list; `portion` limits what one poll gives, `is_silent` is a Kafka that does not say what waits."""

    records: Sequence[Polled]
    portion: int = 1_000
    is_silent: bool = False
    noted: dict[Partition, int] = field(default_factory=dict)
    _left: list[Polled] = field(default_factory=list)

    def begin(self, offsets: Mapping[Partition, int]) -> None:
        """See `Source`."""
        self._left = [record for record in self.records if record.offset >= offsets.get((record.topic, record.partition), 0)]

    def poll(self, records: int) -> Sequence[Polled]:
        """See `Source`."""
        count = min(records, self.portion)
        polled, self._left = self._left[:count], self._left[count:]
        return polled

    def waiting(self) -> int | None:
        """See `Source`."""
        return None if self.is_silent else len(self._left)

    def note(self, offsets: Mapping[Partition, int]) -> None:
        """See `Source`."""
        self.noted |= offsets


@dataclass
class MemoryTable:
    """`Table` over lists; it is away for the first `away` calls that would write."""

    away: int = 0
    rows: list[Row] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)

    def resume(self) -> Mapping[Partition, int]:
        """See `Table`."""
        found: dict[Partition, int] = {}
        kept: list[Row | Aside] = [*self.rows, *self.asides]
        for one in kept:
            found[one.topic, one.partition] = max(found.get((one.topic, one.partition), 0), one.offset + 1)
        return found

    def keep(self, rows: Sequence[Row]) -> None:
        """See `Table`."""
        self._require_there()
        self.rows.extend(rows)

    def set_aside(self, records: Sequence[Aside]) -> None:
        """See `Table`."""
        self._require_there()
        self.asides.extend(records)

    def held(self) -> Sequence[Aside]:
        """See `Table`."""
        last = {aside[:3]: aside for aside in self.asides}
        return [aside for _, aside in sorted(last.items()) if aside.standing == "held"]

    def close(self) -> None:
        """See `Table`."""

    def _require_there(self) -> None:
        if self.away > 0:
            self.away -= 1
            raise StoreAway("ClickHouse is away, as a test asked")
