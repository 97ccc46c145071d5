"""Reading a client's monthly benefit over HTTP: what was true on a day, as it was known at a moment."""

import asyncio
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request

from services.access.caller import Caller, Role
from services.benefits.bodies import Municipality
from services.benefits.monthly import standing
from services.benefits.monthly.api import Client, whose_benefit
from services.benefits.monthly.balances import decided_months, reserve_cents
from services.benefits.monthly.benefit import benefit_stream
from services.benefits.monthly.came_back import came_back
from services.benefits.monthly.claim_book import claims
from services.benefits.monthly.correction import corrections
from services.benefits.monthly.desk import MonthlyDesk
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.fines import letter_on
from services.benefits.monthly.legal import notification
from services.benefits.monthly.letters import kind
from services.benefits.monthly.recovery import Claim
from services.benefits.monthly.refunds import due_cents
from services.web.callers import requires
from services.web.reads import Reads

READ_BENEFIT = "urn:backbone:processing-activity:read-monthly-benefit"
READ_UNTOLD = "urn:backbone:processing-activity:read-claims-without-letter"
READERS: tuple[Role, ...] = ("caseworker", "payments-officer", "auditor")
Reader = Annotated[Caller, requires(*READERS)]
OwnReader = Annotated[Caller, requires(*READERS, scope="own")]
Place = Annotated[Municipality | None, Query()]


def add_benefit_reading(app: FastAPI, desk: MonthlyDesk, reads: Reads) -> None:
    """One client at a time; reading is recorded."""

    @app.get("/v1/benefits/{client}")
    async def show_benefit(
        caller: Reader,
        request: Request,
        client: Client,
        on: date | None = None,
        known_at: Annotated[datetime | None, Query(alias="knownAt")] = None,
        municipality: Place = None,
    ) -> dict[str, Any]:
        """The right on a day (`on`, without it today) by what was known at a moment (`knownAt`, without it now).

        Of who moved it is that in the `municipality` asked for, else of the caller's where they applied last; `elsewhere` names the others.
        """
        async with reads.of(request, caller, READ_BENEFIT, client):
            whose = whose_benefit(desk, caller, READERS, (client, municipality))
            moment = (known_at or desk.now()).astimezone(UTC)
            history = await asyncio.to_thread(desk.log.read, benefit_stream(client))
            own = standing.known_at(history, client, whose.municipality, moment)
            others = sorted({str(each.municipality) for each in history} - {whose.municipality})
            return {"municipality": whose.municipality, "elsewhere": others, **_shown(own, on or desk.today, moment)}


def add_claim_reading(app: FastAPI, desk: MonthlyDesk, reads: Reads) -> None:
    """What a client owes and will owe; reading is recorded."""

    @app.get("/v1/benefits/{client}/corrections")
    async def show_corrections(caller: Reader, request: Request, client: Client, municipality: Place = None) -> dict[str, Any]:
        """The draft of what the next run pays after all or claims back: decided months that come to something else by now, and why."""
        async with reads.of(request, caller, READ_BENEFIT, client):
            whose = whose_benefit(desk, caller, READERS, (client, municipality))
            own = await asyncio.to_thread(desk.dossier, client, whose.municipality)
            drafts = list(corrections(desk.norms, own))
            return {"cents": sum(each.cents for each in drafts), "months": [{**asdict(each), "cents": each.cents} for each in drafts]}

    @app.get("/v1/benefits/{client}/recoveries")
    async def show_recoveries(caller: Reader, request: Request, client: Client, municipality: Place = None) -> dict[str, Any]:
        """A municipality's claims, the oldest first: the months that each rests on, what came off it and how, and what is open."""
        async with reads.of(request, caller, READ_BENEFIT, client):
            whose = whose_benefit(desk, caller, READERS, (client, municipality))
            known = (await asyncio.to_thread(claims, desk.log)).get(client, [])
            found = [each for each in known if each.opened.municipality == whose.municipality]
            own = await asyncio.to_thread(desk.dossier, client, whose.municipality)
            return {"open_cents": sum(each.open_cents for each in found), "claims": [_claim(own, each) for each in found]}

    @app.get("/v1/recoveries")
    async def show_untold(caller: OwnReader, request: Request) -> dict[str, Any]:
        """Open claims of the caller's municipalities whose letter did not leave, the oldest first: until then nothing is taken for them."""
        async with reads.of_each(request, caller, READ_UNTOLD, what="claims without a letter") as reading:
            found = await asyncio.to_thread(_untold, desk, caller)
            reading.about(each["client"] for each in found)
            return {"claims": found}


def _untold(desk: MonthlyDesk, caller: Caller) -> list[dict[str, Any]]:
    known = [claim for each in claims(desk.log).values() for claim in each]
    near = (claim for claim in known if claim.open_cents and claim.opened.municipality in caller.municipalities)
    waiting = [claim for claim in near if letter_on(desk.dossier(claim.opened.client, claim.opened.municipality), claim.opened) is None]
    waiting.sort(key=lambda claim: (claim.opened.opened_on, claim.opened.claim_ref))
    return [_waiting(desk, claim) for claim in waiting]


def _waiting(desk: MonthlyDesk, claim: Claim) -> dict[str, Any]:
    """`came_back` are the rights to set off before a letter may leave."""
    told = claim.opened.model_dump(mode="json", exclude={"months"})
    return {**told, "open_cents": claim.open_cents, "came_back": came_back(desk.log, desk.payments, claim)}


def _claim(own: Dossier, claim: Claim) -> dict[str, Any]:
    told = claim.opened.model_dump(mode="json", exclude={"client", "municipality"})
    told |= {"claimed_cents": claim.claimed_cents, "refund_due_cents": due_cents(own, claim), "letter_on": letter_on(own, claim.opened)}
    return {**told, "open_cents": claim.open_cents, "came_off": dict(claim.came_off), **_in_law(own, claim.opened.claim_ref)}


def _shown(own: Dossier, day: date, moment: datetime) -> dict[str, Any]:
    held = standing.on(own, day)
    return {
        "on": day,
        "known_at": moment,
        "condition": type(own.condition).__name__,
        "entitled": held.grounds is not None,
        "suspended": held.suspended,
        "blocked": held.blocked,
        "measure_percent": held.measure_percent,
        "circumstances": None if held.circumstances is None else held.circumstances.model_dump(),
        "decisions": [_decision(own, each.decision_ref) for each in own.decisions],
        "months": {name: fact.amounts.model_dump() for name, fact in sorted(decided_months(own).items())},
        "reserve_cents": reserve_cents(own),
    }


def _decision(own: Dossier, ref: str) -> dict[str, Any]:
    decision = own.decision(ref)
    assert decision is not None
    return {
        "decision_ref": ref,
        "kind": kind(decision),
        "effective_on": decision.effective_on,
        "decided_on": decision.decided_on,
        "rule_version": decision.rule_version,
        "reason_code": decision.reason_code,
        **_in_law(own, ref),
    }


def _in_law(own: Dossier, ref: str) -> dict[str, Any]:
    """What followed in law on a decision or a claim."""
    letter = notification(own, ref)
    return {
        "notified_on": letter.notified_on if letter else None,
        "objection_until": letter.objection_until if letter else None,
        "objections": [each.objection_ref for each in own.objections if each.decision_ref == ref],
        "reopened": [each.ground for each in own.reopened if each.decision_ref == ref],
    }
