"""Parts of the house that forget their duty, each as somebody might write it; the simulation must find every one of them."""

from threading import Event as Stop
from typing import Any

from kafka import OffsetAndMetadata

from deploy.simulation.reporting import GROUP, BrokerSource
from services.contracts.codec import headers_of
from services.eventlog.reactor import Follower, Incoming
from services.eventlog.relay import Relay, checkpoint
from streams.reporting.reading import levels, read
from streams.reporting.sink import Sink


class MovesItsCheckpointFirst(Relay):
    """And sends then: what is not acknowledged is never sent again."""

    def round(self) -> int:
        records = self._log.after(checkpoint(self._log), 2_000)
        if records:
            position = str(records[-1].position).encode()
            self._log.submit(lambda tx: tx.keep("relay", "position", position)).result(1)
            self._send([(r.key.encode(), headers_of(r, self._source), r.data) for r in records])
        return len(records)


class CommitsFirst(Follower):
    """And acts then: a crash between the two loses what was polled."""

    def round(self, consumer: Any) -> None:  # noqa: ANN401 - a consumer
        polled = consumer.poll(timeout_ms=100, max_records=1_000)
        consumer.commit({place: OffsetAndMetadata(part[-1].offset + 1, "", -1) for place, part in polled.items()})
        records = [record for part in polled.values() for record in part]
        self._reactor.batch([Incoming(r.topic, r.partition, r.offset, r.key, r.headers, r.value) for r in records])


class TellsKafkaFirst(Sink):
    """And goes on where Kafka was told, not behind what ClickHouse holds."""

    def begin(self, stop: Stop) -> None:  # noqa: ARG002 - as the product's
        assert isinstance(self._source, BrokerSource)
        told = self._source._broker.committed.items()
        self._source.begin({(place.topic, place.partition): offset for (group, place), offset in told if group == GROUP})

    def round(self, stop: Stop) -> int:
        records = self._gather(stop)
        self._source.note({(record.topic, record.partition): record.offset + 1 for record in records})
        for level in levels(read(self._codec, record) for record in records):
            self._keep(level, stop)
        return len(records)


class GoesOnWhereItWas(Sink):
    """After trouble with ClickHouse: rows that an insert did not take are passed."""

    def _keep(self, level: Any, stop: Stop) -> None:  # noqa: ANN401, ARG002 - as the product's
        self._table = self._table or self._open_table()
        try:
            self._table.keep(level.rows)
        except Exception:  # noqa: BLE001 - this is what is wrong with it
            self.progress.waits_for("ClickHouse")
