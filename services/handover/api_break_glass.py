"""Breaking the glass over HTTP: let in in an emergency, ended early, listed for those who answer for the client, and judged by another."""

from typing import Annotated, Any

from fastapi import FastAPI, Path, Request
from fastapi.responses import JSONResponse

from services.access.break_glass import OPENERS
from services.access.caller import Caller, allow
from services.contracts.break_glass import BreakGlassOpened, BreakGlassReviewed, Verdict
from services.contracts.envelope import Envelope, Event
from services.handover.break_glass import BreakGlass, ReviewOpening, WithdrawAccess, glass_stream
from services.handover.due_times import local_day
from services.handover.glass_work import breaking, ending, listed, opener_of
from services.handover.office import DIRECTORS, WORKERS, Client, Code, Director, Office, Reason, Text
from services.handover.work import Asked, Note
from services.vault.texts import text_of
from services.web.body import Body
from services.web.callers import requires
from services.web.commands import IdempotencyKey, respond

LIST_OPENINGS = "urn:backbone:processing-activity:list-openings"
READ_OPENINGS = "urn:backbone:processing-activity:read-openings"

Opener = Annotated[Caller, requires(*OPENERS, scope="emergency")]
Ender = Annotated[Caller, requires(*WORKERS, glass=True)]
Overseer = Annotated[Caller, requires(*DIRECTORS, "auditor", scope="own")]
Examiner = Annotated[Caller, requires(*DIRECTORS, "auditor")]
OpeningNumber = Annotated[int, Path(ge=1, le=1_000_000)]


class EmergencyBody(Body):
    """The emergency, by its code, and what is going on, for the vault and for who judges it."""

    reason: Code
    note: Text


class EndBody(Body):
    """Nothing has to be said to end an opening."""


class ReviewBody(Body):
    """Whether the glass was broken rightly, the code of the reason, and what else is to be known of it."""

    verdict: Verdict
    reason: Reason
    note: Text | None = None


def add_break_glass(app: FastAPI, office: Office) -> None:
    """The routes of openings."""
    _add_opening(app, office)
    _add_review(app, office)
    _add_reading(app, office)


def _add_opening(app: FastAPI, office: Office) -> None:
    @app.post("/v1/clients/{client}/break-glass", status_code=201)
    async def break_glass(client: Client, body: EmergencyBody, key: IdempotencyKey, caller: Opener) -> JSONResponse:
        """Be let in to one client whom the caller may not see, for a short time; it is told to those who answer for the client."""
        office.anybodys_baton(client)
        asked, note = office.asked(caller, key, body), Note(office.vault, office.new_ref("t-"), body.note)
        work = breaking(client, lambda baton: _emergency(office, (client, baton.municipality), body, (caller, asked), note), asked, note)
        return await respond(office.log, work)

    @app.post("/v1/clients/{client}/break-glass/{opening}/withdrawals", status_code=201)
    async def withdraw(client: Client, opening: OpeningNumber, body: EndBody, key: IdempotencyKey, caller: Ender) -> JSONResponse:
        """End an opening before its time; who opened it, or a director of the client's municipality."""
        baton = office.anybodys_baton(client)
        if opener_of(office.log, client, opening) != caller.actor:
            allow(caller, WORKERS, baton.municipality)
        directs = caller.works_for(baton.municipality) and not caller.roles.isdisjoint(DIRECTORS)
        return await respond(office.log, ending(WithdrawAccess(client, opening, caller.actor, directs), office.asked(caller, key, body)))


def _emergency(office: Office, of: tuple[str, str], body: EmergencyBody, by: tuple[Caller, Asked], note: Note) -> BreakGlass:
    caller, asked = by
    works_for, at = tuple(sorted(caller.municipalities)), asked.origin.at
    return BreakGlass(*of, body.reason, caller.actor, works_for, at, local_day(at), office.rules, note.text_ref)


def _add_review(app: FastAPI, office: Office) -> None:
    @app.post("/v1/clients/{client}/break-glass/{opening}/reviews", status_code=201)
    async def review(client: Client, opening: OpeningNumber, body: ReviewBody, key: IdempotencyKey, caller: Director) -> JSONResponse:
        """Judge an opening that is over; never one's own."""
        office.baton(client, caller, DIRECTORS)
        note = office.note(body.note)
        judged = ReviewOpening(client, opening, body.verdict, body.reason, caller.actor, None if note is None else note.text_ref)
        return await respond(office.log, ending(judged, office.asked(caller, key, body), note))


def _add_reading(app: FastAPI, office: Office) -> None:
    @app.get("/v1/break-glass")
    async def list_openings(request: Request, caller: Overseer) -> dict[str, Any]:
        """Openings that run or wait for a judgement, of clients of the caller's municipalities; the first due first."""
        mine = [each for each in listed(office.log) if each.municipality in caller.municipalities]
        mine.sort(key=lambda each: (each.review_due_at, each.client, each.opening))
        async with office.reads.of_each(request, caller, LIST_OPENINGS, (each.client for each in mine)):
            return {"openings": [each.model_dump(mode="json") for each in mine]}

    @app.get("/v1/clients/{client}/break-glass")
    async def read_openings(client: Client, request: Request, caller: Examiner) -> dict[str, Any]:
        """Every opening of a client, with what was going on, how it ended and what was made of it."""
        async with office.reads.of(request, caller, READ_OPENINGS, client):
            office.baton(client, caller, (*DIRECTORS, "auditor"))
            told = office.log.read(glass_stream(client))
            return {"client": client, "facts": [_shown(office, each) for each in told]}


def _shown(office: Office, told: Envelope[Event]) -> dict[str, Any]:
    fact = told.event
    note = text_of(office.vault, office.log, fact.text_ref) if isinstance(fact, BreakGlassOpened | BreakGlassReviewed) else None
    about = {"what": fact.TYPE.split(".")[3], "at": told.recorded_at.isoformat(), "note": note}
    return {**about, **fact.model_dump(mode="json", exclude={"client", "text_ref"})}
