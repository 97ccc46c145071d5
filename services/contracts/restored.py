"""What a service tells about its own log after a disaster: positions whose facts are lost, and that it is in use again."""

from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple

from services.contracts.envelope import Event, Home
from services.contracts.intake import Count

Lifting = Literal["matched", "bank-confirmed", "statement-not-to-be-had", "loss-accepted"]
"""Why commands were let in again: everything matched, or two persons said so for this reason."""


class LogEvent(Event):
    """A fact about the log of one service, which is named by the type."""

    SERVICE: ClassVar[str]

    def home(self) -> Home:
        """The stream of the log itself."""
        return Home(log_stream(self.SERVICE), log_stream(self.SERVICE), None)


class PositionLost(LogEvent):
    """What stood at this position was recorded, and lost with a disk before Kafka had it; it never comes."""


class LogRestored(LogEvent):
    """The log was restored as at `backup_position`; `read_back` facts came from Kafka, `lost` positions did not.

    `lifted_by` let commands in again: the service itself where everything matched, else two persons.
    """

    backup_position: Count
    read_back: Count
    lost: Count
    lifting: Lifting
    lifted_by: tuple[str, ...]


class IntakePositionLost(PositionLost):
    """A fact of intake is lost."""

    TYPE = "nl.sociaaldomein.intake.position-lost.v1"
    SERVICE = "intake"


class BenefitsPositionLost(PositionLost):
    """A fact of benefits is lost."""

    TYPE = "nl.sociaaldomein.benefits.position-lost.v1"
    SERVICE = "benefits"


class HandoverPositionLost(PositionLost):
    """A fact of handover is lost."""

    TYPE = "nl.sociaaldomein.handover.position-lost.v1"
    SERVICE = "handover"


class IntakeLogRestored(LogRestored):
    """The log of intake was restored."""

    TYPE = "nl.sociaaldomein.intake.log-restored.v1"
    SERVICE = "intake"


class BenefitsLogRestored(LogRestored):
    """The log of benefits was restored."""

    TYPE = "nl.sociaaldomein.benefits.log-restored.v1"
    SERVICE = "benefits"


class HandoverLogRestored(LogRestored):
    """The log of handover was restored."""

    TYPE = "nl.sociaaldomein.handover.log-restored.v1"
    SERVICE = "handover"


LogFact = IntakePositionLost | BenefitsPositionLost | HandoverPositionLost | IntakeLogRestored | BenefitsLogRestored | HandoverLogRestored


class Told(NamedTuple):
    """The two kinds of facts that a service tells about its log."""

    lost: type[PositionLost]
    restored: type[LogRestored]


TOLD_BY: Mapping[str, Told] = {
    "intake": Told(IntakePositionLost, IntakeLogRestored),
    "benefits": Told(BenefitsPositionLost, BenefitsLogRestored),
    "handover": Told(HandoverPositionLost, HandoverLogRestored),
}


def log_stream(service: str) -> str:
    """Stream of what a service tells about its log."""
    return f"{service}/log"
