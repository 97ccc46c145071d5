"""The Faust application of the views: topics of bytes, tables of JSON, and what makes them one worker."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faust
from faust.types import TP

from services.access.development import real_time
from services.contracts.codec import Codec
from services.contracts.topics import PARTITIONS
from streams import allowance_run, contact_view, payout_status, team_directory
from streams.agents import register
from streams.batching import BatchedWriter, Confirmed, Continuity, confirming, in_portions
from streams.cluster import administration, ensure_compacted
from streams.journal import APP_ID, KafkaJournal, changelog_of
from streams.keeper import Keeper
from streams.lanes import Failed
from streams.onlookers import NobodyWatches
from streams.payout_totals import PayoutTotals
from streams.quarantine import Verdicts
from streams.recovery import Newest
from streams.shelf import RocksShelf, Shelf, TableShelf
from streams.view import View

VIEWS: tuple[View, ...] = (contact_view.VIEW, payout_status.VIEW, allowance_run.VIEW, team_directory.VIEW)
SESSION_SECONDS = 60.0
"""Long, as a rebalance is where Faust loses its way, and as the successor of a dead worker does not wait for it (membership.py)."""

SMALL_CACHES = {
    "write_buffer_size": 4 * 2**20,
    "max_write_buffer_number": 2,
    "target_file_size_base": 16 * 2**20,
    "block_cache_size": 4 * 2**20,
}
"""Per partition of a table; Faust's own are 192 MB and 2 GB."""


class NewestWins(faust.Table):  # type: ignore[type-arg]  # rows are bytes to Faust
    """On recovery a row is never replaced by one that contains fewer facts. `recovered` are the keys that came, by partition."""

    shelf: Shelf
    recovered: dict[int, set[bytes]]

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """See Faust's `Table`; the shelf contains the changelog up to what was left out, too."""
        rule, events = Newest(self.shelf), list(batch)
        messages = [event.message for event in events]
        super().apply_changelog_batch([e for e in events if rule.takes(e.message.partition, e.message.key, e.message.value)])
        for partition, offset in {message.partition: message.offset for message in messages}.items():
            self.shelf.write(partition, (), offset)
        for message in messages:
            if not message.key.startswith(b"\x00"):
                self.recovered.setdefault(message.partition, set()).add(message.key)


@dataclass(frozen=True, slots=True)
class Views:
    """The application with its keepers by view, and the sums over payouts."""

    app: faust.App
    keepers: dict[str, Keeper]
    totals: PayoutTotals
    confirmed: Confirmed
    continuity: Continuity
    opened: set[str]

    @property
    def readable(self) -> bool:
        """Every view was read back and recovered."""
        return len(self.opened) == len(self.keepers)


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the views are made of."""

    bootstrap: str
    name: str
    folder: Path
    store: str
    codec: Codec
    writer: BatchedWriter
    now: Callable[[], float]
    failed: Failed
    verdicts: Mapping[str, Verdicts]


def _kafkas_time() -> float:
    """POSIX time as the broker has it: Kafka takes no record that is an hour ahead, as one under a clock shifted forward would be."""
    return real_time().timestamp()


def views(wiring: Wiring) -> Views:
    """The application, not started. Rows lie under `folder`; nothing listens."""
    confirmed = Confirmed({topic: frozenset(v.name for v in VIEWS if topic in v.topics) for v in VIEWS for topic in v.topics})
    app = _app(wiring, confirmed)
    totals, journal, keepers, opened = PayoutTotals(), KafkaJournal(wiring.writer, _kafkas_time), {}, set[str]()
    for view in VIEWS:
        table = _table(app, view, wiring.store)
        watcher = totals if view is payout_status.VIEW else NobodyWatches()
        keeper = Keeper(view, wiring.codec, table.shelf, journal, confirmed.confirm, wiring.now, wiring.verdicts[view.name], watcher)
        keepers[view.name] = keeper
        table.on_recover(_opening(keeper, table.recovered, opened, wiring.failed))
    continuity = Continuity(app, confirmed)
    register(app, keepers.values(), continuity, wiring.failed)

    @app.on_partitions_assigned.connect
    async def start_over(*told: Any, **_: object) -> None:  # noqa: ANN401 - the app, and then all that is assigned
        opened.clear()
        if not is_whole(told[-1]):
            wiring.failed(AnotherWorker(f"Kafka gave a part of the partitions to another member of {APP_ID}: this version runs one worker"))

    return Views(app, keepers, totals, confirmed, continuity, opened)


class AnotherWorker(Exception):
    """A worker that was taken for dead came back, so that there are two; one that is given a part of the partitions gives way."""


def is_whole(assigned: Collection[TP]) -> bool:
    """Whether these are all partitions of everything that the views read."""
    return {(tp.topic, tp.partition) for tp in assigned} >= {(t, n) for view in VIEWS for t in view.topics for n in range(PARTITIONS)}


def _opening(keeper: Keeper, recovered: dict[int, set[bytes]], opened: set[str], failed: Failed) -> Callable[[], Any]:
    async def open_keeper() -> None:
        try:
            keeper.open()
            await keeper.publish_again(recovered)
            recovered.clear()
            opened.add(keeper.view.name)
        except Exception as wrong:
            failed(wrong)
            raise

    return open_keeper


def _table(app: faust.App, view: View, store: str) -> Any:  # noqa: ANN401 - Faust's Table is Any to mypy
    options = dict(SMALL_CACHES) if store == "rocksdb" else None
    table: Any = app.Table(view.name, key_type=bytes, value_type=bytes, partitions=PARTITIONS, options=options)
    table.recovered = {}
    table.shelf = RocksShelf(table.data) if store == "rocksdb" else TableShelf(table.data)
    return table


def _app(wiring: Wiring, confirmed: Confirmed) -> faust.App:
    app = faust.App(
        APP_ID,
        broker=";".join(f"kafka://{server}" for server in wiring.bootstrap.split(",")),
        store=f"{wiring.store}://",
        datadir=str(wiring.folder),
        broker_client_id=wiring.name,
        Table=NewestWins,
        ConsumerScheduler=in_portions(confirmed.readers),
        autodiscover=False,
        web_enabled=False,
        topic_disable_leader=True,
        topic_partitions=PARTITIONS,
        table_standby_replicas=0,
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=3.0,
        broker_commit_interval=0.5,
        consumer_max_fetch_size=4 * 2**20,
        consumer_auto_offset_reset="earliest",
        processing_guarantee="at_least_once",
        stream_wait_empty=False,
    )
    app.transport = confirming(confirmed)(app.conf.broker_consumer, app)
    return app


async def ensure_changelogs(bootstrap: str) -> None:
    """Create the changelogs that are missing."""
    async with administration(bootstrap) as admin:
        await ensure_compacted(admin, [changelog_of(view.name) for view in VIEWS])


def quiet_libraries() -> None:
    """Faust and aiokafka build a log record per message unless told not to."""
    for name in ("faust", "aiokafka", "mode"):
        logging.getLogger(name).setLevel(logging.WARNING)
