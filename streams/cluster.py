"""What the views ask of Kafka outside Faust: their changelogs, who else works, and records from the beginning."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError
from aiokafka.partitioner import murmur2
from aiokafka.protocol.group import LeaveGroupRequest

from services.contracts.topics import PARTITIONS

AS_THE_CLUSTER_HAS_IT = -1
REQUEST_MS = 10_000
SILENCE_MS = 10_000
PORTION_RECORDS = 5_000

Place = tuple[str, int]
"""Topic and partition."""


def partition_of(key: str) -> int:
    """The partition of a key, as every Kafka producer computes it."""
    hashed: int = murmur2(key.encode())
    return (hashed & 0x7FFFFFFF) % PARTITIONS


class KafkaSilent(Exception):
    """Records that must be there did not come in time."""


@asynccontextmanager
async def administration(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client for topics and groups."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_MS)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def ensure_compacted(admin: AIOKafkaAdminClient, topics: Sequence[str]) -> None:
    """Create what is missing, with as many copies as the cluster keeps by default; Faust would ask for one."""
    missing = set(topics) - set(await admin.list_topics())
    if missing:
        await admin.create_topics([_compacted(name) for name in sorted(missing)])


def _compacted(name: str) -> NewTopic:
    topic = NewTopic(name, PARTITIONS, 1, topic_configs={"cleanup.policy": "compact", "compression.type": "producer"})
    topic.replication_factor = AS_THE_CLUSTER_HAS_IT  # Kafka's word for its default, which the constructor refuses
    return topic


async def remove(admin: AIOKafkaAdminClient, topic: str) -> None:
    """Delete a topic, if it is there, and wait until it is gone; raises `KafkaSilent`."""
    if topic not in await admin.list_topics():
        return
    await admin.delete_topics([topic])
    for _ in range(40):
        if topic not in await admin.list_topics():
            return
        await asyncio.sleep(0.25)
    raise KafkaSilent(f"{topic} was not deleted in time")


@dataclass(frozen=True, slots=True)
class Member:
    """A process in a consumer group; `client` is the name that it gave itself."""

    member_id: str
    client: str
    host: str


async def members(admin: AIOKafkaAdminClient, group: str) -> list[Member] | None:
    """Members of a consumer group; None while Kafka is still choosing who coordinates it, as on a fresh cluster."""
    try:
        answers = await admin.describe_consumer_groups([group])
    except (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError):
        return None
    groups = [described for answer in answers for described in answer.to_object()["groups"]]
    return [Member(m["member_id"], m["client_id"], m["client_host"]) for described in groups for m in described["members"]]


async def bury(admin: AIOKafkaAdminClient, group: str, member: Member) -> None:
    """Let a member that is known to be dead leave its group at once, instead of when its session runs out."""
    coordinator = await admin.find_coordinator(group)
    await admin._send_request(LeaveGroupRequest(group, member.member_id), coordinator)  # noqa: SLF001 - there is no public call


async def begin_again(bootstrap: str, group: str, topics: Sequence[str]) -> None:
    """Let an empty consumer group read these topics from their beginning."""
    async with _consumer(bootstrap, group) as consumer:
        places = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
        consumer.assign(places)
        await consumer.commit(await consumer.beginning_offsets(places))


async def from_the_beginning(bootstrap: str, upto: Mapping[Place, int]) -> AsyncIterator[tuple[Place, Sequence[ConsumerRecord]]]:
    """Portions of each place in order, up to and with the given offset; raises `KafkaSilent` where they do not come."""
    async with _consumer(bootstrap, None) as consumer:
        ends = await consumer.end_offsets([TopicPartition(*place) for place in upto])
        left = {tp: min(upto[tp.topic, tp.partition], end - 1) for tp, end in ends.items()}
        left = {tp: last for tp, last in left.items() if last >= 0}
        if not left:
            return
        consumer.assign(list(left))
        await consumer.seek_to_beginning(*left)
        while left:
            polled: Mapping[Any, Sequence[ConsumerRecord]] = await consumer.getmany(timeout_ms=SILENCE_MS, max_records=PORTION_RECORDS)
            if not polled:
                raise KafkaSilent(f"no records of {', '.join(sorted({tp.topic for tp in left}))} within {SILENCE_MS / 1000:.0f} s")
            for tp, records in polled.items():
                last = left.get(tp, -1)
                wanted = [record for record in records if record.offset <= last]
                if wanted:
                    yield (tp.topic, tp.partition), wanted
                if records[-1].offset >= last:
                    left.pop(tp, None)
                    consumer.pause(tp)


@asynccontextmanager
async def _consumer(bootstrap: str, group: str | None) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 2**20,
        request_timeout_ms=REQUEST_MS,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()
