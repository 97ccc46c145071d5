"""The locked Kafka jars are chosen here, once, by a person who runs `deploy/lock`."""

import tempfile
from pathlib import Path
from typing import Final

from jgo.env import LockFile
from jgo.maven import MavenContext

from deploy.broker.jars import LOCK

_KAFKA: Final = "org.apache.kafka:kafka_2.13:4.1.2"
# Kafka speaks slf4j 1.7, hence not slf4j2; without "!" log4j's own dependency management brings an old kafka-clients.
_LOGGING: Final = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5!"


def relock(lock: Path = LOCK) -> int:
    """Resolve anew into an empty folder, write the lock with sha256 sums, and return the number of jars."""
    with tempfile.TemporaryDirectory() as fresh:
        context = MavenContext(repo_cache=Path(fresh), timeout=60)
        chosen = [context.create_dependency(coordinate) for coordinate in (_KAFKA, _LOGGING)]
        inputs, transitive = context.resolver.resolve(chosen)
        entries = sorted([*inputs, *transitive], key=str)
        LockFile.from_resolved_dependencies(entries, environment_name="kafka").save(lock)
    return len(entries)
