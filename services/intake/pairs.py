"""What can be decided about two persons who are alike: that somebody must look, once, and what they made of it, for good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, assert_never

from services.contracts.envelope import Event
from services.contracts.persons import PairEvent, PersonsLinked, PersonsToldApart, PossibleDuplicateFound, pair_ref
from services.eventlog.decider import Decider, Refused

Verdict = Literal["same", "different"]


@dataclass(frozen=True, slots=True)
class FindAlike:
    """These persons were found alike, whatever was found before; `looked_at` is the stream that names the person."""

    found: tuple[PossibleDuplicateFound, ...]
    looked_at: str


@dataclass(frozen=True, slots=True)
class JudgePair:
    """Somebody looked at both; where they are one person, `used` is the reference that is used from now on."""

    pair: str
    used: str
    verdict: Verdict
    reason_code: str
    judged_by: str


Command = FindAlike | JudgePair


@dataclass(frozen=True, slots=True)
class Pair:
    """Two persons who were found alike; `verdict` is empty until somebody judged."""

    found: PossibleDuplicateFound
    verdict: Verdict | Literal[""] = ""


Pairs = Mapping[str, Pair]


def pair_stream(pair: str) -> str:
    """The stream of two persons."""
    return f"intake/pair/{pair}"


def pair_of(event: PairEvent) -> str:
    """Which pair a fact is about."""
    return pair_ref(event.person_ref, event.other_ref)


def reads(command: Command) -> tuple[str, ...]:
    """The pairs that the command is about."""
    match command:
        case FindAlike():
            return command.looked_at, *(pair_stream(pair_of(each)) for each in command.found)
        case JudgePair():
            return (pair_stream(command.pair),)
        case _:
            assert_never(command)


def decide(state: Pairs, command: Command) -> Sequence[Event] | Refused:
    """Facts, nothing for a repeat or for whom somebody looked at before, or a refusal."""
    match command:
        case FindAlike():
            return [each for each in command.found if pair_of(each) not in state]
        case JudgePair():
            return _judge(state.get(command.pair), command)
        case _:
            assert_never(command)


def _judge(pair: Pair | None, command: JudgePair) -> Sequence[Event] | Refused:
    if pair is None:
        return Refused("unknown-pair")
    if pair.verdict:
        return [] if pair.verdict == command.verdict else Refused("pair-judged-already", f"these two were judged {pair.verdict}")
    judged = {**_the_used_first(pair.found, command.used), "reason_code": command.reason_code, "judged_by": command.judged_by}
    return [PersonsLinked(**judged) if command.verdict == "same" else PersonsToldApart(**judged)]


def _the_used_first(found: PossibleDuplicateFound, used: str) -> dict[str, str]:
    told = found.model_dump(include={"person_ref", "other_ref", "municipality", "other_municipality"})
    if used == found.person_ref:
        return told
    other = {"person_ref": found.other_ref, "other_ref": found.person_ref}
    return {**other, "municipality": found.other_municipality, "other_municipality": found.municipality}


def evolve(state: Pairs, event: Event) -> Pairs:
    """What is known of pairs after a fact."""
    match event:
        case PossibleDuplicateFound():
            return MappingProxyType({**state, pair_of(event): Pair(event)})
        case PersonsLinked():
            return MappingProxyType({**state, pair_of(event): Pair(state[pair_of(event)].found, "same")})
        case PersonsToldApart():
            return MappingProxyType({**state, pair_of(event): Pair(state[pair_of(event)].found, "different")})
        case _:
            return state


PAIRS: Decider[Command, Pairs] = Decider(MappingProxyType({}), reads, decide, evolve)
