"""Records that an operator gave up: they lie on Kafka for ever, and nobody reads them as a fact."""

from services.audit.topic import Kafka
from services.contracts.topics import QUARANTINE_TOPICS

VIEWS_SAY = QUARANTINE_TOPICS[0]

Place = tuple[str, int, int]
"""Topic, partition, offset."""


def given_up(kafka: Kafka) -> frozenset[Place]:
    """Where they lie, as the views told; raises `Unreachable`."""
    told = (dict(record.headers) for record in kafka.read(VIEWS_SAY))
    return frozenset(_place(said["quarantine_origin"]) for said in told if said.get("quarantine_verdict") == b"discarded")


def _place(origin: bytes) -> Place:
    topic, partition, offset = origin.decode().rsplit("/", 2)
    return topic, int(partition), int(offset)
