"""The log as its users see it: one transaction writes facts, the answer to their command, and what belongs beside them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from services.contracts.codec import Record
from services.contracts.envelope import Envelope, Event

T = TypeVar("T")


class Conflict(Exception):
    """The stream is not at the version that the caller expected; read again and decide again."""

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream} is at version {actual}, not {expected}")
        self.stream, self.expected, self.actual = stream, expected, actual


class Contradiction(Exception):
    """A fact that came back does not fit what the log has; nothing may be guessed, so a person has to look."""


class OtherBody(Exception):
    """A command id came again with another body; the first answer stands and this one is refused."""


class LogUnavailable(Exception):
    """Nothing could be written (disk full, file gone); nothing of this command is recorded, send it again later."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a command comes from. `at` is the moment of recording (UTC), `effective_at` the moment it holds from."""

    actor: str
    command_id: str
    at: datetime
    correlation_id: str
    causation_id: str | None = None
    effective_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command was answered, now and for every repeat; `refs` are references that the caller needs."""

    outcome: Literal["accepted", "unchanged", "refused"]
    stream: str
    version: int
    position: int
    reason: str = ""
    detail: str = ""
    refs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Due:
    """A moment (UTC) at which the clock gives a command about `stream`."""

    stream: str
    kind: str
    at: datetime


def require_next(record: Record, head: int, version: int) -> None:
    """Raise `Contradiction` unless a fact that comes back follows on the head of its log and the version of its stream."""
    if record.position != head + 1:
        raise Contradiction(f"position {record.position} does not follow on the head of the log, {head}")
    if record.version != version + 1:
        raise Contradiction(f"{record.stream}@{record.version} does not follow on version {version}: earlier facts of it are missing")


class Transaction(Protocol):
    """What can be read and written together; all of it is durable at commit, or none of it."""

    def read(self, stream: str, after: int = 0) -> Sequence[Event]:
        """Every fact of a stream behind a version, in order; raises `Conflict` where the stream does not go so far."""

    def recorded(self, stream: str) -> datetime | None:
        """When the last fact of a stream was recorded (UTC)."""

    def append(self, events: Sequence[Event], origin: Origin, expected: Mapping[str, int]) -> list[Envelope[Event]]:
        """Record facts, each on its own home stream; raises `Conflict` where a named stream is at another version."""

    def take_back(self, record: Record) -> None:
        """Put a fact back exactly as it was: id, position, version and times. Raises `Contradiction` unless it comes next.

        Next means: one position above the head, one version above its stream. `Undecodable` for a type of a newer release.
        """

    def answered(self, actor: str, command_id: str) -> tuple[bytes, Answer] | None:
        """Body hash and first answer of a command, if it came before."""

    def remember(self, origin: Origin, body_hash: bytes, answer: Answer) -> None:
        """Keep the answer for every repeat."""

    def head(self) -> int:
        """Position of the last fact."""

    def kept(self, kind: str, key: str) -> bytes | None:
        """A value beside the facts: vault rows, indexes, manifests, checkpoints."""

    def keys_of(self, kind: str, value: bytes) -> list[str]:
        """Every key under which exactly this value is kept; reads all values of the kind, so for what is rare."""

    def keep(self, kind: str, key: str, value: bytes) -> None:
        """Write such a value, over an older one."""

    def drop(self, kind: str, key: str) -> None:
        """Remove such a value, if it is there."""

    def scrub(self) -> None:
        """Have every byte of what was dropped overwritten, wherever the log keeps it, before this transaction is answered."""

    def schedule(self, due: Due) -> None:
        """Let the clock give a command at `due.at`; one per stream and kind, the last one counts."""

    def unschedule(self, stream: str, kind: str) -> None:
        """Forget such a moment, if it is there."""

    def take_due(self, due: Due) -> bool:
        """Forget a moment that has come; false where it was set to another one, or forgotten, since it was looked up."""


class EventLog(Protocol):
    """One service's log. Reads see committed facts only."""

    @property
    def service(self) -> str:
        """Name of the service that owns the log."""

    def submit(self, work: Callable[[Transaction], T]) -> "Future[T]":
        """Run `work` in a transaction, perhaps together with others; the future ends after the commit.

        An exception of `work` undoes that work alone and reaches its future; `LogUnavailable` if the commit fails.
        """

    def read(self, stream: str) -> list[Envelope[Event]]:
        """Every fact of a stream, in order of version."""

    def scan(self, prefix: str) -> Iterator[Envelope[Event]]:
        """Every fact of the streams whose name starts with `prefix`, by stream and version."""

    def histories(self, prefix: str) -> Iterator[tuple[str, list[Event]]]:
        """Each stream whose name starts with `prefix`, in order of name, with all its facts and nothing about their recording."""

    def heads(self, prefix: str) -> list[tuple[str, int]]:
        """Each stream whose name starts with `prefix`, in order of name, with the version of its last fact."""

    def facts(self, stream: str, versions: Sequence[int], after: int) -> list[tuple[int, Event]]:
        """The facts of a stream at these versions and those behind `after`, in order, each with its version."""

    def after(self, position: int, limit: int) -> list[Record]:
        """The facts behind a position, in order, at most `limit`."""

    def head(self) -> int:
        """Position of the last fact, 0 for an empty log."""

    def kept(self, kind: str, key: str) -> bytes | None:
        """A value beside the facts."""

    def kept_all(self, kind: str) -> list[tuple[str, bytes]]:
        """All values of a kind, by key."""

    def due(self, now: datetime, limit: int) -> list[Due]:
        """What the clock must act on, oldest first."""

    def close(self) -> None:
        """Finish what was submitted and release the log."""
