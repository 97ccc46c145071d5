"""Routes that explain: what a run does otherwise than the one before, and what rested on something that was wrong."""

import asyncio
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request

from services.benefits.api_run import RunRef
from services.benefits.api_run_reading import MOST_LINES
from services.benefits.blast_radius import BlastRadius, Cause, Radius, WrongBankMessage, WrongFact, WrongImport, WrongRules
from services.benefits.bodies import MOST_HOUSEHOLDS, CauseBody
from services.benefits.difference import Change, Difference, differences, totals
from services.benefits.office import VIEWERS, Office, RegionalViewer, Viewer
from services.benefits.payments import Position, cents_by_standing
from services.benefits.portions import portions
from services.benefits.request import known_runs
from services.benefits.run_state import Closed, Released, Run, Unprepared
from services.contracts.runs import RunPrepared
from services.eventlog.reactor import watermark
from services.web.problem import Problem
from services.web.reads import Reads

READ_DIFFERENCE = "urn:backbone:processing-activity:read-run-difference"
READ_RADIUS = "urn:backbone:processing-activity:read-blast-radius"
INTAKE = "intake"


def add_insight(app: FastAPI, office: Office, reads: Reads) -> None:
    """Explanations; they are about clients, so reading them is recorded."""

    @app.get("/v1/runs/{run_ref}/differences")
    async def show_differences(
        caller: Viewer,
        request: Request,
        run_ref: RunRef,
        change: Annotated[Change | None, Query()] = None,
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 100,
    ) -> dict[str, Any]:
        """Who is new, gone, higher or lower than in the last released run of the scheme year, with totals per municipality."""
        office.asked_for(run_ref, caller, VIEWERS)
        async with reads.of(request, caller, READ_DIFFERENCE, run_ref):
            before, rows = await asyncio.to_thread(_differences, office, run_ref)
            wanted = [row for row in rows if change in (None, row.change)]
            page = [_shown(row) for row in wanted[after : after + limit]]
            following = after + len(page)
            return {"before": before, "totals": totals(rows), "rows": page, "next": following if following < len(wanted) else None}

    @app.post("/v1/blast-radius")
    async def show_blast_radius(caller: RegionalViewer, request: Request, body: CauseBody) -> dict[str, Any]:
        """Every decision and payment that rested on something wrong, and the correction runs that mend it, ready to be sent."""
        radius = BlastRadius(office.log, office.payments, office.rules)
        async with reads.of(request, caller, READ_RADIUS, body.named()):
            found = await asyncio.to_thread(radius.of, _cause(body))
            return _told(found, watermark(office.log, INTAKE))


def _cause(body: CauseBody) -> Cause:
    if body.rule_version is not None:
        return WrongRules(body.rule_version)
    if body.household_ref is not None and body.source_version is not None:
        return WrongFact(body.household_ref, body.source_version)
    if body.key_prefix is not None:
        return WrongImport(body.key_prefix)
    assert body.document_ref is not None
    return WrongBankMessage(body.document_ref)


def _differences(office: Office, run_ref: str) -> tuple[str | None, list[Difference]]:
    prepared = _prepared(office.run(run_ref))
    if prepared is None:
        raise Problem(409, "not-prepared", "the run is still being prepared")
    before = _before(office, prepared)
    earlier = office.lines(before.manifest_hash) if before is not None else iter(())
    return before.run_ref if before else None, list(differences(earlier, office.lines(prepared.manifest_hash)))


def _prepared(run: Run) -> RunPrepared | None:
    return None if isinstance(run, Unprepared) else run.prepared if hasattr(run, "prepared") else run.run.prepared


def _before(office: Office, prepared: RunPrepared) -> RunPrepared | None:
    """The last run of the same scheme year that was released before this one was decided."""
    states = (office.run(ref) for ref in known_runs(office.log) if ref != prepared.run_ref)
    released = [state.run if isinstance(state, Closed) else state for state in states if isinstance(state, Released | Closed)]
    same = [r.prepared for r in released if (r.prepared.scheme, r.prepared.scheme_year) == (prepared.scheme, prepared.scheme_year)]
    deciding = [each for each in same if each.kind != "pay-again" and each.intake_position <= prepared.intake_position]
    return max(deciding, key=lambda each: (each.intake_position, each.decided_on, each.run_ref), default=None)


def _shown(row: Difference) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Difference.__slots__}


def _told(radius: Radius, intake_position: int) -> dict[str, Any]:
    """With `drafts`: what an officer sends, once the days were filled in, to have it decided again."""
    drafts = [
        {"path": f"/v1/runs/{run}/corrections", "body": {"households": some, "intake_position": intake_position}}
        for run, households in radius.to_correct.items()
        for some in portions(households, MOST_HOUSEHOLDS)
    ]
    return {
        "decisions": [_position(each) for each in radius.decisions],
        "payments": [_position(each) for each in radius.payments],
        "cents": {name: cents for name, cents in cents_by_standing([*radius.decisions]).items() if cents},
        "drafts": drafts,
    }


def _position(position: Position) -> dict[str, Any]:
    return {name: getattr(position, name) for name in Position.__slots__}
