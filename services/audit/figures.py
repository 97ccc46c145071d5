"""I8: ClickHouse has every fact of the log once, with the same amount and the same content."""

from collections.abc import Collection, Mapping

from services.audit.clickhouse import ClickHouse
from services.audit.fact import content_of
from services.audit.finding import Tally
from services.audit.log_file import LogFile
from services.audit.prints import BLOCK, Prints, Sum, amount_of, row

# Only names and numbers of our own are filled in. What facts are about is closed to who reads figures, so the view makes the prints.
_BLOCKS = (
    f"SELECT intDiv(position - 1, {BLOCK}) AS block, count(), sum(print) FROM {{database}}.fact_prints"  # noqa: S608 - as above
    " WHERE service = '%s' AND position <= %d GROUP BY block ORDER BY block"
)
_ROWS = "SELECT stream, version, print FROM {database}.fact_prints WHERE service = '%s' AND position BETWEEN %d AND %d"
_COUNT = "SELECT count() FROM {database}.fact_prints WHERE service = '%s' AND position <= %d"
_COUNTS = "SELECT service, count() FROM {database}.fact_prints GROUP BY service ORDER BY service"
BLOCKS_LOOKED_INTO = 3


class Figures:
    """Compares a ClickHouse with the logs. Raises `Unreachable`."""

    def __init__(self, clickhouse: ClickHouse, tally: Tally) -> None:
        self._clickhouse, self._tally = clickhouse, tally

    def behind(self, service: str, head: int) -> int:
        """How many facts of a service up to its head ClickHouse lacks."""
        return head - int(next(self._clickhouse.rows(_COUNT % (service, head)), ["0"])[0])

    def strangers(self, services: Collection[str]) -> None:
        """Rows of a service that has no log."""
        for service, count in self._clickhouse.rows(_COUNTS):
            self._tally.require(service in services, f"ClickHouse has {count} rows of {service}, which has no log")

    def compare(self, log: LogFile, prints: Prints) -> None:
        """Every block of positions, and row by row the first few blocks that differ."""
        query = _BLOCKS % (prints.service, prints.head)
        found = {int(block): Sum(int(count), int(checksum)) for block, count, checksum in self._clickhouse.rows(query)}
        self._tally.looked_at(sum(block.count for block in found.values()))
        different = [b for b in sorted({*found, *prints.blocks}) if found.get(b) != prints.blocks.get(b)]
        for block in different[:BLOCKS_LOOKED_INTO]:
            self._look_into(block, log, prints)
        if len(different) > BLOCKS_LOOKED_INTO:
            self._tally.fault(f"{len(different)} blocks of {BLOCK} positions of {prints.service} differ in ClickHouse")

    def _look_into(self, block: int, log: LogFile, prints: Prints) -> None:
        first, last = block * BLOCK + 1, min((block + 1) * BLOCK, prints.head)
        rows = list(self._clickhouse.rows(_ROWS % (prints.service, first, last)))
        known: dict[str, int] = {}
        for fact in log.facts(first, last):
            known[fact.name] = row(fact.stream, fact.version, fact.event_id, fact.type, amount_of(content_of(fact.data) or {}), fact.data)
        self._rows_differ({f"{stream}@{version}": int(number) for stream, version, number in rows}, known)
        if len(rows) > len({(stream, version) for stream, version, _ in rows}):
            self._tally.fault(f"ClickHouse shows a fact twice at positions {first} to {last} of {prints.service}")

    def _rows_differ(self, found: Mapping[str, int], known: Mapping[str, int]) -> None:
        for name in known.keys() - found.keys():
            self._tally.fault(f"{name} is in the log and not in ClickHouse")
        for name in found.keys() - known.keys():
            self._tally.fault(f"{name} is in ClickHouse and not in the log")
        for name in sorted(name for name in known.keys() & found.keys() if known[name] != found[name]):
            self._tally.fault(f"{name} has another identity, amount or content in ClickHouse than in the log")
