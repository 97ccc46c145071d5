"""A view folded from zero, straight from Kafka, must come to the same bytes as the live one; or it takes the live one's place."""

import asyncio
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from services.contracts.codec import Codec
from services.contracts.topics import PARTITIONS
from streams import quarantine
from streams.app import VIEWS
from streams.arrivals import Arrival, Origin, arrivals, read
from streams.cluster import administration, begin_again, from_the_beginning, remove
from streams.folding import Folding, Load, settling
from streams.journal import APP_ID, changelog_of
from streams.quarantine import Verdicts, verdicts
from streams.view import Row, View, canonical

FAR = 2**62


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


async def rebuilt(bootstrap: str, view: View, codec: Codec, live: Told, given_up: Verdicts) -> Rebuilt:
    """Fold one partition from zero up to the offsets of the live view, without what it holds or was told to drop."""
    rows, later, skipped = dict[str, bytes](), dict[str, list[Arrival]](), live.held | given_up.discarded
    upto = {(topic, live.partition): live.offsets.get(topic, -1) for topic in view.topics}
    async for _, records in from_the_beginning(bootstrap, upto):
        coming = [arrival for arrival in arrivals(codec, records, view.streams) if arrival.origin not in skipped]
        portion = Folding(view, _load(rows), later.keys(), given_up.passed).take(coming)
        rows.update((key, canonical(row)) for key, row in portion.rows.items())
        for held in portion.held:
            later.setdefault(held.name, []).append(read(codec, held))
    unplaced = []
    for held_back in later.values():
        found = settling(view, _load(rows), held_back, given_up.passed)
        unplaced += [str(held.origin) for held in found.in_the_way]
        if not found.in_the_way:
            rows.update((key, canonical(row)) for key, row in found.portion.rows.items())
    return Rebuilt(live.partition, rows, unplaced)


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
