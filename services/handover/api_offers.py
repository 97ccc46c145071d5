"""The baton over HTTP: offered, accepted, declined, withdrawn, completed; and the level at which a case is directed."""

from itertools import chain
from typing import Annotated

from fastapi import FastAPI, Path, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from services.contracts.envelope import Envelope, Event
from services.contracts.handover import BatonOffered, Kept
from services.eventlog.handle import Recorded
from services.handover.commands import AcceptBaton, CompleteHandover, DeclineBaton, Escalate, OfferBaton, WithdrawOffer
from services.handover.due_times import local_day
from services.handover.offers import of_team
from services.handover.office import (
    READERS,
    WORKERS,
    Client,
    ClientReader,
    Code,
    Office,
    Reader,
    Reason,
    StaffRef,
    TeamName,
    TeamRef,
    Text,
    Worker,
)
from services.handover.state import baton_stream
from services.handover.work import Note, of_baton
from services.vault.texts import text_of
from services.web.body import Body
from services.web.commands import IdempotencyKey, IfVersion, respond
from services.web.problem import Problem
from services.web.purposes import StatedPurpose, left_closed, require_purpose

READ_OFFER = "urn:backbone:processing-activity:read-offer"
LIST_OFFERS = "urn:backbone:processing-activity:list-offers"
SIDES = ("from_team_ref", "to_team_ref")

OfferNumber = Annotated[int, Path(ge=1, le=1_000_000)]


class OfferBody(Body):
    """To whom the baton is offered, what for, on which ground, and what the receiver gets to see; the policy gives the due time."""

    to_team_ref: TeamName
    purpose: Code
    legal_basis: Code
    shares: Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)]
    urgent: bool = False
    keeps_quality: Kept = "receiver"
    keeps_coherence: Kept = "receiver"
    keeps_contact: Kept = "receiver"
    consent_ref: Annotated[str, Field(pattern=r"^c-[a-z0-9-]{1,62}$")] | None = None
    note: Text | None = None


class AcceptanceBody(Body):
    """Who of the receiving team becomes the contact person."""

    contact_person: StaffRef


class ReasonBody(Body):
    """The code of a reason, and what else is to be known of it."""

    reason: Reason
    note: Text | None = None


class ResultBody(Body):
    """The code of a result, and what else is to be known of it."""

    result: Reason
    note: Text | None = None


class LevelBody(Body):
    """To which level a case goes, and on which ground of the policy."""

    level: Annotated[int, Field(ge=1, le=4)]
    reason: Code


def add_offers(app: FastAPI, office: Office) -> None:
    """The routes of offers and levels."""
    _add_offering(app, office)
    _add_answers(app, office)
    _add_ends(app, office)
    _add_reading(app, office)


def _ref(note: Note | None) -> str | None:
    return None if note is None else note.text_ref


def _add_offering(app: FastAPI, office: Office) -> None:
    @app.post("/v1/clients/{client}/offers", status_code=201)
    async def offer(client: Client, body: OfferBody, key: IdempotencyKey, caller: Worker, expected: IfVersion = None) -> JSONResponse:
        """Offer the baton to another team; the sender stays responsible until it is accepted."""
        office.baton(client, caller, WORKERS)
        asked, note = office.asked(caller, key, body, expected), office.note(body.note)
        acting, told = office.acting(caller, asked), body.model_dump(exclude={"note"})
        work = of_baton(
            client,
            lambda baton: OfferBaton(client, baton.team_ref, acting=acting, rules=office.rules, text_ref=_ref(note), **told),
            asked,
            note,
        )
        return await respond(office.log, work)

    @app.post("/v1/clients/{client}/levels", status_code=201)
    async def escalate(client: Client, body: LevelBody, key: IdempotencyKey, caller: Worker, expected: IfVersion = None) -> JSONResponse:
        """Direct a case at a higher or lower level (AVE)."""
        office.baton(client, caller, WORKERS)
        asked = office.asked(caller, key, body, expected)
        command = Escalate(client, body.level, body.reason, office.acting(caller, asked), office.rules)
        return await respond(office.log, of_baton(client, lambda _baton: command, asked))


def _add_answers(app: FastAPI, office: Office) -> None:
    @app.post("/v1/clients/{client}/offers/{offer}/acceptances", status_code=201)
    async def accept(client: Client, offer: OfferNumber, body: AcceptanceBody, key: IdempotencyKey, caller: Worker) -> JSONResponse:
        """Take the client over; the first acceptance counts, a second one is refused with `already-accepted`."""
        office.baton(client, caller, WORKERS)
        asked = office.asked(caller, key, body)
        acting = office.acting(caller, asked)
        return await respond(
            office.log,
            of_baton(client, lambda baton: AcceptBaton(client, offer, baton.receiver(offer), body.contact_person, acting), asked),
        )

    @app.post("/v1/clients/{client}/offers/{offer}/declines", status_code=201)
    async def decline(client: Client, offer: OfferNumber, body: ReasonBody, key: IdempotencyKey, caller: Worker) -> JSONResponse:
        """Do not take the client over; the sender holds on and is told."""
        office.baton(client, caller, WORKERS)
        asked, note = office.asked(caller, key, body), office.note(body.note)
        acting = office.acting(caller, asked)
        return await respond(
            office.log,
            of_baton(
                client, lambda baton: DeclineBaton(client, offer, baton.receiver(offer), acting, body.reason, _ref(note)), asked, note
            ),
        )


def _add_ends(app: FastAPI, office: Office) -> None:
    @app.post("/v1/clients/{client}/offers/{offer}/withdrawals", status_code=201)
    async def withdraw(client: Client, offer: OfferNumber, body: ReasonBody, key: IdempotencyKey, caller: Worker) -> JSONResponse:
        """Take the offer back."""
        office.baton(client, caller, WORKERS)
        asked, note = office.asked(caller, key, body), office.note(body.note)
        acting = office.acting(caller, asked)
        return await respond(
            office.log,
            of_baton(client, lambda baton: WithdrawOffer(client, offer, baton.team_ref, acting, body.reason, _ref(note)), asked, note),
        )

    @app.post("/v1/clients/{client}/offers/{offer}/completions", status_code=201)
    async def complete(client: Client, offer: OfferNumber, body: ResultBody, key: IdempotencyKey, caller: Worker) -> JSONResponse:
        """Tell what came of the last accepted handover."""
        office.baton(client, caller, WORKERS)
        asked, note = office.asked(caller, key, body), office.note(body.note)
        acting = office.acting(caller, asked)
        return await respond(
            office.log,
            of_baton(client, lambda baton: CompleteHandover(client, offer, baton.team_ref, acting, body.result, _ref(note)), asked, note),
        )


def _add_reading(app: FastAPI, office: Office) -> None:
    @app.get("/v1/clients/{client}/offers/{offer}")
    async def read_offer(
        client: Client, offer: OfferNumber, request: Request, caller: ClientReader, purpose: StatedPurpose = None
    ) -> JSONResponse:
        """An offer with its note, and what became of it."""
        async with office.reads.of(request, caller, READ_OFFER, client):
            office.baton_read(request, client, caller, READERS)
            facts = [told for told in office.log.read(baton_stream(client)) if getattr(told.event, "offer", None) == offer]
            if not facts:
                raise Problem(404, "not found", "there is no such offer of this client")
            offered = facts[0].event
            assert isinstance(offered, BatonOffered)
            require_purpose(request, caller, purpose, (offered.domain_from, offered.domain_to), local_day(office.now()))
            return JSONResponse(_shown(office, facts))

    @app.get("/v1/teams/{ref}/offers")
    async def offers_of_team(ref: TeamRef, request: Request, caller: Reader, purpose: StatedPurpose = None) -> JSONResponse:
        """The last offer of each client that the team sent or received: what stands, and what the sender is told.

        Offers from or to a team for care or youth are left out unless a purpose opens both sides.
        """
        office.team(ref, caller, READERS)
        told = of_team(office.log, ref)
        sides = {team: frozenset(office.domains(team)) for team in {row[side] for row in told for side in SIDES}}
        left_out = left_closed(request, caller, purpose, chain.from_iterable(sides.values()), local_day(office.now()))
        shown = [row for row in told if left_out.isdisjoint(chain.from_iterable(sides[row[side]] for side in SIDES))]
        async with office.reads.of_each(request, caller, LIST_OFFERS, (row["client"] for row in shown)):
            return JSONResponse({"team_ref": ref, "offers": shown, "left_out": sorted(left_out)})


def _shown(office: Office, facts: Recorded) -> dict[str, object]:
    offered = facts[0].event
    assert isinstance(offered, BatonOffered)
    note = text_of(office.vault, office.log, offered.text_ref)
    return {**offered.model_dump(mode="json"), "note": note, "course": [_step(office, told) for told in facts[1:]]}


def _step(office: Office, told: Envelope[Event]) -> dict[str, object]:
    note = text_of(office.vault, office.log, getattr(told.event, "text_ref", None))
    return {"what": told.event.TYPE.split(".")[3], "at": told.recorded_at.isoformat(), "note": note}
