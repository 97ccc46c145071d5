"""What can be decided about a matter: it is told, merged, waits for papers, is stretched once, and ends with a decision."""

from collections.abc import Sequence
from typing import assert_never

from services.contracts.envelope import Event
from services.contracts.intake import IntakeAccepted
from services.contracts.matters import MatterTermStarted
from services.eventlog.decider import Decider, Refused
from services.intake import matter_ending, matter_papers, matter_telling, matter_terms
from services.intake.client import stream_of as client_stream
from services.intake.matter import Ended, Matter, Matters, evolve, matter_stream
from services.intake.matter_commands import (
    Apply,
    AskPapers,
    Command,
    CompleteStep,
    DecideMatter,
    ExtendTerm,
    MergeMatter,
    OnMatter,
    PassMoment,
    ReceivePapers,
    Report,
)

Decision = Sequence[Event] | Refused
ENDED = Refused("matter-ended", "the matter has ended; what comes in now is a matter of its own")


def reads(command: Command) -> tuple[str, ...]:
    """The matter's stream, and that of the client who may come into care, or of the matter in which it goes on."""
    matter = matter_stream(command.matter_ref)
    match command:
        case Report() | Apply():
            return matter, client_stream(command.whose.client)
        case MergeMatter():
            return matter, matter_stream(command.into_ref)
        case AskPapers() | ReceivePapers() | ExtendTerm() | CompleteStep() | DecideMatter() | PassMoment():
            return (matter,)
        case _:
            assert_never(command)


def decide(state: Matters, command: Command) -> Decision:
    """Facts, nothing for a repeat, or a refusal. Raises `YearMissing` where the calendar ends."""
    known = state.known.get(command.matter_ref)
    match command:
        case Report() | Apply():
            return ENDED if isinstance(known, Ended) else _tell(state, known, command)
        case MergeMatter():
            return matter_ending.merge(known, state.known.get(command.into_ref), command)
        case AskPapers() | ReceivePapers() | ExtendTerm() | CompleteStep() | DecideMatter() | PassMoment():
            return _on_matter(known, command)
        case _:
            assert_never(command)


def _tell(state: Matters, matter: Matter | None, command: Report | Apply) -> Decision:
    """Who has a term running is in care: somebody is responsible from the day on which a term of law begins."""
    decision = matter_telling.tell(matter, command)
    if isinstance(decision, Refused) or command.whose.client in state.in_care:
        return decision
    if not any(isinstance(event, MatterTermStarted) for event in decision):
        return decision
    return [*decision, IntakeAccepted(**command.whose.said, route="standard", accepted_on=command.today)]


def _on_matter(known: Matter | Ended | None, command: OnMatter) -> Decision:
    if known is None:
        return Refused("unknown-matter")
    if isinstance(known, Ended):
        return _after_the_end(known, command)
    match command:
        case AskPapers() | ReceivePapers():
            return _on_papers(known, command)
        case ExtendTerm() | CompleteStep() | PassMoment():
            return _on_terms(known, command)
        case DecideMatter():
            return matter_ending.end(known, command)
        case _:
            assert_never(command)


def _on_papers(matter: Matter, command: AskPapers | ReceivePapers) -> Decision:
    return matter_papers.ask(matter, command) if isinstance(command, AskPapers) else matter_papers.receive(matter, command)


def _on_terms(matter: Matter, command: ExtendTerm | CompleteStep | PassMoment) -> Decision:
    match command:
        case ExtendTerm():
            return matter_terms.extend(matter, command)
        case CompleteStep():
            return matter_terms.complete(matter, command)
        case PassMoment():
            return matter_terms.pass_moment(matter, command)
        case _:
            assert_never(command)


def _after_the_end(ended: Ended, command: OnMatter) -> Decision:
    match command:
        case PassMoment():
            return []
        case DecideMatter() if command.outcome == ended.how:
            return []
        case _:
            return ENDED


MATTERS: Decider[Command, Matters] = Decider(Matters(), reads, decide, evolve)
