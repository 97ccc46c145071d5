"""How far a run is: prepared, judged, signed, released, its files handed over, closed, aborted or cancelled."""

from collections.abc import Mapping
from datetime import date
from typing import Any, assert_never

from services.contracts.envelope import Envelope, Event
from services.contracts.run_control import (
    RunApprovalEscalated,
    RunCancellationOrdered,
    RunCancelled,
    RunSampleDrawn,
    SampleRowJudged,
)
from services.contracts.runs import (
    FileHandedOver,
    PaymentFileWritten,
    RunAborted,
    RunApproved,
    RunClosed,
    RunPrepared,
    RunReleased,
    RunReleaseOrdered,
)
from services.contracts.topics import BENEFITS_EVENTS
from streams.view import Row, View

Signing = RunSampleDrawn | SampleRowJudged | RunApproved | RunApprovalEscalated
Ending = RunClosed | RunAborted | RunCancellationOrdered | RunCancelled
RunFact = RunPrepared | Signing | RunReleaseOrdered | RunReleased | PaymentFileWritten | FileHandedOver | Ending
RUNS = "benefits/run/"
ENDS: Mapping[type[Ending], str] = {
    RunClosed: "closed",
    RunAborted: "aborted",
    RunCancellationOrdered: "cancelling",
    RunCancelled: "cancelled",
}


def _after(run: Row, fact: RunFact) -> dict[str, Any]:  # noqa: PLR0911 - a table: one line per kind of fact
    run = {"state": "unknown", **run, "run_ref": fact.run_ref}
    match fact:
        case RunPrepared():
            return {**run, "state": "prepared", "prepared": _told(fact)}
        case RunSampleDrawn() | SampleRowJudged() | RunApproved() | RunApprovalEscalated():
            return _signing(run, fact)
        case RunReleaseOrdered():
            return {**run, "state": "releasing", "ordered": _told(fact)}
        case RunReleased():
            return {**run, "state": "released", "released": _told(fact)}
        case PaymentFileWritten():
            return {**run, "files": {**run.get("files", {}), fact.message_id: {**_told(fact), "handovers": []}}}
        case FileHandedOver():
            return {**run, "files": _handed_over(run.get("files", {}), fact)}
        case RunClosed() | RunAborted() | RunCancellationOrdered() | RunCancelled():
            state = ENDS[type(fact)]
            return {**run, "state": state, state: _told(fact)}
        case never:
            assert_never(never)


def _signing(run: Row, fact: Signing) -> dict[str, Any]:
    match fact:
        case RunSampleDrawn():
            return {**run, "sample": {row.right_ref: None for row in fact.rows}}
        case SampleRowJudged():
            return {**run, "sample": {**run.get("sample", {}), fact.right_ref: fact.verdict}}
        case RunApproved():
            signed = {**run, "approved": _told(fact), "signatures": [*run.get("signatures", []), fact.approved_by]}
            return {**signed, "state": "approved"} if fact.signature >= fact.needed else signed
        case RunApprovalEscalated():
            return {**run, "escalated": fact.level}
        case never:
            assert_never(never)


def _handed_over(files: Row, fact: FileHandedOver) -> dict[str, Any]:
    file = files.get(fact.message_id, {"handovers": []})
    return {**files, fact.message_id: {**file, "handovers": [*file["handovers"], _told(fact)]}}


def _told(fact: RunFact) -> dict[str, Any]:
    """The fields of a fact as JSON values, without the run that they are about."""
    return {name: _json(getattr(fact, name)) for name in type(fact).model_fields if name != "run_ref"}


def _json(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _fold(row: Row | None, fact: Envelope[Event]) -> dict[str, Any]:
    event = fact.event
    return _after(row or {}, event) if isinstance(event, RunFact) else dict(row or {})


VIEW = View(
    name="allowance-run",
    topics=(BENEFITS_EVENTS,),
    streams=(RUNS,),
    row_key=lambda stream, _key: stream.removeprefix(RUNS),
    fold=_fold,
)
"""One row per run."""
