"""Every topic exists with its agreed partitions and keeping rules before anybody writes."""

from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from typing import Final

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import TopicAlreadyExistsError

from services.contracts.topics import CONTACT_VIEW, EVENT_TOPICS, PARTITIONS, QUARANTINE_TOPICS

_FOR_EVER: Final = {"cleanup.policy": "delete", "retention.ms": "-1", "compression.type": "producer"}
_LATEST_PER_KEY: Final = {"cleanup.policy": "compact", "compression.type": "producer"}

WANTED: Final[Mapping[str, Mapping[str, str]]] = {
    **dict.fromkeys((*EVENT_TOPICS, *QUARANTINE_TOPICS), _FOR_EVER),
    CONTACT_VIEW: _LATEST_PER_KEY,
}
"""Topic to its settings; the number of copies is the cluster's default."""

_LIMIT_MS: Final = 30_000


class TopicsDiffer(RuntimeError):
    """A topic has another number of partitions than was agreed for ever; its keys would change places."""


def ensure_topics(bootstrap: str, wanted: Mapping[str, Mapping[str, str]] = WANTED) -> None:
    """Create what is missing at `host:port[,host:port]` and set the keeping rules; repeating it changes nothing.

    Raises TopicsDiffer when an existing topic has another number of partitions.
    """
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap.split(","), request_timeout_ms=_LIMIT_MS)) as admin:
        present = set(admin.list_topics())
        for name in sorted(wanted.keys() - present):
            with suppress(TopicAlreadyExistsError):  # another start created it meanwhile
                admin.create_topics({name: {"num_partitions": PARTITIONS, "configs": dict(wanted[name])}})
        admin.wait_for_topics(list(wanted), timeout_ms=_LIMIT_MS)
        _require_partitions(admin, wanted)
        rules = [ConfigResource(ConfigResourceType.TOPIC, name, dict(wanted[name])) for name in sorted(wanted.keys() & present)]
        if rules:
            admin.alter_configs(rules)


def _require_partitions(admin: KafkaAdminClient, wanted: Iterable[str]) -> None:
    counts = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(list(wanted))}
    other = [f"{name} has {count}" for name, count in sorted(counts.items()) if count != PARTITIONS]
    if other:
        raise TopicsDiffer(f"{PARTITIONS} partitions were agreed for ever, but {', '.join(other)}")
