"""The whole chain on this machine: broker, topics, services, worker and sink, started in order and stopped together."""

import json
import os
from datetime import date
from pathlib import Path

from deploy.broker import Broker
from deploy.broker.topics import ensure_topics
from services.processes import parts, ports
from services.settings import Settings
from services.supervise import Port, Supervisor


def settings_of(data: Path, rehearsed: date, today: date) -> tuple[Settings, dict[str, str]]:
    """Settings and environment of every process; the shift of the clock is kept in the data folder for later starts."""
    kept = data / "rehearsal.json"
    if not kept.exists():
        data.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({"clock_offset_days": (rehearsed - today).days}) + "\n", encoding="utf-8")
    offset = json.loads(kept.read_text(encoding="utf-8"))["clock_offset_days"]
    asked = Settings.read()
    environment = dict(os.environ) | {
        "BACKBONE_DATA": str(data),
        "BACKBONE_CLOCK_OFFSET_DAYS": str(offset),
        "BACKBONE_KAFKA": f"127.0.0.1:{asked.kafka_port}",
        "BACKBONE_DEBTOR_IBAN": "NL44RABO0123456789",
        "MALLOC_ARENA_MAX": "2",
    }
    return Settings.read(environment), environment


def needed(settings: Settings) -> tuple[Port, ...]:
    """Every port that the chain listens on."""
    return (Port(settings.kafka_port, "BACKBONE_KAFKA_PORT"), *ports(settings).values())


def start(up: Supervisor, settings: Settings, environment: dict[str, str], broker: Broker) -> None:
    """Everything, in order; returns when all are ready."""
    up.start(broker.part())
    ensure_topics(broker.bootstrap)
    up.start(*parts(settings, environment))
