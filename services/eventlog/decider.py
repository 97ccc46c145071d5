"""How a decision is made: fold what happened, then decide on the command; nothing here touches the world."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.contracts.envelope import Event

C = TypeVar("C")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Refused:
    """What the caller may not ask: a reason code for programs and, where it helps, a sentence without personal data."""

    reason: str
    detail: str = ""


def refusal(*grounds: tuple[object, Refused]) -> Refused | None:
    """The first refusal whose ground holds; none where none does."""
    return next((refused for holds, refused in grounds if holds), None)


def _all_unseen(_command: object) -> Mapping[str, int]:
    """Most commands rest on the whole past."""
    return {}


@dataclass(frozen=True)
class Decider(Generic[C, S]):
    """`reads` names the streams a command rests on; `decide` answers facts, nothing for a repeat, or a refusal.

    The first stream of `reads` is the one whose version callers see and may expect. `seen` says up to which version of a
    stream the command itself brings what is to be known, so that only later facts are read: a long past costs nothing.
    """

    initial: S
    reads: Callable[[C], tuple[str, ...]]
    decide: Callable[[S, C], Sequence[Event] | Refused]
    evolve: Callable[[S, Event], S]
    seen: Callable[[C], Mapping[str, int]] = _all_unseen

    def fold(self, events: Iterable[Event]) -> S:
        """The state after these events."""
        state = self.initial
        for event in events:
            state = self.evolve(state, event)
        return state
