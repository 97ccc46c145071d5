"""Routes that explain: what a run does otherwise than the one before, and what rested on something that was wrong."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request

from services.benefits.api_run import RunRef
from services.benefits.api_run_reading import MOST_LINES, subject
from services.benefits.blast_radius import BlastRadius, Cause, Radius, WrongBankMessage, WrongFact, WrongGround, WrongImport, WrongRules
from services.benefits.bodies import MOST_HOUSEHOLDS, CauseBody
from services.benefits.compared import Comparison, compared
from services.benefits.difference import Change, Difference, control_totals, totals
from services.benefits.monthly.correction import Correction
from services.benefits.monthly.month_radius import Mending, mending
from services.benefits.office import VIEWERS, Office, RegionalViewer, Viewer
from services.benefits.payments import Position, cents_by_standing
from services.benefits.portions import portions
from services.benefits.run_state import prepared_of
from services.contracts.monthly_money import EntitlementDecided
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
        """Who is new, gone, higher or lower than in the last released run of the scheme year, or in the month before, and why.

        With totals per municipality: of each change, and of everything before and now (`control`).
        """
        office.asked_for(run_ref, caller, VIEWERS)
        async with reads.of_each(request, caller, READ_DIFFERENCE, what=run_ref) as reading:
            found = await asyncio.to_thread(_compared, office, run_ref)
            wanted = [row for row in found.rows if change in (None, row.change)]
            page = [_shown(row) for row in wanted[after : after + limit]]
            reading.about(subject(row) for row in page)
            following = after + len(page)
            return {**_sums(found), "rows": page, "next": following if following < len(wanted) else None}

    @app.post("/v1/blast-radius")
    async def show_blast_radius(caller: RegionalViewer, request: Request, body: CauseBody) -> dict[str, Any]:
        """Every decision and payment that rested on something wrong, and the correction runs that mend it, ready to be sent."""
        radius = BlastRadius(office.log, office.payments, office.rules)
        async with reads.of_each(request, caller, READ_RADIUS, what=body.named()) as reading:
            found = await asyncio.to_thread(radius.of, _cause(body))
            reading.about(each.client for each in (*found.decisions, *found.payments))
            mended = await asyncio.to_thread(mending, office.log, office.norms, found.months, body.ground or "")
            return _told(found, mended, watermark(office.log, INTAKE))


def _cause(body: CauseBody) -> Cause:
    if body.rule_version is not None:
        return WrongRules(body.rule_version)
    if body.household_ref is not None and body.source_version is not None:
        return WrongFact(body.household_ref, body.source_version)
    if body.key_prefix is not None:
        return WrongImport(body.key_prefix)
    if body.document_ref is not None:
        return WrongBankMessage(body.document_ref)
    assert body.ground is not None
    return WrongGround(body.ground)


def _compared(office: Office, run_ref: str) -> Comparison:
    prepared = prepared_of(office.run(run_ref))
    if prepared is None:
        raise Problem(409, "not-prepared", "the run is not prepared")
    return compared(office, prepared)


def _sums(found: Comparison) -> dict[str, Any]:
    last = found.before[-1] if found.before else None
    return {"before": last, "before_runs": found.before, "totals": totals(found.rows), "control": control_totals(found.rows)}


def _shown(row: Difference) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Difference.__slots__}


def _told(radius: Radius, mended: Mending, intake_position: int) -> dict[str, Any]:
    """With `drafts`: what an officer sends, once the days were filled in, to have it decided again."""
    drafts = [
        {"path": f"/v1/runs/{run}/corrections", "body": {"households": some, "intake_position": intake_position}}
        for run, households in radius.to_correct.items()
        for some in portions(households, MOST_HOUSEHOLDS)
    ]
    return {
        "decisions": [_position(each) for each in radius.decisions],
        "payments": [_position(each) for each in radius.payments],
        "months": [_month(each) for each in radius.months],
        "rights": [_position(each) for each in radius.monthly_rights],
        "claims": [each.opened.model_dump(mode="json") | {"open_cents": each.open_cents} for each in mended.claims],
        "cents": {name: cents for name, cents in cents_by_standing([*radius.decisions, *radius.monthly_rights]).items() if cents},
        "corrections": [_correction(client, each) for (client, _), found in mended.drafts.items() for each in found],
        "drafts": [*drafts, *mended.requests],
    }


def _month(fact: EntitlementDecided) -> dict[str, Any]:
    told = fact.model_dump(mode="json", include={"client", "municipality", "run_ref", "month", "sequence", "rule_version", "decided_on"})
    return {**told, "kind": fact.TYPE.split(".")[3], "cents": sum(part.cents for part in fact.parts)}


def _correction(client: str, draft: Correction) -> dict[str, Any]:
    """What the next run does about a month: `back-payment`, `claim`, or nothing before its problem is solved."""
    kind = "none" if draft.problem else "back-payment" if draft.cents > 0 else "claim"
    return {"client": client, "kind": kind, **asdict(draft), "cents": draft.cents}


def _position(position: Position) -> dict[str, Any]:
    return {name: getattr(position, name) for name in Position.__slots__}
