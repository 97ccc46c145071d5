"""What every fact carries: who it is about, where it stands in its stream, and when it held and was recorded."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict


class Home(NamedTuple):
    """Where a fact is written: `stream` is unique over all services, `key` decides its Kafka partition for ever."""

    stream: str
    key: str
    municipality: str | None
    client: str | None = None


class Published(BaseModel):
    """A value that crosses a process; readers ignore fields that they do not know, so additive changes are safe."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


def is_untold(value: object) -> bool:
    """For `exclude_if` of a field that was added later: a fact that does not tell it keeps the bytes of its first version."""
    return value is None


class Event(Published):
    """A fact. `TYPE` is its CloudEvents type; its schema version is the number behind the last `.v`."""

    TYPE: ClassVar[str]

    def home(self) -> Home:
        """Stream, Kafka key, municipality and client of this fact."""
        raise AssertionError(f"{type(self).__name__} does not say where it is at home")


E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Envelope(Generic[E_co]):
    """A recorded fact: `version` counts from 1 per stream, `position` from 1 per service, times are UTC."""

    event_id: str
    service: str
    stream: str
    version: int
    position: int
    key: str
    client: str | None
    municipality: str | None
    effective_at: datetime
    recorded_at: datetime
    causation_id: str | None
    correlation_id: str
    event: E_co
