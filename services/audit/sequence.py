"""I7: every stream counts 1, 2, 3 in its log, and arrives on Kafka so, under one key and on one partition."""

from collections.abc import Collection

from services.audit.fact import EVERY, Content, Fact, Handlers
from services.audit.finding import Tally
from services.audit.log_file import LogFile
from services.audit.prints import Prints, carried
from services.audit.topic import Delivered


class InLog:
    """Positions, versions and keys of one log, in order of position."""

    def __init__(self, tally: Tally, prints: Prints) -> None:
        self._tally, self._prints = tally, prints
        self._position = 0
        self._versions: dict[str, int] = {}
        self._keys: dict[str, str] = {}

    @property
    def handlers(self) -> Handlers:
        """What it wants to see."""
        return {EVERY: self._fact}

    def _fact(self, fact: Fact, content: Content) -> None:
        self._tally.looked_at()
        service = fact.service
        if fact.position != self._position + 1:
            self._tally.fault(f"the log of {service} has nothing between positions {self._position} and {fact.position}")
        self._position = fact.position
        version = self._versions.get(fact.stream, 0)
        if fact.version != version + 1:
            self._tally.fault(f"in the log {fact.name} follows on version {version}")
        self._versions[fact.stream] = fact.version
        if self._keys.setdefault(fact.stream, fact.key) != fact.key:
            self._tally.fault(f"{fact.name} has another key than its stream began with")
        self._prints.saw(fact, content)


class OnKafka:
    """What was delivered on the topic of one log, compared with the log up to its head.

    Later records are left out, and those at the places (partition, offset) that an operator has given up.
    """

    def __init__(self, tally: Tally, prints: Prints, given_up: Collection[tuple[int, int]] = ()) -> None:
        self._tally, self._prints, self._given_up = tally, prints, given_up
        self._versions: dict[str, int] = {}
        self._partitions: dict[bytes, int] = {}
        self._seen = bytearray(prints.head + 1)
        self.distinct, self.repeated = 0, 0

    def delivered(self, record: Delivered) -> bool:
        """Take one record, in the order of its partition; whether it carries exactly a fact of the log."""
        if (record.partition, record.offset) in self._given_up:
            return False
        try:
            fact = _fact(record, self._prints.service)
        except (KeyError, ValueError, AttributeError):
            self._tally.fault(f"the record at {self._prints.service}/{record.partition}/{record.offset} is no fact")
            return False
        if fact.position > self._prints.head:
            return False
        self._tally.looked_at()
        self._one_partition(record, fact)
        return self._in_order(record, fact)

    def _one_partition(self, record: Delivered, fact: Fact) -> None:
        if self._partitions.setdefault(record.key or b"", record.partition) != record.partition:
            self._tally.fault(f"{fact.name} lies on partition {record.partition}, others of its key elsewhere")

    def _in_order(self, record: Delivered, fact: Fact) -> bool:
        same = carried(fact) == self._prints.carried[fact.position]
        if not same:
            self._tally.fault(f"{fact.name} at {self._prints.service}/{record.partition}/{record.offset} is not what the log says")
        before = self._versions.get(fact.stream, 0)
        if fact.version <= before:
            self.repeated += 1
            return same
        if fact.version != before + 1:
            self._tally.fault(f"on Kafka {fact.name} follows on version {before}")
        self._versions[fact.stream] = fact.version
        if not self._seen[fact.position]:
            self._seen[fact.position] = 1
            self.distinct += 1
        return same

    def missing(self) -> list[int]:
        """The first few positions of the log that Kafka has not."""
        found: list[int] = []
        at = self._seen.find(0, 1)
        while at != -1 and len(found) < 3:  # noqa: PLR2004 - enough to go and look
            found.append(at)
            at = self._seen.find(0, at + 1)
        return found

    def conclude(self, log: LogFile) -> None:
        """Name facts that did not arrive."""
        for position in self.missing():
            for fact in log.facts(position, position):
                self._tally.fault(f"{fact.name} is in the log and not on Kafka")


def _fact(record: Delivered, service: str) -> Fact:
    """The fact that a record's CloudEvents attributes tell; raises `KeyError` or `ValueError`."""
    if record.key is None or record.value is None:
        raise ValueError("no key or no value")
    ce = dict(record.headers)
    return Fact(
        service,
        int(ce["ce_position"]),
        ce["ce_id"].decode(),
        ce["ce_stream"].decode(),
        int(ce["ce_sequence"]),
        ce["ce_type"].decode(),
        record.key.decode(),
        _optional(ce.get("ce_subject")),
        _optional(ce.get("ce_municipality")),
        ce["ce_effectiveat"].decode(),
        ce["ce_time"].decode(),
        "",
        "",
        _optional(ce.get("ce_causationid")),
        ce["ce_correlationid"].decode(),
        record.value,
    )


def _optional(text: bytes | None) -> str | None:
    return None if text is None else text.decode()
