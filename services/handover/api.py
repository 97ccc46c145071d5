"""Handover over HTTP: teams and their staff, who holds a client, offers of the baton, and contacts."""

from datetime import date

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from services.access.gate import Gate
from services.handover.api_break_glass import add_break_glass
from services.handover.api_contacts import add_contacts
from services.handover.api_offers import add_offers
from services.handover.api_staff import add_staff
from services.handover.api_teams import add_teams
from services.handover.baton import Baton
from services.handover.commands import AssignContactPerson
from services.handover.due_times import local_day
from services.handover.office import DIRECTORS, READERS, Client, ClientReader, Director, Office, Reason, StaffRef, Text
from services.handover.state import baton_stream
from services.handover.work import assigning
from services.web.app import new_app
from services.web.body import Body
from services.web.commands import IdempotencyKey, IfVersion, respond
from services.web.exporting import Archive, add_export

DESCRIPTION = "Teams and their staff, who holds the baton and is the contact person of each client, and contacts with clients."
READ_BATON = "urn:backbone:processing-activity:read-baton"


class ContactPersonBody(Body):
    """Who becomes the contact person, from when, the code of the reason, and what else is to be known of it."""

    contact_person: StaffRef
    on: date
    reason: Reason
    note: Text | None = None


def make_app(office: Office, gate: Gate, body_limit_bytes: int) -> FastAPI:
    """The app of handover."""
    app = new_app("handover", DESCRIPTION, gate, body_limit_bytes)
    add_teams(app, office)
    add_staff(app, office)
    _add_holders(app, office)
    add_offers(app, office)
    add_contacts(app, office)
    add_break_glass(app, office)
    add_export(app, Archive(office.log, office.vault, office.reads, office.now))
    return app


def _add_holders(app: FastAPI, office: Office) -> None:
    @app.post("/v1/clients/{client}/contact-persons", status_code=201)
    async def assign(
        client: Client, body: ContactPersonBody, key: IdempotencyKey, caller: Director, expected: IfVersion = None
    ) -> JSONResponse:
        """Give a client another contact person of the holding team."""
        baton, _ = office.baton(client, caller, DIRECTORS)
        asked, note = office.asked(caller, key, body, expected), office.note(body.note)
        command = AssignContactPerson(
            client,
            baton.team_ref,
            body.contact_person,
            body.on,
            local_day(asked.origin.at),
            body.reason,
            None if note is None else note.text_ref,
        )
        return await respond(office.log, assigning(command, asked, note))

    @app.get("/v1/clients/{client}/baton")
    async def baton(client: Client, request: Request, caller: ClientReader) -> JSONResponse:
        """Who holds a client, who is the contact person, at which level the case is, and which offer stands."""
        async with office.reads.of(request, caller, READ_BATON, client):
            held, version = office.baton_read(request, client, caller, READERS)
            return JSONResponse(_view(client, held, version))


def _view(client: str, baton: Baton, version: int) -> dict[str, object]:
    offer = baton.offer
    return {
        "client": client,
        "municipality": baton.municipality,
        "organisation": baton.organisation,
        "team_ref": baton.team_ref,
        "contact_person": baton.contact_person,
        "since": baton.on.isoformat(),
        "level": baton.level,
        "offer": None if offer is None else {"offer": offer.number, "to_team_ref": offer.to_team_ref, "due_at": offer.due_at.isoformat()},
        "stream": baton_stream(client),
        "version": version,
    }
