"""A restored log reads back from its own topic every fact above its head, so that no version is ever given out twice."""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from threading import Event as Stop

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from services.contracts.codec import Codec, Record, Undecodable, record_of, rfc3339
from services.contracts.envelope import Envelope, Event
from services.contracts.restored import TOLD_BY, log_stream
from services.contracts.topics import PARTITIONS
from services.eventlog.log import Answer, Contradiction, EventLog, Origin, Transaction
from services.eventlog.relay import CHECKPOINT, checkpoint
from services.eventlog.restored import ACTOR, Mark, lost_positions, mark_of, put_mark
from services.eventlog.staging import Staging, fill

RECORDS_A_ROUND = 2_000
COMMIT_SECONDS = 60.0
POLL_MILLISECONDS = 500
SILENT_POLLS = 60
AGAIN_SECONDS = 1.0

logger = logging.getLogger(__name__)

Beside = Callable[[Transaction, Sequence[Envelope[Event]]], None]
"""What a service keeps beside its facts to find them by, made again from the facts."""


def beside(*each: Beside) -> Beside:
    """All of these, in order."""

    def together(tx: Transaction, facts: Sequence[Envelope[Event]]) -> None:
        for one in each:
            one(tx, facts)

    return together


def nothing_beside(_tx: Transaction, _facts: Sequence[Envelope[Event]]) -> None:
    """A service that finds its facts by themselves."""


class TopicAway(Exception):
    """Kafka cannot be read now; reading back begins again a little later."""


class Stopped(Exception):
    """The process ends; reading back begins again at the next start."""


@dataclass(frozen=True, slots=True)
class OwnTopic:
    """Everything that a service ever sent, from the beginning of each partition to the end that it has now."""

    bootstrap: str
    topic: str

    def batches(self, stop: Stop) -> Generator[list[Record], None, None]:
        """In the order of arrival. Raises `TopicAway`, `Stopped`, and `Contradiction` for a record that is not this service's."""
        with self._consumer() as consumer:
            yield from self._whole(consumer, stop)

    def first(self, stop: Stop) -> Record | None:
        """One of the oldest records, none of an empty topic. Raises as `batches` does."""
        with closing(self.batches(stop)) as batches:
            return next((record for batch in batches for record in batch), None)

    @contextmanager
    def _consumer(self) -> Iterator[KafkaConsumer]:
        try:
            consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, enable_auto_commit=False, max_poll_records=RECORDS_A_ROUND)
            try:
                yield consumer
            finally:
                consumer.close()
        except KafkaError as wrong:
            raise TopicAway(type(wrong).__name__) from wrong

    def _whole(self, consumer: KafkaConsumer, stop: Stop) -> Iterator[list[Record]]:
        partitions = [TopicPartition(self.topic, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends, silent = consumer.end_offsets(partitions), 0
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            if stop.is_set():
                raise Stopped
            polled = consumer.poll(timeout_ms=POLL_MILLISECONDS).values()
            silent = 0 if polled else silent + 1
            if silent > SILENT_POLLS:
                raise TopicAway("silent")
            yield [record for records in polled for raw in records if (record := self._record(raw)) is not None]

    def _record(self, raw: object) -> Record | None:
        """Nothing for what is no fact: every consumer holds it aside as well, and one bad record must not keep a log from coming back."""
        where = f"{self.topic}/{raw.partition}@{raw.offset}"  # type: ignore[attr-defined]  # kafka-python carries no types
        try:
            record = record_of(raw.key, raw.headers, raw.value)  # type: ignore[attr-defined]  # as above
            service = dict(raw.headers)["ce_source"].decode().rpartition(":")[2]  # type: ignore[attr-defined]  # as above
        except (Undecodable, KeyError, ValueError):
            logger.warning("the record at %s is no fact and is left out", where)
            return None
        if service != self.topic.partition(".")[0]:
            raise Contradiction(f"the record at {where} comes from {service}: is this the right broker?")
        return record


def require_own(log: EventLog, oldest: Record | None) -> None:
    """Raise `Contradiction` where the topic began with another log: an empty disk, or the data folder of somebody else.

    Such a log would give out versions again, which every consumer takes for repeats and skips.
    """
    here = [] if oldest is None else log.after(oldest.position - 1, 1)
    if oldest is not None and [record.event_id for record in here] != [oldest.event_id]:
        raise Contradiction(
            f"Kafka has {oldest.stream}@{oldest.version} at position {oldest.position} and the log of {log.service} has not:"
            " this is a new or another log. Stop, and put a backup back with `backbone restore`"
        )


def on_own_topic(log: EventLog, topic: OwnTopic, run: Callable[[Stop], None]) -> Callable[[Stop], None]:
    """A relay that begins only on the topic of its own log; waits while Kafka is away. Raises `Contradiction`."""

    def running(stop: Stop) -> None:
        while not stop.is_set():
            try:
                require_own(log, topic.first(stop))
            except TopicAway as wrong:
                logger.warning("relay of %s waits for Kafka: %s", log.service, wrong)
                stop.wait(AGAIN_SECONDS)
            except Contradiction as wrong:
                said = str(wrong)  # ours, and of references only: it may be logged
                logger.exception("relay of %s does not start: %s", log.service, said)
                raise
            except Stopped:
                return
            else:
                run(stop)

    return running


@dataclass(frozen=True, slots=True)
class Readback:
    """Where facts are read back to. `staging` is a file for the time of reading; `told` hears how many facts are back."""

    log: EventLog
    codec: Codec
    staging: Path
    beside: Beside
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def run(self, batches: Iterable[Sequence[Record]], told: Callable[[int], None] = lambda _back: None) -> Mark:
        """Take back what is missing and return the mark, now `matching`. Raises `Contradiction`, and then a person has to look.

        A crash at any point leaves a log that is right up to its head; the next run compares that part and goes on.
        """
        mark = mark_of(self.log)
        assert mark is not None, "only a restored log reads back"
        staging = Staging(self.staging)
        try:
            fill(staging, batches)
            unsent = self._compare(staging)
            self._take(staging, told)
        finally:
            staging.close()
        return self._finish(mark, unsent)

    def _compare(self, staging: Staging) -> int | None:
        """The first position of the log that Kafka has not; raises `Contradiction` where the two differ."""
        known, unsent, position = checkpoint(self.log), None, 0
        while records := self.log.after(position, RECORDS_A_ROUND):
            position = records[-1].position
            told = staging.ids(records[0].position, position)
            for record in records:
                if record.position not in told:
                    self._may_be_unsent(record, known)
                    unsent = unsent or record.position
                elif told[record.position] != record.event_id:
                    raise Contradiction(
                        f"position {record.position} is {record.stream}@{record.version} here and another fact on Kafka:"
                        " this backup and this topic do not belong together"
                    )
        return unsent

    def _may_be_unsent(self, record: Record, known: int) -> None:
        if record.position <= known:
            raise Contradiction(
                f"Kafka had acknowledged position {record.position} before the backup and has it no more:"
                " the topic is not whole, or this is another broker (BACKBONE_KAFKA)"
            )

    def _take(self, staging: Staging, told: Callable[[int], None]) -> None:
        facts, back = self._without_holes(staging.after(self.log.head())), 0
        while portion := list(islice(facts, RECORDS_A_ROUND)):
            self.log.submit(lambda tx, portion=portion: self._put(tx, portion)).result(COMMIT_SECONDS)  # type: ignore[misc]  # default binds the loop
            back += len(portion)
            told(back)

    def _without_holes(self, facts: Iterator[Record]) -> Iterator[Record]:
        """The facts, and for each position that Kafka never got, the fact that what stood there is lost."""
        position = self.log.head()
        version = len(self.log.read(log_stream(self.log.service)))
        for fact in facts:
            for hole in range(position + 1, fact.position):
                version += 1
                yield self._lost(hole, version)
            version += fact.stream == log_stream(self.log.service)
            position = fact.position
            yield fact

    def _lost(self, position: int, version: int) -> Record:
        event, at, event_id = TOLD_BY[self.log.service].lost(), rfc3339(self.now()), self.new_id()
        home = event.home()
        place = (home.stream, version, event.TYPE, home.key, home.client, home.municipality)
        return Record(position, event_id, *place, at, at, "", "", None, event_id, event.model_dump_json().encode())

    def _put(self, tx: Transaction, portion: Sequence[Record]) -> None:
        """Who gave the command is not on Kafka: the facts stand under the restoration, each answered as its own command."""
        facts = []
        for each in portion:
            record = each._replace(actor=ACTOR, command_id=each.event_id)
            tx.take_back(record)
            origin = Origin(ACTOR, record.event_id, datetime.fromisoformat(record.recorded_at), record.correlation_id)
            tx.remember(origin, b"", Answer("accepted", record.stream, record.version, record.position))
            facts.append(self.codec.from_record(self.log.service, record))
        self.beside(tx, facts)

    def _finish(self, mark: Mark, unsent: int | None) -> Mark:
        """The relay goes on behind the last position up to which Kafka has everything."""
        head = self.log.head()
        lost = [position for position in lost_positions(self.log) if position > mark.backup_position]
        sent = min(filter(None, (unsent, lost[0] if lost else None)), default=head + 1) - 1
        read_back = head - mark.backup_position - len(lost)
        done = mark.model_copy(update={"phase": "matching", "head": head, "read_back": read_back, "lost": len(lost)})

        def finish(tx: Transaction) -> None:
            tx.keep(*CHECKPOINT, str(sent).encode())
            put_mark(tx, done)

        self.log.submit(finish).result(COMMIT_SECONDS)
        return done
