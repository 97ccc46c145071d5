"""What was asked for when a run was ordered, kept beside the facts so that it is carried out after a crash as well."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count

from services.benefits.references import run_ref, run_stream
from services.benefits.run import RUN
from services.benefits.run_state import Aborted, Cancelled, Closed
from services.contracts.envelope import Published
from services.contracts.intake import Scheme
from services.contracts.runs import RunKind, RunPrepared
from services.eventlog.decider import Decider, Refused
from services.eventlog.handle import Work
from services.eventlog.log import EventLog, Origin, Transaction

REQUESTS = "run-request"
PROBLEMS = "run-problem"
Unless = Callable[[], Refused | None]
"""What refuses an order."""


class RunRequest(Published):
    """A run to prepare: for these municipalities, on what intake had told at `intake_position`.

    `corrects` names the run that is corrected or paid again; a correction looks at `only_households`.
    """

    run_ref: str
    scheme: Scheme
    scheme_year: int
    tranche: int
    decided_on: date
    promised_on: date
    intake_position: int
    municipalities: tuple[str, ...]
    prepared_by: str
    kind: RunKind = "decide"
    corrects: str | None = None
    only_households: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NameRun:
    """The run that a request comes to."""

    run_ref: str


_NAMED: Decider[NameRun, None] = Decider(
    initial=None,
    reads=lambda command: (run_stream(command.run_ref),),
    decide=lambda _state, _command: [],
    evolve=lambda _state, _event: None,
)


def ordering(request: RunRequest, origin: Origin, body_hash: bytes, unless: Unless = lambda: None) -> Work[NameRun, None]:
    """Keep a request; the answer is on the stream of its run. Nothing has happened yet, so no fact is recorded.

    Asking for the same again names the same run, unless that one was aborted or cancelled (or closed, where it paid
    again); a run that was stuck is tried again. `unless` may refuse what was not asked for before.
    """

    def keep(tx: Transaction) -> NameRun | Refused:
        run = next(ref for ref in _names(request) if not _ended(tx, ref, request.kind))
        if tx.kept(REQUESTS, run) is None:
            if (refused := unless()) is not None:
                return refused
            tx.keep(REQUESTS, run, request.model_copy(update={"run_ref": run}).model_dump_json().encode())
        tx.drop(PROBLEMS, run)
        return NameRun(run)

    return Work(decider=_NAMED, command=keep, origin=origin, body_hash=body_hash)


def _names(asked: RunRequest) -> Iterator[str]:
    dates = (asked.decided_on, asked.promised_on)
    about = () if asked.kind == "decide" else (asked.kind, asked.corrects, *asked.only_households)
    said = (asked.scheme, asked.scheme_year, asked.tranche, *dates, asked.intake_position, *asked.municipalities, *about)
    return (run_ref((*said, generation)) for generation in count(1))


def _ended(tx: Transaction, run: str, kind: RunKind) -> bool:
    """Whether asking again means another run: money can fail again on the same day, a decision is made once."""
    state = RUN.fold(tx.read(run_stream(run)))
    return isinstance(state, Aborted | Cancelled) or (kind == "pay-again" and isinstance(state, Closed))


def requested(log: EventLog, run: str) -> RunRequest | None:
    """The request behind a run; in a log that was restored from its facts it is found in the preparation."""
    kept = log.kept(REQUESTS, run)
    if kept is not None:
        return RunRequest.model_validate_json(kept)
    prepared = next((e.event for e in log.read(run_stream(run)) if isinstance(e.event, RunPrepared)), None)
    return None if prepared is None else _request_of(prepared)


def _request_of(prepared: RunPrepared) -> RunRequest:
    said = prepared.model_dump(include=set(RunRequest.model_fields))
    return RunRequest(**said, municipalities=tuple(dict.fromkeys(version.split("/")[1] for version in prepared.rule_versions)))


def known_runs(log: EventLog) -> list[str]:
    """Every run that was asked for or has a fact, by name."""
    streams = {envelope.stream.rpartition("/")[2] for envelope in log.scan(run_stream(""))}
    return sorted(streams | {run for run, _ in log.kept_all(REQUESTS)})


class Stuck(Exception):
    """A step cannot go on until somebody has mended the cause; `reason` is a code for people and programs."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Interrupted(Exception):
    """The process stops; what was not finished is found and done at the next start."""


def note_problem(run: str, reason: str) -> Callable[[Transaction], None]:
    """Work for the log: the run waits for somebody."""
    return lambda tx: tx.keep(PROBLEMS, run, reason.encode())


def problem(log: EventLog, run: str) -> str | None:
    """Why a run waits for somebody, if it does."""
    kept = log.kept(PROBLEMS, run)
    return None if kept is None else kept.decode()
