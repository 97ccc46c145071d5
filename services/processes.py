"""The processes of one machine: three services, the views' worker and the sink, with what each needs to start."""

import sys
from collections.abc import Mapping

from services.child import Part
from services.ports import Port
from services.readiness import answers, says
from services.settings import Settings

SERVICES = ("intake", "benefits", "handover")
READY_SECONDS = 90.0


def ports(settings: Settings) -> dict[str, Port]:
    """Port of each process that others speak to, by name, with the setting that moves it."""
    return {
        "intake": Port(settings.intake_port, "BACKBONE_INTAKE_PORT"),
        "benefits": Port(settings.benefits_port, "BACKBONE_BENEFITS_PORT"),
        "handover": Port(settings.handover_port, "BACKBONE_HANDOVER_PORT"),
        "views": Port(settings.views_port, "BACKBONE_VIEWS_PORT"),
        "sink": Port(settings.sink_port, "BACKBONE_SINK_PORT"),
        "clickhouse": Port(settings.clickhouse_port, "BACKBONE_CLICKHOUSE_PORT"),
    }


def parts(settings: Settings, environment: Mapping[str, str]) -> tuple[Part, ...]:
    """Every process, to be started together; `environment` is the whole environment that they get."""
    at = ports(settings)
    return (
        *(_part(service, ("serve", service), settings, environment, (at[service],)) for service in SERVICES),
        _part("worker", ("worker",), settings, environment, (at["views"],)),
        _part("sink", ("sink",), settings, environment, (at["sink"], at["clickhouse"])),
    )


def _part(name: str, command: tuple[str, ...], settings: Settings, environment: Mapping[str, str], own: tuple[Port, ...]) -> Part:
    at = f"http://{settings.host}:{own[0].number}/readyz"
    return Part(
        name=name,
        argv=(sys.executable, "-m", "services.cli", *command),
        env=environment,
        log=settings.data / "logs" / f"{name}.log",
        ready=answers(at),
        ports=own,
        ready_limit_s=READY_SECONDS,
        restoring=says(at, "restoration"),
    )
