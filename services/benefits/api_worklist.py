"""What waits for people: runs that have not ended, each with what it waits for, and messages of the bank with lines that fit nothing."""

import asyncio
from typing import Any, Final, Literal

from fastapi import FastAPI

from services.access.caller import Caller
from services.benefits.api_bank import BANK_ANSWERS
from services.benefits.bank_document import STREAMS
from services.benefits.jobs import BANK_DOCUMENTS
from services.benefits.office import Office, OwnViewer, RegionalViewer
from services.benefits.payments import cents_by_standing
from services.benefits.request import RunRequest, known_runs, problem, requested
from services.benefits.run_state import (
    Aborted,
    Approved,
    Cancelled,
    Cancelling,
    Closed,
    Prepared,
    Released,
    Releasing,
    Run,
    Unprepared,
    prepared_of,
)
from services.contracts.bank import BankAnswerRead, BankLineUnmatched

OVER: Final = Aborted | Cancelled | Closed
Waits = Literal[
    "somebody",
    "preparation",
    "abortion",
    "sample",
    "approval",
    "release",
    "decisions",
    "payment-file",
    "hand-over",
    "bank",
    "closing",
    "withdrawal",
]
"""`somebody` must mend the problem; `preparation`, `decisions`, `payment-file` and `withdrawal` are the service's own work."""


def add_worklist(app: FastAPI, office: Office) -> None:
    """Lists for who begins a day, or comes to an alert, and does not know any reference yet."""

    @app.get("/v1/runs")
    async def show_runs(caller: OwnViewer) -> dict[str, Any]:
        """Runs that have not ended, of which the caller may see the whole: what each waits for, the one that is promised first first."""
        return {"runs": await asyncio.to_thread(_runs, office, caller)}

    @app.get(BANK_ANSWERS)
    async def show_bank_answers(_caller: RegionalViewer) -> dict[str, Any]:
        """Messages of the bank that are not read to their end, or hold lines that fit no payment; the last one first."""
        return {"bank_answers": await asyncio.to_thread(_messages, office)}


def _runs(office: Office, caller: Caller) -> list[dict[str, Any]]:
    asked = (requested(office.log, ref) for ref in known_runs(office.log))
    own = (each for each in asked if each is not None and set(each.municipalities) <= set(caller.municipalities))
    rows = [_run(office, request, run) for request in own if not _is_over(request, run := office.run(request.run_ref))]
    return sorted(rows, key=lambda row: (row["promised_on"], row["run_ref"]))


def _is_over(request: RunRequest, run: Run) -> bool:
    """A dry run has nothing to wait for once it is prepared."""
    return isinstance(run, OVER) or (request.kind == "dry-run" and isinstance(run, Prepared))


def _run(office: Office, request: RunRequest, run: Run) -> dict[str, Any]:
    prepared, stuck = prepared_of(run), problem(office.log, request.run_ref)
    return {
        **request.model_dump(mode="json", exclude={"intake_position", "only_households"}),
        "waits_for": "somebody" if stuck else _waits_for(office, run),
        "problem": stuck,
        "granted": None if prepared is None else prepared.granted,
        "total_cents": None if prepared is None else prepared.total_cents,
    }


OWN_WORK: Final[dict[type[Any], Waits]] = {Unprepared: "preparation", Releasing: "decisions", Cancelling: "withdrawal"}


def _waits_for(office: Office, run: Run) -> Waits:
    match run:
        case Prepared() | Approved():
            return _of_people(run)
        case Released():
            return _of_files(office, run)
        case _:
            return OWN_WORK[type(run)]


def _of_people(run: Prepared | Approved) -> Waits:
    if run.safeguards.wrong:
        return "abortion"
    if run.safeguards.unjudged:
        return "sample"
    return "approval" if isinstance(run, Prepared) else "release"


def _of_files(office: Office, run: Released) -> Waits:
    if sum(file.count for file in run.files) < run.released.granted:
        return "payment-file"
    if not all(run.takers(file.message_id) for file in run.files):
        return "hand-over"
    return "bank" if cents_by_standing(office.payments.statement(run.prepared.run_ref))["sent"] else "closing"


def _messages(office: Office) -> list[dict[str, Any]]:
    states = {ref: state.decode().partition(" ")[0] for ref, state in office.log.kept_all(BANK_DOCUMENTS)}
    told = {row["document_ref"]: row for row in _told(office)}
    unread = [{"document_ref": ref, "state": state, "kind": None, "unmatched": 0} for ref, state in states.items() if ref not in told]
    read = [{**row, "state": states.get(ref, "read")} for ref, row in told.items() if row["unmatched"]]
    return [*unread, *reversed(read)]


def _told(office: Office) -> list[dict[str, Any]]:
    """Each message of which the log tells, in the order in which that began, with its kind and how many lines fit nothing."""
    rows: dict[str, dict[str, Any]] = {}
    for envelope in sorted(office.log.scan(STREAMS), key=lambda each: each.position):
        ref = envelope.stream.removeprefix(STREAMS)
        row = rows.setdefault(ref, {"document_ref": ref, "kind": None, "unmatched": 0})
        if isinstance(envelope.event, BankAnswerRead):
            row["kind"] = envelope.event.kind
        row["unmatched"] += isinstance(envelope.event, BankLineUnmatched)
    return list(rows.values())
