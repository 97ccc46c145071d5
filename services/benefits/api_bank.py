"""Routes to the bank: its answers come in as they are, and what could not be placed is shown."""

import asyncio
from hashlib import sha256
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse

from services.benefits.bank_answers import UnreadableAnswer
from services.benefits.bank_document import STREAMS
from services.benefits.bank_reading import read
from services.benefits.jobs import BANK_DOCUMENTS, take_in
from services.benefits.office import XML, Office, RegionalOfficer, RegionalViewer
from services.contracts.bank import BankAnswerRead, BankLineUnmatched
from services.eventlog.log import LogUnavailable
from services.web.problem import Problem, unavailable
from services.web.reads import Reads

READ_ANSWER = "urn:backbone:processing-activity:read-bank-answer"
BANK_ANSWERS = "/v1/bank-answers"
ACCEPTED = 202
DocumentRef = Annotated[str, InPath(pattern=r"^[0-9a-f]{64}$")]


def add_bank(app: FastAPI, office: Office, reads: Reads) -> None:
    """Status reports (pain.002) and statements (camt.053, camt.054)."""

    @app.post(BANK_ANSWERS, status_code=ACCEPTED, openapi_extra={"requestBody": {"required": True, "content": XML}})
    async def receive_bank_answer(_caller: RegionalOfficer, request: Request) -> Response:
        """Takes in a message of the bank as XML; known by its content, so the same one again changes nothing."""
        body = await request.body()
        document_ref = sha256(body).hexdigest()
        new = await asyncio.to_thread(_take_in, office, document_ref, body)
        office.jobs.wake()
        return JSONResponse({"outcome": "accepted" if new else "unchanged", "document_ref": document_ref}, ACCEPTED)

    @app.get("/v1/bank-answers/{document_ref}")
    async def show_bank_answer(caller: RegionalViewer, request: Request, document_ref: DocumentRef) -> dict[str, Any]:
        """How far a message was read, what it came to, and its lines that fit no payment."""
        async with reads.of_each(request, caller, READ_ANSWER, what=document_ref):
            return await asyncio.to_thread(_shown, office, document_ref)


def _take_in(office: Office, document_ref: str, body: bytes) -> bool:
    """Refuses at once what cannot be read; raises `Problem` 400, and 503 where it cannot be kept."""
    try:
        read(body)
        return office.log.submit(take_in(office.inbox, document_ref, body)).result(30.0)
    except UnreadableAnswer as unreadable:
        raise Problem(400, "unreadable-bank-answer", unreadable.reason) from None
    except (OSError, LogUnavailable, TimeoutError):
        raise unavailable("the message could not be kept; send it again later") from None


def _shown(office: Office, document_ref: str) -> dict[str, Any]:
    state = office.log.kept(BANK_DOCUMENTS, document_ref)
    if state is None:
        raise Problem(404, "unknown-bank-answer", "no such message of the bank is known here")
    facts = [envelope.event for envelope in office.log.read(STREAMS + document_ref)]
    read_to_end = next((fact for fact in facts if isinstance(fact, BankAnswerRead)), None)
    return {
        "document_ref": document_ref,
        "state": state.decode().partition(" ")[0],
        "read": None if read_to_end is None else read_to_end.model_dump(mode="json", exclude={"document_ref"}),
        "unmatched": [fact.model_dump(mode="json", exclude={"document_ref"}) for fact in facts if isinstance(fact, BankLineUnmatched)],
    }
