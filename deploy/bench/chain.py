"""Processes of the backbone on free ports in a folder of their own, for figures of the chain as a whole."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from deploy.bench.place import Place
from deploy.broker import Broker
from deploy.broker.topics import ensure_topics
from deploy.region.municipalities import MUNICIPALITIES
from services.access.caller import Role
from services.access.configured import development_issuer
from services.ports import free_port
from services.processes import parts
from services.settings import Settings
from services.supervise import Supervisor

CODES: Final = tuple(municipality.code for municipality in MUNICIPALITIES)
_PORTS: Final = ("INTAKE", "BENEFITS", "HANDOVER", "VIEWS", "SINK", "CLICKHOUSE", "KAFKA")


@dataclass(frozen=True, slots=True)
class Chain:
    """What runs: its settings, the whole environment of its processes, and who watches them."""

    settings: Settings
    environment: dict[str, str]
    up: Supervisor

    def url(self, port: int) -> str:
        """Address of a process."""
        return f"http://{self.settings.host}:{port}"

    def token(self, actor: str, *roles: Role) -> str:
        """A token for all municipalities."""
        return development_issuer(self.settings).token(actor, roles, CODES)


def environment_of(data: Path, rehearsed: date, today: date) -> dict[str, str]:
    """Every port a free one, the clock shifted to the day that is rehearsed, and no setting of the caller: nothing real is touched."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("BACKBONE_")}
    ports = {f"BACKBONE_{name}_PORT": str(free_port()) for name in _PORTS}
    return bare | ports | {
        "BACKBONE_DATA": str(data),
        "BACKBONE_KAFKA": f"127.0.0.1:{ports['BACKBONE_KAFKA_PORT']}",
        "BACKBONE_CLOCK_OFFSET_DAYS": str((rehearsed - today).days),
        "BACKBONE_DEBTOR_IBAN": "NL44RABO0123456789",
        "MALLOC_ARENA_MAX": "2",
    }  # fmt: skip  # the braces belong together


@contextmanager
def chain(place: Place, names: Collection[str], environment: dict[str, str]) -> Iterator[Chain]:
    """A broker and the named processes, ready; all stop at the end. The bench's shared broker rests meanwhile."""
    place.rest()
    settings = Settings.read(environment)
    broker = Broker(settings.data, settings.kafka_port, setting="BACKBONE_KAFKA_PORT")
    with Supervisor(needed=broker.ports) as up:
        up.start(broker.part())
        ensure_topics(broker.bootstrap)
        up.start(*(part for part in parts(settings, environment) if part.name in names))
        yield Chain(settings, environment, up)
