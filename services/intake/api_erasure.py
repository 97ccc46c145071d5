"""Routes about erasing a client: asking for it, and where it stands in each service."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response

from services.access.caller import Caller, Role, allow
from services.contracts.erasure import Asked as Ground
from services.contracts.erasure import Hindrance
from services.eventlog.log import EventLog
from services.intake.desk import Absent, Asked, household_of
from services.intake.erasing import Eraser, answers, done
from services.intake.erasure import ERASE, OTHERS, CalledOff, Erased, Erasure, NeverAsked, UnderWay, sentence, stream_of
from services.intake.household import Unknown, household
from services.intake.household import stream_of as household_stream
from services.intake.office import ClientRef, Office
from services.web.body import Body
from services.web.callers import requires
from services.web.commands import IdempotencyKey, IfVersion, body_hash, origin, respond
from services.web.reads import Reads
from services.web.trail import on_record

READ_ERASURE = "urn:backbone:processing-activity:read-erasure"
ERASERS: tuple[Role, ...] = ("manager", "operator")
LOOKERS: tuple[Role, ...] = (*ERASERS, "auditor")
Asker = Annotated[Caller, requires(*ERASERS)]
Looker = Annotated[Caller, requires(*LOOKERS)]
BACKUPS = timedelta(days=30)
"""As long backups live (services/recovery/backup.py), and with them copies of the key."""


class ErasureBody(Body):
    """Why the client is to be erased."""

    ground: Ground


def add_erasures(app: FastAPI, office: Office, eraser: Eraser, reads: Reads) -> None:
    """How a client is erased, and how that is followed."""

    @app.post("/v1/clients/{client}/erasures", status_code=201)
    async def request_erasure(
        caller: Asker,
        client: ClientRef,
        request: Request,
        key: IdempotencyKey,
        body: ErasureBody,
        if_version: IfVersion = None,
    ) -> Response:
        """Asks to erase a client; refused while intake needs them, called off where another service does."""
        on_record(request)
        asked = Asked(
            origin(caller, key, office.now), body_hash(body), lambda municipality: allow(caller, ERASERS, municipality), if_version
        )
        return await respond(office.log, eraser.requested(asked, client, body.ground))

    @app.get("/v1/clients/{client}/erasure")
    async def read_erasure(caller: Looker, client: ClientRef, request: Request) -> dict[str, Any]:
        """Where the erasure of a client stands: which service did what, and what keeps the client."""
        async with reads.of(request, caller, READ_ERASURE, client):
            state = ERASE.fold(envelope.event for envelope in office.log.read(stream_of(client)))
            allow(caller, LOOKERS, _municipality(office.log, client) if isinstance(state, NeverAsked) else state.asked.municipality)
            return shown(office.log, client, state)


def _municipality(log: EventLog, client: str) -> str:
    """Where a client lives; raises `Absent`."""
    ref = household_of(log, client)
    home = Unknown() if ref is None else household.fold(envelope.event for envelope in log.read(household_stream(ref)))
    if isinstance(home, Unknown):
        raise Absent("client")
    return home.facts.municipality


def shown(log: EventLog, client: str, state: Erasure) -> dict[str, Any]:
    """An erasure as whoever follows it gets to see it."""
    if isinstance(state, NeverAsked):
        return {"client": client, "state": "never-asked"}
    answered = answers(log.kept, client, state.number)
    gone = done(log.kept, client, state.number)
    told: dict[str, Any] = {
        "client": client,
        "erasure": state.number,
        "state": _name(state),
        "ground": state.asked.ground,
        "requested_on": state.asked.requested_on.isoformat(),
        "services": {service: _stands(service, answered, gone) for service in sorted(OTHERS)},
    }
    if isinstance(state, CalledOff):
        told["hindrances"] = [sentence(each) for each in state.fact.hindrances]
    if isinstance(state, Erased):
        erased_on = state.fact.erased_on
        told |= {"erased_on": erased_on.isoformat(), "gone_from_backups_on": (erased_on + BACKUPS).isoformat()}
    return told


def _name(state: Erasure) -> str:
    match state:
        case Erased():
            return "erased"
        case CalledOff():
            return "called-off"
        case UnderWay(ordered=True):
            return "ordered"
        case _:
            return "asked"


def _stands(service: str, answered: dict[str, tuple[Hindrance, ...]], gone: frozenset[str]) -> dict[str, Any]:
    if service in gone:
        return {"state": "erased"}
    if service not in answered:
        return {"state": "has not answered"}
    hindrances = [sentence(each) for each in answered[service]]
    return {"state": "needs the client", "hindrances": hindrances} if hindrances else {"state": "cleared"}
