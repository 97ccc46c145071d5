"""A view folded from zero, straight from Kafka, must come to the same bytes as the live one; or it takes the live one's place."""

import asyncio
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orjson

from services.contracts.codec import Codec, published
from services.contracts.topics import PARTITIONS
from services.serving import collect_rarely
from streams import quarantine
from streams.app import VIEWS
from streams.arrivals import Arrival, KafkaRecord, Origin, arrivals, read
from streams.cluster import administration, begin_again, from_the_beginning, remove
from streams.folding import Folding, Load, settling
from streams.journal import APP_ID, changelog_of
from streams.quarantine import Verdicts, verdicts
from streams.view import Row, View, canonical

FAR = 2**62
SHARE_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Told:
    """What the worker says of one partition of a live view."""

    partition: int
    offsets: Mapping[str, int]
    keys: int
    sha256: str
    held: frozenset[Origin]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """One partition folded from zero: canonical rows by key, and what this fold could not take in."""

    partition: int
    rows: Mapping[str, bytes]
    unplaced: Sequence[str]

    @property
    def sha256(self) -> str:
        """As `Keeper.digest` computes it."""
        total = sha256()
        for key in sorted(self.rows, key=str.encode):
            total.update(key.encode() + b"\n" + self.rows[key] + b"\n")
        return total.hexdigest()

    def row_digests(self) -> dict[str, str]:
        """SHA-256 of each row."""
        return {key: sha256(row).hexdigest() for key, row in self.rows.items()}


def view_named(name: str) -> View:
    """The view with this name; raises `KeyError`."""
    return {view.name: view for view in VIEWS}[name]


def told(answer: Mapping[str, Any]) -> list[Told]:
    """The worker's digest route, read."""
    return [
        Told(p["partition"], p["offsets"], p["keys"], p["sha256"], frozenset(map(Origin.parse, p["held"]))) for p in answer["partitions"]
    ]


async def decided(bootstrap: str) -> dict[str, Verdicts]:
    """What operators gave up, per view, from the quarantine topic."""
    upto = {(quarantine.TOPIC, number): FAR for number in range(PARTITIONS)}
    found = [list(record.headers) async for _, records in from_the_beginning(bootstrap, upto) for record in records]
    return {view.name: verdicts(view.name, found) for view in VIEWS}


class _Rebuilding:
    """One partition of a view on its way from zero; what cannot be placed yet waits for the end."""

    def __init__(self, view: View, codec: Codec, live: Told, given_up: Verdicts) -> None:
        self._view, self._codec, self._live, self._given_up = view, codec, live, given_up
        self._skipped = live.held | given_up.discarded
        self._rows, self._later = dict[str, bytes](), dict[str, list[Arrival]]()

    def take(self, records: Sequence[KafkaRecord]) -> None:
        """Fold the next records of a topic."""
        coming = [arrival for arrival in arrivals(self._codec, records, self._view.streams) if arrival.origin not in self._skipped]
        portion = Folding(self._view, _load(self._rows), self._later.keys(), self._given_up.passed).take(coming)
        self._rows.update((key, canonical(row)) for key, row in portion.rows.items())
        for held in portion.held:
            self._later.setdefault(held.name, []).append(read(self._codec, held))

    def finished(self) -> Rebuilt:
        """Every record was given."""
        unplaced = []
        for held_back in self._later.values():
            found = settling(self._view, _load(self._rows), held_back, self._given_up.passed)
            unplaced += [str(held.origin) for held in found.in_the_way]
            if not found.in_the_way:
                self._rows.update((key, canonical(row)) for key, row in found.portion.rows.items())
        return Rebuilt(self._live.partition, self._rows, unplaced)


async def rebuilt(bootstrap: str, view: View, codec: Codec, lives: Sequence[Told], given_up: Verdicts) -> list[Rebuilt]:
    """Fold partitions from zero up to the offsets of the live view, without what it holds or was told to drop."""
    under_way = {live.partition: _Rebuilding(view, codec, live, given_up) for live in lives}
    upto = {(topic, live.partition): live.offsets.get(topic, -1) for live in lives for topic in view.topics}
    async for (_, partition), records in from_the_beginning(bootstrap, upto):
        under_way[partition].take(records)
    return [partition.finished() for partition in under_way.values()]


def rebuilt_side_by_side(bootstrap: str, view: str, lives: Sequence[Told], given_up: Verdicts) -> list[Rebuilt]:
    """As `rebuilt`, each core with a share of the partitions in a process of its own; in order of partition."""
    cores = max(1, min(len(os.sched_getaffinity(0)), len(lives)))
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(cores, context) as pool:
        shares = [pool.submit(_share, bootstrap, view, lives[core::cores], given_up) for core in range(cores)]
        return sorted((mine for share in shares for mine in share.result(SHARE_SECONDS)), key=lambda mine: mine.partition)


def _share(bootstrap: str, view: str, lives: Sequence[Told], given_up: Verdicts) -> list[Rebuilt]:
    collect_rarely()
    return asyncio.run(rebuilt(bootstrap, view_named(view), published(), lives, given_up))


def _load(rows: Mapping[str, bytes]) -> Load:
    def load(key: str) -> Row | None:
        row: Row | None = None if key not in rows else orjson.loads(rows[key])
        return row

    return load


def differences(mine: Mapping[str, str], live: Mapping[str, str]) -> Iterable[str]:
    """Keys whose rows differ, with how."""
    for key in sorted(mine.keys() | live.keys()):
        if key not in live:
            yield f"{key} is missing in the live view"
        elif key not in mine:
            yield f"{key} is in the live view only"
        elif mine[key] != live[key]:
            yield f"{key} differs"


async def forget(bootstrap: str, folder: Path, view: View) -> None:
    """Remove a view's rows here and in its changelog, so that the next start of the worker folds it from zero.

    The caller holds the worker's lock and knows that no worker runs. What operators gave up stays given up.
    """
    await asyncio.to_thread(_remove_rows, folder, view)
    async with administration(bootstrap) as admin:
        await remove(admin, changelog_of(view.name))
    await begin_again(bootstrap, APP_ID, view.topics)


def _remove_rows(folder: Path, view: View) -> None:
    for place in folder.glob(f"**/tables/{view.name}-*.db"):
        shutil.rmtree(place)
