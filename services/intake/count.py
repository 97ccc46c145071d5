"""How many households intake knows, per municipality, at a named position; benefits must account for each of them."""

from collections import Counter
from collections.abc import Mapping
from threading import Lock

from services.contracts.codec import Codec, Record
from services.contracts.intake import HouseholdMoved, HouseholdRegistered
from services.eventlog.log import EventLog

RECORDS_AT_ONCE = 10_000


class HouseholdCount:
    """Follows the log from its start and remembers how far it came; each record is read once per process.

    Kept in memory only: a stored total could differ from the facts, this one is made of them.
    """

    def __init__(self, log: EventLog, codec: Codec) -> None:
        self._log, self._codec = log, codec
        self._turn = Lock()
        self._position = 0
        self._households: Counter[str] = Counter()

    def now(self) -> tuple[int, Mapping[str, int]]:
        """The position of the last fact, and the households per municipality after exactly that fact."""
        with self._turn:
            while records := self._log.after(self._position, RECORDS_AT_ONCE):
                for record in records:
                    self._count(record)
                self._position = records[-1].position
            return self._position, dict(self._households)

    def _count(self, record: Record) -> None:
        if record.type == HouseholdRegistered.TYPE and record.municipality is not None:
            self._households[record.municipality] += 1
        elif record.type == HouseholdMoved.TYPE:
            moved = self._codec.event(record.type, record.data)
            assert isinstance(moved, HouseholdMoved)
            self._households[moved.from_municipality] -= 1
            self._households[moved.facts.municipality] += 1
