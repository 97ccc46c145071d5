"""What lies beside the facts of matters: which one is open for whom, what the clock must look at, and where each stands."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import get_args

from services.contracts.envelope import Envelope, Event, Published
from services.contracts.matters import MatterEvent, Step, Subject
from services.eventlog.log import Due, EventLog, Transaction
from services.intake.desk import begin_of
from services.intake.matter import DECISION, Ended, Matter, matter_stream
from services.intake.matter_commands import Whose
from services.intake.matter_terms import awaits, over_on
from services.intake.matters import MATTERS

OPEN = "open-matters"
OF_CLIENT = "open-matter-of"
EVER = "matters-of"
PAPERS = "papers"
STEPS: tuple[Step, ...] = get_args(Step)


class OpenMatter(Published):
    """An open matter as lists and metrics show it; `near` and `late` are steps, `due_on` belongs to the decision."""

    matter_ref: str
    client: str
    municipality: str
    subject: Subject
    state: str
    due_on: date | None
    near: tuple[Step, ...]
    late: tuple[Step, ...]


def open_matters(log: EventLog) -> list[OpenMatter]:
    """Every open matter."""
    return [OpenMatter.model_validate_json(value) for _, value in log.kept_all(OPEN)]


def open_matter_of(tx: Transaction, whose: Whose, subject: Subject) -> str | None:
    """The open matter of a client about a subject in a municipality: after a move to another one, that one opens its own."""
    kept = tx.kept(OF_CLIENT, _place(whose, subject))
    return None if kept is None else kept.decode()


def matters_of(tx: Transaction, client: str) -> list[str]:
    """Every matter of a client, open or ended."""
    kept = tx.kept(EVER, client)
    return [] if kept is None else kept.decode().split("\n")


def _remember(tx: Transaction, matter_ref: str, client: str) -> None:
    known = matters_of(tx, client)
    if matter_ref not in known:
        tx.keep(EVER, client, "\n".join((*known, matter_ref)).encode())


def _place(whose: Whose, subject: Subject) -> str:
    return f"{whose.municipality}/{whose.client}/{subject}"


def note(tx: Transaction, recorded: Sequence[Envelope[Event]]) -> None:
    """Keep index, list and moments right, in the transaction of the facts; also of facts that come back after a restore."""
    for matter_ref in dict.fromkeys(each.event.matter_ref for each in recorded if isinstance(each.event, MatterEvent)):
        known = MATTERS.fold(tx.read(matter_stream(matter_ref))).known[matter_ref]
        _remember(tx, matter_ref, (known.matter if isinstance(known, Ended) else known).whose.client)
        if isinstance(known, Ended):
            _forget(tx, matter_ref, known.matter)
        else:
            _keep(tx, matter_ref, known)


def _keep(tx: Transaction, matter_ref: str, matter: Matter) -> None:
    tx.keep(OF_CLIENT, _place(matter.whose, matter.subject), matter_ref.encode())
    tx.keep(OPEN, matter_ref, _shown(matter_ref, matter).model_dump_json().encode())
    wanted = dict(_moments(matter))
    for kind in _kinds(matter):
        if kind in wanted:
            tx.schedule(Due(matter_stream(matter_ref), kind, begin_of(wanted[kind])))
        else:
            tx.unschedule(matter_stream(matter_ref), kind)


def _forget(tx: Transaction, matter_ref: str, matter: Matter) -> None:
    if open_matter_of(tx, matter.whose, matter.subject) == matter_ref:
        tx.drop(OF_CLIENT, _place(matter.whose, matter.subject))
    tx.drop(OPEN, matter_ref)
    for kind in _kinds(matter):
        tx.unschedule(matter_stream(matter_ref), kind)


def _kinds(matter: Matter) -> Iterator[str]:
    yield PAPERS
    for step in matter.terms:
        yield from (f"near:{step}", f"passed:{step}")


def _moments(matter: Matter) -> Iterator[tuple[str, date]]:
    """The days on which the clock tells something of a matter."""
    if matter.awaited is not None:
        yield PAPERS, matter.awaited.recover_by + timedelta(days=1)
    for step in matter.terms:
        running = awaits(matter, step)
        if running is not None:
            yield f"passed:{step}", over_on(running)
            if not running.is_near:
                yield f"near:{step}", running.term.near_on


def _shown(matter_ref: str, matter: Matter) -> OpenMatter:
    running = matter.terms.get(DECISION)
    waiting = {step: each for step, each in matter.terms.items() if not each.is_completed}
    return OpenMatter(
        matter_ref=matter_ref,
        client=matter.whose.client,
        municipality=matter.whose.municipality,
        subject=matter.subject,
        state=state_of(matter),
        due_on=None if running is None else running.term.due_on,
        near=tuple(step for step, each in waiting.items() if each.is_near and not each.has_passed),
        late=tuple(step for step, each in waiting.items() if each.has_passed),
    )


def state_of(matter: Matter) -> str:
    """`awaiting-papers`, `applied` or `reported`."""
    if matter.awaited is not None:
        return "awaiting-papers"
    return "reported" if matter.applied_on is None else "applied"
