"""The whole chain on this machine: broker, topics, services, worker and sink, started in order and stopped together."""

import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from deploy.broker import Broker
from deploy.broker.topics import ensure_topics
from deploy.region.identifiers import debtor_iban
from deploy.region.municipalities import MUNICIPALITIES
from services.ports import Port
from services.processes import parts, ports
from services.settings import Settings
from services.supervise import Supervisor

KEPT = "rehearsal.json"
"""Where the shift of the clock is kept, in the data folder."""


def settings_of(data: Path, rehearsed: date, today: date) -> tuple[Settings, dict[str, str]]:
    """Settings and environment of every process; the shift of the clock is kept in the data folder for later starts."""
    asked = Settings.read()
    environment = dict(os.environ) | {
        "BACKBONE_DATA": str(data),
        "BACKBONE_KAFKA": f"127.0.0.1:{asked.kafka_port}",
        "BACKBONE_DEBTOR_IBAN": "NL44RABO0123456789",
        "BACKBONE_DEBTOR_IBANS": ",".join(f"{each.code}={debtor_iban(each.code)}" for each in MUNICIPALITIES),
        "MALLOC_ARENA_MAX": "2",
    }
    kept = data / KEPT
    offset = json.loads(kept.read_text(encoding="utf-8"))["clock_offset_days"] if kept.exists() else (rehearsed - today).days
    environment = _shifted(data, environment, offset)
    return Settings.read(environment), environment


def on(data: Path, environment: Mapping[str, str], rehearsed: date, today: date) -> dict[str, str]:
    """The environment on another rehearsed day, which is kept for later starts."""
    return _shifted(data, environment, (rehearsed - today).days)


def _shifted(data: Path, environment: Mapping[str, str], offset_days: int) -> dict[str, str]:
    data.mkdir(parents=True, exist_ok=True)
    (data / KEPT).write_text(json.dumps({"clock_offset_days": offset_days}) + "\n", encoding="utf-8")
    return {**environment, "BACKBONE_CLOCK_OFFSET_DAYS": str(offset_days)}


def needed(settings: Settings) -> tuple[Port, ...]:
    """Every port that the chain listens on."""
    return (Port(settings.kafka_port, "BACKBONE_KAFKA_PORT"), *ports(settings).values())


def start(up: Supervisor, settings: Settings, environment: dict[str, str], broker: Broker) -> None:
    """Everything, in order; returns when all are ready."""
    up.start(broker.part())
    ensure_topics(broker.bootstrap)
    up.start(*parts(settings, environment))
