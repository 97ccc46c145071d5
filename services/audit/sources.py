"""Where an audit looks: the files, topics and addresses of one backbone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from services.contracts.topics import CONTACT_VIEW, topic_of
from services.settings import Settings

SERVICES: Final = ("intake", "benefits", "handover")
"""In this order, as benefits and handover rest on what intake told."""

DATABASE: Final = "reporting"
WAIT_SECONDS: Final = 60.0


def _topics() -> Mapping[str, str]:
    return MappingProxyType({service: topic_of(service) for service in SERVICES})


@dataclass(frozen=True, slots=True)
class Sources:
    """`token` is for a caller with the roles auditor and operator in every municipality; it is never shown.

    `planted` names a file with values that must be found nowhere, one a line. `wait_seconds` is the limit for I13.
    """

    data: Path
    kafka: str
    views: str
    benefits: str
    clickhouse: str
    token: str = field(default="", repr=False)
    topics: Mapping[str, str] = field(default_factory=_topics)
    contact_view: str = CONTACT_VIEW
    database: str = DATABASE
    planted: Path | None = None
    wait_seconds: float = WAIT_SECONDS
    anchors: Path | None = None

    @classmethod
    def of(cls, settings: Settings, token: str, planted: Path | None = None) -> Self:
        """Those of these settings."""
        here = f"http://{settings.host}"
        return cls(
            data=settings.data,
            kafka=settings.kafka,
            views=f"{here}:{settings.views_port}",
            benefits=f"{here}:{settings.benefits_port}",
            clickhouse=settings.clickhouse or f"{here}:{settings.clickhouse_port}",
            token=token,
            planted=planted,
            anchors=settings.anchors_folder,
        )

    @property
    def heads(self) -> Path:
        """Where it is written down how far the processing and audit logs were."""
        return self.anchors or self.data / "anchors"

    def log(self, service: str) -> Path:
        """The log of a service."""
        return self.data / service / "log.sqlite"
