"""Contacts over HTTP: what was spoken about over which channel, and requests to be called back with their term."""

from collections.abc import Callable
from datetime import datetime
from itertools import chain
from typing import Annotated

from fastapi import FastAPI, Path, Request
from fastapi.responses import JSONResponse

from services.contracts.handover_contacts import ContactChannel, ContactRecorded, Moment
from services.handover.baton import Baton
from services.handover.contact_work import OpenCallBack, of_client, open_call_backs
from services.handover.contacts import AnswerCallBack, Direction, Outcome, RecordContact, RequestCallBack, contacts_stream
from services.handover.domain import HANDOVER
from services.handover.due_times import local_day
from services.handover.office import READERS, WORKERS, Client, ClientReader, Office, Reader, Reason, TeamRef, Text, Worker
from services.handover.state import baton_stream
from services.vault.texts import text_of
from services.web.body import Body
from services.web.commands import IdempotencyKey, respond
from services.web.purposes import StatedPurpose, left_closed, require_purpose

READ_CONTACTS = "urn:backbone:processing-activity:read-contacts"
LIST_CALL_BACKS = "urn:backbone:processing-activity:list-call-backs"

CallBackRef = Annotated[str, Path(pattern=r"^cb-[a-z0-9-]{1,62}$")]


class ContactBody(Body):
    """A contact that has been: when (UTC), over which channel, from whom, about what, and what was said."""

    at: Moment
    channel: ContactChannel
    direction: Direction
    subject: Reason
    note: Text | None = None


class CallBackBody(Body):
    """About what a client asks to be called back, over which channel they asked, and their question; the policy gives the term."""

    channel: ContactChannel
    subject: Reason
    note: Text | None = None


class AnswerBody(Body):
    """How a request was settled."""

    outcome: Outcome


def add_contacts(app: FastAPI, office: Office) -> None:
    """The routes of contacts and requests to be called back."""
    _add_recording(app, office)
    _add_call_backs(app, office)


def _add_recording(app: FastAPI, office: Office) -> None:
    @app.post("/v1/clients/{client}/contacts", status_code=201)
    async def record(client: Client, body: ContactBody, key: IdempotencyKey, caller: Worker) -> JSONResponse:
        """Record a contact of the caller with a client, over any channel."""
        baton, _ = office.baton(client, caller, WORKERS)
        asked, note = office.asked(caller, key, body), office.note(body.note)
        command = RecordContact(
            client=client,
            municipality=baton.municipality,
            contact_ref=office.new_ref("contact-"),
            channel=body.channel,
            direction=body.direction,
            subject=body.subject,
            staff_ref=caller.actor,
            at=body.at,
            now=asked.origin.at,
            text_ref=None if note is None else note.text_ref,
        )
        return await respond(office.log, of_client(client, lambda _baton: command, asked, note))

    @app.get("/v1/clients/{client}/contacts")
    async def read_contacts(client: Client, request: Request, caller: ClientReader, purpose: StatedPurpose = None) -> JSONResponse:
        """Every contact with a client, with what was said; for a purpose where a team for care or youth holds the client or did."""
        async with office.reads.of(request, caller, READ_CONTACTS, client):
            office.baton_read(request, client, caller, READERS)
            require_purpose(request, caller, purpose, office.held_domains(client), local_day(office.now()))
            facts = [told.event for told in office.log.read(contacts_stream(client))]
            contacts = [fact for fact in facts if isinstance(fact, ContactRecorded)]
            told = [{**fact.model_dump(mode="json"), "note": text_of(office.vault, office.log, fact.text_ref)} for fact in contacts]
            return JSONResponse({"client": client, "contacts": told})


def _add_call_backs(app: FastAPI, office: Office) -> None:
    @app.post("/v1/clients/{client}/call-backs", status_code=201)
    async def ask_back(client: Client, body: CallBackBody, key: IdempotencyKey, caller: Worker) -> JSONResponse:
        """Promise a client that the team which holds them will call back within the term of the policy."""
        held, _ = office.baton(client, caller, WORKERS)
        asked, note = office.asked(caller, key, body), office.note(body.note)
        asking = _asking(office, client, held.municipality, body, asked.origin.at, None if note is None else note.text_ref)
        return await respond(office.log, of_client(client, asking, asked, note))

    @app.post("/v1/clients/{client}/call-backs/{ref}/answers", status_code=201)
    async def answer(client: Client, ref: CallBackRef, body: AnswerBody, key: IdempotencyKey, caller: Worker) -> JSONResponse:
        """Settle a request."""
        office.baton(client, caller, WORKERS)
        command = AnswerCallBack(client, ref, body.outcome, caller.actor)
        return await respond(office.log, of_client(client, lambda _baton: command, office.asked(caller, key, body)))

    @app.get("/v1/teams/{ref}/call-backs")
    async def call_backs_of_team(ref: TeamRef, request: Request, caller: Reader, purpose: StatedPurpose = None) -> JSONResponse:
        """Requests that are not settled of the clients whom the team holds now, the first due first.

        Those of a team for care or youth are left out unless a purpose opens them: who is a client of it is told by the list.
        Of a client whom such a team held before, the subject is left out.
        """
        team, _ = office.team(ref, caller, READERS)
        asked = [each for each in open_call_backs(office.log) if each.municipality == team.municipality]
        mine = sorted((each for each in asked if _holder(office, each.client) == ref), key=lambda each: each.due_at)
        held = {each.client: frozenset(office.held_domains(each.client)) for each in mine}
        own = office.domains(ref)
        left_out = left_closed(request, caller, purpose, chain(own, *held.values()), local_day(office.now()))
        mine = mine if left_out.isdisjoint(own) else []
        shown = [_shown(each, is_quiet=not left_out.isdisjoint(held[each.client])) for each in mine]
        async with office.reads.of_each(request, caller, LIST_CALL_BACKS, (each.client for each in mine)):
            return JSONResponse({"team_ref": ref, "call_backs": shown, "left_out": sorted(left_out)})


def _shown(asked: OpenCallBack, *, is_quiet: bool) -> dict[str, object]:
    return asked.model_dump(mode="json", exclude={"subject"} if is_quiet else None)


def _asking(
    office: Office, client: str, municipality: str, body: CallBackBody, at: datetime, text_ref: str | None
) -> Callable[[Baton], RequestCallBack]:
    """The request, to whichever team holds the client when it is recorded."""
    ref = office.new_ref("cb-")

    def command(baton: Baton) -> RequestCallBack:
        return RequestCallBack(
            client=client,
            municipality=municipality,
            call_back_ref=ref,
            team_ref=baton.team_ref,
            channel=body.channel,
            subject=body.subject,
            at=at,
            today=local_day(at),
            rules=office.rules,
            text_ref=text_ref,
        )

    return command


def _holder(office: Office, client: str) -> str:
    state = HANDOVER.fold(envelope.event for envelope in office.log.read(baton_stream(client)))
    return state.batons()[client].team_ref
