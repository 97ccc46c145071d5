"""The one way in: fold, decide, record the facts with the answer, and give a repeat the same answer."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.contracts.envelope import Envelope, Event
from services.eventlog.decider import Decider, Refused
from services.eventlog.log import Answer, Conflict, EventLog, Origin, OtherBody, Transaction

C = TypeVar("C")
S = TypeVar("S")
Recorded = Sequence[Envelope[Event]]


def _nothing(_tx: Transaction, _recorded: Recorded) -> None:
    """Most commands write nothing beside their facts."""


def _no_refs(_recorded: Recorded) -> Mapping[str, str]:
    return {}


def _none_standing() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Work(Generic[C, S]):
    """A command on its way into the log.

    `command` is asked for inside the transaction, so that it can rest on an index there (the BSN index); it may refuse.
    `beside` writes what belongs to the facts (vault rows, due moments), and runs only when facts were recorded.
    `refs` are the caller's references from what was recorded, `standing` those where it was there already.
    `body_hash` tells a repeat from another command under the same id. `expected` is the version of the first stream.
    """

    decider: Decider[C, S]
    command: Callable[[Transaction], C | Refused]
    origin: Origin
    body_hash: bytes
    expected: int | None = None
    beside: Callable[[Transaction, Recorded], None] = _nothing
    refs: Callable[[Recorded], Mapping[str, str]] = _no_refs
    standing: Callable[[], Mapping[str, str]] = _none_standing

    def __call__(self, tx: Transaction) -> Answer:
        """The answer; raises `OtherBody` or `Conflict`, and then nothing is recorded."""
        before = tx.answered(self.origin.actor, self.origin.command_id)
        if before is not None:
            return self._again(*before)
        answer = self._first(tx)
        tx.remember(self.origin, self.body_hash, answer)
        return answer

    def _again(self, body_hash: bytes, answer: Answer) -> Answer:
        if body_hash != self.body_hash:
            raise OtherBody(self.origin.command_id)
        return answer

    def _first(self, tx: Transaction) -> Answer:
        command = self.command(tx)
        if isinstance(command, Refused):
            return Answer("refused", "", 0, tx.head(), command.reason, command.detail)
        streams, seen = self.decider.reads(command), self.decider.seen(command)
        histories = [tx.read(stream, seen.get(stream, 0)) for stream in streams]
        versions = {stream: seen.get(stream, 0) + len(history) for stream, history in zip(streams, histories, strict=True)}
        version = versions[streams[0]]
        if self.expected is not None and self.expected != version:
            raise Conflict(streams[0], self.expected, version)
        state = self.decider.fold(event for history in histories for event in history)
        decision = self.decider.decide(state, command)
        if isinstance(decision, Refused):
            return Answer("refused", streams[0], version, tx.head(), decision.reason, decision.detail)
        if not decision:
            return Answer("unchanged", streams[0], version, tx.head(), refs=self.standing())
        return self._record(tx, decision, versions)

    def _record(self, tx: Transaction, events: Sequence[Event], expected: Mapping[str, int]) -> Answer:
        recorded = tx.append(events, self.origin, expected)
        self.beside(tx, recorded)
        first = next(iter(expected))
        version = max((e.version for e in recorded if e.stream == first), default=expected[first])
        return Answer("accepted", first, version, recorded[-1].position, refs=self.refs(recorded))


def handle(log: EventLog, work: Work[C, S]) -> "Future[Answer]":
    """Give a command to the log; the answer is durable when the future ends.

    A crash before the commit leaves nothing and the caller sends again; after it, the repeat gets the first answer.
    """
    return log.submit(work)
