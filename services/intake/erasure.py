"""What can be decided about erasing a client: asked for, ordered once nobody needs the client, called off, and done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, assert_never, cast

from services.contracts.envelope import Event
from services.contracts.erasure import (
    Asked,
    ClientErased,
    ErasureCalledOff,
    ErasureOrdered,
    ErasureRequested,
    Hindrance,
    IntakeErasure,
)
from services.eventlog.decider import Decider, Refused

OTHERS = frozenset({"benefits", "handover"})
"""The services that must clear a client, and then destroy what they hold."""

STREAMS = ErasureRequested.STREAMS


@dataclass(frozen=True, slots=True)
class RequestErasure:
    """Erase a client; `hindrances` is everything for which intake itself still needs them on `today`."""

    client: str
    municipality: str
    ground: Asked
    requested_by: str
    today: date
    hindrances: tuple[Hindrance, ...]


@dataclass(frozen=True, slots=True)
class WeighAnswers:
    """What the services that answered attempt `erasure` so far said; no hindrance says that the service cleared the client."""

    client: str
    erasure: int
    answers: Mapping[str, tuple[Hindrance, ...]]


@dataclass(frozen=True, slots=True)
class FinishErasure:
    """The services that destroyed what they held by attempt `erasure` so far."""

    client: str
    erasure: int
    done: frozenset[str]
    today: date


Command = RequestErasure | WeighAnswers | FinishErasure


@dataclass(frozen=True, slots=True)
class NeverAsked:
    """Nobody asked."""

    number = 0


@dataclass(frozen=True, slots=True)
class UnderWay:
    """The other services are asked, or, once it is `ordered`, destroy what they hold."""

    asked: ErasureRequested
    ordered: bool = False

    @property
    def number(self) -> int:
        """The attempt, from 1."""
        return self.asked.erasure


@dataclass(frozen=True, slots=True)
class CalledOff:
    """A service still needs the client."""

    asked: ErasureRequested
    fact: ErasureCalledOff

    @property
    def number(self) -> int:
        """The attempt, from 1."""
        return self.asked.erasure


@dataclass(frozen=True, slots=True)
class Erased:
    """Nothing personal is left."""

    asked: ErasureRequested
    fact: ClientErased

    @property
    def number(self) -> int:
        """The attempt, from 1."""
        return self.asked.erasure


Erasure = NeverAsked | UnderWay | CalledOff | Erased


def stream_of(client: str) -> str:
    """The stream of a client's erasure in intake."""
    return STREAMS + client


def decide(state: Erasure, command: Command) -> Sequence[Event] | Refused:
    """Facts, nothing for a repeat or an answer that decides nothing yet, or a refusal."""
    match command:
        case RequestErasure():
            return _request(state, command)
        case WeighAnswers():
            return _weigh(state, command)
        case FinishErasure():
            return _finish(state, command)
        case _:
            assert_never(command)


def _request(state: Erasure, command: RequestErasure) -> Sequence[Event] | Refused:
    if isinstance(state, UnderWay | Erased):
        return []
    if command.hindrances:
        return Refused(command.hindrances[0].reason, "; ".join(map(sentence, command.hindrances)))
    return [
        ErasureRequested(
            client=command.client,
            municipality=command.municipality,
            erasure=state.number + 1,
            ground=command.ground,
            requested_by=command.requested_by,
            requested_on=command.today,
        )
    ]


def _weigh(state: Erasure, command: WeighAnswers) -> Sequence[Event]:
    if not isinstance(state, UnderWay) or state.ordered or state.number != command.erasure:
        return []
    said: dict[str, Any] = {"client": command.client, "municipality": state.asked.municipality, "erasure": command.erasure}
    hindrances = tuple(each for service in sorted(command.answers) for each in command.answers[service])
    if hindrances:
        return [ErasureCalledOff(**said, hindrances=hindrances)]
    return [ErasureOrdered(**said)] if command.answers.keys() >= OTHERS else []


def _finish(state: Erasure, command: FinishErasure) -> Sequence[Event]:
    if not isinstance(state, UnderWay) or not state.ordered or state.number != command.erasure or not command.done >= OTHERS:
        return []
    said: dict[str, Any] = {"client": command.client, "municipality": state.asked.municipality, "erasure": command.erasure}
    return [ClientErased(**said, erased_on=command.today)]


def sentence(hindrance: Hindrance) -> str:
    """A hindrance in words, without personal data."""
    what = f" of {hindrance.what}" if hindrance.what else ""
    until = f", until {hindrance.until}" if hindrance.until else ""
    return f"{hindrance.service}: {hindrance.reason}{what}{until}"


def evolve(state: Erasure, fact: IntakeErasure) -> Erasure:
    """The erasure after one more fact."""
    match fact:
        case ErasureRequested():
            return UnderWay(fact)
        case ErasureOrdered():
            return UnderWay(_asked(state), ordered=True)
        case ErasureCalledOff():
            return CalledOff(_asked(state), fact)
        case ClientErased():
            return Erased(_asked(state), fact)
        case _:
            assert_never(fact)


def _asked(state: Erasure) -> ErasureRequested:
    assert not isinstance(state, NeverAsked), "an erasure goes on that nobody asked for"
    return state.asked


ERASE: Decider[Command, Erasure] = Decider(
    initial=NeverAsked(),
    reads=lambda command: (stream_of(command.client),),
    decide=decide,
    evolve=lambda state, event: evolve(state, cast("IntakeErasure", event)),
)
