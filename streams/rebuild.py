"""A view folded from zero, straight from Kafka, must come to the same bytes as the live one; or it takes the live one's place."""

import asyncio
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from services.contracts.codec import Codec
from services.contracts.topics import PARTITIONS
from streams import quarantine
from streams.app import APP_ID, VIEWS, changelog_of
from streams.arrivals import Origin, arrivals
from streams.cluster import administration, begin_again, from_the_beginning, remove
from streams.folding import Folding
from streams.quarantine import Verdicts, verdicts
from streams.view import View, canonical

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


@dataclass(slots=True)
class _Fold:
    rows: dict[str, bytes] = field(default_factory=dict)
    unplaced: list[str] = field(default_factory=list)

    def row(self, key: str) -> dict[str, Any] | None:
        value = self.rows.get(key)
        row: dict[str, Any] | None = None if value is None else orjson.loads(value)
        return row


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
    fold, skipped = _Fold(), live.held | given_up.discarded
    upto = {(topic, live.partition): live.offsets.get(topic, -1) for topic in view.topics}
    async for _, records in from_the_beginning(bootstrap, upto):
        coming = [arrival for arrival in arrivals(codec, records, view.streams) if arrival.origin not in skipped]
        portion = Folding(view, fold.row, (), given_up.passed).take(coming)
        fold.rows.update((key, canonical(row)) for key, row in portion.rows.items())
        fold.unplaced += [f"{held.origin} ({held.reason})" for held in portion.held]
    return Rebuilt(live.partition, fold.rows, fold.unplaced)


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
