"""Routes that tell how a run stands: totals, lines, and what a person must look at."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, Query, Request

from services.benefits.api_run import RunRef
from services.benefits.monthly.still_due import StillDue, still_due
from services.benefits.office import VIEWERS, Office, Viewer
from services.benefits.paying_again import NEEDS
from services.benefits.payments import EXCEPTIONS, Position, cents_by_standing
from services.benefits.preparing_again import FAILED
from services.benefits.reason_codes import handling
from services.benefits.recording import PREVIEWS, Preview
from services.benefits.request import problem, requested
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
from services.web.problem import Problem
from services.web.reads import Reads

READ_LINES = "urn:backbone:processing-activity:read-run-lines"
READ_EXCEPTIONS = "urn:backbone:processing-activity:read-run-exceptions"
MOST_LINES = 1_000

STATES: dict[type[Any], str] = {
    Unprepared: "preparing",
    Prepared: "prepared",
    Approved: "approved",
    Releasing: "releasing",
    Released: "released",
    Closed: "closed",
    Aborted: "aborted",
    Cancelling: "cancelling",
    Cancelled: "cancelled",
}


def add_reading(app: FastAPI, office: Office, reads: Reads) -> None:
    """What there is to see of a run. Lines and exceptions are about clients: each has a line in the processing log."""

    @app.get("/v1/runs/{run_ref}")
    async def show_run(caller: Viewer, run_ref: RunRef) -> dict[str, Any]:
        """State, progress, totals, totals per municipality and reason, files and settlement."""
        office.asked_for(run_ref, caller, VIEWERS)
        return await asyncio.to_thread(_shown, office, run_ref)

    @app.get("/v1/runs/{run_ref}/lines")
    async def show_lines(
        caller: Viewer,
        request: Request,
        run_ref: RunRef,
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 100,
    ) -> dict[str, Any]:
        """Lines of the manifest behind line `after`, in its order; `next` is where to go on, null at the end."""
        office.asked_for(run_ref, caller, VIEWERS)
        async with reads.of_each(request, caller, READ_LINES, what=run_ref) as reading:
            page = await asyncio.to_thread(_lines, office, run_ref, after, limit)
            reading.about(subject(line) for line in page["lines"])
            return page

    @app.get("/v1/runs/{run_ref}/exceptions")
    async def show_exceptions(caller: Viewer, request: Request, run_ref: RunRef) -> dict[str, Any]:
        """Every right of the run that is granted without a payment, withheld, rejected or returned, and what is done for its reason."""
        office.asked_for(run_ref, caller, VIEWERS)
        async with reads.of_each(request, caller, READ_EXCEPTIONS, what=run_ref) as reading:
            rows = await asyncio.to_thread(_exceptions, office, run_ref)
            reading.about(subject(row) for row in rows)
            return {"exceptions": rows}


def subject(row: Mapping[str, Any]) -> str:
    """Whom a row is about: the client, and of a line that pays nobody the household."""
    return str(row.get("client") or row["household_ref"])


def _shown(office: Office, run_ref: str) -> dict[str, Any]:
    run = office.run(run_ref)
    files = _files(run)
    state = STATES[type(run)]
    if state == "released" and sum(file["count"] for file in files) < _granted(run):
        state = "writing-files"
    progress, preview = office.jobs.progress(run_ref), orjson.loads(office.log.kept(PREVIEWS, run_ref) or b"[]")
    return {
        "run_ref": run_ref,
        "state": "stuck" if (stuck := problem(office.log, run_ref)) else state,
        "problem": stuck,
        "progress": None if progress is None else {"phase": progress[0], "done": progress[1], "total": _work_total(run)},
        "request": _request(office, run_ref),
        "prepared": _prepared(run),
        "preview": preview,
        "budgets": _budgets(office, run, preview),
        "safeguards": _safeguards(run),
        "released": _released(run),
        "files": files,
        "settlement": _settlement(office, run_ref, run),
    }


def _budgets(office: Office, run: Run, preview: Preview) -> list[dict[str, Any]]:
    """What the last signature will take of each budget, and what is left there now (null: no limit), in cents; nothing once it did."""
    if not isinstance(run, Prepared) or run.prepared.kind == "dry-run":
        return []
    cents: Counter[str] = Counter()
    for row in preview:
        cents[row["municipality"]] += row["cents"]
    scheme, year = run.prepared.scheme, run.prepared.scheme_year
    left = {code: office.left_of_budget(scheme, year, code) for code in cents}
    return [{"municipality": code, "takes_cents": cents[code], "left_cents": left[code]} for code in sorted(cents) if cents[code]]


def _request(office: Office, run_ref: str) -> dict[str, Any]:
    request = requested(office.log, run_ref)
    assert request is not None
    return request.model_dump(mode="json", exclude={"run_ref"})


def _prepared(run: Run) -> dict[str, Any] | None:
    prepared = prepared_of(run)
    return None if prepared is None else prepared.model_dump(mode="json", exclude={"run_ref"})


def _safeguards(run: Run) -> dict[str, Any] | None:
    """Rows that people must judge, with their verdicts, and who signed."""
    if isinstance(run, Unprepared | Aborted):
        return None
    held = run.run.safeguards if isinstance(run, Closed | Cancelling | Cancelled) else run.safeguards
    verdicts = {ref: judged.verdict for ref, judged in held.verdicts.items()}
    return {
        "sample": [{**row.model_dump(), "verdict": verdicts.get(row.right_ref)} for row in held.rows],
        "unjudged": len(held.unjudged),
        "wrong": len(held.wrong),
        "signatures": [signed.approved_by for signed in held.signatures],
        "signatures_needed": max((signed.needed for signed in held.signatures), default=None),
        "escalated": held.escalated,
    }


def _after_release(run: Run) -> Released | None:
    if isinstance(run, Closed | Cancelling | Cancelled):
        return run.run
    return run if isinstance(run, Released) else None


def _granted(run: Run) -> int:
    released = _after_release(run)
    return 0 if released is None else released.released.granted


def _work_total(run: Run) -> int | None:
    if isinstance(run, Releasing):
        return run.prepared.candidates
    return _granted(run) or None


def _released(run: Run) -> dict[str, Any] | None:
    released = _after_release(run)
    return None if released is None else released.released.model_dump(mode="json", exclude={"run_ref"})


def _files(run: Run) -> list[dict[str, Any]]:
    released = _after_release(run)
    if released is None:
        return []
    return [
        {**file.model_dump(mode="json", exclude={"run_ref"}), "handovers": len(released.takers(file.message_id))} for file in released.files
    ]


def _settlement(office: Office, run_ref: str, run: Run) -> dict[str, Any] | None:
    """Cents by standing of the run's own payments and decisions; `open_cents` is what the bank has not answered yet."""
    released = _after_release(run)
    if released is None:
        return None
    positions = office.payments.statement(run_ref)
    cents = cents_by_standing(positions)
    counts = {name: sum(each.standing == name for each in positions) for name in cents}
    settled_cents = cents["paid"] + cents["returned"] + cents["rejected"] + cents["withdrawn"] + cents["revoked"]
    return {"cents": cents, "counts": counts, "open_cents": released.released.total_cents - settled_cents}


def _lines(office: Office, run_ref: str, after: int, limit: int) -> dict[str, Any]:
    prepared = _prepared(office.run(run_ref))
    if prepared is None:
        raise Problem(409, "not-prepared", "the run is not prepared")
    lines = office.manifests.page(prepared["manifest_hash"], after, limit)
    following = after + len(lines)
    return {
        "lines": [line.model_dump(mode="json", exclude={"account_fingerprint"}) for line in lines],
        "next": following if following < prepared["households"] and lines else None,
    }


def _exceptions(office: Office, run_ref: str) -> list[dict[str, Any]]:
    due = still_due(office.log, office.norms)
    return [_exception(each, due) for each in office.payments.of_run(run_ref) if each.standing in EXCEPTIONS]


def _exception(position: Position, due: StillDue) -> dict[str, Any]:
    """`needs` is what must be done before it is paid again; what is not due any more needs no account of the client."""
    told = {name: getattr(position, name) for name in Position.__slots__}
    what = handling(position.reason)[0] if position.standing in ("rejected", "returned") else None
    hindered = due.of_right(position.right_ref) if position.standing in FAILED and position.scheme == "monthly-benefit" else ""
    return {**told, "handling": what, "needs": hindered or (None if what is None else NEEDS[what])}
