"""What surrounds every process of a history: chance, time that is only turned by hand, faults, and the others who work meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Event

from deploy.simulation.faults import Faults
from services.contracts.codec import Codec, Record
from services.contracts.envelope import Envelope
from services.contracts.envelope import Event as Fact

BEGIN = datetime(2024, 2, 15, 9, 0, tzinfo=UTC)


class RememberingCodec(Codec):
    """Reads each fact once: facts never change, and a history reads the same one in a dozen places."""

    def __init__(self, codec: Codec) -> None:
        self._events, self._upcasts = codec._events, codec._upcasts  # noqa: SLF001 - the same, not made anew for each history
        self._read: dict[tuple[str, bytes], Fact] = {}
        self._recorded: dict[str, Envelope[Fact]] = {}
        self._arrived: dict[int, tuple[object, Envelope[Fact]]] = {}

    def event(self, type_: str, data: bytes) -> Fact:
        """See `Codec`."""
        read = self._read.get((type_, data))
        if read is None:
            read = self._read[type_, data] = super().event(type_, data)
        return read

    def from_record(self, service: str, record: Record) -> Envelope[Fact]:
        """See `Codec`."""
        recorded = self._recorded.get(record.event_id)
        if recorded is None:
            recorded = self._recorded[record.event_id] = super().from_record(service, record)
        return recorded

    def from_kafka(self, key: bytes | None, headers: Sequence[tuple[str, bytes]], value: bytes | None) -> Envelope[Fact]:
        """See `Codec`; a record is known by its headers, which the broker keeps as they are."""
        arrived = self._arrived.get(id(headers))
        if arrived is None:
            arrived = self._arrived[id(headers)] = headers, super().from_kafka(key, headers, value)
        return arrived[1]


@dataclass
class Nature:
    """`others` lets somebody else take a step, unless `is_alone`: it stands wherever a real thread could be interrupted."""

    chance: Random
    faults: Faults
    codec: Codec
    others: Callable[[], None] = lambda: None
    seconds: float = 0.0
    drawn: int = 0
    is_alone: bool = False
    skews: dict[str, timedelta] = field(default_factory=dict)

    def passes(self, seconds: float) -> None:
        """Time goes on."""
        self.seconds += seconds

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return self.seconds

    def clock_of(self, process: str) -> Callable[[], datetime]:
        """The clock on the wall of a process, which may be wrong."""
        if self.faults.strikes("clock-skew"):
            self.skews[process] = timedelta(seconds=self.chance.uniform(-3_000, 3_000))
        begin = BEGIN + self.skews.get(process, timedelta())
        return lambda: begin + timedelta(seconds=self.seconds)

    def new_ref(self, prefix: str) -> str:
        """A reference that nobody had before."""
        self.drawn += 1
        return f"{prefix}{self.drawn:04x}{self.chance.getrandbits(48):012x}"

    def new_id(self) -> str:
        """Identity of a record."""
        return self.new_ref("e-")


class Waiting(Event):
    """Stands for a stop signal on which code waits: others work, and time goes on at once."""

    def __init__(self, nature: Nature) -> None:
        super().__init__()
        self._nature = nature

    def wait(self, timeout: float | None = None) -> bool:
        """See `threading.Event`; never stops."""
        self._nature.passes(timeout or 0.0)
        self._nature.others()
        return self.is_set()
