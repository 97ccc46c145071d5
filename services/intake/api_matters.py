"""Routes about matters: reported and applied for, papers, terms, decisions, and where each stands."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Request, Response

from services.access.special import OF_SUBJECT
from services.contracts.matters import MatterEvent
from services.intake import matter_requests
from services.intake.matter import matter_stream
from services.intake.matter_bodies import (
    ExtensionBody,
    MatterApplicationBody,
    MatterDecisionBody,
    MergerBody,
    PapersBody,
    PapersRequestBody,
    ReportBody,
    StepBody,
)
from services.intake.matter_story import story
from services.intake.matter_work import MatterDesk
from services.intake.office import ClientReader, ClientRef, Lister, Office, Worker
from services.intake.open_matters import open_matters
from services.web.commands import IdempotencyKey, IfVersion, respond
from services.web.problem import Problem
from services.web.purposes import StatedPurpose, left_closed, require_purpose
from services.web.reads import Reads

READ_MATTER = "urn:backbone:processing-activity:read-matter"
LIST_MATTERS = "urn:backbone:processing-activity:list-matters"
MatterPath = Annotated[str, Path(pattern=r"^m-[0-9a-f]{16}$")]


def add_matters(app: FastAPI, office: Office, reads: Reads) -> None:
    """What happens to a matter, in the order in which it happens, and what is known of it."""
    matters = MatterDesk(office.desk, office.rules)
    _add_telling(app, office, matters)
    _add_papers(app, office, matters)
    _add_terms(app, office, matters)
    _add_ends(app, office, matters)
    _add_reading(app, office, reads)


def _add_telling(app: FastAPI, office: Office, matters: MatterDesk) -> None:
    @app.post("/v1/clients/{client}/reports", status_code=201)
    async def report_matter(caller: Worker, client: ClientRef, key: IdempotencyKey, body: ReportBody) -> Response:
        """Takes in a report; it joins the open matter about the same subject, of the client or a partner, if there is one."""
        return await respond(office.log, matter_requests.report(matters, office.asked(caller, key, body), client, body))

    @app.post("/v1/clients/{client}/applications", status_code=201)
    async def apply(caller: Worker, client: ClientRef, key: IdempotencyKey, body: MatterApplicationBody) -> Response:
        """Takes in an application, with or without a report before it; the term of decision begins."""
        return await respond(office.log, matter_requests.application(matters, office.asked(caller, key, body), client, body))


def _add_papers(app: FastAPI, office: Office, matters: MatterDesk) -> None:
    @app.post("/v1/matters/{matter}/paper-requests", status_code=201)
    async def ask_papers(
        caller: Worker, matter: MatterPath, key: IdempotencyKey, body: PapersRequestBody, if_version: IfVersion = None
    ) -> Response:
        """Asks for papers; the term of decision stands still until they are there or should have been."""
        asked = office.asked(caller, key, body, if_version)
        return await respond(office.log, matter_requests.papers_request(matters, asked, matter, body))

    @app.post("/v1/matters/{matter}/papers", status_code=201)
    async def receive_papers(
        caller: Worker, matter: MatterPath, key: IdempotencyKey, body: PapersBody, if_version: IfVersion = None
    ) -> Response:
        """Records papers that came in."""
        asked = office.asked(caller, key, body, if_version)
        return await respond(office.log, matter_requests.papers(matters, asked, matter, body))


def _add_terms(app: FastAPI, office: Office, matters: MatterDesk) -> None:
    @app.post("/v1/matters/{matter}/extensions", status_code=201)
    async def extend_term(
        caller: Worker, matter: MatterPath, key: IdempotencyKey, body: ExtensionBody, if_version: IfVersion = None
    ) -> Response:
        """Extends the term of decision, once."""
        asked = office.asked(caller, key, body, if_version)
        return await respond(office.log, matter_requests.extension(matters, asked, matter, body))

    @app.post("/v1/matters/{matter}/steps", status_code=201)
    async def complete_step(
        caller: Worker, matter: MatterPath, key: IdempotencyKey, body: StepBody, if_version: IfVersion = None
    ) -> Response:
        """Records that an investigation, first talk, plan or advance was done."""
        asked = office.asked(caller, key, body, if_version)
        return await respond(office.log, matter_requests.step(matters, asked, matter, body))


def _add_ends(app: FastAPI, office: Office, matters: MatterDesk) -> None:
    @app.post("/v1/matters/{matter}/decisions", status_code=201)
    async def decide_matter(
        caller: Worker, matter: MatterPath, key: IdempotencyKey, body: MatterDecisionBody, if_version: IfVersion = None
    ) -> Response:
        """Ends a matter: accepted, rejected, withdrawn, or not taken into handling."""
        asked = office.asked(caller, key, body, if_version)
        return await respond(office.log, matter_requests.decision(matters, asked, matter, body))

    @app.post("/v1/matters/{matter}/mergers", status_code=201)
    async def merge_matter(
        caller: Worker, matter: MatterPath, key: IdempotencyKey, body: MergerBody, if_version: IfVersion = None
    ) -> Response:
        """Lets a matter go on in another about the same."""
        asked = office.asked(caller, key, body, if_version)
        return await respond(office.log, matter_requests.merger(matters, asked, matter, body))


def _add_reading(app: FastAPI, office: Office, reads: Reads) -> None:
    @app.get("/v1/matters/{matter}")
    async def read_matter(caller: ClientReader, request: Request, matter: MatterPath, purpose: StatedPurpose = None) -> dict[str, Any]:
        """What is known of a matter, with what was said when it was told."""
        facts = [told.event for told in office.log.read(matter_stream(matter)) if isinstance(told.event, MatterEvent)]
        if not facts:
            raise Problem(404, "unknown-matter", "no such matter is known here")
        async with reads.of(request, caller, READ_MATTER, facts[0].client):
            office.let_in(request, caller, facts[0].client, facts[0].municipality)
            told = story(office.log, office.desk.vault, facts)
            require_purpose(request, caller, purpose, _domains(told["subject"]), office.now().date())
            return told

    @app.get("/v1/matters")
    async def list_matters(
        caller: Lister, request: Request, standing: Literal["near", "late"], purpose: StatedPurpose = None
    ) -> dict[str, Any]:
        """The open matters of the caller's municipalities with a term that is near or late, the first due decision first.

        Matters of care and youth are left out unless a purpose opens them; `left_out` names their domains.
        """
        mine = [each for each in open_matters(office.log) if each.municipality in caller.municipalities and getattr(each, standing)]
        left_out = left_closed(request, caller, purpose, (d for each in mine for d in _domains(each.subject)), office.now().date())
        mine = [each for each in mine if left_out.isdisjoint(_domains(each.subject))]
        mine.sort(key=lambda each: (each.due_on or date.max, each.matter_ref))
        async with reads.of_each(request, caller, LIST_MATTERS, (each.client for each in mine)):
            return {"matters": [each.model_dump(mode="json") for each in mine], "left_out": sorted(left_out)}


def _domains(subject: str) -> tuple[str, ...]:
    """The special domain of a matter, if it has one."""
    domain = OF_SUBJECT.get(subject)
    return () if domain is None else (domain,)
