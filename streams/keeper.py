"""Keeps one view: folds portions, writes rows to the changelog and then to the shelf, and confirms what is safe."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import orjson

from services.contracts.codec import Codec
from services.contracts.topics import PARTITIONS
from streams.arrivals import KafkaRecord, arrivals, read
from streams.folding import Folding, Load, Portion, Settling, settling
from streams.journal import Journal
from streams.onlookers import Measures, NobodyWatches, Watcher
from streams.quarantine import GAP, SHELF_PREFIX, Held, Verdict, Verdicts, from_json, notice, to_json
from streams.recovery import require_following
from streams.shelf import Entry, Shelf
from streams.view import Row, View, canonical, missing

OFFSETS_PREFIX = b"\x00offsets/"
"""Beside the rows, per partition: up to which offset of each topic they contain everything."""

PUBLISHED_AT_ONCE = 500

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Digest:
    """One partition of a view at a named place: `keys` rows whose canonical bytes hash to `sha256`, without held records."""

    partition: int
    offsets: dict[str, int]
    keys: int
    sha256: str
    held: list[str]


@dataclass(slots=True)
class Keeper:
    """Portions of a partition are folded one after the other; different partitions share no row."""

    view: View
    codec: Codec
    shelf: Shelf
    journal: Journal
    confirm: Callable[[str, str, int, int], None]
    now: Callable[[], float]
    verdicts: Verdicts = field(default_factory=Verdicts)
    watcher: Watcher = field(default_factory=NobodyWatches)
    held: dict[str, dict[bytes, Held]] = field(default_factory=dict)
    offsets: dict[int, dict[str, int]] = field(default_factory=dict)
    _lanes: dict[int, asyncio.Lock] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _measures: Measures = field(init=False)

    def __post_init__(self) -> None:
        self._measures = Measures(self.view.name)

    def open(self, partitions: Sequence[int] = range(PARTITIONS)) -> None:
        """Read back what lies on the shelf: held records, offsets, and every row for the watcher."""
        self.held.clear()
        self.watcher.begin()
        for partition in partitions:
            for key, value in self.shelf.items(partition):
                if key.startswith(SHELF_PREFIX):
                    held = from_json(value)
                    self.held.setdefault(held.name, {})[key] = held
                elif key.startswith(OFFSETS_PREFIX):
                    self.offsets[partition] = orjson.loads(value)["offsets"]
                else:
                    self.watcher.move(None, orjson.loads(value))
        self._told_held()

    async def publish_again(self, recovered: Mapping[int, Collection[bytes]]) -> None:
        """Publish the rows of these keys, which came out of the changelog: who wrote them may have died, or been overtaken, in between."""
        for partition, keys in recovered.items():
            ordered = sorted(keys)
            for start in range(0, len(ordered), PUBLISHED_AT_ONCE):
                rows = [(key.decode(), self.row(partition, key.decode())) for key in ordered[start : start + PUBLISHED_AT_ONCE]]
                await self.journal.publish(self.view.name, partition, [(key, row) for key, row in rows if row is not None])

    async def take(self, topic: str, partition: int, records: Sequence[KafkaRecord]) -> None:
        """Fold a portion. When this returns, all that follows from it is acknowledged by Kafka and lies on the shelf."""
        async with self._lane(partition):
            started = time.perf_counter()
            folding = Folding(self.view, self._load(partition), self.held.keys(), self.verdicts.passed)
            portion = folding.take(a for a in arrivals(self.codec, records, self.view.streams) if a.origin not in self.verdicts.discarded)
            offsets = self.offsets.setdefault(partition, {})
            offsets[topic] = max(records[-1].offset, offsets.get(topic, -1))
            await self._keep(partition, portion, [(held, "held") for held in portion.held])
            for key in portion.hopeful:
                await self._settle(partition, key)
            self.confirm(self.view.name, topic, partition, records[-1].offset)
            self._measures.took(portion, time.perf_counter() - started, self.now())

    async def retry(self, key: str) -> int:
        """Read the held records of a key again, in order of version; how many are still held."""
        partition = self._partition_of_held(key)
        async with self._lane(partition):
            await self._settle(partition, key)
            return len(self.held.get(key, {}))

    async def discard(self, key: str) -> int:
        """Give up the first thing in the way of a key, a record or what is missing before it; how many are still held."""
        partition = self._partition_of_held(key)
        async with self._lane(partition):
            for held in self._settling(partition, key).in_the_way[:1]:
                await self._give_up(partition, held)
            await self._settle(partition, key)
            return len(self.held.get(key, {}))

    async def _give_up(self, partition: int, held: Held) -> None:
        gap = held.reason == GAP
        passed = self._missing_before(partition, held) if gap else self._itself(held)
        await self.journal.quarantine(partition, [notice(self.view.name, held, "given-up" if gap else "discarded", passed)])
        self.verdicts = self.verdicts.and_also([] if gap else [held.origin], passed)
        if not gap:
            await self._keep(partition, Portion(), (), [held.shelf_key])

    async def _settle(self, partition: int, key: str) -> None:
        found = self._settling(partition, key)
        waiting = list(self.held.get(key, {}).values())
        if waiting and not found.in_the_way:
            released: list[tuple[Held, Verdict]] = [(held, "released") for held in waiting]
            await self._keep(partition, found.portion, released, [held.shelf_key for held in waiting])

    def _settling(self, partition: int, key: str) -> Settling:
        waiting = [read(self.codec, held) for held in self.held.get(key, {}).values()]
        return settling(self.view, self._load(partition), waiting, self.verdicts.passed)

    def _itself(self, held: Held) -> list[tuple[str, int]]:
        return [] if held.stream is None or held.version is None else [(held.stream, held.version)]

    def _missing_before(self, partition: int, held: Held) -> list[tuple[str, int]]:
        if held.stream is None or held.version is None:
            return []
        row = self.row(partition, self.view.row_key(held.stream, held.name))
        return [(held.stream, version) for version in missing(row, held.stream, held.version)]

    def _partition_of_held(self, key: str) -> int:
        return next((held.partition for held in self.held.get(key, {}).values()), 0)

    def _load(self, partition: int) -> Load:
        return lambda key: self.row(partition, key)

    def row(self, partition: int, key: str) -> Row | None:
        """The row of a key, which lies in the partition of its client or run."""
        value = self.shelf.get(partition, key.encode())
        row: Row | None = None if value is None else orjson.loads(value)
        return row

    async def news(self) -> None:
        """Wait until something has been written."""
        await self._news.wait()

    async def digest(self, partition: int) -> Digest:
        """What the rows of a partition come to, at the offsets that they contain."""
        async with self._lane(partition):
            total, keys = sha256(), 0
            for key, value in self.rows(partition):
                keys += 1
                total.update(key + b"\n" + value + b"\n")
            held = sorted(str(h.origin) for by_key in self.held.values() for h in by_key.values() if h.partition == partition)
            return Digest(partition, dict(self.offsets.get(partition, {})), keys, total.hexdigest(), held)

    async def row_digests(self, partition: int) -> dict[str, str]:
        """SHA-256 of the canonical bytes of each row of a partition."""
        async with self._lane(partition):
            return {key.decode(): sha256(value).hexdigest() for key, value in self.rows(partition)}

    def rows(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Key and canonical bytes of every row of a partition, in order of key."""
        return ((key, value) for key, value in self.shelf.items(partition) if not key.startswith(b"\x00"))

    async def drained(self) -> None:
        """Wait until no portion is being written."""
        for lane in list(self._lanes.values()):
            async with lane:
                pass

    async def _keep(self, partition: int, portion: Portion, told: Sequence[tuple[Held, Verdict]], gone: Sequence[bytes] = ()) -> None:
        if not (portion.rows or told or gone):
            return
        entries: list[Entry] = [(key.encode(), canonical(row)) for key, row in portion.rows.items()]
        entries += [(held.shelf_key, to_json(held)) for held in portion.held]
        entries += [(key, None) for key in gone]
        entries.append((OFFSETS_PREFIX + str(partition).encode(), canonical({"offsets": self.offsets.get(partition, {})})))
        if told:
            await self.journal.quarantine(partition, [notice(self.view.name, held, verdict) for held, verdict in told])
        # Published first: a row that is in the changelog at a restart contains its facts, and is not written again.
        await self.journal.publish(self.view.name, partition, list(portion.rows.items()))
        last = await self.journal.rows(self.view.name, partition, entries)
        require_following(self.view.name, partition, self.shelf, len(entries), last)
        self.shelf.write(partition, entries, last)
        self._remember(portion, gone)

    def _remember(self, portion: Portion, gone: Sequence[bytes]) -> None:
        for key, row in portion.rows.items():
            self.watcher.move(portion.before.get(key), row)
        for at in gone:
            for by_place in self.held.values():
                by_place.pop(at, None)
        if portion.held:
            first = portion.held[0]
            logger.warning("%s holds %d records more, from %s: %s", self.view.name, len(portion.held), first.origin, first.reason)
        for held in portion.held:
            self.held.setdefault(held.name, {})[held.shelf_key] = held
        for key in [key for key, by_place in self.held.items() if not by_place]:
            del self.held[key]
        self._told_held()
        self._news.set()
        self._news = asyncio.Event()

    def _told_held(self) -> None:
        self._measures.held.set(len(self.held))

    def _lane(self, partition: int) -> asyncio.Lock:
        lane = self._lanes.get(partition)
        if lane is None:
            lane = self._lanes[partition] = asyncio.Lock()
        return lane
