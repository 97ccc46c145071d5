"""Routes about clients: their applications, their acceptance into care, and finding one by BSN."""

import asyncio

from fastapi import FastAPI, Request, Response

from services.access.caller import allow
from services.eventlog.handle import Work
from services.intake import applications
from services.intake.applications import Found
from services.intake.bodies import AcceptanceBody, ApplicationBody, IdentityBody, SearchBody
from services.intake.client import Client, Command
from services.intake.desk import household_of, person_of
from services.intake.household import Unknown, household, stream_of
from services.intake.identification import identification
from services.intake.lines import ApplicationLine
from services.intake.nameless import without_name
from services.intake.office import FINDERS, ClientRef, Finder, Lister, Office, Worker
from services.web.bulk import bulk
from services.web.commands import IdempotencyKey, IfVersion, respond
from services.web.problem import Problem
from services.web.reads import Reads

SEARCH = "urn:backbone:processing-activity:find-person"


def add_applications(app: FastAPI, office: Office) -> None:
    """How clients come in."""

    @app.post("/v1/applications", status_code=201)
    async def receive_application(caller: Worker, key: IdempotencyKey, body: ApplicationBody) -> Response:
        """Records an application; who is not in care yet comes into care by the standard route."""
        return await respond(office.log, applications.application(office.desk, office.asked(caller, key, body), body))

    @app.post("/v1/applications/_bulk")
    async def receive_applications(caller: Worker, request: Request) -> Response:
        """Records applications from NDJSON, by BSN, answered line by line."""

        def work_of(line: ApplicationLine, _number: int) -> Work[Command, Client]:
            return applications.application_line(office.desk, office.asked(caller, f"applications/_bulk:{line.id}", line), line)

        return await bulk(request, office.log, ApplicationLine, work_of)

    @app.post("/v1/clients/{client}/acceptances", status_code=201)
    async def accept_intake(
        caller: Worker, client: ClientRef, key: IdempotencyKey, body: AcceptanceBody, if_version: IfVersion = None
    ) -> Response:
        """Takes a client into care."""
        return await respond(office.log, applications.acceptance(office.asked(caller, key, body, if_version), client, body))


def add_identities(app: FastAPI, office: Office) -> None:
    """After a restore: who came back without a name, and who they are."""

    @app.get("/v1/clients/_without_name")
    async def list_without_name(caller: Lister) -> list[dict[str, str]]:
        """Clients of the caller's municipalities who lost their name with a disk."""
        found = await asyncio.to_thread(_without_name, office)
        return [
            {"client": each.client, "household_ref": each.household_ref} for each in found if each.municipality in caller.municipalities
        ]

    @app.post("/v1/clients/{client}/identities")
    async def identify_client(caller: Worker, client: ClientRef, key: IdempotencyKey, body: IdentityBody) -> Response:
        """Says again who such a client is; to send the household again as it was registered does the same for all of it."""
        return await respond(office.log, identification(office.desk, office.asked(caller, key, body), client, body))


def _without_name(office: Office) -> list[Found]:
    found = []
    for client, household_ref in without_name(office.log):
        state = household.fold(envelope.event for envelope in office.log.read(stream_of(household_ref)))
        assert not isinstance(state, Unknown)
        found.append(Found(client, household_ref, state.facts.municipality))
    return found


def add_search(app: FastAPI, office: Office, reads: Reads) -> None:
    """How a person is found; by POST, so that no BSN stands in an address (design.md D8)."""

    @app.post("/v1/persons/_search")
    async def find_person(caller: Finder, request: Request, body: SearchBody) -> dict[str, str]:
        """Gives the references of the person with this BSN; each search is a line in the processing log, found or not."""
        found = _find(office, body.bsn)
        async with reads.of(request, caller, SEARCH, None if found is None else found.client):
            if found is None:
                raise Problem(404, "unknown-person", "nobody with this citizen service number is known here")
            allow(caller, FINDERS, found.municipality)
        return {"client": found.client, "household_ref": found.household_ref}


def _find(office: Office, bsn: str) -> Found | None:
    """By the index alone; what the vault holds stays there."""
    person = person_of(office.log, office.desk.hashes, bsn)
    household_ref = None if person is None else household_of(office.log, person)
    if person is None or household_ref is None:
        return None
    state = household.fold(envelope.event for envelope in office.log.read(stream_of(household_ref)))
    assert not isinstance(state, Unknown)
    return Found(person, household_ref, state.facts.municipality)
